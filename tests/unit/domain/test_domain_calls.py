"""Every state of a call against every event, and what each end of a call is called."""

from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.calls import (
    CALL_TABLE,
    SIGNS_OF_LIFE,
    Call,
    CallEvent,
    CallNews,
    CallState,
    Direction,
    Outcome,
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
        known = {"ended_at": T0, "outcome": Outcome.FAILED, **known}
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
    assert (ended.outcome, ended.answered_at) == (Outcome.CANCELLED, NOW), "and is charged as such"


def test_the_time_of_the_first_answer_stays() -> None:
    joined = after(a_call(S.ANSWERED), E.JOINED)
    assert joined.answered_at == T0
    assert after(joined, E.LEFT).answered_at == T0


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (None, Outcome.FAILED),
        (0, Outcome.FAILED),
        (1, Outcome.UNREACHABLE),
        (3, Outcome.UNREACHABLE),
        (16, Outcome.NO_ANSWER),
        (17, Outcome.BUSY),
        (18, Outcome.UNREACHABLE),
        (19, Outcome.NO_ANSWER),
        (20, Outcome.UNREACHABLE),
        (21, Outcome.REJECTED),
        (22, Outcome.UNREACHABLE),
        (23, Outcome.UNREACHABLE),
        (25, Outcome.CONGESTED),
        (27, Outcome.UNREACHABLE),
        (28, Outcome.UNREACHABLE),
        (34, Outcome.CONGESTED),
        (38, Outcome.CONGESTED),
        (50, Outcome.NO_CREDIT),
        (63, Outcome.CONGESTED),
        (79, Outcome.CONGESTED),
        (127, Outcome.FAILED),
    ],
)
def test_a_release_cause_is_told_apart(cause: int | None, outcome: Outcome) -> None:
    assert after(a_call(S.RINGING), E.ENDED, cause).outcome is outcome


def test_the_operator_says_which_causes_mean_no_credit() -> None:
    news = CallNews("usn-7-1", E.ENDED, 17)
    assert follow(a_call(S.RINGING), news, frozenset({17}), NOW).outcome is Outcome.NO_CREDIT
    news = CallNews("usn-7-1", E.ENDED, 50)
    assert follow(a_call(S.RINGING), news, frozenset(), NOW).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("call", "event", "cause", "outcome"),
    [
        (a_call(S.JOINED), E.ENDED, 50, Outcome.COMPLETED),
        (a_call(S.ANSWERED), E.OVERDUE, None, Outcome.FAILED),
        (a_call(S.ANSWERED), E.ENDED, 127, Outcome.FAILED),
        (a_call(S.ANSWERED, asked=True), E.ENDED, 16, Outcome.NOT_ACCEPTED),
        (a_call(S.ANSWERED, joined_at=T0), E.ENDED, 16, Outcome.COMPLETED),
        (a_call(S.JOINED), E.MISSING, None, Outcome.COMPLETED),
        (a_call(S.JOINED), E.VOICE_LOST, None, Outcome.VOICE_LOST),
        (a_call(S.PLANNED), E.VOICE_LOST, None, Outcome.VOICE_LOST),
        (a_call(S.LEAVING, told_to_end=True), E.ENDED, 50, Outcome.CANCELLED),
        (a_call(S.LEAVING, told_to_end=True), E.REFUSED, None, Outcome.CANCELLED),
        (a_call(S.LEAVING, told_to_end=True), E.MISSING, None, Outcome.CANCELLED),
        (a_call(S.LEAVING, told_to_end=True, answered_at=T0), E.OVERDUE, None, Outcome.CANCELLED),
        (a_call(S.LEAVING, told_to_end=True, joined_at=T0), E.OVERDUE, None, Outcome.COMPLETED),
        (a_call(S.DIALLING), E.MISSING, None, Outcome.UNKNOWN),
        (a_call(S.RINGING), E.OVERDUE, None, Outcome.NO_ANSWER),
        (a_call(S.DIALLING), E.OVERDUE, None, Outcome.FAILED),
        (a_call(S.PLANNED), E.REFUSED, None, Outcome.FAILED),
        (a_call(S.PLANNED), E.REFUSED, 50, Outcome.NO_CREDIT),
    ],
)
def test_an_end_means(call: Call, event: CallEvent, cause: int | None, outcome: Outcome) -> None:
    assert after(call, event, cause).outcome is outcome


def test_live_and_in_room() -> None:
    assert [state for state in S if not a_call(state).live] == [S.ENDED]
    assert [state for state in S if a_call(state).in_room] == [S.JOINED]


def test_signs_of_life_are_the_progress_of_a_channel() -> None:
    assert frozenset(REACHED_BY) == SIGNS_OF_LIFE
