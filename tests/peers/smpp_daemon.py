"""What stands in the daemon's place in the tests of a link."""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from usnd.smpp.link.link import SmscLink, SubmitOutcome
from usnd.smpp.link.settings import Late, LinkLost, LinkSettings, LinkState, Submitted
from usnd.smpp.pdu.status import CommandStatus
from usnd.smpp.received import Receipt, ReceivedText
from usnd.smpp.text.segments import Segment

OK = CommandStatus.ESME_ROK


class Daemon:
    """Stands in the daemon's place: one link, what it handed over, and how deliveries are settled."""

    def __init__(self, settings: LinkSettings) -> None:
        self.texts: list[ReceivedText] = []
        self.receipts: list[Receipt] = []
        self.states: list[LinkState] = []
        self.settle: Callable[[ReceivedText], Awaitable[CommandStatus]] | None = None
        self._window = asyncio.Semaphore(settings.window)
        numbers = itertools.count(1)
        self.link = SmscLink(
            settings,
            on_text=self._text,
            on_receipt=self._receipt,
            on_state=self._state,
            new_session=lambda: f"bind-{next(numbers)}",
            clock=time.monotonic,
            rng=random.Random(1),
        )

    async def _text(self, text: ReceivedText) -> CommandStatus:
        self.texts.append(text)
        return await self.settle(text) if self.settle else OK

    async def _receipt(self, receipt: Receipt) -> CommandStatus:
        self.receipts.append(receipt)
        return OK

    def _state(self, name: str, state: LinkState) -> None:
        self.states.append(state)

    async def submit(self, sender: str, recipient: str, segment: Segment, **how: Any) -> Submitted:
        """Waits for room in the window and for the outcome; raises it when it is an error."""
        async with self._window:
            done: asyncio.Future[SubmitOutcome] = asyncio.get_running_loop().create_future()
            self.link.submit(sender, recipient, segment, partial(_first, done), **how)
            outcome = await done
        if isinstance(outcome, Submitted):
            return outcome
        raise LinkLost("late") if isinstance(outcome, Late) else outcome

    async def bound(self, session: str = "bind-1") -> None:
        await self.until(lambda: self.link.session == session)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so():  # noqa: ASYNC110 # what is waited for has no event of its own
                await asyncio.sleep(0.005)


def _first(done: asyncio.Future[SubmitOutcome], outcome: SubmitOutcome) -> None:
    """What comes behind Late is another test's."""
    if not done.done():
        done.set_result(outcome)


StartLink = Callable[..., AbstractAsyncContextManager[Daemon]]
