"""Proves that a table shows all that was found, in columns, and JSON every field."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from usnd.cli.cdr.rows import cdr_object, cdr_row
from usnd.cli.tables import (
    change_row,
    columns,
    json_lines,
    seen,
    subscriber_object,
    subscriber_row,
)
from usnd.control.rows import call_rows
from usnd.domain.billing.cdr import Cdr
from usnd.domain.conference.call import Call, CallOutcome, CallState, Direction, Role
from usnd.domain.conference.model import Conference, ConferenceState
from usnd.domain.directory.model import Subscriber
from usnd.domain.recording.files import RecordingPart, RecordState
from usnd.store.subscriber_changes import StoredChange, SubscriberChange

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


def test_nothing_that_controls_a_terminal_or_turns_a_line_is_printed() -> None:
    assert seen("Ann\u202eB\x1b[31m\ud800") == "Ann\\u202eB\\x1b[31m\\ud800"
    assert seen("Zo\xeb \u5c71\u7530\u3000\u592a\u90ce") == "Zo\xeb \u5c71\u7530\u3000\u592a\u90ce"
    assert seen("Ann\xa0B") == "Ann\xa0B"
    table = columns([{"name": "a\nb", "n": 1}])
    assert table == "name  n\na\\nb  1"
    assert "\\u202e" in json_lines([{"name": "\u202e"}])


def test_columns_stand_under_each_other_in_letters_of_any_width() -> None:
    rows = [{"name": "\u5c71\u7530", "n": 1}, {"name": "Zoe\u0308", "n": 22}, {"name": "Ann", "n": 3}]
    assert columns(rows).splitlines() == ["name   n", "\u5c71\u7530   1", "Zoe\u0308   22", "Ann    3"]


def test_a_subscriber_is_shown_whole_to_programs_and_by_what_differs_most_to_people() -> None:
    ann = Subscriber(7, "+447700900001", name="Ann", participants=12, call_backs=0)
    whole = subscriber_object(ann)
    assert (whole["id"], whole["number"], whole["suspended"]) == (7, "+447700900001", False)
    assert (whole["participants"], whole["call_backs"], whole["away"], whole["minutes"]) == (12, 0, "", "")
    assert subscriber_row(ann).items() <= whole.items()
    assert list(subscriber_row(ann))[-1] == "name"


def test_a_change_says_who_knows_of_it() -> None:
    made = SubscriberChange(START, "+447700900001", "created", "root", by_crm=False)
    assert change_row(StoredChange(3, made)) == {
        "change": 3,
        "at": "2026-03-01T10:00:00Z",
        "number": "+447700900001",
        "what": "created",
        "attributes": "",
        "by": "root",
        "taken": "",
    }
    changed = replace(made, what="changed", attributes=("minutesPerMonth", "pressOne", "colour"))
    assert change_row(StoredChange(3, changed))["attributes"] == "minutes press_one"
    assert change_row(StoredChange(3, made, START))["taken"] == "2026-03-01T10:00:00Z"
    assert change_row(StoredChange(3, replace(made, by_crm=True)))["taken"] == "CRM"
