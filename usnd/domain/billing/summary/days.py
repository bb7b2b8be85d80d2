"""Which days have a usage summary, and which records belong to one. Pure.

A day is one of the node's local days: 23 or 25 hours where clocks change. It begins where the one before
ended, also if somebody set another time zone meanwhile, so that no moment is in two days or in none. Its
records go by sequence number, as those of a CDR file: all behind the day before, up to the last one in the
CDR file of its last hour. So the summary of a day and its CDR files have the same records, to the last one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.rhythm import HOUR, Nightly
from usnd.domain.history.period import Period

MOST_AT_ONCE = 31
"""Days that are summed up in one run, after a server was away for long or its clock was wrong."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One day of the node. since, until: its first moment and the first one after it (UTC)."""

    day: date
    since: datetime
    until: datetime

    @property
    def hours(self) -> float:
        """How many it has."""
        return (self.until - self.since) / HOUR


def day_of(day: date, nightly: Nightly) -> LocalDay:
    """A day by itself."""
    period = Period(day, day, nightly.zone)
    return LocalDay(day, period.since, period.until)


def days_due(last: LocalDay | None, now: datetime, nightly: Nightly) -> Iterator[LocalDay]:
    """The days that are to be summed up, the oldest first. last: the one that was; None: there is none.

    The first summary of all is that of the last day that is due.
    """
    if last is None:
        yield _last_due(now, nightly)
        return
    for _ in range(MOST_AT_ONCE):
        last = behind(last, nightly)
        if nightly.due(last.until) > now:
            return
        yield last


def behind(last: LocalDay, nightly: Nightly) -> LocalDay:
    """The day after that one: it begins where that one ended."""
    day = last.day + _DAY
    return LocalDay(day, last.until, max(last.until, day_of(day, nightly).until))


def _last_due(now: datetime, nightly: Nightly) -> LocalDay:
    one = day_of(now.astimezone(nightly.zone).date() - _DAY, nightly)
    return one if nightly.due(one.until) <= now else day_of(one.day - _DAY, nightly)


@dataclass(frozen=True, slots=True)
class ByFile:
    """The last record before a moment is that one, as a CDR file says."""

    last: int


class ByTime:
    """No CDR file says it: the last record that stopped before that moment is meant."""


class NotYet:
    """The CDR file that says it is not closed yet: the summary waits for it."""


Boundary = ByFile | ByTime | NotYet


def boundary(at: datetime, before: CdrFile | None, newest: CdrFile | None, *, with_files: bool) -> Boundary:
    """By what the last record before a moment is known.

    before: of the first destination of CDRs, its last file that goes until then or less far; newest: its last
    one of all. with_files: there is such a destination.
    """
    if not with_files:
        return ByTime()
    if before is not None and before.until > at - HOUR:
        return ByFile(before.last)
    return ByTime() if newest is not None and newest.until > at else NotYet()
