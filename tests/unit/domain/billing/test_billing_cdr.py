"""A call that is over has one record, and it says what happened."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from usnd.domain.billing.cdr import (
    ONGOING,
    Cdr,
    ForeignOutcome,
    Origin,
    ReleasedBy,
    cdr_of,
    interim_of,
    last_part,
    outcome_named,
    released_by,
)
from usnd.domain.conference.call import Call, CallEvent, CallNews, CallOutcome, CallState, Direction, Role
from usnd.domain.conference.decide import handle
from usnd.domain.conference.model import Conference, ConferenceState, LaunchPlan, Participant, Rules
from usnd.domain.conference.transitions import launch

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER, BOB = "+447700900001", Participant("+447700900002", "Bob")
LAUNCHED = launch(7, LaunchPlan(42, OWNER, (BOB,)), Rules(), T0).conference


def test_a_record_of_an_answered_call() -> None:
    conference = LAUNCHED
    for seconds, event in enumerate(
        (CallEvent.PLACED, CallEvent.ANSWERED, CallEvent.JOINED, CallEvent.ENDED)
    ):
        news = CallNews("usn-7-2", event, 16)
        conference = handle(conference, news, Rules(), T0 + timedelta(seconds=seconds)).conference
    assert cdr_of(conference, conference.calls[1]) == Cdr(
        call_id="usn-7-2",
        subscriber_id=42,
        conference_id=7,
        role=Role.PARTICIPANT,
        direction=Direction.OUT,
        cli=OWNER,
        dnis=BOB.number,
        start=T0,
        answer=T0 + timedelta(seconds=1),
        stop=T0 + timedelta(seconds=3),
        outcome=CallOutcome.COMPLETED,
        cause=16,
        released_by="far-end",
    )


def test_a_record_says_when_it_rang_and_where_it_was_written() -> None:
    conference = LAUNCHED
    for seconds, event in ((1, CallEvent.PLACED), (3, CallEvent.RINGING), (12, CallEvent.ANSWERED)):
        news = CallNews("usn-7-2", event)
        conference = handle(conference, news, Rules(), T0 + timedelta(seconds=seconds)).conference
    news = CallNews("usn-7-2", CallEvent.ENDED, 16)
    conference = handle(conference, news, Rules(), T0 + timedelta(seconds=42)).conference
    cdr = cdr_of(conference, conference.calls[1], Origin("usn-a", ZoneInfo("Asia/Kolkata")))
    assert cdr.ringing == T0 + timedelta(seconds=3)
    assert (cdr.rang, cdr.charged) == (timedelta(seconds=12), timedelta(seconds=30))
    assert (cdr.node, cdr.utc_offset, cdr.version) == ("usn-a", 330, 2)


def test_the_hour_that_comes_twice_has_two_offsets() -> None:
    zone = ZoneInfo("Europe/Berlin")  # 2026-10-25 02:30 local time is at 00:30 and at 01:30 UTC
    offsets = []
    for hour in (0, 1):
        at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        conference = launch(7, LaunchPlan(42, OWNER, (BOB,)), Rules(), at).conference
        conference = handle(conference, CallNews("usn-7-1", CallEvent.ENDED, 17), Rules(), at).conference
        offsets.append(cdr_of(conference, conference.calls[0], Origin("", zone)).utc_offset)
    assert offsets == [120, 60]


ENDED = Call(
    "usn-7-1", OWNER, "", Role.SUBSCRIBER, Direction.OUT, CallState.ENDED, T0, answered_at=T0, cause=16
)


@pytest.mark.parametrize(
    ("call", "by"),
    [
        (ENDED, ReleasedBy.FAR_END),
        (replace(ENDED, told_to_end=True), ReleasedBy.NODE),
        (replace(ENDED, reconciled=True, told_to_end=True), ReleasedBy.UNKNOWN),
        (replace(ENDED, answered_at=None), ReleasedBy.NODE),  # it rang for too long
        (replace(ENDED, answered_at=None, cause=17), ReleasedBy.FAR_END),
        (replace(ENDED, answered_at=None, cause=16, direction=Direction.IN), ReleasedBy.FAR_END),
        (replace(ENDED, answered_at=None, cause=None), ReleasedBy.NODE),  # never came to the network
    ],
)
def test_who_released(call: Call, by: ReleasedBy) -> None:
    assert released_by(call) is by


@pytest.mark.parametrize("event", [CallEvent.MISSING, CallEvent.VOICE_LOST])
def test_a_call_whose_end_nobody_heard_ends_when_it_was_last_known_to_be_up(event: CallEvent) -> None:
    conference = LAUNCHED
    for news in (CallEvent.PLACED, CallEvent.ANSWERED, CallEvent.JOINED):
        conference = handle(conference, CallNews("usn-7-2", news), Rules(), T0).conference
    known = T0 + timedelta(seconds=50)
    late = CallNews("usn-7-2", event, known_until=known)
    conference = handle(conference, late, Rules(), T0 + timedelta(hours=1)).conference
    cdr = cdr_of(conference, conference.calls[1])
    assert (cdr.stop, cdr.reconciled, cdr.released_by) == (known, True, "unknown")


def test_parts_of_a_long_call_sum_up_to_the_whole() -> None:
    day, up = timedelta(days=1), replace(ENDED, state=CallState.JOINED, cause=None)
    conference = Conference(7, 42, OWNER, ConferenceState.RUNNING, T0, (up,))
    one, two = (interim_of(conference, up, Origin(), part, day) for part in (1, 2))
    assert [(cdr.call_id, cdr.call, cdr.part, cdr.outcome) for cdr in (one, two)] == [
        ("usn-7-1#1", "usn-7-1", 1, ONGOING),
        ("usn-7-1#2", "usn-7-1", 2, ONGOING),
    ]
    ended = replace(ENDED, ended_at=T0 + timedelta(hours=50), outcome=CallOutcome.COMPLETED)
    final = last_part(cdr_of(conference, ended), two.part, two.stop)
    assert [cdr.charged for cdr in (one, two, final)] == [day, day, timedelta(hours=2)]
    assert (final.part, final.call) == (3, "usn-7-1")


def test_a_call_that_was_never_answered_has_no_parts() -> None:
    call = replace(ENDED, answered_at=None)
    with pytest.raises(ValueError, match="usn-7-1 was never answered"):
        interim_of(
            Conference(7, 42, OWNER, ConferenceState.RUNNING, T0, (call,)), call, Origin(), 1, timedelta(1)
        )


def test_a_record_of_a_busy_number_has_no_answer() -> None:
    news = CallNews("usn-7-1", CallEvent.ENDED, 17)
    conference = handle(LAUNCHED, news, Rules(), T0).conference
    cdr = cdr_of(conference, conference.calls[0])
    assert (cdr.answer, cdr.stop, cdr.outcome, cdr.cause) == (None, T0, CallOutcome.BUSY, 17)


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.ENDED])
def test_a_call_that_goes_on_has_no_record(state: CallState) -> None:
    call = Call("usn-7-1", OWNER, "", Role.SUBSCRIBER, Direction.OUT, state, T0)
    with pytest.raises(ValueError, match="usn-7-1 has not ended"):
        cdr_of(Conference(7, 42, OWNER, ConferenceState.RUNNING, T0, (call,)), call)


def test_every_outcome_has_a_word_of_its_own() -> None:
    assert len({outcome.value for outcome in CallOutcome}) == len(CallOutcome)


def test_an_outcome_of_another_release_is_kept_as_it_is_written() -> None:
    assert [outcome_named(one.value) for one in CallOutcome] == list(CallOutcome)
    assert outcome_named("abducted") == ForeignOutcome("abducted")
