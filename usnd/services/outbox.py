"""Sends what waits: MT texts leave the store by their SMSC's answer, in order, as fast as the bind allows.

Owns one lane an SMSC, in memory bounded, refilled from the store. Refuses to forget: a text without an answer
goes again, on the next bind, until it is answered or has expired (REQUIREMENTS S3).
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from usnd.domain.messages import MtState, OutgoingText, Priority
from usnd.domain.replies import Reply, render
from usnd.services.committing import surely
from usnd.smpp.link import SmscLink
from usnd.smpp.segments import split
from usnd.smpp.settings import LinkLost, NotBound, Rejected, Submitted, Throttled
from usnd.smpp.status import status_name
from usnd.store.transaction import Transaction
from usnd.store.writer import Store

_MOST_IN_MEMORY = 10_000
_THROTTLE_PAUSE = 1.0


class Outbox:
    """All lanes; texts for an SMSC that is not configured (any more) go by the first."""

    def __init__(
        self, store: Store, short_code: str, validity: timedelta, clock: Callable[[], datetime]
    ) -> None:
        """`clock` gives the time in UTC; `validity` is how long a text waits for its SMSC."""
        self._store = store
        self._short_code = short_code
        self._validity = validity
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}

    def add(self, link: SmscLink) -> None:
        """Opens a lane for the link; the first is the default."""
        self._lanes[link.settings.name] = _Lane(link, self._store, self._clock)

    def queue(  # noqa: PLR0913 - what a text is made of
        self,
        tx: Transaction,
        recipient: str,
        message: Reply,
        now: datetime,
        smsc: str = "",
        sender: str = "",
        mo_id: int | None = None,
        *,
        priority: Priority = Priority.REPLY,
    ) -> OutgoingText:
        """Writes a text into the store, within the caller's transaction; `send` it after the commit."""
        return tx.texts.queue_mt(
            smsc if smsc in self._lanes else next(iter(self._lanes)),
            sender or self._short_code,
            recipient,
            render(message),
            now,
            now + self._validity,
            mo_id=mo_id,
            priority=priority,
        )

    def send(self, text: OutgoingText) -> None:
        """Sends a text that is committed."""
        self._lane(text).add(text)

    def bound(self, smsc: str) -> None:
        """The link of that name is bound: go on."""
        self._lanes[smsc].wake()

    async def run(self) -> None:
        """Sends what a former life left, then whatever is given to `send`, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for lane in self._lanes.values():
                tasks.create_task(lane.run(self._waiting))

    async def _waiting(self, lane: "_Lane") -> list[OutgoingText]:
        """The next texts of a lane, from the store."""
        texts = await surely(self._store, lambda tx: tx.texts.queued(_MOST_IN_MEMORY, None))
        return [text for text in texts if self._lane(text) is lane]

    def _lane(self, text: OutgoingText) -> "_Lane":
        return self._lanes.get(text.smsc) or next(iter(self._lanes.values()))


class _Lane:
    """What waits for one SMSC: replies first, then in the order queued."""

    def __init__(self, link: SmscLink, store: Store, clock: Callable[[], datetime]) -> None:
        self._link = link
        self._store = store
        self._clock = clock
        self._heap: list[tuple[int, int, OutgoingText]] = []
        self._known: set[int] = set()
        self._more_in_store = True
        self._awake = asyncio.Event()
        self._slots = asyncio.Semaphore(link.settings.window)
        self._go_on_at = 0.0
        self._log = structlog.get_logger("usnd.outbox")

    def add(self, text: OutgoingText) -> None:
        if len(self._known) >= _MOST_IN_MEMORY:
            self._more_in_store = True
        elif text.id not in self._known:
            self._known.add(text.id)
            self._push(text)

    def wake(self) -> None:
        self._awake.set()

    async def run(self, waiting: Callable[["_Lane"], Awaitable[list[OutgoingText]]]) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                if self._more_in_store and not self._heap:
                    self._more_in_store = False
                    for text in await waiting(self):
                        self.add(text)
                if not self._heap or self._link.session is None:
                    self._awake.clear()
                    await self._awake.wait()
                    continue
                await self._slots.acquire()
                await self._throttle()
                if not self._heap:
                    self._slots.release()
                    continue
                _, _, text = heapq.heappop(self._heap)
                tasks.create_task(self._deliver(text))

    def _push(self, text: OutgoingText) -> None:
        heapq.heappush(self._heap, (text.priority.value, text.id, text))
        self._awake.set()

    async def _throttle(self) -> None:
        wait = self._go_on_at - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _deliver(self, text: OutgoingText) -> None:
        """One text: it is settled, or it goes back into the lane."""
        try:
            if text.expires_at <= self._clock():
                await self._settle(text, MtState.EXPIRED)
            else:
                await self._submit(text)
        finally:
            self._slots.release()

    async def _submit(self, text: OutgoingText) -> None:
        try:
            submitted = [
                await self._link.submit(text.sender, text.recipient, segment)
                for segment in split(text.body, self._link.settings.alphabet, text.id & 0xFF)
            ]
        except Throttled as error:
            self._log.warning("smsc throttles", smsc=text.smsc, message=text.id, status=str(error))
            self._go_on_at = asyncio.get_running_loop().time() + _THROTTLE_PAUSE
            self._push(text)
        except Rejected as error:
            self._log.warning("text rejected", smsc=text.smsc, message=text.id, status=str(error))
            await self._settle(text, MtState.REJECTED, error=status_name(error.status))
        except LinkLost:
            self._log.warning("text in doubt, goes again", smsc=text.smsc, message=text.id)
            self._push(text)
        except NotBound:
            self._push(text)
        else:
            self._log.info("text sent", smsc=text.smsc, message=text.id, recipient=text.recipient)
            await self._settle(text, MtState.SENT, submitted[-1])

    async def _settle(
        self, text: OutgoingText, state: MtState, submitted: Submitted | None = None, error: str | None = None
    ) -> None:
        now = self._clock()
        await surely(
            self._store,
            lambda tx: tx.texts.settle(
                text.id,
                state,
                now,
                session=submitted.session if submitted else None,
                smsc_message_id=submitted.message_id if submitted else None,
                error=error,
            ),
        )
        self._known.discard(text.id)
