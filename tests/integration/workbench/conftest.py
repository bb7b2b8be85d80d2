from pathlib import Path

import pytest

from workbench.parts.voice.asterisk import asterisk_tree


@pytest.fixture(scope="session")
def tree() -> Path:
    return asterisk_tree()
