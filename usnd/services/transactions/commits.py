"""Commits that must happen, of what is true already or promised: in place of `Store.run`, for services."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy

T = TypeVar("T")
_PAUSE = 0.2


async def surely(store: Store, unit: Callable[[Transaction], T]) -> T:
    """Runs the unit, waiting for as long as the store has no room: for what was already promised.

    What comes from outside is refused instead (`StoreBusy`), and told so.
    """
    while True:
        try:
            return await store.run(unit)
        except StoreBusy:
            await asyncio.sleep(_PAUSE)
