"""Natural batches: what comes while a lot is being committed makes the next.

services/messaging gives it the texts and receipts that arrive, services/provisioning the orders. A lone item
waits for nobody, many share one commit, and one that fails, fails alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from usnd.store.core.writer import StoreBusy

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """`commit` gives one result an item, in order. most_together, most_waiting: the sum of the items' sizes.

    `size`: of an item.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        most_together: int,
        most_waiting: int,
        size: Callable[[T], int] = lambda _: 1,
    ) -> None:
        self._commit = commit
        self._most_together = most_together
        self._most_waiting = most_waiting
        self._size = size
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._waits = 0
        self._running: asyncio.Task[None] | None = None

    async def do(self, item: T) -> R:
        """The item's result, once committed. Raises StoreBusy, and what `commit` raises for it alone.

        Cancelled if the item is withdrawn.
        """
        if self._waits + self._size(item) > self._most_waiting:
            raise StoreBusy
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._waits += self._size(item)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    def withdraw(self, item: T) -> None:
        """Takes the item back if its lot has not begun: it is not done any more."""
        for waiting in self._waiting:
            if waiting[0] is item:
                self._waiting.remove(waiting)
                self._waits -= self._size(item)
                waiting[1].cancel()
                return

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._do(self._lot())
        finally:
            self._running = None

    def _lot(self) -> list[tuple[T, asyncio.Future[R]]]:
        """Those that have waited longest, as many as may go together."""
        lot: list[tuple[T, asyncio.Future[R]]] = []
        together = 0
        while self._waiting:
            together += self._size(self._waiting[0][0])
            if lot and together > self._most_together:
                break
            lot.append(self._waiting.popleft())
        self._waits -= sum(self._size(item) for item, _ in lot)
        return lot

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
