"""Natural batches: what comes while a lot is being committed makes the next.

incoming.py and delivery_receipts.py in services/messaging give it what arrives. A lone item waits for nobody,
many share one commit, and one that fails, fails alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from usnd.store.core.writer import StoreBusy

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """`commit` gives one result an item, in order. most_together, most_waiting: items."""

    def __init__(
        self,
        commit: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        most_together: int,
        most_waiting: int,
    ) -> None:
        self._commit = commit
        self._most_together = most_together
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def do(self, item: T) -> R:
        """The item's result, once committed. Raises StoreBusy, and what `commit` raises for it alone."""
        if len(self._waiting) >= self._most_waiting:
            raise StoreBusy
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                together = min(self._most_together, len(self._waiting))
                await self._do([self._waiting.popleft() for _ in range(together)])
        finally:
            self._running = None

    async def _do(self, lot: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        """A lot that fails is done again one by one: it was one of them, only that one shall fail."""
        try:
            results = await self._commit([item for item, _ in lot])
        except Exception as error:  # noqa: BLE001 # told to whoever waits for it
            if len(lot) > 1 and not isinstance(error, StoreBusy):
                for one in lot:
                    await self._do([one])
                return
            for _, future in lot:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(lot, results, strict=True):
            if not future.done():
                future.set_result(result)
