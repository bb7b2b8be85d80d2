"""What one bind has of its MT texts in memory: each on its way, and those of one priority that wait.

Used by bind_sender.py alone, which says what goes when.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from usnd.domain.messaging.message import OutgoingText, Settlement
from usnd.domain.messaging.sending import (
    ENDED,
    LOSSES_TO_GO_ALONE,
    SEND_TABLE,
    STORED_AS,
    SendEvent,
    SendState,
)
from usnd.smpp.link.settings import Submitted
from usnd.smpp.text.segments import Segment

PAGE = 1_000
"""Texts read from the store at once."""


@dataclass(slots=True, eq=False)
class Delivery:
    """A text on its way: the segments to send still, and those whose response is awaited.

    to_send: segments that go in this round; again: those that wait for the next, which begins at `due` (the
    loop's time, 0 for none set). outstanding: written segments whose answer may be in time. in_doubt: this
    round is counted as an attempt already; kept: the count is committed. losses: binds that ended while it
    was under way, the last of them `lost_with`; lost_alone: those while nothing else was.
    """

    text: OutgoingText
    state: SendState = SendState.QUEUED
    segments: list[Segment] = field(default_factory=list)
    to_send: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    due: float = 0.0
    outstanding: int = 0
    in_queue: bool = False
    session: str | None = None
    ids: dict[int, str] = field(default_factory=dict)
    error: str | None = None
    last_refusal: str | None = None
    attempts: int = 0
    refusals: int = 0
    in_doubt: bool = False
    kept: bool = True
    losses: int = 0
    lost_alone: int = 0
    lost_with: str | None = None

    @property
    def ended(self) -> bool:
        """It is settled: what comes now is only counted."""
        return self.state in ENDED

    @property
    def waits(self) -> bool:
        """It is not settled, and no answer to a segment of it is awaited in time."""
        return not self.ended and not self.outstanding

    @property
    def goes_alone(self) -> bool:
        """Binds ended while it was under way: the next end must name one text."""
        return self.losses >= LOSSES_TO_GO_ALONE

    @property
    def is_all_written(self) -> bool:
        """Its segments wait for answers only: none is to be written now."""
        return bool(self.segments) and not self.to_send

    @property
    def taken(self) -> bool:
        """The SMSC has all of it."""
        return len(self.ids) == len(self.segments) > 0

    def lose(self, session: str | None, *, alone: bool) -> None:
        """The bind of that session ended while it was under way; once for all its segments."""
        if self.lost_with != session:
            self.lost_with = session
            self.losses += 1
            self.lost_alone += alone

    def turn(self, event: SendEvent) -> SendState:
        """The state that the event leads to."""
        self.state = SEND_TABLE[self.state, event]
        return self.state

    def settlement(self, *, receipts: bool) -> Settlement:
        """How it ended. `receipts`: whether they were asked for."""
        ids = tuple(self.ids[number] for number in sorted(self.ids))
        last, stored = ids[-1] if ids else None, STORED_AS[self.state]
        if self.state is SendState.SENT:
            return Settlement(self.text.id, stored, self.session, last, receipts_due=ids if receipts else ())
        return Settlement(self.text.id, stored, self.session, last, self.error, ending=self.state.value)


@dataclass(slots=True)
class SegmentAttempt:
    """One segment, written once. session: of the bind; late: its answer is overdue."""

    delivery: Delivery
    number: int
    sent_at: float
    session: str | None
    late: bool = False

    @property
    def matters(self) -> bool:
        """What is heard of it can still change something: its text is not settled, the segment not taken."""
        return not self.delivery.ended and self.number not in self.delivery.ids

    def take_up(self, taken: Submitted) -> None:
        """The SMSC has the segment: it does not go again, also if the answer was late."""
        if self.matters:
            delivery = self.delivery
            delivery.session = taken.session
            delivery.ids[self.number] = taken.message_id
            for waiting in (delivery.to_send, delivery.again):
                if self.number in waiting:
                    waiting.remove(self.number)


@dataclass(slots=True)
class PriorityQueue:
    """The texts of one priority that wait: those in memory, and whether the store has more behind them."""

    heap: list[tuple[int, Delivery]] = field(default_factory=list)
    waiting: int = 0
    more_in_store: bool = True
    read_to: int = 0
    """The highest id that was in memory."""

    @property
    def wants_page(self) -> bool:
        """It runs low, and the store has more."""
        return self.more_in_store and self.has_room

    @property
    def has_room(self) -> bool:
        """For one more page."""
        return self.waiting < PAGE // 2

    def push(self, delivery: Delivery) -> None:
        """Puts a delivery where its age says, once."""
        if not delivery.in_queue:
            delivery.in_queue = True
            heapq.heappush(self.heap, (delivery.text.id, delivery))

    def pop(self) -> Delivery:
        """Takes the oldest out."""
        _, delivery = heapq.heappop(self.heap)
        delivery.in_queue = False
        return delivery


class RecipientTurns:
    """Of one recipient one text is under way at a time; the others are parked, replies before blasts."""

    def __init__(self) -> None:
        self._first: dict[str, Delivery] = {}
        self._parked: dict[str, list[tuple[int, int, Delivery]]] = {}

    @property
    def first(self) -> Iterable[Delivery]:
        """Those whose turn it is."""
        return self._first.values()

    def hold(self, delivery: Delivery) -> bool:
        """Whether it is this one's turn, which it keeps then; the turn of a delivery may be another's."""
        return self._first.setdefault(delivery.text.recipient, delivery) is delivery

    def take(self, delivery: Delivery) -> bool:
        """As `hold`; it is parked if it is not its turn."""
        if self.hold(delivery):
            return True
        text = delivery.text
        heapq.heappush(self._parked.setdefault(text.recipient, []), (text.priority.value, text.id, delivery))
        return False

    def give(self, delivery: Delivery) -> Delivery | None:
        """It is settled: the next to its recipient, if its turn it was."""
        recipient = delivery.text.recipient
        if self._first.get(recipient) is not delivery:
            return None
        del self._first[recipient]
        parked = self._parked.get(recipient)
        if not parked:
            return None
        following = heapq.heappop(parked)[-1]
        if not parked:
            del self._parked[recipient]
        return following

    @property
    def waiting(self) -> list[Delivery]:
        """All of them."""
        parked = [delivery for heap in self._parked.values() for _, _, delivery in heap]
        return [*self._first.values(), *parked]

    def clear(self) -> list[Delivery]:
        """Forgets all; gives them."""
        everyone = self.waiting
        self._first.clear()
        self._parked.clear()
        return everyone
