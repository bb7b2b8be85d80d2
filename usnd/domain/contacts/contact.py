"""What a file says of one person, and what is wrong with a file as a whole.

csv_file.py and vcard_file.py make contacts of files; plan.py says what an import does with each.
"""

from dataclasses import dataclass
from enum import Enum

MOST_CONTACTS = 10_000
"""Of one file."""
LONGEST_FILE = 6 * 1024 * 1024
"""Octets: ten thousand contacts, some with pictures."""
LONGEST_LINE = 100_000
"""Characters of one line of a table, or of one property that is read."""
MOST_GROUPS = 20
"""Of one contact."""
LONGEST_VALUE = 200
"""Characters that are kept of anything a contact has."""


class FileProblem(Enum):
    """Why nothing of a file can be read. The words for people are the site's."""

    EMPTY = "empty"
    """Nobody is in it."""
    NOT_TEXT = "not-text"
    """It is no text, as a picture or a file of Excel itself."""
    NO_NUMBERS = "no-numbers"
    """The first line of the table names no column of telephone numbers."""
    BROKEN_TABLE = "broken-table"
    """A quote is open, or stands where none can."""
    BROKEN_CARD = "broken-card"
    """A card does not end, or ends without having begun."""
    LONG_LINE = "long-line"
    TOO_MANY = "too-many-contacts"


class FileFault(Exception):
    """The file cannot be read. line: where, from 1; 0: as a whole."""

    def __init__(self, problem: FileProblem, line: int = 0) -> None:
        super().__init__(problem.value, line)
        self.problem, self.line = problem, line


@dataclass(frozen=True, slots=True)
class Contact:
    """line: where it begins in the file, from 1. phones: as written, the likeliest to reach a person first.

    nick: what the file says that the nick is to be. nickname: what other programs call so, which may be none.
    """

    line: int
    nick: str = ""
    nickname: str = ""
    first: str = ""
    last: str = ""
    phones: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def cut(text: str) -> str:
    """As much of a value as is kept, in one line."""
    return " ".join(text.split())[:LONGEST_VALUE]
