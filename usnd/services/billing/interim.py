"""Writes interim records of calls that go on for very long: nobody waits a week for a week's call (B1).

The daemon runs it. A part is written some time after its end, so that a call which is found to have ended
earlier has no part that is too long. Safe to repeat: a part has a name, and is written once.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.interim import parts_due
from usnd.services.conference.conferences import Conferences
from usnd.services.transactions.commits import surely
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

EVERY = 60.0
"""Seconds between two looks."""


class InterimRecords:
    """every: how much of a call has a record of its own. clock: UTC."""

    def __init__(
        self, store: Store, conferences: Conferences, every: timedelta, clock: Callable[[], datetime]
    ) -> None:
        self._store, self._conferences, self._every, self._clock = store, conferences, every, clock
        self._written: dict[str, int] = {}
        """Of each call that has any: its last part."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    async def look(self) -> None:
        """Once. While nobody knows which calls are up, no part is written."""
        if not self._conferences.voice_up:
            return
        due = list(self._due())
        live = {call.id for conference in self._conferences.live for call in conference.calls if call.live}
        self._written = {call: part for call, part in self._written.items() if call in live}
        for cdr in due:
            await surely(self._store, partial(_add, cdr=cdr))
            self._written[cdr.call] = cdr.part

    def _due(self) -> Iterator[Cdr]:
        origin, now = self._conferences.origin, self._clock()
        for conference in self._conferences.live:
            for call in conference.calls:
                known = self._written.get(call.id, 0)
                yield from parts_due(conference, call, origin, self._every, known, now)


def _add(tx: Transaction, cdr: Cdr) -> None:
    tx.cdrs.add_interim(cdr)
