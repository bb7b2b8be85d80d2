"""A conference that is over is told in order, each call as one, however many trunks it was tried on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from usnd.domain.conference.call import (
    Call,
    CallEvent,
    CallNews,
    CallOutcome,
    CallState,
    Direction,
    Role,
    follow,
)
from usnd.domain.conference.call_plan import next_attempt
from usnd.domain.conference.model import Conference, ConferenceState
from usnd.domain.history.timeline import What, came_in, timeline
from usnd.domain.recording.files import RecordingPart, RecordState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_PLAN = Call("usn-7-1", "+447700900001", "", Role.SUBSCRIBER, Direction.OUT, CallState.PLANNED, NOW)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ended(call: Call, **changes: object) -> Call:
    return replace(call, state=CallState.ENDED, **changes)  # type: ignore[arg-type] # of a Call


def conference(*calls: Call, **more: object) -> Conference:
    made = Conference(7, 42, "+447700900001", ConferenceState.ENDED, NOW, calls, ended_at=after(90))
    return replace(made, **more)  # type: ignore[arg-type] # of a Conference


HOST = ended(
    _PLAN,
    rang_at=after(2),
    answered_at=after(5),
    joined_at=after(6),
    ended_at=after(80),
    outcome=CallOutcome.COMPLETED,
)
BUSY = ended(
    replace(_PLAN, id="usn-7-2", number="+447700900002", name="bob", role=Role.PARTICIPANT),
    ended_at=after(3),
    outcome=CallOutcome.BUSY,
)


def told(one: Conference) -> list[tuple[float, str, str]]:
    return [
        ((moment.at - NOW).total_seconds(), moment.what.value, moment.call.id if moment.call else "")
        for moment in timeline(one)
    ]


def test_each_telephone_is_told_from_its_call_to_its_end() -> None:
    assert told(conference(HOST, BUSY)) == [
        (0, "launched", ""),
        (0, "called", "usn-7-1"),
        (0, "called", "usn-7-2"),
        (2, "rang", "usn-7-1"),
        (3, "failed", "usn-7-2"),
        (6, "joined", "usn-7-1"),
        (80, "left", "usn-7-1"),
        (90, "ended", ""),
    ]
    assert came_in(conference(HOST, BUSY)) == 1


def test_who_left_did_so_before_the_call_was_released() -> None:
    moments = timeline(conference(replace(HOST, leaving_since=after(78))))
    assert [one.at for one in moments if one.what is What.LEFT] == [after(78)]


def test_a_call_that_went_on_over_another_trunk_is_one_and_began_with_the_first() -> None:
    full = ended(BUSY, outcome=CallOutcome.OVERFLOWED, ended_at=after(1), rang_at=after(1))
    again = next_attempt(conference(full), full, "other", after(1))
    assert again.rang_at is None
    second = ended(again, ended_at=after(9), outcome=CallOutcome.NO_ANSWER)
    assert told(conference(full, second))[1:3] == [
        (0, "called", "usn-7-2.2"),
        (9, "failed", "usn-7-2.2"),
    ]


def test_who_called_in_and_a_recording_are_told() -> None:
    caller = replace(HOST, id="1772000000.9", direction=Direction.IN, rang_at=None)
    parts = (
        RecordingPart(1, RecordState.CLOSED, after(10), after(11), after(20)),
        RecordingPart(2, RecordState.RUNNING, after(30), after(31)),
        RecordingPart(3, RecordState.FAILED, after(40)),
    )
    live = conference(replace(caller, ended_at=None), recording_parts=parts, ended_at=None)
    moments = timeline(live)
    assert [one.what for one in moments] == [
        What.LAUNCHED,
        What.CALLED_IN,
        What.JOINED,
        What.RECORDING,
        What.RECORDING_ENDED,
        What.RECORDING,
    ]
    assert [one.part for one in moments if one.part] == [1, 1, 2]


def test_when_a_telephone_rings_is_kept_once() -> None:
    ringing = follow(_PLAN, CallNews(_PLAN.id, CallEvent.RINGING), frozenset(), after(1))
    assert ringing.rang_at == after(1)
    again = follow(ringing, CallNews(_PLAN.id, CallEvent.RINGING), frozenset(), after(2))
    assert again.rang_at == after(1)
    answered = follow(_PLAN, CallNews(_PLAN.id, CallEvent.ANSWERED), frozenset(), after(1))
    assert answered.rang_at is None
