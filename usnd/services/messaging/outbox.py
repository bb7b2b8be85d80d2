"""Sends what waits: MT texts leave the store by their SMSC's answer, in order, as fast as each bind allows.

Whoever has committed a text calls `send`. There is one bind_sender.py a bind; which one a text goes by is
chosen here, also when a bind of its group has to stand in, and what all of them settled is written in one
statement. A text without an answer goes again, until it is answered or has expired (REQUIREMENTS S3).
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from usnd.domain.messaging.delivery_receipts import message_key
from usnd.domain.messaging.message import Attempt, Draft, OutgoingText, Priority, Settlement
from usnd.domain.replies.catalogue import Reply, render
from usnd.services.messaging.bind_sender import BindSender
from usnd.services.messaging.send_queue import PAGE
from usnd.services.transactions.commits import surely
from usnd.smpp.link.link import SmscLink
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

_MOST_TOGETHER = 500
_TICK = 1.0
_LOOK_AGAIN_TICKS = 10
_FORGET_TICKS = 3600
_RECEIPTS_KEPT = timedelta(days=7)


class Outbox:
    """All senders; texts for an SMSC that is not configured (any more) go by the first."""

    def __init__(
        self, store: Store, short_code: str, validity: timedelta, clock: Callable[[], datetime]
    ) -> None:
        """`clock` gives the time in UTC; `validity` is how long a text waits for its SMSC."""
        self._store = store
        self._short_code = short_code
        self._validity = validity
        self._clock = clock
        self._bind_senders: dict[str, BindSender] = {}
        self._stand_ins: dict[str, str] = {}
        self._settled: list[tuple[BindSender, Settlement | Attempt]] = []
        self._something_settled = asyncio.Event()
        self._all_settled = asyncio.Event()
        self._all_settled.set()
        self._hungry: set[str] = set()
        self._page_wanted = asyncio.Event()
        self._log = structlog.get_logger("usnd.outbox")

    @property
    def bind_senders(self) -> tuple[BindSender, ...]:
        """One a bind, in the order configured."""
        return tuple(self._bind_senders.values())

    def add(self, link: SmscLink) -> None:
        """Opens a sender for the link; the first is the default."""
        bind_sender = BindSender(link, lambda what: self._note(bind_sender, what), self._feed, self._clock)
        self._bind_senders[link.settings.name] = bind_sender

    def draft(self, recipient: str, message: Reply, now: datetime) -> Draft:
        """A text of the node's own, to be queued in a transaction; `send` it after the commit."""
        first = next(iter(self._bind_senders))
        sender = self._bind_senders[first].link.settings.short_code or self._short_code
        return Draft(first, sender, recipient, render(message), now, now + self._validity)

    def send(self, text: OutgoingText) -> None:
        """Sends a text that is committed."""
        if text.smsc in self._stand_ins:
            self._feed(self._bind_senders[self._stand_ins[text.smsc]])
        else:
            self._bind_senders[text.smsc].add(text)

    def bound(self, smsc: str) -> None:
        """The link of that name is bound: go on."""
        if self._stand_ins.pop(smsc, None) is not None:
            self._log.info("bind is back, sends its own texts again", smsc=smsc)
        self._bind_senders[smsc].look_again()

    async def run(self) -> None:
        """Sends what a former life left, then whatever is given to `send`, until cancelled."""
        first = next(iter(self._bind_senders))
        await surely(self._store, lambda tx: tx.texts.reroute(first, tuple(self._bind_senders)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._settle_all())
            tasks.create_task(self._read_pages())
            tasks.create_task(self._tick())
            tasks.create_task(self._drop_withdrawn())
            for bind_sender in self._bind_senders.values():
                bind_sender.pump_soon()

    async def flush(self) -> None:
        """Returns when all outcomes that are known are committed: what is not would be sent again."""
        await self._all_settled.wait()

    # Settling -----------------------------------------------------------------------------------------------

    def _note(self, bind_sender: BindSender, what: Settlement | Attempt) -> None:
        self._settled.append((bind_sender, what))
        self._something_settled.set()
        self._all_settled.clear()

    async def _settle_all(self) -> None:
        """While one lot is being committed the next gathers."""
        while True:
            await self._something_settled.wait()
            lot, self._settled = self._settled[:_MOST_TOGETHER], self._settled[_MOST_TOGETHER:]
            if not self._settled:
                self._something_settled.clear()
            whats = [what for _, what in lot]
            await surely(self._store, partial(_settle, whats=whats, now=self._clock()))
            for bind_sender, what in lot:
                if isinstance(what, Attempt):
                    bind_sender.recorded(what.text_id)
                else:
                    bind_sender.known.discard(what.text_id)
            if not self._settled:
                self._all_settled.set()

    # Reading ------------------------------------------------------------------------------------------------

    def _feed(self, bind_sender: BindSender) -> None:
        self._hungry.add(bind_sender.link.settings.name)
        self._page_wanted.set()

    async def _read_pages(self) -> None:
        while True:
            await self._page_wanted.wait()
            self._page_wanted.clear()
            while self._hungry:
                bind_sender = self._bind_senders[self._hungry.pop()]
                for priority in Priority:
                    await self._read_page(bind_sender, priority)
                    await self._take_over(bind_sender, priority)

    async def _read_page(self, bind_sender: BindSender, priority: Priority) -> None:
        queue = bind_sender.queues[priority]
        if queue.wants_page:
            name, after = bind_sender.link.settings.name, queue.read_to
            texts = await surely(self._store, lambda tx: tx.texts.queued(name, priority, PAGE, after))
            bind_sender.add_page(priority, texts, whole=len(texts) < PAGE)

    # Failing over -------------------------------------------------------------------------------------------

    async def _take_over(self, bind_sender: BindSender, priority: Priority) -> None:
        """What waits for binds that are away, for which this one stands in."""
        name = bind_sender.link.settings.name
        for absent in [one for one, instead in self._stand_ins.items() if instead == name]:
            if bind_sender.queues[priority].has_room:
                texts = await surely(
                    self._store,
                    partial(_move, smsc=absent, instead=name, priority=priority),
                )
                bind_sender.take_over(priority, texts)

    def _fail_over(self) -> None:
        """Finds a stand-in of the same group for each bind that has been away for too long."""
        now = asyncio.get_running_loop().time()
        for name, bind_sender in self._bind_senders.items():
            own = bind_sender.link.settings
            if bind_sender.away(now) < own.failover_after or self._stands_in(name):
                continue
            instead = next(
                (one for one in self._bind_senders.values() if _can_stand_in(one, bind_sender)), None
            )
            if instead is not None:
                self._stand_ins[name] = instead.link.settings.name
                bind_sender.hand_over()
                self._log.warning(
                    "bind is away, its texts go by another", smsc=name, by=self._stand_ins[name]
                )

    def _stands_in(self, absent: str) -> bool:
        """Whether the bind has a stand-in that is bound."""
        instead = self._stand_ins.get(absent)
        return instead is not None and self._bind_senders[instead].link.session is not None

    async def _drop_withdrawn(self) -> None:
        """Does not send what waits here and was taken back in the store, by whichever process."""
        while True:
            await asyncio.sleep(_TICK)
            waiting = [text for one in self.bind_senders for text in one.held]
            if not waiting:
                continue
            settled = await surely(self._store, partial(_settled, waiting))
            for bind_sender in self.bind_senders if settled else ():
                if dropped := bind_sender.drop(settled):
                    self._log.info("texts withdrawn", smsc=bind_sender.link.settings.name, count=dropped)
                    bind_sender.pump_soon()

    async def _tick(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(_TICK)
            ticks += 1
            self._fail_over()
            if ticks % _FORGET_TICKS == 0:
                until = self._clock() - _RECEIPTS_KEPT
                await surely(self._store, lambda tx: tx.receipts.forget(until))  # noqa: B023 # awaited here
            for instead in self._stand_ins.values():
                self._feed(self._bind_senders[instead])
            for bind_sender in self._bind_senders.values():
                bind_sender.drop_expired()
                if ticks % _LOOK_AGAIN_TICKS == 0 and bind_sender.link.settings.name not in self._stand_ins:
                    bind_sender.look_again()


def _can_stand_in(one: BindSender, other: BindSender) -> bool:
    """It is bound, and its SMSC is as good as the other's."""
    group, bound = one.link.settings.group, one is not other and one.link.session is not None
    return bound and bool(group) and group == other.link.settings.group


def _settled(waiting: Sequence[int], tx: Transaction) -> set[int]:
    return tx.texts.settled(waiting)


def _settle(tx: Transaction, *, whats: Sequence[Settlement | Attempt], now: datetime) -> None:
    """Unit of work."""
    settlements = [what for what in whats if isinstance(what, Settlement)]
    if attempts := [what for what in whats if isinstance(what, Attempt)]:
        tx.texts.attempted(attempts)
    changed = tx.texts.settle(settlements, now)
    tx.receipts.expect(
        [
            (one.text_id, message_key(message_id))
            for one in settlements
            if one.text_id in changed
            for message_id in one.receipts_due
        ],
        now,
    )


def _move(tx: Transaction, *, smsc: str, instead: str, priority: Priority) -> list[OutgoingText]:
    """Unit of work."""
    return tx.texts.move(smsc, instead, priority, PAGE)
