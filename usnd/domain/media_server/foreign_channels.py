"""Channels in Asterisk that usnd did not order (REQUIREMENTS C12): which stay too long, when it is over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from usnd.domain.conference.model import Conference
from usnd.domain.recording.control import open_recorders

LONGEST_STAY = timedelta(seconds=60)
"""Of a channel that no row has: an announcement, or a call that hears why it ends, is over sooner."""
QUIET = timedelta(minutes=15)
"""Without another: then the alarm is over."""


@dataclass(frozen=True, slots=True)
class ForeignWatch:
    """What was released since the start: how many, and the last one, by its name in Asterisk, when (UTC)."""

    released: int = 0
    last: str = ""
    last_at: datetime | None = None


def release_one(watch: ForeignWatch, channel: str, now: datetime) -> ForeignWatch:
    """One more was released."""
    return ForeignWatch(watch.released + 1, channel, now)


def is_quiet(watch: ForeignWatch, since: datetime, now: datetime) -> bool:
    """None was released for long. `since`: when usnd began to look; what was before is not known."""
    return now - (watch.last_at or since) >= QUIET


def ordered_by(conferences: Iterable[Conference]) -> frozenset[str]:
    """The ids of the calls and recorders that live conferences have."""
    live = [*conferences]
    calls = {call.id for conference in live for call in conference.calls if call.live}
    return frozenset(calls.union(*map(open_recorders, live)))


def overstayed(
    seen: Mapping[str, datetime], unordered: Iterable[str], now: datetime
) -> tuple[dict[str, datetime], frozenset[str]]:
    """Since when each channel that no row has is there, and those that were there too long.

    `seen`: of the last look; `unordered`: the ids of this one.
    """
    since = {channel: seen.get(channel, now) for channel in unordered}
    late = frozenset(channel for channel, first in since.items() if now - first >= LONGEST_STAY)
    return {channel: first for channel, first in since.items() if channel not in late}, late
