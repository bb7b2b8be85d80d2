"""Every state of a conference against everything that can turn it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from usnd.domain.conference.commands import HangUp, Step, TellNoLine
from usnd.domain.conference.model import CONFERENCE_TABLE, Conference, ConferenceState, Turn

S, T = ConferenceState, Turn
CELLS = [(state, turn) for state in S for turn in T]


def expected(state: ConferenceState, turn: Turn) -> ConferenceState:
    """The rules in words, written without the table."""
    if state is S.ENDED or turn is T.EMPTY:
        return S.ENDED  # over is over; without calls there is no conference
    if state is S.ENDING:
        return S.ENDING  # nobody comes back into a conference that says goodbye
    if turn in (T.END, T.NO_CREDIT):
        return S.ENDING
    if turn is T.REVIVED:  # everybody is called as at a launch
        return S.GATHERING
    if turn is T.TIME_UP:  # only the time without the subscriber is counted
        return S.ENDING if state is S.AWAY else state
    if turn is T.SUBSCRIBER_DROPPED:  # called back, but not again once the time runs
        return S.AWAY if state is S.AWAY else S.RECALLING
    return {T.SUBSCRIBER_IN: S.RUNNING, T.SUBSCRIBER_OUT: S.AWAY}[turn]


@pytest.mark.parametrize(("state", "turn"), CELLS, ids=[f"{s.value}-{t.value}" for s, t in CELLS])
def test_every_cell_of_the_table(state: ConferenceState, turn: Turn) -> None:
    assert CONFERENCE_TABLE[state, turn] is expected(state, turn)


def test_the_table_is_total() -> None:
    assert set(CONFERENCE_TABLE) == set(CELLS)


def test_only_an_ended_conference_is_not_live() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    conferences = [Conference(7, 42, "+447700900001", state, now, ()) for state in S]
    assert [conf.state for conf in conferences if not conf.live] == [S.ENDED]
    assert {conf.room for conf in conferences} == {"c7"}
    assert conferences[0].call("usn-7-1") is None


def test_a_step_knows_whether_it_changes_and_tells_anything() -> None:
    before = Conference(7, 42, "+447700900001", S.RUNNING, datetime(2026, 3, 1, tzinfo=UTC), ())
    assert not Step(before).changes(before)
    assert Step(replace(before, locked=True)).changes(before)
    assert not Step(before, (HangUp("usn-7-1"),)).tells
    assert Step(before, (TellNoLine(before.subscriber_number),)).tells
