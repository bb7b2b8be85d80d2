"""Adds up what each subscriber used, a bounded number of subscribers at a time. Pure.

services/billing/summary goes through all records of the day, and once more as long as there are subscribers
who had no room: so memory does not grow with their number. Each round has those with the lowest ids that are
left, and the summary is in the order of ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.summary.figures import Line, Usage
from usnd.domain.conference.call import Direction

AT_ONCE = 20_000
"""Subscribers of one round; for a moment twice as many."""
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Whose line it is."""

    number: str
    name: str


@dataclass(slots=True)
class _Counter:
    conferences: set[int] = field(default_factory=set)
    number: str = ""
    legs_in: int = 0
    legs_out: int = 0
    records: int = 0
    in_ms: int = 0
    out_ms: int = 0
    texts_in: int = 0
    texts_out: int = 0
    recordings: int = 0

    def usage(self) -> Usage:
        return Usage(
            len(self.conferences),
            self.legs_in,
            self.legs_out,
            self.records,
            self.in_ms,
            self.out_ms,
            self.texts_in,
            self.texts_out,
            self.recordings,
        )


class Round:
    """Counts for the subscribers with the lowest ids above one of them. above: 0 in the first round."""

    def __init__(self, above: int = 0, at_once: int = AT_ONCE) -> None:
        self._above, self._at_once = above, at_once
        self._cut: int | None = None
        self._of: dict[int, _Counter] = {}

    def record(self, cdr: Cdr) -> None:
        """A record of a call, or of a part of one."""
        if (counter := self._counter(cdr.subscriber_id)) is None:
            return
        counter.conferences.add(cdr.conference_id)
        counter.records += 1
        leg, charged = cdr.interim_of is None, cdr.charged // _MS
        if cdr.direction is Direction.IN:
            counter.legs_in += leg
            counter.in_ms += charged
        else:
            counter.number = cdr.cli
            counter.legs_out += leg
            counter.out_ms += charged

    def texts(self, subscriber: int, came: int, went: int) -> None:
        """So many texts came from a subscriber, and so many went to them or for them."""
        if (counter := self._counter(subscriber)) is not None:
            counter.texts_in += came
            counter.texts_out += went

    def recordings(self, subscriber: int, count: int) -> None:
        """So many were begun."""
        if (counter := self._counter(subscriber)) is not None:
            counter.recordings += count

    def subscribers(self) -> list[int]:
        """Who used anything, in the order of ids."""
        return sorted(self._of)

    def line(self, subscriber: int, people: Mapping[int, Person]) -> Line:
        """Of one of them. people: those who are registered."""
        counter = self._of[subscriber]
        person = people.get(subscriber, Person(counter.number, ""))
        return Line(subscriber, person.number, person.name, counter.usage())

    @property
    def next_above(self) -> int | None:
        """Where the next round begins; None: nobody is left."""
        return self._cut

    def _counter(self, subscriber: int) -> _Counter | None:
        if subscriber <= self._above or (self._cut is not None and subscriber > self._cut):
            return None
        if subscriber not in self._of:
            self._of[subscriber] = _Counter()
            if len(self._of) > 2 * self._at_once:
                self._make_room()
        return self._of.get(subscriber)

    def _make_room(self) -> None:
        """The higher half goes, to be counted in a later round."""
        kept = sorted(self._of)[: self._at_once]
        self._cut = kept[-1]
        self._of = {subscriber: self._of[subscriber] for subscriber in kept}
