"""One bind's MT texts: which segment goes next, when, and what its outcome means for the text.

outbox.py gives it committed texts, and is told what left it for good. Replies go before blasts, then as
queued; of one recipient only one text is under way, so that none overtakes another. A text whose answer is
late or lost goes again after a pause, a few times (S13); one with which binds end goes alone, so that it is
known, and others go on. Memory is bounded: the rest waits in the store and is read page by page. The rate is
found in domain/messaging/send_rate.py, what becomes of a text is decided in domain/messaging/sending.py.
"""

import asyncio
from collections.abc import Callable, Container
from datetime import datetime
from functools import partial

import structlog

from usnd.domain.messaging.message import Attempt, OutgoingText, Priority, Settlement
from usnd.domain.messaging.send_rate import Pace, PaceSettings
from usnd.domain.messaging.sending import SendEvent, SendState, when_expired
from usnd.services.messaging.retries import Retries
from usnd.services.messaging.send_queue import PAGE, Delivery, PriorityQueue, RecipientTurns, SegmentAttempt
from usnd.smpp.link.link import SmscLink, SubmitOutcome, relative_time
from usnd.smpp.link.settings import Late, LinkLost, NotBound, Postponed, Rejected, Submitted, Throttled
from usnd.smpp.text.segments import split

MOST_IN_MEMORY = 4 * PAGE
"""Texts of one priority that wait in memory."""

Note = Callable[[Settlement | Attempt], None]


class BindSender:
    """The texts of one bind. `clock` gives the time in UTC.

    `note` gets what left the sender for good, and each attempt in doubt; `recorded` is called when such
    an attempt is committed, and not before does the text go again.
    """

    def __init__(
        self,
        link: SmscLink,
        note: Note,
        want_page: Callable[["BindSender"], None],
        clock: Callable[[], datetime],
    ) -> None:
        self.link = link
        self.queues = {priority: PriorityQueue() for priority in Priority}
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
        self._turns = RecipientTurns()
        self.retries = Retries(own.retry, self._go_on)
        self._alone: Delivery | None = None
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
        return min((delivery.text.queued_at for delivery in (*heads, *self._turns.first)), default=None)

    def away(self, now: float) -> float:
        """Seconds since there was a bind; 0 if there is one."""
        if self.link.session is not None:
            self._bound_at = now
        return now - self._bound_at

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
            while queue.heap and (delivery := queue.heap[0][1]).text.expires_at <= now:
                if delivery.outstanding:
                    break
                self._expire(queue.pop())
        for delivery in [*self.retries.deliveries, *([self._alone] if self._alone else ())]:
            if delivery.text.expires_at <= now and not delivery.outstanding:
                self._expire(delivery)

    @property
    def held(self) -> dict[int, Delivery]:
        """What waits here, by the ids of the texts. Not what is under way."""
        heaps = (delivery for queue in self.queues.values() for _, delivery in queue.heap)
        here = (*heaps, *self._turns.waiting, *self.retries.deliveries)
        return {one.text.id: one for one in here if one.waits}

    def drop(self, texts: Container[int]) -> int:
        """These were taken back in the store: those that wait here do not go; how many."""
        dropped = [delivery for text, delivery in self.held.items() if text in texts]
        for delivery in dropped:
            self._finish(delivery, SendEvent.WITHDRAWN)
        return len(dropped)

    def hand_over(self) -> None:
        """Forgets what waits here, because another bind shall send it from the store. Only while unbound."""
        for queue in self.queues.values():
            self.known.difference_update(delivery.text.id for _, delivery in queue.heap)
            queue.heap.clear()
            queue.waiting, queue.more_in_store, queue.read_to = 0, False, 0
        known = (*self._turns.clear(), *self.retries.deliveries)
        self.known.difference_update(delivery.text.id for delivery in known)
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

    def _take(self, queue: PriorityQueue, text: OutgoingText) -> None:
        if text.id not in self.known:
            self.known.add(text.id)
            queue.waiting += 1
            delivery = Delivery(text, attempts=text.attempts)
            if text.due_at is None:
                queue.push(delivery)
            else:  # it goes on where a former life, or another bind, left it; none to its recipient passes it
                self._turns.hold(delivery)
                self.retries.pause(delivery, max(0.0, (text.due_at - self._clock()).total_seconds()))

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
            delivery = self._alone or self._next()
            if delivery is None or self._must_wait(delivery) or not self._send(delivery, now):
                return

    @property
    def _window(self) -> int:
        """An SMSC whose answers are overdue is given less, but is asked on."""
        return max(1, self.pace.window - self.overdue)

    def _must_wait(self, delivery: Delivery) -> bool:
        """Whether nothing may go: a text goes alone, and others are still under way, or it is itself."""
        if delivery.goes_alone:
            self._alone = delivery
        return self._alone is not None and (self.in_flight > 0 or delivery.is_all_written)

    def _next(self) -> Delivery | None:
        """The delivery whose segment goes next, out of its queue."""
        for queue in self.queues.values():
            while queue.heap:
                delivery = queue.pop()
                text = delivery.text
                if delivery.ended or delivery.error is not None or delivery.is_all_written:
                    continue  # refused, or taken after all, while it waited for the turn of a further segment
                if not self._turns.take(delivery):
                    continue
                if not delivery.segments and text.expires_at <= self._clock():
                    self._expire(delivery)
                else:
                    return delivery
        return None

    def _send(self, delivery: Delivery, now: float) -> bool:
        """Writes the delivery's next segment; False when there is no bind to write to."""
        try:
            self._submit(delivery, now)
        except NotBound:
            self._again(delivery)
            return False
        except (Rejected, ValueError) as error:  # ValueError: more than 255 segments
            self._refuse(delivery, SendEvent.REFUSED, str(error))
        except Exception as error:  # noqa: BLE001 # a fault of ours: it would be met again, and others wait
            self._log.exception("text cannot be written", message=delivery.text.id)
            self._refuse(delivery, SendEvent.FAULTY, type(error).__name__)
        return True

    def _submit(self, delivery: Delivery, now: float) -> None:
        text, own = delivery.text, self.link.settings
        if not delivery.segments:
            delivery.segments = split(text.body, own.alphabet, text.id & 0xFF)
            delivery.to_send = list(range(len(delivery.segments)))
        number = delivery.to_send[0]
        self.link.submit(
            text.sender,
            text.recipient,
            delivery.segments[number],
            partial(self._hear, SegmentAttempt(delivery, number, now, self.link.session)),
            receipt=text.priority in own.receipts,
            validity_period=relative_time(text.expires_at - self._clock()) if own.validity_period else "",
        )
        del delivery.to_send[0]
        delivery.outstanding += 1
        delivery.turn(SendEvent.WRITTEN)
        self.in_flight += 1
        self.pace.sent(now)
        if delivery.to_send:
            self._again(delivery)

    # Hearing ------------------------------------------------------------------------------------------------

    def _hear(self, one: SegmentAttempt, outcome: SubmitOutcome) -> None:
        """What became of a segment; Late is followed by another outcome."""
        try:
            self._weigh(one, outcome)
        except Exception as error:  # noqa: BLE001 # a fault of ours must not end the bind, again and again
            self._log.exception("an answer cannot be taken in", message=one.delivery.text.id)
            if not one.delivery.ended:
                one.delivery.error = type(error).__name__
                self._finish(one.delivery, SendEvent.FAULTY)
        self.pump_soon()

    def _weigh(self, one: SegmentAttempt, outcome: SubmitOutcome) -> None:
        delivery, was_late = one.delivery, one.late
        one.late = isinstance(outcome, Late)
        if was_late:
            self.overdue -= 1
        else:
            self.in_flight -= 1
            delivery.outstanding -= 1
        self.overdue += one.late
        if isinstance(outcome, Submitted):
            now = self._loop.time()
            self.pace.accepted(now, now - one.sent_at)
            self.accepted += 1
            one.take_up(outcome)
        elif isinstance(outcome, Rejected):
            if one.matters:
                delivery.error = str(outcome)
        elif isinstance(outcome, Late | LinkLost):
            self.in_doubt += not was_late
            self._doubt(one, counted=was_late)
        else:
            self._postpone(one, outcome)
        self._judge(delivery)

    def _doubt(self, one: SegmentAttempt, *, counted: bool) -> None:
        """No answer in time, or none any more: the segment may have been taken. `counted`: as late before."""
        delivery = one.delivery
        if not one.matters:
            return
        alone = delivery is self._alone
        if not one.late:
            delivery.lose(one.session, alone=alone)
            self._let_others_go(delivery)
        elif alone:
            # An enquire_link asks what this silence is: until it is answered nothing else goes.
            self._loop.call_later(self.link.settings.timers.response, self._let_others_go, delivery)
        attempt = self.retries.doubt(one, counted=counted, now=self._clock())
        if attempt is not None:
            self._note(attempt)
            self._log.warning(
                "text in doubt, goes again", message=delivery.text.id, attempts=delivery.attempts
            )

    def _postpone(self, one: SegmentAttempt, refusal: Throttled | Postponed) -> None:
        """The SMSC took it not now."""
        delivery, now = one.delivery, self._loop.time()
        if isinstance(refusal, Throttled):
            self._note_throttle(delivery, refusal, now)
        else:
            self.postponed += 1
            self.pace.refused(now)
        if not one.matters or delivery.error is not None:
            return
        delivery.last_refusal = str(refusal)
        if isinstance(refusal, Throttled):
            if one.number not in delivery.to_send and one.number not in delivery.again:
                delivery.to_send = sorted([*delivery.to_send, one.number])
            self._again(delivery)
            return
        self._let_others_go(delivery)
        if self.retries.postpone(one):
            self._log.info("text refused for now", message=delivery.text.id, status=str(refusal))

    def _note_throttle(self, delivery: Delivery, refusal: Throttled, now: float) -> None:
        first = not self.pace.limited
        self.pace.throttled(now)
        self.throttled += 1
        if first:
            rate, status = self.pace.rate, str(refusal)
            self._log.warning("smsc throttles", message=delivery.text.id, status=status, rate=rate)

    def _let_others_go(self, delivery: Delivery) -> None:
        if self._alone is delivery and not delivery.outstanding:
            self._alone = None
            if delivery.to_send:
                self._again(delivery)
            self.pump_soon()

    def _again(self, delivery: Delivery) -> None:
        if delivery is not self._alone:
            self.queues[delivery.text.priority].push(delivery)

    # Settling -----------------------------------------------------------------------------------------------

    def _judge(self, delivery: Delivery) -> None:
        """Whether the text has ended with what was heard last."""
        if delivery.ended:
            return
        if delivery.taken:
            # A blast is thousands of these; the store has them all.
            told = self._log.info if delivery.text.priority is Priority.REPLY else self._log.debug
            told("text sent", message=delivery.text.id, recipient=delivery.text.recipient)
            self._finish(delivery, SendEvent.TAKEN)
        elif delivery.error is not None:
            self._refuse(delivery, SendEvent.REFUSED, delivery.error)
        else:
            self.retries.resume(delivery)

    def _refuse(self, delivery: Delivery, event: SendEvent, error: str) -> None:
        """The SMSC takes no part of it; segments that are under way are waited for."""
        delivery.error = error
        delivery.to_send.clear()
        delivery.again.clear()
        if not delivery.outstanding:
            self._finish(delivery, event)

    def _expire(self, delivery: Delivery) -> None:
        if not delivery.ended and delivery.error is None:
            self._finish(delivery, when_expired(delivery.attempts))

    def _go_on(self, delivery: Delivery, event: SendEvent) -> None:
        """Its pause is over."""
        if event is SendEvent.DUE:
            self._again(delivery)
        else:
            self._finish(delivery, event)
        self.pump_soon()

    def _finish(self, delivery: Delivery, event: SendEvent) -> None:
        """The text is settled; the next one to its recipient may go."""
        text, state = delivery.text, delivery.turn(event)
        self.ends[state] += 1
        if state not in (SendState.SENT, SendState.WITHDRAWN):
            delivery.error = delivery.error or delivery.last_refusal
            self._log.warning(f"text {state.value}", message=text.id, status=delivery.error)
        self.retries.forget(delivery)
        if self._alone is delivery:
            self._alone = None
        if (following := self._turns.give(delivery)) is not None:
            self._again(following)
        self.queues[text.priority].waiting -= 1
        self._note(delivery.settlement(receipts=text.priority in self.link.settings.receipts))
