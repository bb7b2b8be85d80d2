"""What a call detail record says (REQUIREMENTS B1).

services/conference makes one of each call that ended, store/cdrs.py keeps it. Who reads it later may be of
another release: an outcome that is not known here is kept as it is written.
"""

from dataclasses import dataclass
from datetime import datetime

from usnd.domain.conference.call import Call, CallOutcome, Direction, Role
from usnd.domain.conference.call_plan import attempts
from usnd.domain.conference.model import Conference


@dataclass(frozen=True, slots=True)
class ForeignOutcome:
    """An outcome that another release wrote and this one has no name for."""

    value: str


def outcome_named(value: str) -> CallOutcome | ForeignOutcome:
    """What a record of any release says of how its call ended."""
    try:
        return CallOutcome(value)
    except ValueError:
        return ForeignOutcome(value)


@dataclass(frozen=True, slots=True)
class Cdr:
    """One call of one conference, over. The store gives it its sequence number. Times are UTC.

    `start` is when the call was planned, over its first trunk, or came in; `answer` is None if it never was
    answered; `cause` is the Q.850 release cause, if the network gave one.
    """

    call_id: str
    subscriber_id: int
    conference_id: int
    role: Role
    direction: Direction
    cli: str
    dnis: str
    start: datetime
    answer: datetime | None
    stop: datetime
    outcome: CallOutcome | ForeignOutcome
    cause: int | None
    recorded: bool = False
    activation_pin: str = ""
    trunk: str = ""


def has_record(call: Call) -> bool:
    """One record a participant: of a call that went on over another trunk the last attempt has it."""
    return not call.live and call.outcome is not CallOutcome.OVERFLOWED


def cdr_of(conference: Conference, call: Call) -> Cdr:
    """The record of a call that ended.

    Raises:
        ValueError: the call has not ended.
    """
    if call.ended_at is None or call.outcome is None:
        raise ValueError(f"call {call.id} has not ended")
    return Cdr(
        call_id=call.id,
        subscriber_id=conference.subscriber_id,
        conference_id=conference.id,
        role=call.role,
        direction=call.direction,
        cli=call.number if call.direction is Direction.IN else conference.subscriber_number,
        dnis=call.dnis or call.number,
        start=min(attempt.planned_at for attempt in attempts(conference, call)),
        answer=call.answered_at,
        stop=call.ended_at,
        outcome=call.outcome,
        cause=call.cause,
        recorded=call.recorded,
        activation_pin=call.activation_pin,
        trunk=call.trunk,
    )
