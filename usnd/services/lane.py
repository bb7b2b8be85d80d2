"""One bind's MT texts: which segment goes next, when, and what its outcome means for the text.

Owns the order: replies before blasts, then as queued; of one recipient only one text is under way, so that
none overtakes another. Memory is bounded: the rest waits in the store and is read page by page. Refuses to
find the SMSC's rate (domain/pacing.py) and to write the store.
"""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from usnd.domain.messages import MtState, OutgoingText, Priority, Settlement
from usnd.domain.pacing import Pace, PaceSettings
from usnd.smpp.link import Outcome, SmscLink
from usnd.smpp.segments import Segment, split
from usnd.smpp.settings import NotBound, Rejected, Submitted, Throttled

PAGE = 1_000
"""Texts read from the store at once."""
MOST_IN_MEMORY = 4 * PAGE
"""Texts of one priority that wait in memory."""

Settle = Callable[[Settlement], None]


@dataclass(slots=True, eq=False)
class Flight:
    """A text on its way: the segments to send still, and those whose response is awaited."""

    text: OutgoingText
    segments: list[Segment] = field(default_factory=list)
    to_send: list[int] = field(default_factory=list)
    outstanding: int = 0
    in_queue: bool = False
    session: str | None = None
    ids: dict[int, str] = field(default_factory=dict)
    error: str | None = None


@dataclass(slots=True)
class Queue:
    """The texts of one priority that wait: those in memory, and whether the store has more behind them."""

    heap: list[tuple[int, Flight]] = field(default_factory=list)
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

    def push(self, flight: Flight) -> None:
        """Puts a flight where its age says, once."""
        if not flight.in_queue:
            flight.in_queue = True
            heapq.heappush(self.heap, (flight.text.id, flight))


class Lane:
    """The texts of one bind. `clock` gives the time in UTC, `settle` gets what left the lane for good."""

    def __init__(
        self,
        link: SmscLink,
        settle: Settle,
        want_page: Callable[["Lane"], None],
        clock: Callable[[], datetime],
    ) -> None:
        self.link = link
        self.queues = {priority: Queue() for priority in Priority}
        self.known: set[int] = set()
        """The ids of all texts here, until their settlement is committed."""
        self.in_flight = 0
        self.accepted = self.throttled = self.in_doubt = 0
        """Segments."""
        self.sent = self.rejected = self.expired = 0
        """Texts."""
        self._settle_text, self._want_page, self._clock = settle, want_page, clock
        self._loop = asyncio.get_running_loop()
        own = link.settings
        self.pace = Pace(PaceSettings(own.window, own.rate), self._loop.time())
        self._busy: dict[str, Flight] = {}
        self._parked: dict[str, list[tuple[int, int, Flight]]] = {}
        self._bound_at = self._loop.time()
        self._pumping = False
        self._timer: asyncio.TimerHandle | None = None
        self._log = structlog.get_logger("usnd.outbox").bind(smsc=own.name)

    @property
    def waiting(self) -> int:
        """Texts in memory that are not settled."""
        return sum(queue.waiting for queue in self.queues.values())

    @property
    def oldest(self) -> datetime | None:
        """When the text that waits longest was queued."""
        heads = [queue.heap[0][1] for queue in self.queues.values() if queue.heap]
        return min((flight.text.queued_at for flight in (*heads, *self._busy.values())), default=None)

    def away(self, now: float) -> float:
        """Seconds since there was a bind; 0 if there is one."""
        if self.link.session is not None:
            self._bound_at = now
        return now - self._bound_at

    def can_stand_in_for(self, other: "Lane") -> bool:
        """It is bound, and its SMSC is as good as the other's."""
        mine, theirs = self.link.settings, other.link.settings
        return (
            self is not other
            and self.link.session is not None
            and bool(mine.group)
            and mine.group == theirs.group
        )

    def add(self, text: OutgoingText) -> None:
        """A text that has just been committed. Behind what waits in the store it waits there, too."""
        queue = self.queues[text.priority]
        if queue.more_in_store or queue.waiting >= MOST_IN_MEMORY:
            queue.more_in_store = True
        else:
            queue.read_to = max(queue.read_to, text.id)
            self._take(queue, text)
        self.pump_soon()

    def add_page(self, priority: Priority, texts: list[OutgoingText], *, whole: bool) -> None:
        """The next texts of the store; `whole`: there are no more behind them."""
        queue = self.queues[priority]
        queue.more_in_store = not whole
        for text in texts:
            queue.read_to = max(queue.read_to, text.id)
            self._take(queue, text)
        self.pump_soon()

    def look_again(self) -> None:
        """Reads the store from its beginning, where nothing waits here: others may have queued."""
        for queue in self.queues.values():
            if not queue.waiting and not queue.more_in_store:
                queue.more_in_store, queue.read_to = True, 0
        self.pump_soon()

    def drop_expired(self) -> None:
        """Settles what has waited for too long, whether the bind is there or not."""
        now = self._clock()
        for queue in self.queues.values():
            while queue.heap and (flight := queue.heap[0][1]).text.expires_at <= now:
                if flight.outstanding:
                    break
                self._pop(queue)
                if flight.error is None:
                    self._finish(flight, MtState.EXPIRED)

    def hand_over(self) -> None:
        """Forgets what waits here, because another bind shall send it from the store. Only while unbound."""
        for queue in self.queues.values():
            waiting = [flight for _, flight in queue.heap]
            self.known.difference_update(flight.text.id for flight in waiting)
            queue.heap.clear()
            queue.waiting, queue.more_in_store, queue.read_to = 0, False, 0
        self.known.difference_update(number for parked in self._parked.values() for _, number, _ in parked)
        self._parked.clear()
        self._busy.clear()

    def take_over(self, priority: Priority, texts: list[OutgoingText]) -> None:
        """Texts that waited for another bind, and that the store has for this one now."""
        for text in texts:
            self._take(self.queues[priority], text)
        self.pump_soon()

    def pump_soon(self) -> None:
        """Sends what may go, once in this turn of the loop."""
        if not self._pumping:
            self._pumping = True
            self._loop.call_soon(self._pump)

    # Sending ------------------------------------------------------------------------------------------------

    def _take(self, queue: Queue, text: OutgoingText) -> None:
        if text.id not in self.known:
            self.known.add(text.id)
            queue.waiting += 1
            queue.push(Flight(text))

    def _pump(self) -> None:
        self._pumping = False
        if any(queue.wants_page for queue in self.queues.values()):
            self._want_page(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self.link.session is not None and self.in_flight < self.pace.window:
            now = self._loop.time()
            if (wait := self.pace.wait(now)) > 0:
                self._timer = self._loop.call_later(wait, self._pump)
                return
            flight = self._next()
            if flight is None or not self._send(flight, now):
                return

    def _next(self) -> Flight | None:
        """The flight whose segment goes next, out of its queue."""
        for queue in self.queues.values():
            while queue.heap:
                flight = self._pop(queue)
                text = flight.text
                if flight.error is not None:
                    continue  # refused while it waited for the turn of a further segment
                if self._busy.setdefault(text.recipient, flight) is not flight:
                    parked = self._parked.setdefault(text.recipient, [])
                    heapq.heappush(parked, (text.priority.value, text.id, flight))
                elif not flight.segments and text.expires_at <= self._clock():
                    self._finish(flight, MtState.EXPIRED)
                else:
                    return flight
        return None

    def _pop(self, queue: Queue) -> Flight:
        _, flight = heapq.heappop(queue.heap)
        flight.in_queue = False
        return flight

    def _send(self, flight: Flight, now: float) -> bool:
        """Writes the flight's next segment; False when there is no bind to write to."""
        text, own = flight.text, self.link.settings
        try:
            if not flight.segments:
                flight.segments = split(text.body, own.alphabet, text.id & 0xFF)
                flight.to_send = list(range(len(flight.segments)))
            number = flight.to_send[0]
            self.link.submit(
                text.sender,
                text.recipient,
                flight.segments[number],
                lambda outcome: self._hear(flight, number, now, outcome),
                receipt=text.priority in own.receipts,
                validity_period=_validity(text.expires_at - self._clock()) if own.validity_period else "",
            )
        except NotBound:
            self._again(flight)
            return False
        except (Rejected, ValueError) as error:  # ValueError: more than 255 segments
            self._refuse(flight, str(error))
            return True
        del flight.to_send[0]
        flight.outstanding += 1
        self.in_flight += 1
        self.pace.sent(now)
        if flight.to_send:
            self._again(flight)
        return True

    def _hear(self, flight: Flight, number: int, sent_at: float, outcome: Outcome) -> None:
        """What became of a segment."""
        self.in_flight -= 1
        flight.outstanding -= 1
        now = self._loop.time()
        if isinstance(outcome, Submitted):
            self.pace.accepted(now, now - sent_at)
            self.accepted += 1
            flight.session = outcome.session
            flight.ids[number] = outcome.message_id
        elif isinstance(outcome, Rejected):
            flight.error = str(outcome)
        else:
            if isinstance(outcome, Throttled):
                self._note_throttle(flight, outcome, now)
            else:
                self.in_doubt += 1
                self._log.warning("text in doubt, goes again", message=flight.text.id)
            if flight.error is None:
                flight.to_send = sorted([*flight.to_send, number])
                self._again(flight)
        if flight.error is not None:
            self._refuse(flight, flight.error)
        elif not flight.outstanding and not flight.to_send:
            self.sent += 1
            self._log.info("text sent", message=flight.text.id, recipient=flight.text.recipient)
            self._finish(flight, MtState.SENT)
        self.pump_soon()

    def _note_throttle(self, flight: Flight, refusal: Throttled, now: float) -> None:
        first = not self.pace.limited
        self.pace.throttled(now)
        self.throttled += 1
        if first:
            self._log.warning(
                "smsc throttles", message=flight.text.id, status=str(refusal), rate=self.pace.rate
            )

    def _again(self, flight: Flight) -> None:
        self.queues[flight.text.priority].push(flight)

    def _refuse(self, flight: Flight, error: str) -> None:
        """The SMSC takes no part of it; segments that are under way are waited for."""
        flight.error = error
        flight.to_send.clear()
        if not flight.outstanding:
            self.rejected += 1
            self._log.warning("text rejected", message=flight.text.id, status=error)
            self._finish(flight, MtState.REJECTED)

    def _finish(self, flight: Flight, state: MtState) -> None:
        """The text is settled; the next one to its recipient may go."""
        self.expired += state is MtState.EXPIRED
        text = flight.text
        if self._busy.get(text.recipient) is flight:
            del self._busy[text.recipient]
            if parked := self._parked.get(text.recipient):
                self._again(heapq.heappop(parked)[-1])
                if not parked:
                    del self._parked[text.recipient]
        self.queues[text.priority].waiting -= 1
        ids = tuple(flight.ids[number] for number in sorted(flight.ids))
        due = ids if state is MtState.SENT and text.priority in self.link.settings.receipts else ()
        last = ids[-1] if ids else None
        self._settle_text(Settlement(text.id, state, flight.session, last, flight.error, due))


def _validity(left: timedelta) -> str:
    """Relative, so that no clock but the SMSC's own counts (SMPP 3.4 §7.1.1.2)."""
    days, seconds = divmod(max(1, int(left.total_seconds())), 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    return f"0000{min(days, 30):02}{hours:02}{minutes:02}{seconds:02}000R"
