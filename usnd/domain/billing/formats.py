"""The formats that a file of CDRs can have, behind one interface. Pure.

A format turns the row of a file and its records into octets, and these into values again; whoever writes,
sends, checks or compares files knows no more of it. A new one is a class, and its entry in `FORMATS`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from usnd.domain.billing import csv_file
from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.check import Checker
from usnd.domain.billing.checked import Checked
from usnd.domain.billing.ts32297 import check as ts32297_check
from usnd.domain.billing.ts32297 import file as ts32297_file
from usnd.domain.billing.ts32297 import header as ts32297_header

LONGEST_START = 8
"""Octets at a file's beginning by which its format is known."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record as a file has it. values: by the fields' names. octets: as `Format.records` gave them."""

    values: dict[str, str]
    octets: bytes


class Format(Protocol):
    """How a file is written: opening, records, closing, then perhaps another opening; and how it is read."""

    @property
    def by_database(self) -> bool:
        """Whether the database can write the lines of records, too."""

    def is_plain(self, layout: Sequence[str], count: int, lines: bytes) -> bool:
        """Whether lines of so many records that the database wrote are what `records` writes of them."""

    def opening(self, file: CdrFile) -> bytes:
        """What is written before the records."""

    def records(self, layout: Sequence[str], page: Sequence[tuple[int, Cdr]]) -> bytes:
        """Some of them, by the layout, in order of their sequence numbers."""

    def closing(self, file: CdrFile, digest: str) -> bytes:
        """What is written behind them. digest: SHA-256 of all that was written before, in hexadecimal."""

    def sealed(self, file: CdrFile, octets: int, digest: str) -> bytes | None:
        """What then takes the place of the opening, as long as this; None: nothing does.

        octets: of the whole file. digest: as for `closing`.
        """

    def begins(self, start: bytes) -> bool:
        """Whether a file with that beginning, of LONGEST_START octets or fewer, can be one."""

    def check(self, source: BinaryIO) -> Checked:
        """What is wrong with a file."""

    def lines(self, source: BinaryIO) -> Iterator[Line]:
        """Its records, as far as they can be read; what is wrong with them is for `check` to say."""


class Csv:
    """csv_file.py and check.py."""

    by_database = True
    is_plain = staticmethod(csv_file.is_plain)
    opening = staticmethod(csv_file.opening)
    records = staticmethod(csv_file.records)
    closing = staticmethod(csv_file.closing)

    def sealed(self, file: CdrFile, octets: int, digest: str) -> None:
        """Nothing."""

    def begins(self, start: bytes) -> bool:
        """A text has no zeros."""
        return b"\0" not in start

    def check(self, source: BinaryIO) -> Checked:
        """Line by line."""
        return Checker().take(csv_file.bounded(source))

    def lines(self, source: BinaryIO) -> Iterator[Line]:
        """Those of records."""
        return (Line(*found) for found in csv_file.lines(csv_file.bounded(source)))


class Ts32297:
    """The package ts32297."""

    by_database = False
    opening = staticmethod(ts32297_file.opening)
    records = staticmethod(ts32297_file.records)
    sealed = staticmethod(ts32297_file.sealed)
    begins = staticmethod(ts32297_header.begins)
    check = staticmethod(ts32297_check.check)

    def is_plain(self, layout: Sequence[str], count: int, lines: bytes) -> bool:  # noqa: ARG002 # it writes none
        """No."""
        return False

    def closing(self, file: CdrFile, digest: str) -> bytes:  # noqa: ARG002 # it has no trailer
        """Nothing."""
        return b""

    def lines(self, source: BinaryIO) -> Iterator[Line]:
        """Its frames."""
        return (Line(*found) for found in ts32297_file.lines(source))


FORMATS: dict[str, Format] = {csv_file.NAME: Csv(), ts32297_file.NAME: Ts32297()}
"""By the ending of the file's name, which is the format's name."""


def format_of(start: bytes) -> Format:
    """By the beginning of a file, whatever its name is."""
    return next((form for form in FORMATS.values() if form.begins(start)), FORMATS[csv_file.NAME])
