"""Every state of a call against every event, and what each end of a call is called."""

from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.conference.call import (
    CALL_TABLE,
    SIGNS_OF_LIFE,
    Call,
    CallEvent,
    CallNews,
    CallOutcome,
    CallState,
    Direction,
    Role,
    follow,
)

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = T0 + timedelta(seconds=9)
NO_CREDIT = frozenset({50})
E, S = CallEvent, CallState
PROGRESS = (S.PLANNED, S.DIALLING, S.RINGING, S.ANSWERED, S.JOINED, S.LEAVING, S.ENDED)
REACHED_BY = {E.PLACED: S.DIALLING, E.RINGING: S.RINGING, E.ANSWERED: S.ANSWERED, E.JOINED: S.JOINED}
CELLS = [(state, event) for state in S for event in E]
IDS = [f"{state.value}-{event.value}" for state, event in CELLS]


def expected(state: CallState, event: CallEvent) -> CallState:
    """The rules in words, written without the table."""
    if state is S.ENDED:
        return S.ENDED  # what is over stays over
    if event in (E.ENDED, E.VOICE_LOST):
        return S.ENDED  # the release, from anywhere
    if event is E.REFUSED:  # an Originate is refused only while there is no channel
        return S.ENDED if state in (S.PLANNED, S.LEAVING) else state
    if event is E.MISSING:  # a call that was never placed can still be placed
        return S.PLANNED if state is S.PLANNED else S.ENDED
    if event is E.OVERDUE:  # who is in the room may stay as long as they like
        return S.JOINED if state is S.JOINED else S.ENDED
    if event is E.HANG_UP:
        return S.LEAVING
    if event is E.LEFT:  # nobody leaves before there is a channel
        return S.PLANNED if state is S.PLANNED else S.LEAVING
    return max(state, REACHED_BY[event], key=PROGRESS.index)  # progress only ever goes forward


def a_call(state: CallState = S.PLANNED, **known: object) -> Call:
    if state in (S.ANSWERED, S.JOINED):
        known = {"answered_at": T0, **known}
    if state is S.JOINED:
        known = {"joined_at": T0, **known}
    if state is S.LEAVING:
        known = {"leaving_since": T0, **known}
    if state is S.ENDED:
        known = {"ended_at": T0, "outcome": CallOutcome.FAILED, **known}
    return Call("usn-7-1", "+447700900001", "Bob", Role.PARTICIPANT, Direction.OUT, state, T0, **known)


def after(call: Call, event: CallEvent, cause: int | None = None) -> Call:
    return follow(call, CallNews(call.id, event, cause), NO_CREDIT, NOW)


def test_the_table_is_total() -> None:
    assert set(CALL_TABLE) == set(CELLS)


@pytest.mark.parametrize(("state", "event"), CELLS, ids=IDS)
def test_every_cell_of_the_table(state: CallState, event: CallEvent) -> None:
    assert CALL_TABLE[state, event] is expected(state, event)


@pytest.mark.parametrize(("state", "event"), CELLS, ids=IDS)
def test_every_cell_sets_its_times_and_no_others(state: CallState, event: CallEvent) -> None:
    before = a_call(state)
    call = after(before, event, 17)
    moved = call.state is not state
    assert call.state is expected(state, event)
    answered = event in (E.ANSWERED, E.JOINED, E.LEFT) and call.state in (S.ANSWERED, S.JOINED, S.LEAVING)
    first_answer = answered and before.answered_at is None
    assert call.answered_at == (NOW if first_answer else before.answered_at)
    joined = event in (E.JOINED, E.LEFT) and call.state in (S.ANSWERED, S.JOINED, S.LEAVING)
    first_join = joined and before.joined_at is None
    assert call.joined_at == (NOW if first_join else before.joined_at)
    assert call.leaving_since == (NOW if moved and call.state is S.LEAVING else before.leaving_since)
    assert call.told_to_end == (moved and event is E.HANG_UP)
    assert call.ended_at == (NOW if moved and call.state is S.ENDED else before.ended_at)
    assert (call.outcome is None) == call.live
    assert call.cause == (17 if moved and call.state is S.ENDED else None)
    assert (call.id, call.number, call.planned_at) == (before.id, before.number, T0)


@pytest.mark.parametrize(("state", "event"), CELLS, ids=IDS)
def test_news_heard_twice_changes_nothing_the_second_time(state: CallState, event: CallEvent) -> None:
    once = after(a_call(state), event)
    later = NOW + timedelta(seconds=1)
    assert follow(once, CallNews(once.id, event), NO_CREDIT, later) == once


def test_an_answer_that_crossed_our_release_is_an_answer() -> None:
    told = after(a_call(S.RINGING), E.HANG_UP)
    crossed = after(told, E.ANSWERED)
    assert (crossed.state, crossed.answered_at) == (S.LEAVING, NOW)
    ended = after(crossed, E.ENDED, 16)
    assert (ended.outcome, ended.answered_at) == (CallOutcome.CANCELLED, NOW), "and is charged as such"


def test_the_time_of_the_first_answer_stays() -> None:
    joined = after(a_call(S.ANSWERED), E.JOINED)
    assert joined.answered_at == T0
    assert after(joined, E.LEFT).answered_at == T0


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (None, CallOutcome.FAILED),
        (0, CallOutcome.FAILED),
        (1, CallOutcome.UNREACHABLE),
        (3, CallOutcome.UNREACHABLE),
        (16, CallOutcome.NO_ANSWER),
        (17, CallOutcome.BUSY),
        (18, CallOutcome.UNREACHABLE),
        (19, CallOutcome.NO_ANSWER),
        (20, CallOutcome.UNREACHABLE),
        (21, CallOutcome.REJECTED),
        (22, CallOutcome.UNREACHABLE),
        (23, CallOutcome.UNREACHABLE),
        (25, CallOutcome.CONGESTED),
        (27, CallOutcome.UNREACHABLE),
        (28, CallOutcome.UNREACHABLE),
        (34, CallOutcome.CONGESTED),
        (38, CallOutcome.CONGESTED),
        (50, CallOutcome.NO_CREDIT),
        (63, CallOutcome.CONGESTED),
        (79, CallOutcome.CONGESTED),
        (127, CallOutcome.FAILED),
    ],
)
def test_a_release_cause_is_told_apart(cause: int | None, outcome: CallOutcome) -> None:
    assert after(a_call(S.RINGING), E.ENDED, cause).outcome is outcome


def test_the_operator_says_which_causes_mean_no_credit() -> None:
    news = CallNews("usn-7-1", E.ENDED, 17)
    assert follow(a_call(S.RINGING), news, frozenset({17}), NOW).outcome is CallOutcome.NO_CREDIT
    news = CallNews("usn-7-1", E.ENDED, 50)
    assert follow(a_call(S.RINGING), news, frozenset(), NOW).outcome is CallOutcome.FAILED


@pytest.mark.parametrize(
    ("call", "event", "cause", "outcome"),
    [
        (a_call(S.JOINED), E.ENDED, 50, CallOutcome.COMPLETED),
        (a_call(S.ANSWERED), E.OVERDUE, None, CallOutcome.FAILED),
        (a_call(S.ANSWERED), E.ENDED, 127, CallOutcome.FAILED),
        (a_call(S.ANSWERED, asked=True), E.ENDED, 16, CallOutcome.NOT_ACCEPTED),
        (a_call(S.ANSWERED, joined_at=T0), E.ENDED, 16, CallOutcome.COMPLETED),
        (a_call(S.JOINED), E.MISSING, None, CallOutcome.COMPLETED),
        (a_call(S.JOINED), E.VOICE_LOST, None, CallOutcome.VOICE_LOST),
        (a_call(S.PLANNED), E.VOICE_LOST, None, CallOutcome.VOICE_LOST),
        (a_call(S.LEAVING, told_to_end=True), E.ENDED, 50, CallOutcome.CANCELLED),
        (a_call(S.LEAVING, told_to_end=True), E.REFUSED, None, CallOutcome.CANCELLED),
        (a_call(S.LEAVING, told_to_end=True), E.MISSING, None, CallOutcome.CANCELLED),
        (a_call(S.LEAVING, told_to_end=True, answered_at=T0), E.OVERDUE, None, CallOutcome.CANCELLED),
        (a_call(S.LEAVING, told_to_end=True, joined_at=T0), E.OVERDUE, None, CallOutcome.COMPLETED),
        (a_call(S.DIALLING), E.MISSING, None, CallOutcome.UNKNOWN),
        (a_call(S.RINGING), E.OVERDUE, None, CallOutcome.NO_ANSWER),
        (a_call(S.DIALLING), E.OVERDUE, None, CallOutcome.FAILED),
        (a_call(S.PLANNED), E.REFUSED, None, CallOutcome.FAILED),
        (a_call(S.PLANNED), E.REFUSED, 50, CallOutcome.NO_CREDIT),
    ],
)
def test_an_end_means(call: Call, event: CallEvent, cause: int | None, outcome: CallOutcome) -> None:
    assert after(call, event, cause).outcome is outcome


def test_live_and_in_room() -> None:
    assert [state for state in S if not a_call(state).live] == [S.ENDED]
    assert [state for state in S if a_call(state).in_room] == [S.JOINED]


def test_signs_of_life_are_the_progress_of_a_channel() -> None:
    assert frozenset(REACHED_BY) == SIGNS_OF_LIFE
