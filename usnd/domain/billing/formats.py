"""The formats that a file of CDRs can have, behind one interface. Pure.

A format turns the row of a file and its records into octets; whoever writes knows no more of it. A new one is
a module like csv_file.py, and its line in `FORMATS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from usnd.domain.billing import csv_file
from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.cdr_file import CdrFile


@dataclass(frozen=True, slots=True)
class Format:
    """opening: before the records. records: some of them, by the layout. closing: behind them.

    closing gets the SHA-256 of all before it, in hexadecimal. is_plain: whether lines that the database wrote
    of so many records are what `records` writes of them; None: it cannot write this format.
    """

    opening: Callable[[CdrFile], bytes]
    records: Callable[[Sequence[str], Sequence[tuple[int, Cdr]]], bytes]
    closing: Callable[[CdrFile, str], bytes]
    is_plain: Callable[[Sequence[str], int, bytes], bool] | None = None


FORMATS = {csv_file.NAME: Format(csv_file.opening, csv_file.records, csv_file.closing, csv_file.is_plain)}
"""By the ending of the file's name."""
