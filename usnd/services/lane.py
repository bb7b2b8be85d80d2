"""One bind's MT texts: which segment goes next, when, and what its outcome means for the text.

Owns the order: replies before blasts, then as queued; of one recipient only one text is under way, so that
none overtakes another. A text whose answer is late or lost goes again after a pause, a few times (S13); one
with which binds end goes alone, so that it is known, and others go on. Memory is bounded: the rest waits in
the store and is read page by page. Refuses to find the SMSC's rate (domain/pacing.py), to decide about a text
(domain/sending.py) and to write the store.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from usnd.domain.messages import Attempt, OutgoingText, Priority, Settlement
from usnd.domain.pacing import Pace, PaceSettings
from usnd.domain.sending import SendEvent, SendState, when_expired
from usnd.services.queue import PAGE, Flight, Queue, Try, Turns
from usnd.services.retries import Retries
from usnd.smpp.link import Outcome, SmscLink
from usnd.smpp.segments import split
from usnd.smpp.settings import Late, LinkLost, NotBound, Postponed, Rejected, Submitted, Throttled

MOST_IN_MEMORY = 4 * PAGE
"""Texts of one priority that wait in memory."""

Note = Callable[[Settlement | Attempt], None]


class Lane:
    """The texts of one bind. `clock` gives the time in UTC.

    `note` gets what left the lane for good, and each attempt in doubt; `recorded` is called when such an
    attempt is committed, and not before does the text go again.
    """

    def __init__(
        self,
        link: SmscLink,
        note: Note,
        want_page: Callable[["Lane"], None],
        clock: Callable[[], datetime],
    ) -> None:
        self.link = link
        self.queues = {priority: Queue() for priority in Priority}
        self.known: set[int] = set()
        """The ids of all texts here, until their settlement is committed."""
        self.in_flight = self.overdue = 0
        """Segments whose answer may be in time, and those whose answer is late."""
        self.accepted = self.throttled = self.postponed = self.in_doubt = 0
        """Segments."""
        self.ends = dict.fromkeys(SendState, 0)
        """Texts, by how they ended."""
        self._note, self._want_page, self._clock = note, want_page, clock
        self._loop = asyncio.get_running_loop()
        own = link.settings
        self.pace = Pace(PaceSettings(own.window, own.rate), self._loop.time())
        self._turns = Turns()
        self.retries = Retries(own.retry, self._go_on)
        self._alone: Flight | None = None
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
        return min((flight.text.queued_at for flight in (*heads, *self._turns.first)), default=None)

    def away(self, now: float) -> float:
        """Seconds since there was a bind; 0 if there is one."""
        if self.link.session is not None:
            self._bound_at = now
        return now - self._bound_at

    def can_stand_in_for(self, other: "Lane") -> bool:
        """It is bound, and its SMSC is as good as the other's."""
        group = self.link.settings.group
        bound = self is not other and self.link.session is not None
        return bound and bool(group) and group == other.link.settings.group

    def add(self, text: OutgoingText) -> None:
        """A text that is committed. Behind what waits in the store it waits there, too."""
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
                self._expire(queue.pop())
        for flight in [*self.retries.flights, *([self._alone] if self._alone else ())]:
            if flight.text.expires_at <= now and not flight.outstanding:
                self._expire(flight)

    def hand_over(self) -> None:
        """Forgets what waits here, because another bind shall send it from the store. Only while unbound."""
        for queue in self.queues.values():
            self.known.difference_update(flight.text.id for _, flight in queue.heap)
            queue.heap.clear()
            queue.waiting, queue.more_in_store, queue.read_to = 0, False, 0
        known = (*self._turns.clear(), *self.retries.flights)
        self.known.difference_update(flight.text.id for flight in known)
        self.retries.clear()
        self._alone = None

    def take_over(self, priority: Priority, texts: list[OutgoingText]) -> None:
        """Texts that waited for another bind, and that the store has for this one now."""
        for text in texts:
            self._take(self.queues[priority], text)
        self.pump_soon()

    def recorded(self, text_id: int) -> None:
        """The attempt of that text is committed."""
        self.retries.kept(text_id)

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
            flight = Flight(text, attempts=text.attempts)
            if text.due_at is None:
                queue.push(flight)
            else:  # it goes on where a former life, or another bind, left it; none to its recipient passes it
                self._turns.hold(flight)
                self.retries.pause(flight, max(0.0, (text.due_at - self._clock()).total_seconds()))

    def _pump(self) -> None:
        self._pumping = False
        if any(queue.wants_page for queue in self.queues.values()):
            self._want_page(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self.link.session is not None and self.in_flight < self._window:
            now = self._loop.time()
            if (wait := self.pace.wait(now)) > 0:
                self._timer = self._loop.call_later(wait, self._pump)
                return
            flight = self._alone or self._next()
            if flight is None or self._must_wait(flight) or not self._send(flight, now):
                return

    @property
    def _window(self) -> int:
        """An SMSC whose answers are overdue is given less, but is asked on."""
        return max(1, self.pace.window - self.overdue)

    def _must_wait(self, flight: Flight) -> bool:
        """Whether nothing may go: a text goes alone, and others are still under way, or it is itself."""
        if flight.goes_alone:
            self._alone = flight
        nothing = bool(flight.segments) and not flight.to_send
        return self._alone is not None and (self.in_flight > 0 or nothing)

    def _next(self) -> Flight | None:
        """The flight whose segment goes next, out of its queue."""
        for queue in self.queues.values():
            while queue.heap:
                flight = queue.pop()
                text = flight.text
                if flight.ended or flight.error is not None or (flight.segments and not flight.to_send):
                    continue  # refused, or taken after all, while it waited for the turn of a further segment
                if not self._turns.take(flight):
                    continue
                if not flight.segments and text.expires_at <= self._clock():
                    self._expire(flight)
                else:
                    return flight
        return None

    def _send(self, flight: Flight, now: float) -> bool:
        """Writes the flight's next segment; False when there is no bind to write to."""
        try:
            self._submit(flight, now)
        except NotBound:
            self._again(flight)
            return False
        except (Rejected, ValueError) as error:  # ValueError: more than 255 segments
            self._refuse(flight, SendEvent.REFUSED, str(error))
        except Exception as error:  # noqa: BLE001 # a fault of ours: it would be met again, and others wait
            self._log.exception("text cannot be written", message=flight.text.id)
            self._refuse(flight, SendEvent.FAULTY, type(error).__name__)
        return True

    def _submit(self, flight: Flight, now: float) -> None:
        text, own = flight.text, self.link.settings
        if not flight.segments:
            flight.segments = split(text.body, own.alphabet, text.id & 0xFF)
            flight.to_send = list(range(len(flight.segments)))
        number = flight.to_send[0]
        self.link.submit(
            text.sender,
            text.recipient,
            flight.segments[number],
            partial(self._hear, Try(flight, number, now, self.link.session)),
            receipt=text.priority in own.receipts,
            validity_period=_validity(text.expires_at - self._clock()) if own.validity_period else "",
        )
        del flight.to_send[0]
        flight.outstanding += 1
        flight.turn(SendEvent.WRITTEN)
        self.in_flight += 1
        self.pace.sent(now)
        if flight.to_send:
            self._again(flight)

    # Hearing ------------------------------------------------------------------------------------------------

    def _hear(self, one: Try, outcome: Outcome) -> None:
        """What became of a segment; Late is followed by another outcome."""
        try:
            self._weigh(one, outcome)
        except Exception as error:  # noqa: BLE001 # a fault of ours must not end the bind, again and again
            self._log.exception("an answer cannot be taken in", message=one.flight.text.id)
            if not one.flight.ended:
                one.flight.error = type(error).__name__
                self._finish(one.flight, SendEvent.FAULTY)
        self.pump_soon()

    def _weigh(self, one: Try, outcome: Outcome) -> None:
        flight, was_late = one.flight, one.late
        one.late = isinstance(outcome, Late)
        if was_late:
            self.overdue -= 1
        else:
            self.in_flight -= 1
            flight.outstanding -= 1
        self.overdue += one.late
        if isinstance(outcome, Submitted):
            now = self._loop.time()
            self.pace.accepted(now, now - one.sent_at)
            self.accepted += 1
            one.take_up(outcome)
        elif isinstance(outcome, Rejected):
            if one.matters:
                flight.error = str(outcome)
        elif isinstance(outcome, Late | LinkLost):
            self.in_doubt += not was_late
            self._doubt(one, counted=was_late)
        else:
            self._postpone(one, outcome)
        self._judge(flight)

    def _doubt(self, one: Try, *, counted: bool) -> None:
        """No answer in time, or none any more: the segment may have been taken. `counted`: as late before."""
        flight = one.flight
        if not one.matters:
            return
        alone = flight is self._alone
        if not one.late:
            flight.lose(one.session, alone=alone)
            self._let_others_go(flight)
        elif alone:
            # An enquire_link asks what this silence is: until it is answered nothing else goes.
            self._loop.call_later(self.link.settings.timers.response, self._let_others_go, flight)
        attempt = self.retries.doubt(one, counted=counted, now=self._clock())
        if attempt is not None:
            self._note(attempt)
            self._log.warning("text in doubt, goes again", message=flight.text.id, attempts=flight.attempts)

    def _postpone(self, one: Try, refusal: Throttled | Postponed) -> None:
        """The SMSC took it not now."""
        flight, now = one.flight, self._loop.time()
        if isinstance(refusal, Throttled):
            self._note_throttle(flight, refusal, now)
        else:
            self.postponed += 1
            self.pace.refused(now)
        if not one.matters or flight.error is not None:
            return
        flight.last_refusal = str(refusal)
        if isinstance(refusal, Throttled):
            if one.number not in flight.to_send and one.number not in flight.again:
                flight.to_send = sorted([*flight.to_send, one.number])
            self._again(flight)
            return
        self._let_others_go(flight)
        if self.retries.postpone(one):
            self._log.info("text refused for now", message=flight.text.id, status=str(refusal))

    def _note_throttle(self, flight: Flight, refusal: Throttled, now: float) -> None:
        first = not self.pace.limited
        self.pace.throttled(now)
        self.throttled += 1
        if first:
            rate, status = self.pace.rate, str(refusal)
            self._log.warning("smsc throttles", message=flight.text.id, status=status, rate=rate)

    def _let_others_go(self, flight: Flight) -> None:
        if self._alone is flight and not flight.outstanding:
            self._alone = None
            if flight.to_send:
                self._again(flight)
            self.pump_soon()

    def _again(self, flight: Flight) -> None:
        if flight is not self._alone:
            self.queues[flight.text.priority].push(flight)

    # Settling -----------------------------------------------------------------------------------------------

    def _judge(self, flight: Flight) -> None:
        """Whether the text has ended with what was heard last."""
        if flight.ended:
            return
        if flight.taken:
            # A blast is thousands of these; the store has them all.
            told = self._log.info if flight.text.priority is Priority.REPLY else self._log.debug
            told("text sent", message=flight.text.id, recipient=flight.text.recipient)
            self._finish(flight, SendEvent.TAKEN)
        elif flight.error is not None:
            self._refuse(flight, SendEvent.REFUSED, flight.error)
        else:
            self.retries.resume(flight)

    def _refuse(self, flight: Flight, event: SendEvent, error: str) -> None:
        """The SMSC takes no part of it; segments that are under way are waited for."""
        flight.error = error
        flight.to_send.clear()
        flight.again.clear()
        if not flight.outstanding:
            self._finish(flight, event)

    def _expire(self, flight: Flight) -> None:
        if not flight.ended and flight.error is None:
            self._finish(flight, when_expired(flight.attempts))

    def _go_on(self, flight: Flight, event: SendEvent) -> None:
        """Its pause is over."""
        if event is SendEvent.DUE:
            self._again(flight)
        else:
            self._finish(flight, event)
        self.pump_soon()

    def _finish(self, flight: Flight, event: SendEvent) -> None:
        """The text is settled; the next one to its recipient may go."""
        text, state = flight.text, flight.turn(event)
        self.ends[state] += 1
        if state is not SendState.SENT:
            flight.error = flight.error or flight.last_refusal
            self._log.warning(f"text {state.value}", message=text.id, status=flight.error)
        self.retries.forget(flight)
        if self._alone is flight:
            self._alone = None
        if (following := self._turns.give(flight)) is not None:
            self._again(following)
        self.queues[text.priority].waiting -= 1
        self._note(flight.settlement(receipts=text.priority in self.link.settings.receipts))


def _validity(left: timedelta) -> str:
    """Relative, so that no clock but the SMSC's own counts (SMPP 3.4 §7.1.1.2)."""
    days, seconds = divmod(max(1, int(left.total_seconds())), 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    return f"0000{min(days, 30):02}{hours:02}{minutes:02}{seconds:02}000R"
