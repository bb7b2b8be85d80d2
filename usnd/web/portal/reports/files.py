"""Tables of figures as files for spreadsheets."""

from collections.abc import Iterable, Sequence

from usnd.domain.portal.csv_cells import table
from usnd.web.portal.visitor import File

CSV = "text/csv; charset=utf-8; header=present"


def table_file(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> File:
    """A line of names, then the rows. name: of the file, without `.csv`."""
    return File(table((head, *rows)).encode("utf-8", "replace"), CSV, f"{name}.csv")
