"""Forgets what was kept long enough, of all services: each gives its chores.

The daemon runs it. Each unit of work is small, so that nobody waits for it.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import structlog

from usnd.services.transactions.commits import surely
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreClosed
from usnd.store.core.writer_connection import StoreTaken

Chores = Callable[[datetime], Iterator[tuple[str, Callable[[Transaction], int]]]]
"""What is old by then: its name, and a unit of work that forgets some of it and gives how many."""
MOST_AT_ONCE = 500
"""Rows of one unit of work."""
_ROUND = 600.0
_BREATH = 0.05


class Housekeeping:
    """`clock` gives UTC. Seconds: `round_`, between two rounds; `breath`, between two units of work."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        chores: Sequence[Chores],
        round_: float = _ROUND,
        breath: float = _BREATH,
    ) -> None:
        self._chores = chores
        self._store, self._clock, self._round, self._breath = store, clock, round_, breath
        self._log = structlog.get_logger("usnd.housekeeping")

    async def run(self) -> None:
        """Until cancelled, or until another usnd has the store."""
        while True:
            try:
                await self.tidy()
            except (StoreTaken, StoreClosed):
                raise
            except Exception as error:  # noqa: BLE001 # it stops no call and no text, and is tried again
                self._log.warning("what is old was not forgotten, tried again", error=str(error))
            await asyncio.sleep(self._round)

    async def tidy(self) -> None:
        """One round: all that is old enough now."""
        now = self._clock()
        for what, forget in (one for chores in self._chores for one in chores(now)):
            forgotten = 0
            while count := await surely(self._store, forget):
                forgotten += count
                await asyncio.sleep(self._breath)
            if forgotten:
                self._log.info("forgotten after its time", what=what, rows=forgotten)
