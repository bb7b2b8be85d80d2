"""A file of CDRs as CSV: a line of the file, one of names, one a record, and one that proves it whole. Pure.

    H,1,mediation,42,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,1042,1044
    N,sequence,type,…
    R,1042,call,…
    T,3,9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

services/billing/writing.py writes it, check.py reads it. RFC 4180, lines end with a line feed. The same
record gives the same octets for ever: VERSION counts up should that change. PostgreSQL can write the lines of
records, too (store/billing/csv_lines.py); `is_plain` says whether they are the same.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.fields import BY_NAME, Field, as_text

NAME = "csv"
VERSION = 1
HEADER, NAMES, RECORD, TRAILER = "H", "N", "R", "T"
LONGEST = 1 << 17
"""Octets that a line may have: far more than all fields of a record."""
_CONTROLS = bytes({*range(0x20), 0x7F} - {ord("\n")})


@dataclass(frozen=True, slots=True)
class Part:
    """One field of the header or the trailer."""

    name: str
    says: str
    example: str


HEADER_PARTS = (
    Part("version", "of this format", "1"),
    Part("destination", "whom the file is for", "mediation"),
    Part("number", "of the file: 1, 2, 3, … for each destination, whichever server wrote it", "42"),
    Part("since", "begin of the hour, UTC", "2026-03-01T12:00:00Z"),
    Part("until", "end of the hour, UTC; the file was closed then or later", "2026-03-01T13:00:00Z"),
    Part("first", "sequence number of the first record", "1042"),
    Part("last", "of the last one; first - 1 in an empty file", "1044"),
)
TRAILER_PARTS = (
    Part("count", "how many records", "3"),
    Part(
        "sha256",
        "of all octets before this line",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
)


def opening(file: CdrFile) -> bytes:
    """What stands before the records."""
    values = (
        str(VERSION),
        file.destination,
        str(file.number),
        f"{file.since:%Y-%m-%dT%H:%M:%SZ}",
        f"{file.until:%Y-%m-%dT%H:%M:%SZ}",
        str(file.first),
        str(file.last),
    )
    return _line(HEADER, values) + _line(NAMES, file.layout)


def records(layout: Sequence[str], page: Sequence[tuple[int, Cdr]]) -> bytes:
    """A page of them, in order of their sequence numbers."""
    fields = [BY_NAME[name] for name in layout]
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerows(_row(fields, sequence, cdr) for sequence, cdr in page)
    return written.getvalue().encode()


def is_plain(layout: Sequence[str], count: int, lines: bytes) -> bool:
    """Whether lines that somebody else wrote of `count` records are what `records` writes of them.

    Values among which there is nothing to be quoted or replaced are written as they are. Anything else shows:
    as a quote, as a comma or a line too many, or as a character that is not plain ASCII.
    """
    return (
        lines.isascii()
        and b'"' not in lines
        and lines.count(b",") == count * len(layout)
        and lines.count(b"\n") == count
        and len(lines.translate(None, _CONTROLS)) == len(lines)
    )


def closing(file: CdrFile, digest: str) -> bytes:
    """What stands behind them. digest: SHA-256 of all before, in hexadecimal."""
    return _line(TRAILER, (str(file.records), digest))


def bounded(source: BinaryIO) -> Iterator[bytes]:
    """Its lines, or the first `LONGEST` octets of one: a file may be anything."""
    return iter(partial(source.readline, LONGEST), b"")


def lines(source: Iterable[bytes]) -> Iterator[tuple[dict[str, str], bytes]]:
    """Each record's line: its values by their names, and its octets. Says nothing of what is wrong."""
    layout: list[str] = []
    for line in source:
        try:
            kind, *values = next(csv.reader([line.decode(errors="replace")]), None) or [""]
        except csv.Error:
            continue
        if kind == NAMES:
            layout = values
        elif kind == RECORD:
            yield dict(zip(layout, values, strict=False)), line


def _row(fields: Sequence[Field], sequence: int, cdr: Cdr) -> list[str]:
    return [RECORD, *(as_text(field, sequence, cdr) for field in fields)]


def _line(kind: str, values: Sequence[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow((kind, *values))
    return written.getvalue().encode()
