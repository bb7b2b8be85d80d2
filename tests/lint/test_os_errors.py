"""Nobody words an error of the system but usnd/process/os_errors.py: elsewhere `None` would be told."""

import re
from pathlib import Path

USND = Path(__file__).parents[2] / "usnd"
HOME = USND / "process/os_errors.py"


def test_an_error_of_the_system_has_its_words_from_one_place() -> None:
    own = re.compile(r"\.strerror\b|error\.filename\b")
    found = [str(path) for path in USND.rglob("*.py") if path != HOME and own.search(path.read_text())]
    assert found == []
