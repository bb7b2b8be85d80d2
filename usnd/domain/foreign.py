"""Channels in Asterisk that usnd did not order (REQUIREMENTS C12): when they are an alarm. Pure.

state   | one was released | none for `quiet`
--------+------------------+-----------------
clear   | RAISED           | -
raised  | -                | CLEARED
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from usnd.domain.alarm import AlarmChange

QUIET = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ForeignWatch:
    """What was released since the start: how many, and the last one, by its name in Asterisk, when (UTC)."""

    released: int = 0
    last: str = ""
    last_at: datetime | None = None
    raised: bool = False


def release_one(watch: ForeignWatch, channel: str, now: datetime) -> tuple[ForeignWatch, AlarmChange | None]:
    """One more was released."""
    after = ForeignWatch(watch.released + 1, channel, now, raised=True)
    return after, None if watch.raised else AlarmChange.RAISED


def let_time_pass(watch: ForeignWatch, now: datetime) -> tuple[ForeignWatch, AlarmChange | None]:
    """The alarm ends by itself when no further one comes."""
    if not watch.raised or watch.last_at is None or now - watch.last_at < QUIET:
        return watch, None
    return replace(watch, raised=False), AlarmChange.CLEARED
