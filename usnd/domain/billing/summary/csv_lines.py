"""A usage summary as CSV: a header, counts, subscribers, sums, and a line that proves it whole. Pure.

    U,1,revenue,7,2026-03-29,Europe/London,…
    C,registered,1200
    F,mediation,1013,1035,40121,41310,1190
    E,2026-03-29T10:15:00.000Z,+447700900001,created
    N,subscriber,number,name,conferences,…
    R,42,+447700900001,Bob,2,…
    S,,,,2,…
    T,1,9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

RFC 4180, lines end with a line feed, as those of a CDR file (csv_file.py). What a person wrote as a name is
guarded against spreadsheets, which would take it for a formula. The same summary gives the same octets for
ever: VERSION counts up should that change.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from usnd.domain.billing.fields import time_text
from usnd.domain.billing.summary.figures import Change, FileSpan, Line, Summary, Usage
from usnd.domain.portal.csv_cells import guarded

NAME = "csv"
VERSION = 1
COLUMNS = (
    "subscriber",
    "number",
    "name",
    "conferences",
    "legs_in",
    "legs_out",
    "records",
    "in_s",
    "out_s",
    "texts_in",
    "texts_out",
    "recordings",
)
_OF_PERSON = 3
"""Columns that say who it is."""
_JOINERS = "\u200c\u200d"
"""Persian and Indian names need them; they move no other text."""


def opening(summary: Summary, destination: str, number: int) -> bytes:
    """What stands before the subscribers, but for changes. number: of the file."""
    day, figures = summary.day, summary.figures
    header = (
        "U",
        VERSION,
        destination,
        number,
        day.day.isoformat(),
        figures.zone,
        f"{day.since:%Y-%m-%dT%H:%M:%SZ}",
        f"{day.until:%Y-%m-%dT%H:%M:%SZ}",
        f"{day.hours:g}",
        summary.first,
        summary.last,
        time_text(summary.made_at),
    )
    return _lines([header, *_counts(summary), *map(_file, figures.files)])


def changes(some: Iterable[Change]) -> bytes:
    """Who was added, dropped, suspended or resumed, in order."""
    return _lines(("E", time_text(one.at), _number(one.number), one.what) for one in some)


def names() -> bytes:
    """What the columns of subscribers are called."""
    return _lines([("N", *COLUMNS)])


def lines(some: Iterable[Line]) -> bytes:
    """Subscribers, in order."""
    return _lines(
        ("R", one.subscriber, _number(one.number), guarded(_printable(one.name)), *_usage(one.used))
        for one in some
    )


def sums(summary: Summary) -> bytes:
    """All of them together."""
    return _lines([("S", *[""] * _OF_PERSON, *_usage(summary.figures.total))])


def closing(summary: Summary, digest: str) -> bytes:
    """The last line. digest: SHA-256 of all octets before, in hexadecimal."""
    return _lines([("T", summary.figures.lines, digest)])


def seconds(thousandths: int) -> str:
    """`30.012`: as in a CDR file, so that sums are the same to the digit."""
    return f"{thousandths // 1000}.{thousandths % 1000:03}"


def _counts(summary: Summary) -> Iterable[Sequence[object]]:
    figures, people = summary.figures, summary.figures.subscribers
    for name, count in (
        ("registered", people.registered),
        ("suspended", people.suspended),
        ("added", people.added),
        ("dropped", people.dropped),
        ("were_suspended", people.were_suspended),
        ("were_resumed", people.were_resumed),
        ("records", summary.records),
        ("other_texts_in", figures.other_texts_in),
        ("other_texts_out", figures.other_texts_out),
    ):
        yield "C", name, count


def _file(one: FileSpan) -> Sequence[object]:
    return "F", one.destination, one.first_file, one.last_file, one.first, one.last, one.records


def _usage(used: Usage) -> Sequence[object]:
    return (
        used.conferences,
        used.legs_in,
        used.legs_out,
        used.records,
        seconds(used.in_ms),
        seconds(used.out_ms),
        used.texts_in,
        used.texts_out,
        used.recordings,
    )


def _number(number: str) -> str:
    """E.164 is taken for a number by spreadsheets, and for nothing else: it stays as it is."""
    plain = number.isascii() and number.removeprefix("+").isdecimal()
    return number if plain else guarded(_printable(number))


def _printable(text: str) -> str:
    """A subscriber is a line, whatever somebody wrote as a name."""
    return "".join(char if char.isprintable() or char in _JOINERS else " " for char in text)


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode()
