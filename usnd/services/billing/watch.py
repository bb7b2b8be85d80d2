"""Looks how each destination is served, and has its alarms raised and cleared (REQUIREMENTS B2, B4).

The daemon runs it: an exporter that does not run at all cannot say so itself. It knows what the store knows.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import structlog

from usnd.domain.alarms.catalogue import CDR_DESTINATION_REFUSES, CDR_EXPORT_LATE, CDR_FILE_CHANGED
from usnd.domain.alarms.threshold import Limits
from usnd.domain.billing.punctuality import Standing, changed, late_by, reason_of, refusal_of
from usnd.domain.billing.rhythm import HOURLY, Rhythm
from usnd.services.alarms.alarms import Alarms
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy

EVERY = 30.0
"""Seconds between two looks."""
_ALL = (CDR_EXPORT_LATE, CDR_DESTINATION_REFUSES, CDR_FILE_CHANGED)


class ExportWatch:
    """destinations: their names. late_after: seconds after a file was due. clock: UTC.

    rhythms: of those who do not get a file each hour.
    """

    def __init__(
        self,
        store: Store,
        destinations: Sequence[str],
        late_after: float,
        alarms: Alarms,
        clock: Callable[[], datetime],
        rhythms: Mapping[str, Rhythm] | None = None,
    ) -> None:
        self._rhythms = rhythms or {}
        self._store, self._destinations, self._alarms, self._clock = store, destinations, alarms, clock
        self._late = Limits(late_after, late_after)
        self._since = clock()
        self._log = structlog.get_logger("usnd.billing")

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except StoreBusy:
                self._log.info("export not looked at: the store is busy")
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Once."""
        for kind in _ALL:
            self._alarms.clear_others(kind, self._destinations)
        for name in self._destinations:
            self._judge(name, await self._store.run(partial(_standing, of=name)))

    def _judge(self, name: str, standing: Standing) -> None:
        rhythm = self._rhythms.get(name, HOURLY)
        late, reason = late_by(standing, self._since, self._clock(), rhythm), reason_of(standing)
        self._alarms.judge(CDR_EXPORT_LATE, name, late, self._late, files=standing.waiting, reason=reason)
        for kind, holds in (
            (CDR_DESTINATION_REFUSES, refusal_of(standing) is not None),
            (CDR_FILE_CHANGED, changed(standing)),
        ):
            if holds:
                self._alarms.raise_(kind, name, reason=reason)
            else:
                self._alarms.clear(kind, name)


def _standing(tx: Transaction, of: str) -> Standing:
    return tx.cdr_files.standing(of)
