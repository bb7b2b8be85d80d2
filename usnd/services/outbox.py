"""Sends what waits: MT texts leave the store by their SMSC's answer, in order, as fast as each bind allows.

Owns a lane a bind, which lane a text goes by, and the settling of all lanes in one statement. Refuses to
forget: a text without an answer goes again, until it is answered or has expired (REQUIREMENTS S3).
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from usnd.domain.messages import Draft, OutgoingText, Settlement
from usnd.domain.replies import Reply, render
from usnd.services.committing import surely
from usnd.services.lane import PAGE, Lane
from usnd.smpp.link import SmscLink
from usnd.store.writer import Store

_MOST_TOGETHER = 500
_TICK = 1.0
_LOOK_AGAIN_TICKS = 10


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
        self._lanes: dict[str, Lane] = {}
        self._settled: list[tuple[Lane, Settlement]] = []
        self._something_settled = asyncio.Event()
        self._hungry: set[str] = set()
        self._page_wanted = asyncio.Event()

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """One a bind, in the order configured."""
        return tuple(self._lanes.values())

    def add(self, link: SmscLink) -> None:
        """Opens a lane for the link; the first is the default."""
        lane = Lane(link, lambda settlement: self._note(lane, settlement), self._feed, self._clock)
        self._lanes[link.settings.name] = lane

    def draft(self, recipient: str, message: Reply, now: datetime) -> Draft:
        """A text of the node's own, to be queued in a transaction; `send` it after the commit."""
        first = next(iter(self._lanes))
        return Draft(first, self._short_code, recipient, render(message), now, now + self._validity)

    def send(self, text: OutgoingText) -> None:
        """Sends a text that is committed."""
        self._lanes[text.smsc].add(text)

    def bound(self, smsc: str) -> None:
        """The link of that name is bound: go on."""
        self._lanes[smsc].pump_soon()

    async def run(self) -> None:
        """Sends what a former life left, then whatever is given to `send`, until cancelled."""
        first = next(iter(self._lanes))
        await surely(self._store, lambda tx: tx.texts.reroute(first, tuple(self._lanes)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._settle_all())
            tasks.create_task(self._read_pages())
            tasks.create_task(self._tick())
            for lane in self._lanes.values():
                lane.pump_soon()

    def _note(self, lane: Lane, settlement: Settlement) -> None:
        self._settled.append((lane, settlement))
        self._something_settled.set()

    def _feed(self, lane: Lane) -> None:
        self._hungry.add(lane.link.settings.name)
        self._page_wanted.set()

    async def _settle_all(self) -> None:
        """While one lot is being committed the next gathers."""
        while True:
            await self._something_settled.wait()
            lot, self._settled = self._settled[:_MOST_TOGETHER], self._settled[_MOST_TOGETHER:]
            if not self._settled:
                self._something_settled.clear()
            settlements, now = [settlement for _, settlement in lot], self._clock()
            await surely(self._store, lambda tx: tx.texts.settle(settlements, now))  # noqa: B023 # awaited here
            for lane, settlement in lot:
                lane.known.discard(settlement.text_id)

    async def _read_pages(self) -> None:
        while True:
            await self._page_wanted.wait()
            self._page_wanted.clear()
            while self._hungry:
                await self._read_page(self._lanes[self._hungry.pop()])

    async def _read_page(self, lane: Lane) -> None:
        name = lane.link.settings.name
        for priority, queue in lane.queues.items():
            if queue.wants_page:
                after = queue.read_to
                texts = await surely(
                    self._store,
                    lambda tx: tx.texts.queued(name, priority, PAGE, after),  # noqa: B023 # awaited here
                )
                lane.add_page(priority, texts, whole=len(texts) < PAGE)

    async def _tick(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(_TICK)
            ticks += 1
            for lane in self._lanes.values():
                lane.drop_expired()
                if ticks % _LOOK_AGAIN_TICKS == 0:
                    lane.look_again()
