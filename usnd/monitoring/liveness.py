"""Notes each second which parts of usnd did work, and tells systemd's watchdog.

daemon.py runs it. Three proofs of work: the loop turned, the writer made a transaction, Asterisk made a call.
The arbiter reads the notes and acts upon them; usnd does not. What counts as work done lately:
domain/monitoring/liveness.py.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from usnd.domain.monitoring.liveness import CALLS_WITHIN, LastWork, is_alive
from usnd.monitoring.status_file import show
from usnd.process.runtime_directory import RuntimeDirectory
from usnd.store.core.writer import StoreBusy, StoreClosed
from usnd.store.core.writer_connection import StoreTaken

FILE = "health.json"
EVERY = 1.0


def machine_clock() -> float:
    """Seconds since the machine's start: the same for the arbiter, and set by no time server."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Health:
    """`store` makes a transaction, `call` a call through Asterisk within seconds; `linked`: AMI is up."""

    def __init__(
        self,
        store: Callable[[], Awaitable[None]],
        call: Callable[[float], Awaitable[bool]],
        linked: Callable[[], bool],
        tell: Callable[[str], None],
        clock: Callable[[], float] = machine_clock,
    ) -> None:
        self._store, self._call, self._linked, self._tell, self._clock = store, call, linked, tell, clock
        self._stored = self._called = clock()

    async def run(self, runtime: Path | None, directory: RuntimeDirectory) -> None:
        """Until cancelled. `runtime`: the directory for the notes, or None. directory: as of `show`."""
        async with asyncio.TaskGroup() as proofs:
            proofs.create_task(self._repeat(self._prove_store))
            proofs.create_task(self._repeat(self._prove_asterisk))
            path = runtime / FILE if runtime is not None else None
            proofs.create_task(show(path, self._note, directory))

    def work(self) -> LastWork:
        """As of now."""
        return LastWork(self._clock(), self._stored, self._called, self._linked())

    def _note(self, _now: datetime) -> dict[str, Any]:
        work = self.work()
        if is_alive(work, work.turned):
            self._tell("WATCHDOG=1")
        return {"at": _now.isoformat(), **asdict(work)}

    async def _repeat(self, prove: Callable[[], Awaitable[None]]) -> None:
        while True:
            await prove()
            await asyncio.sleep(EVERY)

    async def _prove_store(self) -> None:
        with suppress(StoreBusy, StoreClosed, StoreTaken):  # no work was done, and others say why
            await self._store()
            self._stored = self._clock()

    async def _prove_asterisk(self) -> None:
        if self._linked() and await self._call(CALLS_WITHIN):
            self._called = self._clock()
