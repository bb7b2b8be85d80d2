"""For all tests: the same examples of Hypothesis in each run, and a journal that no other test has set up."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile(
    "usn", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("usn")


@pytest.fixture(autouse=True)
def _journal_as_found() -> Iterator[None]:
    """A command that runs within a test sends the journal elsewhere; the next test finds it as it was."""
    yield
    structlog.reset_defaults()
