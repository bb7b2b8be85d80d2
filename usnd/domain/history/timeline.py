"""What happened in a conference, in order: when each telephone was called, rang, came in, left, or why not.

The portal shows it of conferences that are over. It is read from what the conference and its calls know, so
that nothing has to be written beside them. A call that went on over another trunk is told as one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from usnd.domain.conference.call import Call, CallOutcome, Direction
from usnd.domain.conference.call_plan import attempts
from usnd.domain.conference.model import Conference


class What(Enum):
    """What happened. CALLED_IN: by themselves. FAILED: was called or called, and did not come in."""

    LAUNCHED = "launched"
    CALLED = "called"
    CALLED_IN = "called in"
    RANG = "rang"
    JOINED = "joined"
    LEFT = "left"
    FAILED = "failed"
    RECORDING = "recording"
    RECORDING_ENDED = "recording ended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. call: whose, if it is about one. part: which recording part. UTC."""

    at: datetime
    what: What
    call: Call | None = None
    part: int | None = None


def timeline(conference: Conference) -> tuple[Moment, ...]:
    """All of it, the earliest first."""
    # Of what happened at the same time, a beginning comes before an end: the sort keeps this order.
    moments = [Moment(conference.launched_at, What.LAUNCHED)]
    for call in conference.calls:
        if call.outcome is not CallOutcome.OVERFLOWED:
            moments.extend(_of_call(conference, call))
    for part in conference.recording_parts:
        if part.started_at is not None:
            moments.append(Moment(part.started_at, What.RECORDING, part=part.number))
            if part.stopped_at is not None:
                moments.append(Moment(part.stopped_at, What.RECORDING_ENDED, part=part.number))
    if conference.ended_at is not None:
        moments.append(Moment(conference.ended_at, What.ENDED))
    return tuple(sorted(moments, key=lambda one: one.at))


def came_in(conference: Conference) -> int:
    """How many telephones were in the room."""
    return len({call.number or call.id for call in conference.calls if call.joined_at is not None})


def _of_call(conference: Conference, call: Call) -> Iterator[Moment]:
    begun = What.CALLED_IN if call.direction is Direction.IN else What.CALLED
    yield Moment(min(one.planned_at for one in attempts(conference, call)), begun, call)
    if call.rang_at is not None:
        yield Moment(call.rang_at, What.RANG, call)
    if call.joined_at is not None:
        yield Moment(call.joined_at, What.JOINED, call)
    left = call.ended_at if call.joined_at is None else call.leaving_since or call.ended_at
    if left is not None:
        yield Moment(left, What.FAILED if call.joined_at is None else What.LEFT, call)
