"""What may hang in the kernel, as on a disk that does not answer, is done beside the loop.

machine.py and database/postgres.py call it. One hung thread of each name is the most there ever is.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """Those that still run, by name."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Future[object]] = {}

    async def run(self, name: str, work: Callable[[], T], patience: float) -> T:
        """What the work gives. Raises TimeoutError, at once while the one before of that name still hangs."""
        before = self._running.get(name)
        if before is not None and not before.done():
            raise TimeoutError(f"{name} still hangs")
        thread = asyncio.ensure_future(asyncio.to_thread(work))
        self._running[name] = thread  # type: ignore[assignment] # its result is only given on
        thread.add_done_callback(lambda done: done.cancelled() or done.exception())  # it may end unseen
        return await asyncio.wait_for(asyncio.shield(thread), patience)
