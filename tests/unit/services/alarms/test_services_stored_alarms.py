"""Alarms reach the store behind their change; a store that is busy, broken or away costs none of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import ASTERISK_DOWN, DATABASE_UNREACHABLE, TRUNK_DOWN, AlarmKind
from usnd.services.alarms import database_watch
from usnd.services.alarms.alarms import Alarms
from usnd.services.alarms.database_watch import watch_database
from usnd.services.alarms.stored import KEPT, StoredAlarms
from usnd.store.core.writer_connection import StoreTaken

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORMER = Alarm(TRUNK_DOWN, "a", NOW - timedelta(hours=1))


class FakeStore:
    """Instead of the database: answers when `away` is not set, and fails as often as `fails` says."""

    def __init__(self, *raised: Alarm) -> None:
        self.former, self.saved = raised, list[Alarm]()
        self.away, self.fails = asyncio.Event(), list[Exception]()
        self.here = asyncio.Event()
        self.here.set()
        self.reachable, self.trouble = True, ""
        self.alarms = self

    async def run(self, unit: Callable[[Any], Any]) -> Any:
        await self.here.wait()
        return unit(self)

    def clear_unknown(self, kinds: Collection[str], now: datetime) -> None:
        assert now == NOW

    def raised(self, kinds: Mapping[str, AlarmKind]) -> list[Alarm]:
        return list(self.former)

    def save(self, changes: Sequence[Alarm], kept: int) -> None:
        if self.fails:
            raise self.fails.pop()
        assert kept == KEPT
        self.saved += changes


@asynccontextmanager
async def keeping(store: FakeStore, alarms: Alarms) -> AsyncIterator[StoredAlarms]:
    any_store: Any = store
    stored = StoredAlarms(any_store, alarms, lambda: NOW, pause=0.01)
    task = asyncio.create_task(stored.run())
    yield stored
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_the_former_life_s_are_taken_over_and_each_change_is_written_behind() -> None:
    store, alarms = FakeStore(FORMER), Alarms(lambda: NOW)
    async with keeping(store, alarms) as stored:
        await stored.loaded.wait()
        assert alarms.raised == (FORMER,)
        alarms.raise_(ASTERISK_DOWN)
        assert store.saved == [], "who raises one does not wait for the store"
        await asyncio.sleep(0.01)
        await asyncio.to_thread(alarms.clear, TRUNK_DOWN, "a")
        await asyncio.sleep(0.05)
        assert [(one.key, one.cleared_at) for one in store.saved] == [
            (("asterisk-down", ""), None), (("trunk-down", "a"), NOW),
        ]  # fmt: skip
        assert alarms.unwritten() == ()


async def test_while_the_store_is_away_alarms_are_in_memory_and_are_written_when_it_is_back() -> None:
    store, alarms = FakeStore(FORMER), Alarms(lambda: NOW)
    store.here.clear()
    async with keeping(store, alarms) as stored:
        await asyncio.sleep(0)
        alarms.raise_(ASTERISK_DOWN)
        alarms.clear(ASTERISK_DOWN)
        alarms.raise_(DATABASE_UNREACHABLE)
        await asyncio.sleep(0.02)
        assert alarms.is_raised(DATABASE_UNREACHABLE)
        assert not stored.loaded.is_set()
        store.here.set()
        await asyncio.sleep(0.02)
        assert [one.kind for one in store.saved] == [ASTERISK_DOWN, ASTERISK_DOWN, DATABASE_UNREACHABLE]
        assert {one.kind for one in alarms.raised} == {DATABASE_UNREACHABLE, TRUNK_DOWN}


async def test_a_write_that_fails_is_tried_again_and_stops_nobody() -> None:
    store, alarms = FakeStore(), Alarms(lambda: NOW)
    store.fails = [ValueError("no such column"), ValueError("no such column")]
    with capture_logs() as logs:
        async with keeping(store, alarms):
            alarms.raise_(ASTERISK_DOWN)
            await asyncio.sleep(0.1)
    assert [one.kind for one in store.saved] == [ASTERISK_DOWN]
    told = [log for log in logs if log["event"] == "alarms not written, tried again"]
    assert [log["error"] for log in told] == ["no such column"] * 2


async def test_another_usnd_that_has_the_store_ends_it() -> None:
    store, alarms = FakeStore(), Alarms(lambda: NOW)
    store.fails = [StoreTaken()]
    any_store: Any = store
    alarms.raise_(ASTERISK_DOWN)
    with pytest.raises(StoreTaken):
        await StoredAlarms(any_store, alarms, lambda: NOW).run()


async def test_a_database_that_is_away_for_long_is_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_watch, "EVERY", 1.0)
    store, alarms = FakeStore(), Alarms(lambda: NOW)
    turns = iter((True, False, False, False, True))
    seen = []

    async def second(_seconds: float) -> None:
        seen.append(alarms.is_raised(DATABASE_UNREACHABLE))
        store.reachable = next(turns)

    monkeypatch.setattr(database_watch.asyncio, "sleep", second)
    any_store: Any = store
    with capture_logs() as logs, suppress(StopIteration, RuntimeError):
        store.trouble = "connection refused"
        await watch_database(any_store, alarms)
    assert seen == [False, False, False, False, True, False]
    assert next((log["event"], log.get("reason")) for log in logs) == (
        "alarm raised: the database cannot be reached", "connection refused",
    )  # fmt: skip
