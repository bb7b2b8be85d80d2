"""Leg, records, lines and receipts are brought together, and each planted difference is found where it is."""

import gzip
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.cdr_file import CdrFile, FileState
from usnd.domain.billing.reconciliation import Finding
from usnd.domain.billing.switch_log import read
from usnd.services.billing import reconcile
from usnd.services.billing.pages import pages_of
from usnd.services.billing.reconcile import Account, Period, Reconciliation
from usnd.services.billing.switch_files import NAME, lines
from usnd.services.billing.writing import path_of, write
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from workbench.docs.cdr_samples import CDR, FILE, NOON

PERIOD = Period(NOON - timedelta(hours=12), NOON + timedelta(hours=12))


def log_lines(records: Iterable[Cdr]) -> Iterator[str]:
    for cdr in records:
        if cdr.answer is not None:
            yield f"ANSWER,{cdr.answer.timestamp():.6f},{cdr.call_id},PJSIP/usn/x-1,usn-incoming\n"
        yield f"HANGUP,{cdr.stop.timestamp():.6f},{cdr.call_id},PJSIP/usn/x-1,usn-join\n"


@dataclass
class World:
    """Three calls, in one file that is delivered."""

    store: Store
    disk: Path
    file: CdrFile
    records: list[Cdr]

    @property
    def path(self) -> Path:
        return path_of(self.disk, self.file)

    async def change(self, statement: str) -> None:
        await self.store.run(lambda tx: tx.execute(text(statement)))

    async def account(self, log: Iterable[str] | None = None, node: str = "usn-a") -> Account:
        """log: other lines than those of the records."""
        legs = read(log_lines(self.records) if log is None else log, PERIOD.since, PERIOD.until)
        return await self.store.run(lambda tx: self._run(tx, legs, node))

    def _run(self, tx: Transaction, legs: Any, node: str) -> Account:
        return Reconciliation(tx, self.disk, ["mediation"], node).run(legs, PERIOD)

    async def differs(self, log: Iterable[str] | None = None) -> list[tuple[str, int]]:
        return [(one.finding.value, one.sequence) for one in (await self.account(log)).differences]


@pytest.fixture
async def world(store: Store, tmp_path: Path) -> World:
    return await delivered(store, tmp_path, FILE)


async def delivered(store: Store, tmp_path: Path, sample: CdrFile) -> World:
    """A file as the sample says, with three records."""
    records = [replace(CDR, call_id=f"usn-7-{number}") for number in (1, 2, 3)]
    for cdr in records:
        await store.run(lambda tx, cdr=cdr: tx.cdrs.add(cdr))
    file = replace(sample, number=1, first=1, last=3, state=FileState.CONFIRMED)
    await store.run(lambda tx: tx.cdr_files.add(file))

    await write(tmp_path, file, pages_of(store), lambda: None)
    return World(store, tmp_path, file, records)


async def test_all_tie(world: World) -> None:
    account = await world.account()
    assert (account.legs, account.calls, account.records) == (3, 3, 3)
    assert account.lines == account.confirmed == {"mediation": 3}
    assert {one.finding for one in account.found} == {Finding.TIED}
    assert account.differences == []


async def test_a_call_that_the_switch_did_not_have(world: World) -> None:
    assert await world.differs(log_lines(world.records[1:])) == [("no-leg", 1)]


async def test_a_call_without_a_record(world: World) -> None:
    more = replace(CDR, call_id="usn-8-1")
    assert await world.differs(log_lines([*world.records, more])) == [("no-record", 0)]


async def test_a_record_that_was_changed_ties_neither_with_its_leg_nor_with_its_line(world: World) -> None:
    await world.change("UPDATE cdrs SET answer = ringing WHERE sequence = 2")
    assert await world.differs() == [("length-differs", 2), ("line-differs", 2)]


async def test_a_record_that_was_removed_leaves_a_leg_and_no_sum(world: World) -> None:
    await world.change("DELETE FROM cdrs WHERE sequence = 2")
    assert await world.differs() == [("no-record", 0)]


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        (lambda kept: kept[:2] + kept[3:], [("line-missing", 1)]),
        (lambda kept: [*kept[:3], kept[3].replace(b"30.012", b"03.012"), *kept[4:]], [("line-differs", 2)]),
        (lambda kept: [*kept[:3], kept[2], *kept[3:]], [("line-differs", 1)]),
        (lambda kept: [*kept[:2], kept[2].replace(b"R,1,", b"R,9,"), *kept[2:]], [("line-unknown", 9)]),
    ],
)
async def test_a_line_that_was_tampered_with(
    world: World, changed: Callable[[list[bytes]], list[bytes]], differs: list[tuple[str, int]]
) -> None:
    world.path.write_bytes(b"".join(changed(world.path.read_bytes().splitlines(keepends=True))))
    assert await world.differs() == differs


async def test_a_file_by_ts_32297_ties_and_each_record_that_was_tampered_with_is_said(
    store: Store, tmp_path: Path
) -> None:
    world = await delivered(store, tmp_path, replace(FILE, format="ts32297"))
    assert (await world.account()).lines == {"mediation": 3}
    assert await world.differs() == []
    whole = world.path.read_bytes()
    charged = b"\x90\x02\x75\x3c"  # 30012 ms
    world.path.write_bytes(whole.replace(charged, b"\x90\x02\x05\x3c", 1))
    assert await world.differs() == [("line-differs", 1)]
    world.path.write_bytes(whole[:-1])
    assert await world.differs() == [("line-missing", 3)]
    world.path.write_bytes(whole.replace(b"\x80\x01\x02", b"\x80\x01\x09", 1))
    assert await world.differs() == [("line-unknown", 9), ("line-missing", 2)]
    world.path.write_bytes(b"\0" * 400)
    assert await world.differs() == [("line-missing", n) for n in (1, 2, 3)]


async def test_a_file_that_is_not_here_ties_by_its_row(world: World) -> None:
    """The other server wrote it, and it was read back at the destination."""
    world.path.unlink()
    assert await world.differs() == []


async def test_what_was_not_received_is_told_once_it_is_due(world: World) -> None:
    await world.store.run(lambda tx: tx.cdr_files.save(world.file, replace(world.file, state=FileState.SENT)))
    assert await world.differs() == [("not-confirmed", n) for n in (1, 2, 3)]
    more = replace(CDR, call_id="usn-8-1")
    await world.store.run(lambda tx: tx.cdrs.add(more))
    account = await world.account(log_lines([*world.records, more]))
    (due,) = [one for one in account.found if one.finding is Finding.NOT_DUE]
    assert (due.sequence, due.destination) == (4, "mediation")


async def test_a_call_of_the_other_server_is_looked_up_there(world: World) -> None:
    account = await world.account([], node="usn-b")
    assert {one.finding for one in account.found} == {Finding.OTHER_NODE}


async def test_a_long_call_ties_by_the_sum_of_its_parts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its parts were written on other days; a page is full in between."""
    monkeypatch.setattr(reconcile, "PAGE", 1)
    begin = NOON - timedelta(hours=30)
    part = replace(
        CDR,
        call_id="usn-9-1#1",
        interim_of="usn-9-1",
        start=begin,
        answer=begin,
        stop=begin + timedelta(hours=24),
    )
    whole = replace(CDR, call_id="usn-9-1", start=begin, answer=begin, stop=NOON)
    await world.store.run(lambda tx: tx.cdrs.add_interim(part))
    await world.store.run(lambda tx: tx.cdrs.add(whole))
    account = await world.account(log_lines([*world.records, whole]))
    assert [one.finding for one in account.found if one.call == "usn-9-1" and not one.destination] == [
        Finding.TIED
    ]
    assert account.records == 5


def test_a_rotated_log_is_read_in_its_order(tmp_path: Path) -> None:
    with gzip.open(tmp_path / f"{NAME}-20260228.gz", "wt") as old:
        old.write("1\n")
    (tmp_path / f"{NAME}-20260301").write_text("2\0\n")
    (tmp_path / NAME).write_text("3\n" + "x" * 9000)
    (tmp_path / "other").write_text("9\n")
    found = list(lines(tmp_path))
    assert found[:3] == ["1\n", "2\n", "3\n"]
    assert max(map(len, found)) < 5000


@pytest.mark.parametrize(
    ("head", "spoilt"),
    [(b"", slice(-9)), (gzip.compress(b"")[:10], slice(20, None)), (b"HANGUP", slice(9, None))],
    ids=["cut off", "without its beginning", "not compressed"],
)
def test_a_compressed_log_that_is_spoilt_is_told(tmp_path: Path, head: bytes, spoilt: slice) -> None:
    path = tmp_path / f"{NAME}-20260228.gz"
    whole = gzip.compress("".join(map(str, range(9999))).encode())
    path.write_bytes(head + whole[spoilt])
    with pytest.raises(OSError, match="not whole"):
        list(lines(tmp_path))
    path.with_suffix("").write_text("1\n")
    assert list(lines(tmp_path)) == ["1\n"], "logrotate is compressing it: both are there"


def test_a_log_that_is_rotated_while_it_is_read_is_told(tmp_path: Path) -> None:
    current = tmp_path / NAME
    current.write_text("1\n2\n")
    (tmp_path / f"{NAME}-20260228").mkdir()
    found = lines(tmp_path)
    assert next(found) == "1\n"
    current.rename(tmp_path / f"{NAME}-20260301")
    with pytest.raises(OSError, match="rotated meanwhile: run this again"):
        list(found)


async def test_lines_of_a_file_that_are_none_are_passed_over(world: World) -> None:
    kept = world.path.read_bytes().splitlines(keepends=True)
    world.path.write_bytes(b"".join([*kept[:3], b"R,a\rb\n", b"R," + b"9" * 300_000 + b"\n", *kept[3:]]))
    assert await world.differs() == []
