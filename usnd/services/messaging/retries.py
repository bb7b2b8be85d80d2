"""The texts of one bind that wait to go again: after an answer that is late or lost, or a refusal for now.

Used by bind_sender.py, which gets each text back when its pause is over: to send it again, or to end it. An
attempt in doubt is committed before the text goes again: no restart begins to count anew (REQUIREMENTS S13).
How long and how often is decided in domain/messaging/sending.py.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from usnd.domain.messaging.message import Attempt
from usnd.domain.messaging.sending import RetryRules, SendEvent, pause_in_doubt, pause_refused, when_due
from usnd.services.messaging.send_queue import Delivery, SegmentAttempt

_EARLY = 0.01
"""Seconds by which the loop may call before the time."""


class Retries:
    """`go_on` gets a text whose pause is over, and what follows: DUE, or how it ends."""

    def __init__(self, rules: RetryRules, go_on: Callable[[Delivery, SendEvent], None]) -> None:
        self._rules = rules
        self._go_on = go_on
        self._loop = asyncio.get_running_loop()
        self._pausing: dict[int, Delivery] = {}

    @property
    def deliveries(self) -> Iterable[Delivery]:
        """Those that wait."""
        return self._pausing.values()

    def doubt(self, one: SegmentAttempt, *, counted: bool, now: datetime) -> Attempt | None:
        """No answer came: gives the attempt to be committed, if it is a new one.

        counted: it was late before, and now no answer can come any more.
        """
        delivery = one.delivery
        delivery.turn(SendEvent.LATE if one.late else SendEvent.LOST)
        if counted and one.number not in delivery.again:
            return None  # it went again meanwhile
        new = not delivery.in_doubt
        if new:
            delivery.in_doubt, delivery.kept = True, False
            delivery.attempts += 1
        pause = pause_in_doubt(delivery.attempts, self._rules, lost=not one.late)
        self._set_again(one, pause, sooner=counted)
        left = delivery.due - self._loop.time()
        return Attempt(delivery.text.id, delivery.attempts, now + timedelta(seconds=left)) if new else None

    def postpone(self, one: SegmentAttempt) -> bool:
        """The SMSC refused the segment for now; whether it is the first of its text in this round."""
        delivery = one.delivery
        first = not delivery.due
        delivery.refusals += first
        delivery.turn(SendEvent.POSTPONED)
        self._set_again(one, pause_refused(delivery.refusals), sooner=False)
        return first

    def pause(self, delivery: Delivery, seconds: float) -> None:
        """Gives the text back after that time, not before its attempt is committed."""
        delivery.due = self._loop.time() + seconds
        self._pausing[delivery.text.id] = delivery
        self._loop.call_later(seconds, self.resume, delivery)

    def kept(self, text_id: int) -> None:
        """The attempt of that text is committed."""
        if (delivery := self._pausing.get(text_id)) is not None:
            delivery.kept = True
            self.resume(delivery)

    def resume(self, delivery: Delivery) -> None:
        """If it waits, its time has come and none of it is under way: once more, or the end of it."""
        if self._pausing.get(delivery.text.id) is not delivery or not delivery.kept:
            return
        if delivery.due > self._loop.time() + _EARLY or delivery.outstanding:
            return
        self.forget(delivery)
        event = when_due(delivery.attempts, delivery.lost_alone, self._rules)
        if event is SendEvent.DUE:
            delivery.turn(event)
            delivery.in_doubt = False
            delivery.to_send, delivery.again = sorted({*delivery.to_send, *delivery.again}), []
        self._go_on(delivery, event)

    def forget(self, delivery: Delivery) -> None:
        """It does not wait any more."""
        self._pausing.pop(delivery.text.id, None)
        delivery.due = 0.0

    def clear(self) -> None:
        """None waits any more here."""
        self._pausing.clear()

    def _set_again(self, one: SegmentAttempt, pause: float, *, sooner: bool) -> None:
        """The segment goes again with all of its text that waits so, after the longest of their pauses.

        sooner: what it waited for cannot come, so that the shorter one counts.
        """
        delivery = one.delivery
        if one.number not in delivery.again and one.number not in delivery.to_send:
            delivery.again.append(one.number)
        left = delivery.due - self._loop.time() if delivery.due else None
        if left is None or (pause < left if sooner else pause > left):
            self.pause(delivery, pause)
