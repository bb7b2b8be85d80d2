"""An event loop whose time passes only when nobody has anything to do: a month in minutes, in its order.

life.py runs an engine on it. While the store's thread works, or a file is sent, time stands still: nothing is
late because the machine is slow.
"""

import asyncio
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, TypeVar

from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

T = TypeVar("T")
_LOOK_AGAIN = 30.0
"""Real seconds."""


class _Selector(selectors.SelectSelector):
    """In place of waiting for a timer it lets that time pass, unless a thread is at work."""

    now = 0.0
    at_work = 0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.at_work:
            return super().select(_LOOK_AGAIN)
        ready = super().select(0)
        if not ready:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time begins at 0, in seconds."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual.now

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Time does not pass meanwhile."""
        self._virtual.at_work += 1
        try:
            yield
        finally:
            self._virtual.at_work -= 1


class Moment(Enum):
    """When a process dies: its unit of work is done and not committed, or committed and nobody knows."""

    BEFORE_COMMIT = "before the commit"
    AFTER_COMMIT = "behind the commit"


def kill_myself() -> None:
    """As the kernel does it: nobody is asked, nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


class MortalStore(Store):
    """The store of a process that is to die within a unit of work. Make it by `open`, then set these.

    loop: its time stands still while a unit runs; None: an ordinary loop. units: so many are done before it
    dies; None: it lives. dying: called in the loop's thread, to die.
    """

    loop: VirtualLoop | None = None
    units: int | None = None
    moment = Moment.AFTER_COMMIT
    dying: Callable[[], None] = staticmethod(kill_myself)

    async def run(self, unit: Callable[[Transaction], T]) -> T:
        """As the store does, until it is time to die."""
        dies = self.units == 0
        if self.units is not None:
            self.units -= 1
        done = self._doomed(unit) if dies and self.moment is Moment.BEFORE_COMMIT else unit
        if self.loop is None:
            result = await super().run(done)
        else:
            with self.loop.standing_still():
                result = await super().run(done)
        if dies:
            self.dying()
        return result

    def _doomed(self, unit: Callable[[Transaction], T]) -> Callable[[Transaction], T]:
        loop = asyncio.get_running_loop()

        def work(tx: Transaction) -> T:
            unit(tx)
            loop.call_soon_threadsafe(self.dying)
            while True:  # the transaction stays open until the process is gone
                time.sleep(_LOOK_AGAIN)

        return work
