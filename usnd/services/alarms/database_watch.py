"""Looks each second whether the database answers, and has its alarm raised and cleared."""

import asyncio

from usnd.domain.alarms.catalogue import DATABASE_UNREACHABLE
from usnd.domain.alarms.threshold import Limits
from usnd.services.alarms.alarms import Alarms
from usnd.store.core.writer import Store

EVERY = 1.0
AWAY = Limits(2.0, EVERY)
"""Seconds: a database that changes over to its standby rings nobody."""


async def watch_database(store: Store, alarms: Alarms) -> None:
    """Until cancelled."""
    away = 0.0
    while True:
        away = 0.0 if store.reachable else away + EVERY
        alarms.judge(DATABASE_UNREACHABLE, "", away, AWAY, reason=store.trouble or None)
        await asyncio.sleep(EVERY)
