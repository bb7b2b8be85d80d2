"""A call that is over has one record, and it says what happened."""

from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.billing.cdr import Cdr, ForeignOutcome, cdr_of, outcome_named
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
