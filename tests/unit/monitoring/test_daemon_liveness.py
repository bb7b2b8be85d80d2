"""What the daemon notes of its work, and when it tells the watchdog."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path

from usnd.domain.monitoring.liveness import WAITS_AT_MOST, LastWork
from usnd.monitoring.liveness import FILE, Health
from usnd.process.runtime_directory import RuntimeDirectory
from usnd.store.core.writer import StoreBusy


class Parts:
    """A store and an Asterisk that do their work or not, and a clock that is set."""

    def __init__(self) -> None:
        self.now, self.told = 100.0, [""]
        self.busy, self.linked, self.calls = False, True, True
        self.health = Health(self.store, self.call, lambda: self.linked, self.told.append, lambda: self.now)

    async def store(self) -> None:
        if self.busy:
            raise StoreBusy

    async def call(self, _within: float) -> bool:
        return self.calls

    async def round(self, runtime: Path | None, now: float) -> LastWork:
        self.now = now
        self.told.clear()
        task = asyncio.create_task(self.health.run(runtime, RuntimeDirectory()))
        await asyncio.sleep(0.05)
        work = self.health.work()
        if runtime is not None:
            assert json.loads((runtime / FILE).read_text())["turned"] == now
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return work


async def test_work_that_was_done_is_noted_and_told(tmp_path: Path) -> None:
    parts = Parts()
    assert await parts.round(tmp_path, 105.0) == LastWork(105.0, 105.0, 105.0, linked=True)
    assert parts.told == ["WATCHDOG=1"]


async def test_work_that_was_not_done_keeps_its_age_and_at_last_the_watchdog_is_not_told() -> None:
    parts = Parts()
    parts.busy, parts.calls = True, False
    assert await parts.round(None, 105.0) == LastWork(105.0, 100.0, 100.0, linked=True)
    await parts.round(None, 100.0 + WAITS_AT_MOST)
    assert parts.told == []


async def test_an_asterisk_that_is_gone_is_asked_for_no_call() -> None:
    parts = Parts()
    parts.linked = False
    work = await parts.round(None, 100.0 + WAITS_AT_MOST)
    assert (work.called, parts.told) == (100.0, ["WATCHDOG=1"])
