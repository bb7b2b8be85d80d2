"""What the page of an error says, and how much a page may bring with it."""

import gzip
from importlib.resources import files

import pytest

from usnd.domain.provisioning.codes import Code
from usnd.web.portal.rendering import PACKAGE
from usnd.web.portal.site import about_error


@pytest.mark.parametrize(
    ("code", "method", "kind"),
    [
        (Code.FAULT, "POST", "perhaps-done"),
        (Code.NO_ANSWER_IN_TIME, "POST", "perhaps-done"),
        (Code.FAULT, "GET", "away"),
        (Code.NO_ANSWER_IN_TIME, "HEAD", "away"),
        (Code.NOT_ACTIVE, "POST", "away"),
    ],
)
def test_only_what_was_sent_may_have_been_done(code: Code, method: str, kind: str) -> None:
    assert about_error(code, method)["kind"] == kind


def test_all_script_together_is_small() -> None:
    """Octets as they go over the air, compressed: a page has less than all of it."""
    scripts = [one.read_bytes() for one in (files(PACKAGE) / "static").iterdir() if one.name.endswith(".js")]
    assert scripts
    assert sum(len(gzip.compress(script)) for script in scripts) <= 60_000
