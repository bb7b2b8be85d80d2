"""An authority of our own, which publishes to one directory."""

from pathlib import Path

import pytest
from ca_home import Home


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def home(empty: Home) -> Home:
    return empty.made()
