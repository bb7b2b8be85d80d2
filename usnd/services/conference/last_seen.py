"""Until when the calls of this node are surely known to have been up: kept in the store, for the next life.

A server that dies takes its calls with it, and nobody is left who could say when. Whoever takes up the
conferences closes such calls at the last time noted here (REQUIREMENTS B1): a few seconds early, never late.
The daemon runs it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from usnd.services.conference.conferences import Conferences
from usnd.services.transactions.commits import surely
from usnd.store.core.writer import Store

EVERY = 3.0
"""Seconds between two notes, while there are calls."""


class LastSeen:
    """`proved_at`: when Asterisk last made a call to prove itself, in UTC."""

    def __init__(self, store: Store, conferences: Conferences, proved_at: Callable[[], datetime]) -> None:
        self._store, self._conferences, self._proved_at = store, conferences, proved_at

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.note()

    async def note(self) -> None:
        """Once. Before the first survey nobody knows which calls are up; nor while the link is down."""
        conferences, at = self._conferences, self._proved_at()
        known = conferences.seen_until
        if conferences.voice_up and conferences.live and (known is None or at > known):
            await surely(self._store, lambda tx: tx.calls_seen.note(at))
            conferences.seen_until = at
