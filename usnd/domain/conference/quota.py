"""The minutes that a subscriber's conferences may last in a month (REQUIREMENTS C10).

The talking time of every call counts, the subscriber's own too, since each is charged. A launch asks what is
left, transitions.py when it is used up. What was used is in the store: store/usage.py counts it by these
rules.
"""

from datetime import UTC, datetime, timedelta

from usnd.domain.conference.call import Call
from usnd.domain.conference.model import Conference


def month_of(at: datetime) -> str:
    """The calendar month, UTC, that a call's time counts in: when it ended."""
    return f"{at.astimezone(UTC):%Y-%m}"


def talked_seconds(call: Call) -> int:
    """Whole seconds, begun ones too, of a call that ended; 0 if it was never answered."""
    if call.answered_at is None or call.ended_at is None:
        return 0
    return -((call.answered_at - call.ended_at) // timedelta(seconds=1))


def seconds_left(minutes: int | None, used: int) -> int | None:
    """Of a budget in minutes of which so many seconds were used; None: no limit."""
    return None if minutes is None else max(0, minutes * 60 - used)


def used_up_at(conference: Conference) -> datetime | None:
    """When the calls that talk now will have used up what the conference may; None: never, as it stands."""
    if conference.talk_seconds is None:
        return None
    talking = [call.answered_at for call in conference.calls if call.live and call.answered_at is not None]
    if not talking:
        return None
    left = timedelta(seconds=conference.talk_seconds - sum(map(talked_seconds, conference.calls)))
    first = min(talking)
    begun_later = sum((begun - first for begun in talking), timedelta())
    return first + (left + begun_later) / len(talking)
