"""PostgreSQL's own lines of records are those of the CSV format, octet by octet, or are seen to be others."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from usnd.domain.billing import csv_file
from usnd.domain.billing.cdr import Cdr, ForeignOutcome, ReleasedBy
from usnd.domain.billing.fields import LAYOUT
from usnd.domain.conference.call import CallOutcome, Direction, Role
from usnd.services.billing import writing
from usnd.services.billing.pages import RecordsMissing, pages_of
from usnd.services.billing.writing import path_of, write
from usnd.store.core.reader import Reader
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from workbench.docs.cdr_samples import CDR, FILE, NOON

EVERY = [timedelta(0), timedelta(microseconds=1), timedelta(microseconds=999), timedelta(milliseconds=1)]
EVERY += [
    timedelta(seconds=59, microseconds=999_999),
    timedelta(hours=25, milliseconds=500),
    timedelta(days=40),
]
TIMES = [
    NOON,
    NOON + timedelta(microseconds=123_456),
    datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]
TIMES += [datetime(987, 2, 3, 4, 5, 6, 7000, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)]
PLAIN: dict[str, list[Any]] = {
    "subscriber_id": [1, 2**40],
    "role": list(Role),
    "direction": list(Direction),
    "cli": ["", "+447700900001", "anonymous", "a b; c'd\\e%f:g", " x "],
    "dnis": ["", "+447700900002", "52272"],
    "outcome": [*CallOutcome, ForeignOutcome("some-other-word")],
    "cause": [None, 0, 16, 127],
    "recorded": [True, False],
    "activation_pin": ["", "0042"],
    "trunk": ["", "trunk-msc"],
    "version": [1, 2, 17],
    "ringing": [None, *TIMES],
    "released_by": ["", *(one.value for one in ReleasedBy)],
    "reconciled": [True, False],
    "node": ["", "usn-a"],
    "utc_offset": [0, 60, -60, 330, -210, 840, 1439, -1439],
    "part": [1, 7],
    "charged_from": [None, NOON, NOON + timedelta(microseconds=1)],
}
ODD = [
    {"cli": "+44,77"},
    {"cli": 'say "hello"'},
    {"dnis": "line\nfeed"},
    {"cli": "line\rreturn"},
    {"cli": "tab\t"},
    {"cli": "delete\x7f"},
    {"cli": "Zürich"},
    {"node": "\N{NO-BREAK SPACE}"},
    {"start": NOON + timedelta(days=1)},
    {"utc_offset": 1440},
]
on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


def plain_records() -> Iterator[Cdr]:
    """Every value of every field, the fields mixed; each length of ringing and of talk."""
    dice = random.Random(18)
    for number, (rang, talked) in enumerate(product(EVERY, [None, *EVERY])):
        start = dice.choice(TIMES)
        answer = None if talked is None else start + rang
        stop = start + rang + (talked or timedelta(0))
        values = {name: values[(number + dice.randrange(2)) % len(values)] for name, values in PLAIN.items()}
        if number % 5 == 0:
            values["interim_of"] = f"usn-9-{number}"
        yield Cdr(
            **{
                "conference_id": 7,
                "call_id": f"usn-7-{number}",
                "start": start,
                "answer": answer,
                "stop": stop,
                **values,
            }
        )


def added(tx: Transaction, records: list[Cdr]) -> list[tuple[int, Cdr]]:
    for cdr in records:
        tx.cdrs.add(cdr)
    return list(tx.cdrs.after(0, len(records)))


def layouts() -> list[tuple[str, ...]]:
    dice = random.Random(3)
    mixed = [tuple(dice.sample(LAYOUT, dice.randrange(2, len(LAYOUT)))) for _ in range(6)]
    return [LAYOUT, ("sequence",), *mixed]


@on_postgresql
def test_lines_are_those_of_the_format(tx: Transaction) -> None:
    kept = added(tx, list(plain_records()))
    first, last = kept[0][0], kept[-1][0]
    for layout in layouts():
        lines = tx.cdrs.csv_lines(layout, first, last)
        assert lines is not None
        assert lines.decode().splitlines() == csv_file.records(layout, kept).decode().splitlines()
        assert lines == csv_file.records(layout, kept)
        assert csv_file.is_plain(layout, len(kept), lines)


def test_all_values_were_among_them() -> None:
    seen = {field.name: {getattr(cdr, field.name) for cdr in plain_records()} for field in fields(Cdr)}
    assert {
        name: set(values) - seen[name] for name, values in PLAIN.items() if set(values) - seen[name]
    } == {}


@on_postgresql
@pytest.mark.parametrize("odd", ODD)
def test_what_it_would_write_otherwise_is_seen(tx: Transaction, odd: dict[str, Any]) -> None:
    added(tx, [CDR, replace(CDR, call_id="usn-7-3", **odd), replace(CDR, call_id="usn-7-4")])
    lines = tx.cdrs.csv_lines(LAYOUT, 1, 3)
    assert lines is not None
    assert not csv_file.is_plain(LAYOUT, 3, lines)


@on_postgresql
def test_records_that_are_not_there_are_no_lines(tx: Transaction) -> None:
    added(tx, [CDR])
    assert tx.cdrs.csv_lines(LAYOUT, 1, 2) is None


@on_postgresql
@pytest.mark.parametrize("away", [False, True])
async def test_a_file_of_many_pages_has_both_kinds_in_order(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, away: bool
) -> None:
    """away: the reader does not reach the database; the store does."""
    monkeypatch.setattr(writing, "PAGE", 3)
    records = [replace(CDR, call_id=f"usn-7-{number}") for number in range(10)]
    records[4] = replace(records[4], cli="Zürich, Bob")
    kept = await store.run(lambda tx: added(tx, records))
    file = replace(FILE, number=1, first=1, last=10)
    reader = Reader(f"{url}-no" if away else url, 2)
    try:
        written = await write(tmp_path, file, pages_of(store, reader), lambda: None)
    finally:
        reader.close()
    body = csv_file.opening(file) + csv_file.records(LAYOUT, kept)
    octets = await asyncio.to_thread(path_of(tmp_path, file).read_bytes)
    assert octets.startswith(body)
    assert octets[len(body) :].startswith(b"T,10,")
    assert written.octets == len(octets)


@pytest.mark.parametrize("gone", [1, 4, 10])
async def test_a_record_that_is_gone_ends_it_and_leaves_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: int
) -> None:
    monkeypatch.setattr(writing, "PAGE", 3)
    records = [replace(CDR, call_id=f"usn-7-{number}") for number in range(10)]
    await store.run(lambda tx: added(tx, records))
    await store.run(lambda tx: tx.execute(text(f"DELETE FROM cdrs WHERE sequence = {gone}")))
    file = replace(FILE, number=1, first=1, last=10)
    with pytest.raises(RecordsMissing, match=f"^record {gone} of usn-mediation-000000001-"):
        await write(tmp_path / "disk", file, pages_of(store), lambda: None)
    assert await asyncio.to_thread(left, tmp_path / "disk") == []


def left(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]
