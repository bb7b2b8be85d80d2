"""The alarms in the store: read once at the start, and written behind each change, which waits for nothing.

The daemon runs it beside the owners of the alarms. While the database is away the changes wait in memory.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import structlog

from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import USND_ALARMS
from usnd.services.alarms.alarms import Alarms
from usnd.services.transactions.commits import surely
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreClosed
from usnd.store.core.writer_connection import StoreTaken

KEPT = 1_000
"""Alarms of the history: the newest, over all kinds and objects."""
_PAUSE = 5.0


class StoredAlarms:
    """`clock` gives UTC; `pause`: seconds before a write that failed is tried again."""

    def __init__(
        self, store: Store, alarms: Alarms, clock: Callable[[], datetime], pause: float = _PAUSE
    ) -> None:
        self._store, self._alarms, self._clock, self._pause = store, alarms, clock, pause
        self._changed = asyncio.Event()
        self.loaded = asyncio.Event()
        """Set when the alarms of the former life are taken over: owners speak from now on."""
        self._log = structlog.get_logger("usnd.alarms")

    async def run(self) -> None:
        """Until cancelled, or until another usnd has the store."""
        self._alarms.on_change = _in_loop(self._changed.set)
        self._alarms.take_over(await surely(self._store, partial(_former, now=self._clock())))
        self.loaded.set()
        while True:
            changes = self._alarms.unwritten()
            if not changes:
                await self._changed.wait()
                self._changed.clear()
            elif await self._write(changes):
                self._alarms.written(changes)
            else:
                await asyncio.sleep(self._pause)

    async def _write(self, changes: Sequence[Alarm]) -> bool:
        try:
            await surely(self._store, lambda tx: tx.alarms.save(changes, KEPT))
        except (StoreTaken, StoreClosed):
            raise
        except Exception as error:  # noqa: BLE001 # an alarm that cannot be written stops no call and no text
            self._log.warning("alarms not written, tried again", changes=len(changes), error=str(error))
            return False
        return True


def _former(tx: Transaction, *, now: datetime) -> list[Alarm]:
    """Unit of work: what the former life had raised."""
    tx.alarms.clear_unknown(USND_ALARMS, now)
    return tx.alarms.raised(USND_ALARMS)


def _in_loop(what: Callable[[], None]) -> Callable[[], None]:
    loop = asyncio.get_running_loop()
    return lambda: _call(loop, what)


def _call(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(what)
