"""Makes the months of CDRs ahead, and has the alarms of retention raised and cleared (REQUIREMENTS B3).

The daemon runs it: who writes records is who needs months, and a removal that does not run cannot say so
itself. It begins with the daemon, and looks again every ten minutes.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from usnd.domain.alarms.catalogue import CDR_MONTHS_RUN_OUT, CDR_RETENTION_HELD, CDR_RETENTION_LATE
from usnd.domain.billing.months import LEAST_AHEAD, months_left
from usnd.services.alarms.alarms import Alarms
from usnd.services.billing.retention import find
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreClosed
from usnd.store.core.writer_connection import StoreTaken

EVERY = 600.0
"""Seconds between two looks."""
PATIENCE = timedelta(days=3)
"""Removal is late when something could be gone for so long."""
GRACE = timedelta(days=1)
"""A destination holds up removal when it does so for so long."""


class RetentionWatch:
    """destinations: their names. keep_months: whole months that records stay. clock: UTC."""

    def __init__(
        self,
        store: Store,
        destinations: Sequence[str],
        keep_months: int,
        alarms: Alarms,
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._alarms, self._clock = store, alarms, clock
        self._destinations, self._keep = destinations, keep_months
        self._log = structlog.get_logger("usnd.billing")

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.make_ahead()
                await self.look()
            except (StoreTaken, StoreClosed):
                raise
            except Exception as error:  # noqa: BLE001 # it stops no call, and is tried again
                self._log.warning("retention not looked at, tried again", error=str(error))
            await asyncio.sleep(EVERY)

    async def make_ahead(self) -> None:
        """Once. What cannot be made now is tried again; the alarm says when that is urgent."""
        try:
            made = await self._store.run(lambda tx: tx.cdr_months.make_ahead(self._clock()))
        except (StoreTaken, StoreClosed):
            raise
        except Exception as error:  # noqa: BLE001 # the alarm comes by what there is
            self._log.warning("months of CDRs not made ahead, tried again", error=str(error))
            made = ()
        for month in made:
            self._log.info("month of CDRs made", month=str(month))
        until = await self._store.run(lambda tx: tx.cdr_months.made_until())
        if until is not None and months_left(until, self._clock()) < LEAST_AHEAD:
            self._alarms.raise_(CDR_MONTHS_RUN_OUT, until=until.date().isoformat())
        else:
            self._alarms.clear(CDR_MONTHS_RUN_OUT)

    async def look(self) -> None:
        """Once."""
        self._alarms.clear_others(CDR_RETENTION_HELD, self._destinations)
        held, late = await self._store.run(self._judge)
        for name in self._destinations:
            if name in held:
                self._alarms.raise_(CDR_RETENTION_HELD, name, first=held[name])
            else:
                self._alarms.clear(CDR_RETENTION_HELD, name)
        if late:
            self._alarms.raise_(CDR_RETENTION_LATE)
        else:
            self._alarms.clear(CDR_RETENTION_LATE)

    def _judge(self, tx: Transaction) -> tuple[dict[str, int], bool]:
        """The first old record that each destination has not confirmed, and whether removal is late."""
        now, held = self._clock(), dict[str, int]()
        asked = find(tx, self._destinations, self._keep, now - GRACE)
        for name, through in asked.confirmed.items():
            for sequence, cdr in tx.cdrs.after(through, 1):
                if cdr.stop < asked.since:
                    held[name] = sequence
        could = find(tx, self._destinations, self._keep, now - PATIENCE)
        late = any(verdict.goes for _, verdict in could.verdicts())
        return held, late or any(
            sequence <= could.through and cdr.stop < could.since for sequence, cdr in tx.cdrs.after(0, 1)
        )
