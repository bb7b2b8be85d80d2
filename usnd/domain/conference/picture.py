"""The picture of a conference: what its subscriber sees of it, whole, at one moment. Pure.

services/conference/pictures.py makes one whenever a conference that is looked at has changed; it goes over
the control socket as it is, and the portal shows it. A picture says how things are, never what happened: who
misses one has lost nothing by the next.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from usnd.domain.conference.call import Call, CallOutcome, CallState, Role
from usnd.domain.conference.features import silenced
from usnd.domain.conference.model import OVER, Conference, ConferenceState, EndReason
from usnd.domain.recording.files import RecordState


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the picture, by the last call with them. `number`: empty if withheld.

    since: when that call came into its state. muted: nobody hears them. talking: they are heard to speak.
    was_in: that call was in the room. asked: who answers it must press 1.
    """

    call: str
    number: str
    name: str
    role: Role
    state: CallState
    since: datetime
    outcome: CallOutcome | None = None
    muted: bool = False
    talking: bool = False
    was_in: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A conference as it is. instant: as of `Conference`. Times are UTC.

    muted: all participants are. recording: the state of the last part; None: nothing was recorded.
    people: in the order in which they were first called or came in; nobody leaves it.
    """

    conference: int
    subscriber: int
    state: ConferenceState
    launched: datetime
    people: tuple[Person, ...]
    instant: int | None = None
    away_until: datetime | None = None
    end_reason: EndReason | None = None
    muted: bool = False
    locked: bool = False
    recording: RecordState | None = None

    @property
    def over(self) -> bool:
        """Nobody comes in any more, and nothing can be done in it."""
        return self.state in OVER


def picture_of(conference: Conference, talking: Collection[str]) -> Picture:
    """talking: the calls that are heard to speak."""
    last = dict[tuple[Role, str], Call]()
    for call in conference.calls:
        key = (call.role, "" if call.role is Role.SUBSCRIBER else call.number or call.id)
        last[key] = call  # a key keeps its first place
    parts = conference.recording_parts
    return Picture(
        conference=conference.id,
        subscriber=conference.subscriber_id,
        state=conference.state,
        launched=conference.launched_at,
        people=tuple(_person(conference, call, talking) for call in last.values()),
        instant=conference.instant,
        away_until=conference.away_until,
        end_reason=conference.end_reason,
        muted=bool(conference.muted),
        locked=conference.locked,
        recording=parts[-1].state if parts else None,
    )


def _person(conference: Conference, call: Call, talking: Collection[str]) -> Person:
    muted = silenced(conference, call)
    return Person(
        call=call.id,
        number=call.number,
        name=call.name,
        role=call.role,
        state=call.state,
        since=since_of(call),
        outcome=call.outcome,
        muted=muted,
        talking=call.in_room and not muted and call.id in talking,
        was_in=call.joined_at is not None,
        asked=call.asked,
    )


def since_of(call: Call) -> datetime:
    """When the call came into its state."""
    return call.ended_at or call.leaving_since or call.joined_at or call.answered_at or call.planned_at


def current(pictures: Collection[Picture]) -> Picture | None:
    """Of a subscriber's: the one that a page shows. One may be ending while the next one begins."""
    return max(pictures, key=lambda one: one.conference, default=None)
