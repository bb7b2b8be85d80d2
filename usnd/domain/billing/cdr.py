"""What a call detail record says (REQUIREMENTS B1).

services/conference makes one of each call that ended, services/billing one of each part of a very long call
that goes on; store/billing/cdrs.py keeps them, fields.py says what each field means to billing. Who reads a
record later may be of another release: an outcome that is not known here is kept as it is written.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum

from usnd.domain.conference.call import Call, CallOutcome, Direction, Role
from usnd.domain.conference.call_plan import attempts
from usnd.domain.conference.model import Conference

VERSION = 2
"""Of the record. 1: of releases that knew neither ringing nor who released nor the node."""
_OUR_RING_TIME_OUT = 16
_INTERIM_MARK = "#"


class ReleasedBy(Enum):
    """Who ended the call. FAR_END: the other person, or the network. UNKNOWN: nobody reported the end."""

    NODE = "node"
    FAR_END = "far-end"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ForeignOutcome:
    """An outcome that another release wrote and this one has no name for."""

    value: str


ONGOING = ForeignOutcome("ongoing")
"""Of an interim record: the call goes on."""


def outcome_named(value: str) -> CallOutcome | ForeignOutcome:
    """What a record of any release says of how its call ended."""
    try:
        return CallOutcome(value)
    except ValueError:
        return ForeignOutcome(value)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record is written: the server's name, and the zone of the local time that is told."""

    node: str = ""
    zone: tzinfo = UTC


NOWHERE = Origin()
"""Of a node without a name, in UTC."""


@dataclass(frozen=True, slots=True)
class Cdr:
    """One call of one conference, over. The store gives it its sequence number. Times are UTC.

    `start` is when the call was planned, over its first trunk, or came in; `ringing` and `answer` are None if
    it never rang or was answered; `cause` is the Q.850 release cause, if the network gave one. `released_by`
    is empty in records of version 1. `utc_offset`: of the local time at `start`, in minutes. `interim_of`:
    the call, in an interim record. `part`: from 1. `charged_from`: where a part before ended; None: from
    the answer on.
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
    version: int = VERSION
    ringing: datetime | None = None
    released_by: str = ""
    reconciled: bool = False
    node: str = ""
    utc_offset: int = 0
    interim_of: str | None = None
    part: int = 1
    charged_from: datetime | None = None

    @property
    def call(self) -> str:
        """Whose record it is: of all parts of a call the same."""
        return self.interim_of or self.call_id

    @property
    def rang(self) -> timedelta:
        """From the start until it was answered or given up; 0 where the clock was set back meanwhile."""
        return max((self.answer or self.stop) - self.start, timedelta(0))

    @property
    def charged(self) -> timedelta:
        """What this record bills: from the answer, or from the part before, to the stop."""
        begin = self.charged_from or self.answer
        return timedelta(0) if begin is None else max(self.stop - begin, timedelta(0))


def has_record(call: Call) -> bool:
    """One record a participant: of a call that went on over another trunk the last attempt has it."""
    return not call.live and call.outcome is not CallOutcome.OVERFLOWED


def cdr_of(conference: Conference, call: Call, origin: Origin = NOWHERE) -> Cdr:
    """The record of a call that ended.

    Raises:
        ValueError: the call has not ended.
    """
    if call.ended_at is None or call.outcome is None:
        raise ValueError(f"call {call.id} has not ended")
    record = _record(conference, call, origin, call.ended_at, call.outcome)
    by = released_by(call).value
    return replace(record, cause=call.cause, released_by=by, reconciled=call.reconciled)


def interim_of(conference: Conference, call: Call, origin: Origin, part: int, every: timedelta) -> Cdr:
    """The record of the `part`th stretch, each `every` long, of a call that goes on.

    Raises:
        ValueError: the call was never answered.
    """
    if call.answered_at is None:
        raise ValueError(f"call {call.id} was never answered")
    stop = call.answered_at + part * every
    record = _record(conference, call, origin, stop, ONGOING)
    return replace(
        record,
        call_id=f"{call.id}{_INTERIM_MARK}{part}",
        interim_of=call.id,
        part=part,
        charged_from=stop - every if part > 1 else None,
    )


def last_part(cdr: Cdr, part: int, ended: datetime) -> Cdr:
    """The final record of a call that has interim ones, of which the last was that part and ended then."""
    return replace(cdr, part=part + 1, charged_from=ended)


def released_by(call: Call) -> ReleasedBy:
    """Who ended a call that is over."""
    if call.reconciled:
        return ReleasedBy.UNKNOWN
    if call.told_to_end:
        return ReleasedBy.NODE
    ours = call.direction is Direction.OUT and call.answered_at is None and call.cause == _OUR_RING_TIME_OUT
    if ours or call.cause is None:  # without a cause it never came to the network
        return ReleasedBy.NODE
    return ReleasedBy.FAR_END


def _record(
    conference: Conference, call: Call, origin: Origin, stop: datetime, outcome: CallOutcome | ForeignOutcome
) -> Cdr:
    start = min(attempt.planned_at for attempt in attempts(conference, call))
    offset = start.astimezone(origin.zone).utcoffset() or timedelta(0)
    return Cdr(
        call_id=call.id,
        subscriber_id=conference.subscriber_id,
        conference_id=conference.id,
        role=call.role,
        direction=call.direction,
        cli=call.number if call.direction is Direction.IN else conference.subscriber_number,
        dnis=call.dnis or call.number,
        start=start,
        answer=call.answered_at,
        stop=stop,
        outcome=outcome,
        cause=None,
        recorded=call.recorded,
        activation_pin=call.activation_pin,
        trunk=call.trunk,
        ringing=call.rang_at,
        node=origin.node,
        utc_offset=int(offset.total_seconds()) // 60,
    )
