"""Cells of the CSV files that people get, so that no spreadsheet takes what somebody wrote for a formula.

All that writes CSV for people comes here: the users, and each table of figures. A cell that a spreadsheet
could reckon with gets an apostrophe in front; `unguarded` takes away that one and no other, so that what
is read is what was written.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

BOM = "\ufeff"
"""In front of a file: by it spreadsheets know that it is UTF-8."""
_COULD_BE_FORMULA = re.compile(r"'*\s*[=+\-@|%\t\r\n\uff1d\uff0b\uff0d\uff20]")
_GUARD = "'"


def guarded(text: str) -> str:
    """The cell as it is written."""
    return _GUARD + text if _COULD_BE_FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` wrote, or another program."""
    return cell[1:] if cell.startswith(_GUARD) and _COULD_BE_FORMULA.match(cell) else cell


def table(rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    """A whole file, each cell in quotes: RFC 4180, with the mark of UTF-8 in front."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([guarded(str(cell)) for cell in row] for row in rows)
    return BOM + written.getvalue()
