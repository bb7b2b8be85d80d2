"""The texts of one bind that wait to go again: after an answer that is late or lost, or a refusal for now.

Used by lane.py, which gets each text back when its pause is over: to send it again, or to end it. An attempt
in doubt is committed before the text goes again: no restart begins to count anew (REQUIREMENTS S13). How
long and how often is decided in domain/sending.py.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from usnd.domain.messages import Attempt
from usnd.domain.sending import RetryRules, SendEvent, pause_in_doubt, pause_refused, when_due
from usnd.services.queue import Flight, Try

_EARLY = 0.01
"""Seconds by which the loop may call before the time."""


class Retries:
    """`go_on` gets a text whose pause is over, and what follows: DUE, or how it ends."""

    def __init__(self, rules: RetryRules, go_on: Callable[[Flight, SendEvent], None]) -> None:
        self._rules = rules
        self._go_on = go_on
        self._loop = asyncio.get_running_loop()
        self._pausing: dict[int, Flight] = {}

    @property
    def flights(self) -> Iterable[Flight]:
        """Those that wait."""
        return self._pausing.values()

    def doubt(self, one: Try, *, counted: bool, now: datetime) -> Attempt | None:
        """No answer came: gives the attempt to be committed, if it is a new one.

        counted: it was late before, and now no answer can come any more.
        """
        flight = one.flight
        flight.turn(SendEvent.LATE if one.late else SendEvent.LOST)
        if counted and one.number not in flight.again:
            return None  # it went again meanwhile
        new = not flight.in_doubt
        if new:
            flight.in_doubt, flight.kept = True, False
            flight.attempts += 1
        pause = pause_in_doubt(flight.attempts, self._rules, lost=not one.late)
        self._set_again(one, pause, sooner=counted)
        left = flight.due - self._loop.time()
        return Attempt(flight.text.id, flight.attempts, now + timedelta(seconds=left)) if new else None

    def postpone(self, one: Try) -> bool:
        """The SMSC refused the segment for now; whether it is the first of its text in this round."""
        flight = one.flight
        first = not flight.due
        flight.refusals += first
        flight.turn(SendEvent.POSTPONED)
        self._set_again(one, pause_refused(flight.refusals), sooner=False)
        return first

    def pause(self, flight: Flight, seconds: float) -> None:
        """Gives the text back after that time, not before its attempt is committed."""
        flight.due = self._loop.time() + seconds
        self._pausing[flight.text.id] = flight
        self._loop.call_later(seconds, self.resume, flight)

    def kept(self, text_id: int) -> None:
        """The attempt of that text is committed."""
        if (flight := self._pausing.get(text_id)) is not None:
            flight.kept = True
            self.resume(flight)

    def resume(self, flight: Flight) -> None:
        """If it waits, its time has come and none of it is under way: once more, or the end of it."""
        if self._pausing.get(flight.text.id) is not flight or not flight.kept:
            return
        if flight.due > self._loop.time() + _EARLY or flight.outstanding:
            return
        self.forget(flight)
        event = when_due(flight.attempts, flight.lost_alone, self._rules)
        if event is SendEvent.DUE:
            flight.turn(event)
            flight.in_doubt = False
            flight.to_send, flight.again = sorted({*flight.to_send, *flight.again}), []
        self._go_on(flight, event)

    def forget(self, flight: Flight) -> None:
        """It does not wait any more."""
        self._pausing.pop(flight.text.id, None)
        flight.due = 0.0

    def clear(self) -> None:
        """None waits any more here."""
        self._pausing.clear()

    def _set_again(self, one: Try, pause: float, *, sooner: bool) -> None:
        """The segment goes again with all of its text that waits so, after the longest of their pauses.

        sooner: what it waited for cannot come, so that the shorter one counts.
        """
        flight = one.flight
        if one.number not in flight.again and one.number not in flight.to_send:
            flight.again.append(one.number)
        left = flight.due - self._loop.time() if flight.due else None
        if left is None or (pause < left if sooner else pause > left):
            self.pause(flight, pause)
