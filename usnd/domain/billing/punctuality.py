"""Whether a destination has its files in time, and whether somebody must do something for it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.delivery import REFUSALS, WORDS, Trouble
from usnd.domain.billing.rhythm import HOURLY, Rhythm


@dataclass(frozen=True, slots=True)
class Standing:
    """How a destination is served. last: its newest file; oldest: of the `waiting` ones, not confirmed."""

    last: CdrFile | None
    oldest: CdrFile | None
    waiting: int


def late_by(standing: Standing, watched_since: datetime, now: datetime, rhythm: Rhythm = HOURLY) -> float:
    """Seconds by which the oldest file that is not confirmed is late; also one that nobody closed.

    watched_since: there is nothing else to go by before the first file of a destination, and behind one of a
    clock that was ahead. Of files that wait the first is late by as many hours or days as are behind it.
    """
    if standing.oldest is not None:
        late = max(now - rhythm.due(standing.oldest.until), (standing.waiting - 1) * rhythm.every)
        return max(0.0, late.total_seconds())
    last = standing.last
    until = watched_since if last is None or last.until > now + rhythm.every else last.until
    return max(0.0, (now - rhythm.due(rhythm.following(until))).total_seconds())


def refusal_of(standing: Standing) -> Trouble | None:
    """Why the destination refuses the file that is its turn, if it does."""
    oldest = standing.oldest
    return oldest.trouble if oldest is not None and oldest.trouble in REFUSALS else None


def changed(standing: Standing) -> bool:
    """The file that is its turn cannot be made as it was."""
    return standing.oldest is not None and standing.oldest.trouble is Trouble.CHANGED


def reason_of(standing: Standing) -> str | None:
    """What the last try said, for the journal."""
    oldest = standing.oldest
    if oldest is None or oldest.trouble is None:
        return None
    return f"{WORDS[oldest.trouble]}: {oldest.said}"
