"""The life of one call: its states, the table between them, and what a release cause means.

Everything that is true of a single call is here; conferences are in model.py. transitions.py takes a call
from state to state by `follow`. A call is named by its id, which is also the Asterisk channel's unique id, so
that the same call can never be placed twice (REQUIREMENTS C11).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from usnd.domain.tables import every_cell


class Role(Enum):
    """Who the call is with: the subscriber owns the conference and pays for it."""

    SUBSCRIBER = "subscriber"
    PARTICIPANT = "participant"


class Direction(Enum):
    """Seen from the node, as the CDR tells it (REQUIREMENTS B1)."""

    OUT = "out"
    IN = "in"


class CallState(Enum):
    """Where a call stands.

    PLANNED is committed before anything is dialled; LEAVING is out of the room, but not yet released.
    """

    PLANNED = "planned"
    DIALLING = "dialling"
    RINGING = "ringing"
    ANSWERED = "answered"
    JOINED = "joined"
    LEAVING = "leaving"
    ENDED = "ended"


class CallEvent(Enum):
    """What can happen to a call.

    PLACED to REFUSED come from Asterisk; HANG_UP is our own decision. VOICE_LOST, MISSING and OVERDUE
    stand for news that will never come: Asterisk died, a survey does not know the call, time passed.
    """

    PLACED = "placed"
    RINGING = "ringing"
    ANSWERED = "answered"
    JOINED = "joined"
    LEFT = "left"
    ENDED = "ended"
    REFUSED = "refused"
    HANG_UP = "hang-up"
    VOICE_LOST = "voice-lost"
    MISSING = "missing"
    OVERDUE = "overdue"


SIGNS_OF_LIFE = frozenset({CallEvent.PLACED, CallEvent.RINGING, CallEvent.ANSWERED, CallEvent.JOINED})
"""Events that only a call with a living channel can have."""


NEVER_HEARD = frozenset({CallEvent.VOICE_LOST, CallEvent.MISSING, CallEvent.OVERDUE})
"""Events that stand in for the news of an end: when the call really ended, nobody said."""
_PROOFS_OF_ANSWER = frozenset({CallEvent.ANSWERED, CallEvent.JOINED, CallEvent.LEFT})


class CallOutcome(Enum):
    """How a call ended, as subscriber, CDR and console read it (REQUIREMENTS C9).

    COMPLETED: was in the room. FAILED: also who was answered and never came in. NOT_ACCEPTED: answered,
    asked to press 1, and never did: a machine. CONGESTED: no trunk had a free line. OVERFLOWED: this trunk
    had none, or refused, and the call went on over the next one, as a call of its own.
    """

    COMPLETED = "completed"
    NOT_ACCEPTED = "not-accepted"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    NO_CREDIT = "no-credit"
    CONGESTED = "congested"
    OVERFLOWED = "overflowed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    VOICE_LOST = "voice-lost"
    UNKNOWN = "unknown"


_PROOFS_OF_JOINING = frozenset({CallEvent.JOINED, CallEvent.LEFT})
_CAN_BE_ANSWERED = frozenset({CallState.ANSWERED, CallState.JOINED, CallState.LEAVING})

# LEFT of a PLANNED call cannot be; MISSING of one means that it was never placed. REFUSED of a call that has
# a channel is about a second Originate of the same id: the call goes on.
CALL_TABLE = every_cell(
    {
        CallState.PLANNED: {
            CallEvent.PLACED: CallState.DIALLING,
            CallEvent.RINGING: CallState.RINGING,
            CallEvent.ANSWERED: CallState.ANSWERED,
            CallEvent.JOINED: CallState.JOINED,
            CallEvent.ENDED: CallState.ENDED,
            CallEvent.REFUSED: CallState.ENDED,
            CallEvent.HANG_UP: CallState.LEAVING,
            CallEvent.VOICE_LOST: CallState.ENDED,
            CallEvent.OVERDUE: CallState.ENDED,
        },
        CallState.DIALLING: {
            CallEvent.RINGING: CallState.RINGING,
            CallEvent.ANSWERED: CallState.ANSWERED,
            CallEvent.JOINED: CallState.JOINED,
            CallEvent.LEFT: CallState.LEAVING,
            CallEvent.ENDED: CallState.ENDED,
            CallEvent.HANG_UP: CallState.LEAVING,
            CallEvent.VOICE_LOST: CallState.ENDED,
            CallEvent.MISSING: CallState.ENDED,
            CallEvent.OVERDUE: CallState.ENDED,
        },
        CallState.RINGING: {
            CallEvent.ANSWERED: CallState.ANSWERED,
            CallEvent.JOINED: CallState.JOINED,
            CallEvent.LEFT: CallState.LEAVING,
            CallEvent.ENDED: CallState.ENDED,
            CallEvent.HANG_UP: CallState.LEAVING,
            CallEvent.VOICE_LOST: CallState.ENDED,
            CallEvent.MISSING: CallState.ENDED,
            CallEvent.OVERDUE: CallState.ENDED,
        },
        CallState.ANSWERED: {
            CallEvent.JOINED: CallState.JOINED,
            CallEvent.LEFT: CallState.LEAVING,
            CallEvent.ENDED: CallState.ENDED,
            CallEvent.HANG_UP: CallState.LEAVING,
            CallEvent.VOICE_LOST: CallState.ENDED,
            CallEvent.MISSING: CallState.ENDED,
            CallEvent.OVERDUE: CallState.ENDED,
        },
        CallState.JOINED: {
            CallEvent.LEFT: CallState.LEAVING,
            CallEvent.ENDED: CallState.ENDED,
            CallEvent.HANG_UP: CallState.LEAVING,
            CallEvent.VOICE_LOST: CallState.ENDED,
            CallEvent.MISSING: CallState.ENDED,
        },
        CallState.LEAVING: {
            CallEvent.ENDED: CallState.ENDED,
            CallEvent.REFUSED: CallState.ENDED,
            CallEvent.VOICE_LOST: CallState.ENDED,
            CallEvent.MISSING: CallState.ENDED,
            CallEvent.OVERDUE: CallState.ENDED,
        },
        CallState.ENDED: {},
    },
    CallEvent,
)

# ITU-T Q.850 release causes, of a call that was never answered.
_OUTCOME_OF_CAUSE = {
    1: CallOutcome.UNREACHABLE,  # unallocated number
    3: CallOutcome.UNREACHABLE,  # no route to destination
    16: CallOutcome.NO_ANSWER,  # normal clearing of a call still ringing: our own time-out
    17: CallOutcome.BUSY,
    18: CallOutcome.UNREACHABLE,  # no user responding
    19: CallOutcome.NO_ANSWER,
    20: CallOutcome.UNREACHABLE,  # subscriber absent
    21: CallOutcome.REJECTED,
    22: CallOutcome.UNREACHABLE,  # number changed
    23: CallOutcome.UNREACHABLE,  # redirected to another number, which is not followed
    25: CallOutcome.CONGESTED,  # exchange routing error: a loop
    27: CallOutcome.UNREACHABLE,  # destination out of order
    28: CallOutcome.UNREACHABLE,  # invalid number format
    34: CallOutcome.CONGESTED,  # no circuit available
    38: CallOutcome.CONGESTED,  # network out of order
    41: CallOutcome.CONGESTED,  # temporary failure
    42: CallOutcome.CONGESTED,  # switching equipment congestion
    44: CallOutcome.CONGESTED,  # requested circuit not available
    47: CallOutcome.CONGESTED,  # resource unavailable
    63: CallOutcome.CONGESTED,  # service or option not available: the trunk takes no calls
    79: CallOutcome.CONGESTED,  # service or option not implemented
    102: CallOutcome.CONGESTED,  # recovery on timer expiry: the trunk does not answer
}
CONGESTION = frozenset(
    cause for cause, outcome in _OUTCOME_OF_CAUSE.items() if outcome is CallOutcome.CONGESTED
)
"""Causes that are about the way to the called number, and not about the number."""
NO_LINE = 34


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a conference, planned, up or over; times are UTC."""

    id: str
    number: str
    name: str
    role: Role
    direction: Direction
    state: CallState
    planned_at: datetime
    answered_at: datetime | None = None
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    outcome: CallOutcome | None = None
    told_to_end: bool = False
    leaving_since: datetime | None = None
    dnis: str = ""
    """What was dialled: of a call that came in; of one that we placed it is the number."""
    muted: bool | None = None
    """By whoever holds the handset. None: was never so."""
    asked: bool = False
    """Who answers is asked to press 1, and joins only then."""
    activation_pin: str = ""
    """By which the call came in."""
    recorded: bool = False
    """The conference was recorded while this call was in its room."""
    trunk: str = ""
    """That carries it; empty where that is not known."""
    rang_at: datetime | None = None
    """When its telephone began to ring. None: it was not told, or never rang."""
    reconciled: bool = False
    """Nobody reported its end: `ended_at` is the last time at which it is known to have been up."""

    @property
    def live(self) -> bool:
        """Planned or up: it may still cost money or join."""
        return self.state is not CallState.ENDED

    @property
    def in_room(self) -> bool:
        """Hears the others."""
        return self.state is CallState.JOINED


@dataclass(frozen=True, slots=True)
class CallNews:
    """One event of one call. `cause` is the Q.850 release cause, where there is one.

    known_until: of a call whose end nobody heard, when it is last known to have been up; None: until now.
    """

    call: str
    event: CallEvent
    cause: int | None = None
    known_until: datetime | None = None


def follow(call: Call, news: CallNews, no_credit_causes: frozenset[int], now: datetime) -> Call:
    """The call after the event: total over all states and events; late and repeated news change nothing."""
    after = CALL_TABLE[call.state, news.event]
    turned = after is not call.state
    changes: dict[str, Any] = {"state": after} if turned else {}  # one copy in all
    if call.answered_at is None and news.event in _PROOFS_OF_ANSWER and after in _CAN_BE_ANSWERED:
        # Also of a call that is being released: the answer crossed our release, and is charged.
        changes["answered_at"] = now
    if call.joined_at is None and news.event in _PROOFS_OF_JOINING and after in _CAN_BE_ANSWERED:
        changes["joined_at"] = now
    if turned and after is CallState.RINGING:
        changes["rang_at"] = now
    if turned and news.event is CallEvent.HANG_UP:
        changes["told_to_end"] = True
    if turned and after is CallState.LEAVING:
        changes["leaving_since"] = now
    if turned and after is CallState.ENDED:
        outcome = _outcome(call, news, no_credit_causes)
        ending = {"ended_at": news.known_until or now, "cause": news.cause, "outcome": outcome}
        changes |= {**ending, "reconciled": news.event in NEVER_HEARD}
    return replace(call, **changes) if changes else call


def _outcome(call: Call, news: CallNews, no_credit_causes: frozenset[int]) -> CallOutcome:
    """What the end of a call means; a call that was in the room is completed, whatever released it."""
    if news.event is CallEvent.VOICE_LOST:
        return CallOutcome.VOICE_LOST
    if call.joined_at is not None:
        return CallOutcome.COMPLETED
    if call.answered_at is not None and call.asked:
        return CallOutcome.NOT_ACCEPTED
    if call.told_to_end:
        return CallOutcome.CANCELLED
    if call.answered_at is not None:
        return CallOutcome.FAILED
    if news.event is CallEvent.MISSING:
        return CallOutcome.UNKNOWN
    if news.event is CallEvent.OVERDUE and call.state is CallState.RINGING:
        return CallOutcome.NO_ANSWER
    if news.cause in no_credit_causes:
        return CallOutcome.NO_CREDIT
    return _OUTCOME_OF_CAUSE.get(news.cause or 0, CallOutcome.FAILED)
