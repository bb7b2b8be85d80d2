"""Proves that a table shows all that was found, in columns, and JSON every field."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from usnd.cli.tables import cdr_object, cdr_row, columns, json_lines
from usnd.control.rows import call_rows
from usnd.domain.billing.cdr import Cdr
from usnd.domain.conference.call import Call, CallOutcome, CallState, Direction, Role
from usnd.domain.conference.model import Conference, ConferenceState
from usnd.domain.recording.files import RecordingPart, RecordState

START = datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)


def cdr(answer: datetime | None, cause: int | None = 16) -> Cdr:
    return Cdr(
        call_id="usn-1-2",
        subscriber_id=1,
        conference_id=12,
        role=Role.PARTICIPANT,
        direction=Direction.OUT,
        cli="+447700900001",
        dnis="+447700900002",
        start=START,
        answer=answer,
        stop=START + timedelta(seconds=95, milliseconds=400),
        outcome=CallOutcome.COMPLETED,
        cause=cause,
        trunk="msc",
    )


def test_a_table_is_aligned_and_whole() -> None:
    answered = START + timedelta(seconds=3)
    table = columns([cdr_row(9, cdr(answered)), cdr_row(1000, cdr(None, None))])
    common = "participant  out  +447700900001  +447700900002  2026-03-01T10:00:00Z"
    head = "role         dir  cli            dnis           start               "
    assert table.splitlines() == [
        f" seq  conf  subscr  {head}  rang_s  talked_s  outcome    cause  trunk  rec",
        f"   9    12       1  {common}     3.0      92.4  completed     16  msc    no",
        f"1000    12       1  {common}    95.4       0.0  completed         msc    no",
    ]


def test_nothing_found_is_said_to_people_and_empty_to_programs() -> None:
    assert columns([]) == "none"
    assert json_lines([]) == ""


def test_json_has_the_times_to_the_millisecond() -> None:
    found = json.loads(json_lines([cdr_object(1, cdr(None))]))
    assert found["start"] == "2026-03-01T10:00:00.123+00:00"
    assert found["answer"] == ""
    assert found["stop"] == "2026-03-01T10:01:35.523+00:00"
    assert (found["sequence"], found["cause"], found["recorded"]) == (1, 16, False)


def test_a_live_call_is_shown_since_it_is_as_it_is() -> None:
    call = Call("usn-1-1", "+447700900001", "", Role.SUBSCRIBER, Direction.OUT, CallState.RINGING, START)
    joined = START + timedelta(seconds=5)
    other = Call(
        "usn-1-2",
        "+447700900002",
        "",
        Role.PARTICIPANT,
        Direction.OUT,
        CallState.JOINED,
        START,
        START,
        joined,
    )
    conference = Conference(1, 1, "+447700900001", ConferenceState.GATHERING, START, (call, other))
    rows = call_rows(conference)
    assert [row["since"] for row in rows] == ["2026-03-01T10:00:00Z", "2026-03-01T10:00:05Z"]
    assert [row["call_state"] for row in rows] == ["ringing", "joined"]


def test_a_live_call_shows_who_is_not_heard_and_whether_the_conference_is_locked_or_recorded() -> None:
    me = Call("usn-1-1", "+447700900001", "", Role.SUBSCRIBER, Direction.OUT, CallState.JOINED, START)
    bob = replace(me, id="usn-1-2", number="+447700900002", role=Role.PARTICIPANT, recorded=True)
    eve = replace(bob, id="usn-1-3", number="+447700900003", muted=True, recorded=False)
    open_ = Conference(1, 1, "+447700900001", ConferenceState.RUNNING, START, (me, bob, eve))
    told = ("muted", "recorded", "locked", "recording")

    def shown(conference: Conference) -> list[list[object]]:
        return [[row[name] for name in told] for row in call_rows(conference)]

    on = RecordingPart(1, RecordState.RUNNING, START)
    assert shown(open_) == [
        [False, False, False, False],
        [False, True, False, False],
        [True, False, False, False],
    ]
    assert shown(replace(open_, muted=True, locked=True, recording_parts=(on,))) == [
        [False, False, True, True],
        [True, True, True, True],
        [True, False, True, True],
    ]
