"""Deliveries in progress: started in the order of arrival, bounded in number, each text settled once.

link.py gives the work and what to do with its result. The tasks that run between a deliver_sm and its
response are here, and go on over reconnects. No PDU is read or made here.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from usnd.smpp.pdu.status import CommandStatus

Work = Callable[[], Coroutine[Any, Any, CommandStatus]]
Answer = Callable[[CommandStatus], None]


class Intake:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._in_progress = 0
        self._answers: dict[str, list[Answer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def full(self) -> bool:
        return self._in_progress >= self._limit

    async def room(self) -> None:
        """Returns when one more may be taken."""
        await self._room.wait()

    def take(self, key: str, work: Work, answer: Answer) -> None:
        """Starts `work`, whose result goes to `answer`; attaches to the work in progress under the same key.

        An SMSC that waits too long for a response delivers again: the text is one, the responses are two.
        """
        self._count(1)
        if key in self._answers:
            self._answers[key].append(answer)
            return
        self._answers[key] = [answer]
        task = asyncio.create_task(self._run(key, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, seconds: float) -> None:
        """Waits that long for what is in progress, then cancels it: the SMSC delivers again."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, key: str, work: Work) -> None:
        try:
            status = await work()
            for answer in self._answers[key]:
                answer(status)
        finally:
            self._count(-len(self._answers.pop(key)))

    def _count(self, change: int) -> None:
        self._in_progress += change
        if self.full:
            self._room.clear()
        else:
            self._room.set()
