"""Alarms come back as they were saved, on both databases; each is raised once; the history is bounded."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import ASTERISK_DOWN, DATABASE_UNREACHABLE, TRUNK_DOWN, USND_ALARMS
from usnd.services.alarms.alarms import Alarms
from usnd.services.alarms.stored import StoredAlarms
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from usnd.store.schema import alarms
from workbench.parts.postgres import Postgres
from workbench.parts.process import until

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
A, B = Alarm(TRUNK_DOWN, "a", T0, "in_use=2"), Alarm(TRUNK_DOWN, "b", T0 + timedelta(seconds=1))
KEPT = 3
Opened = Callable[..., AbstractAsyncContextManager[Store]]


@asynccontextmanager
async def life(store: Store) -> AsyncIterator[Alarms]:
    """One life of usnd, as far as its alarms go."""
    alarms = Alarms(lambda: T0)
    stored = StoredAlarms(store, alarms, lambda: T0)
    task = asyncio.create_task(stored.run())
    await stored.loaded.wait()
    yield alarms
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def after(seconds: int) -> datetime:
    return T0 + timedelta(seconds=seconds)


def save(tx: Transaction, *changes: Alarm) -> None:
    tx.alarms.save(changes, KEPT)


def test_what_is_raised_and_what_was_are_told_apart(tx: Transaction) -> None:
    save(tx, A, B)
    assert tx.alarms.raised(USND_ALARMS) == [A, B]
    over = replace(A, cleared_at=after(5))
    save(tx, over)
    assert tx.alarms.raised(USND_ALARMS) == [B]
    again = replace(A, raised_at=after(9), facts="")
    save(tx, again)
    assert tx.alarms.raised(USND_ALARMS) == [B, again]
    assert tx.alarms.last(USND_ALARMS, 10) == [again, B, over]
    assert tx.alarms.last(USND_ALARMS, 1) == [again]


def test_a_change_may_be_written_again(tx: Transaction) -> None:
    for _ in range(2):
        save(tx, A, replace(A, raised_at=after(7)))
    assert tx.alarms.last(USND_ALARMS, 10) == [A]
    for _ in range(2):
        save(tx, replace(A, cleared_at=after(9)))
    assert tx.alarms.last(USND_ALARMS, 10) == [replace(A, cleared_at=after(9))]


def test_the_database_refuses_a_second_one_of_an_object(tx: Transaction) -> None:
    row = {"name": "trunk-down", "object": "a", "raised_at": T0, "facts": ""}
    tx.execute(insert(alarms), {**row, "cleared_at": T0})
    tx.execute(insert(alarms), {**row, "cleared_at": None})
    with pytest.raises(IntegrityError):
        tx.execute(insert(alarms), {**row, "cleared_at": None})


def test_the_oldest_of_the_history_are_forgotten_and_never_one_that_is_raised(tx: Transaction) -> None:
    save(tx, A)
    for second in range(10):
        one = replace(B, raised_at=after(second))
        save(tx, one, replace(one, cleared_at=after(second)))
    left = tx.alarms.last(USND_ALARMS, 100)
    assert [alarm.raised_at for alarm in left] == [after(9), after(8), after(7), T0]
    assert tx.alarms.raised(USND_ALARMS) == [A]


def test_what_this_release_does_not_know_is_cleared_and_not_shown(tx: Transaction) -> None:
    save(tx, replace(A, kind=replace(TRUNK_DOWN, name="of-a-later-release")), B)
    assert tx.alarms.raised(USND_ALARMS) == [B]
    tx.alarms.clear_unknown(USND_ALARMS, after(5))
    assert tx.alarms.raised({"of-a-later-release": TRUNK_DOWN}) == []
    assert tx.alarms.raised(USND_ALARMS) == [B]


async def test_a_life_that_ends_leaves_its_alarms_to_the_next(store: Store) -> None:
    async def stored() -> Sequence[Alarm]:
        return await store.run(lambda tx: tx.alarms.raised(USND_ALARMS))

    async with life(store) as first:
        first.raise_(TRUNK_DOWN, "a", in_use=2)
        first.raise_(ASTERISK_DOWN)
        first.clear(ASTERISK_DOWN)
        assert await until(lambda: not first.unwritten(), 5, 0.01)
    assert await stored() == [A]
    async with life(store) as second:
        assert second.raised == (A,)
        second.clear(TRUNK_DOWN, "a")
        assert await until(lambda: not second.unwritten(), 5, 0.01)
    assert await stored() == []


async def test_a_database_that_dies_costs_no_alarm(frail: Postgres, opened: Opened) -> None:
    async with opened(frail.url()) as store, life(store) as one:
        frail.kill()
        one.raise_(DATABASE_UNREACHABLE)
        assert await until(lambda: not store.reachable, 10, 0.01)
        assert one.is_raised(DATABASE_UNREACHABLE)
        await frail.start()
        assert await until(lambda: not one.unwritten(), 20, 0.01)
        assert [each.kind for each in await store.run(lambda tx: tx.alarms.raised(USND_ALARMS))] == [
            DATABASE_UNREACHABLE
        ]
