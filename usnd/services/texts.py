"""Takes texts in: all that wait are one unit of work, each is acknowledged only after its commit.

Owns the batch: while one is being committed the next gathers, so that a lone text waits for nobody and many
cost little each. A text that cannot be taken fails alone. Refuses to decide what a text means.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from usnd.domain.conference import Recall
from usnd.domain.courtesy import Courtesy
from usnd.domain.decision import Situation
from usnd.domain.messages import IncomingText
from usnd.domain.texting import decide
from usnd.services.conferences import Conferences
from usnd.services.outbox import Outbox
from usnd.services.taking import Taken, Taking, TextPolicy, reply_draft
from usnd.smpp.received import ReceivedText
from usnd.smpp.status import CommandStatus
from usnd.store.session import StoreTaken
from usnd.store.transaction import Transaction
from usnd.store.writer import Store, StoreBusy

_MOST_TOGETHER = 200
_MOST_WAITING = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class _Arrival:
    """A text, and who waits for what becomes of it."""

    text: IncomingText
    taken: asyncio.Future[Taken | None]


class Texts:
    """The texts of all SMSCs."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        conferences: Conferences,
        policy: TextPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        """`clock` gives the time in UTC."""
        self._store = store
        self._outbox = outbox
        self._conferences = conferences
        self._policy = policy
        self._clock = clock
        self._courtesy = Courtesy(policy.courtesy) if policy.courtesy else None
        self.unregistered = 0
        """Texts of those who are not registered, since the start."""
        self._waiting: deque[_Arrival] = deque()
        self._taking: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("usnd.texts")

    async def receive(self, received: ReceivedText) -> CommandStatus:
        """Takes a text in and gives the SMPP status to answer it with: ESME_ROK only after the commit."""
        text = IncomingText(
            received.smsc,
            received.session,
            received.sender,
            received.recipient,
            received.body,
            received.fingerprint,
        )
        try:
            taken = await self._take(text)
        except StoreBusy:
            self._log.warning("text refused, the store is busy", smsc=text.smsc)
            return CommandStatus.ESME_RMSGQFUL
        except StoreTaken:
            return CommandStatus.ESME_RSYSERR  # the daemon stops, and says why; the SMSC delivers again
        if taken is None:
            self._log.info("duplicate text ignored", smsc=text.smsc, sender=text.sender)
            return CommandStatus.ESME_ROK
        self._act(taken)
        self._log.info("text taken", smsc=text.smsc, sender=text.sender, text=taken.mo_id)
        if taken.stranger is not None:
            await self._tell_stranger(text, taken.stranger, taken.mo_id)
        return CommandStatus.ESME_ROK

    def _act(self, taken: Taken) -> None:
        if taken.launched is not None:
            self._conferences.adopt(taken.launched)
        if taken.recalled is not None:
            self._conferences.apply(taken.recalled, Recall())
        for answer in taken.answers:
            self._outbox.send(answer)

    async def _tell_stranger(self, text: IncomingText, number: str, mo_id: int) -> None:
        """No service (REQUIREMENTS S4): rarely. Not in the transaction of the text, which may run twice."""
        now = self._clock()
        self.unregistered += 1
        told = bool(number) and self._courtesy is not None and self._courtesy.admits(number, now)
        self._log.info("not registered", sender=text.sender, text=mo_id, told=told, seen=self.unregistered)
        if not told:
            return
        message = decide(text.body, Situation(None), self._policy.texts).reply
        draft = reply_draft(text, message, mo_id, self._policy, now)
        with suppress(StoreBusy):
            for answer in await self._store.run(lambda tx: tx.texts.queue_mt([draft])):
                self._outbox.send(answer)

    async def _take(self, text: IncomingText) -> Taken | None:
        if len(self._waiting) >= _MOST_WAITING:
            raise StoreBusy
        arrival = _Arrival(text, asyncio.get_running_loop().create_future())
        self._waiting.append(arrival)
        if self._taking is None:
            self._taking = asyncio.create_task(self._take_all())
        return await arrival.taken

    async def _take_all(self) -> None:
        try:
            while self._waiting:
                together = min(_MOST_TOGETHER, len(self._waiting))
                await self._take_batch([self._waiting.popleft() for _ in range(together)])
        finally:
            self._taking = None

    async def _take_batch(self, batch: Sequence[_Arrival]) -> None:
        """A batch that fails is taken again text by text: it was one of them, only that one shall fail."""
        try:
            taken = await self._commit([arrival.text for arrival in batch])
        except Exception as error:  # noqa: BLE001 # told to whoever waits for it
            if len(batch) > 1 and not isinstance(error, StoreBusy):
                for arrival in batch:
                    await self._take_batch([arrival])
                return
            for arrival in batch:
                if not arrival.taken.done():
                    arrival.taken.set_exception(error)
            return
        for arrival, result in zip(batch, taken, strict=True):
            if not arrival.taken.done():
                arrival.taken.set_result(result)

    async def _commit(self, texts: Sequence[IncomingText]) -> list[Taken | None]:
        now, voice_up = self._clock(), self._conferences.voice_up
        return await self._store.run(
            partial(_unit, texts=texts, policy=self._policy, now=now, voice_up=voice_up)
        )


def _unit(
    tx: Transaction, *, texts: Sequence[IncomingText], policy: TextPolicy, now: datetime, voice_up: bool
) -> list[Taken | None]:
    return Taking(tx, policy, now, voice_up=voice_up).take(texts)
