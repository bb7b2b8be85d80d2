"""Every state of an order's key against every event, and each death between two steps (REQUIREMENTS P2)."""

from collections.abc import Sequence

import pytest

from usnd.domain.provisioning.codes import Code
from usnd.domain.provisioning.idempotency import (
    ANSWERS,
    KEY_TABLE,
    REFUSALS,
    KeyAnswer,
    KeyEvent,
    KeyState,
    answer_to,
)

S, E, A = KeyState, KeyEvent, KeyAnswer
CELLS = [(state, event) for state in S for event in E]


def expected(state: KeyState, event: KeyEvent) -> KeyState:
    """The rules in words, written without the table."""
    match event:
        case E.SAME | E.OTHER:
            return S.RUNNING if state is S.UNKNOWN else state
        case E.COMMITTED:
            return S.DONE if state is S.RUNNING else state
        case E.FAILED | E.DIED:
            return S.UNKNOWN if state is S.RUNNING else state
        case E.EXPIRED:
            return S.UNKNOWN if state is S.DONE else state


@pytest.mark.parametrize(("state", "event"), CELLS, ids=[f"{s.value}-{e.name}" for s, e in CELLS])
def test_every_cell_of_the_table(state: KeyState, event: KeyEvent) -> None:
    assert KEY_TABLE[state, event] is expected(state, event)


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("event", [E.SAME, E.OTHER])
def test_only_an_unknown_key_is_carried_out_and_the_stored_answer_only_for_the_same(
    state: KeyState, event: KeyEvent
) -> None:
    answer = ANSWERS[state, event]
    assert (answer is A.CARRY_OUT) == (state is S.UNKNOWN)
    assert (answer is A.CARRY_OUT) == (KEY_TABLE[state, event] is not state), "it runs from now on"
    assert (answer is A.REPEAT) == (state is S.DONE and event is E.SAME)
    assert REFUSALS.get(answer) == {A.WAIT: Code.REQUEST_RUNS, A.REUSED: Code.REQUEST_ID_REUSED}.get(answer)


def test_the_tables_are_total_and_have_nothing_else() -> None:
    assert set(KEY_TABLE) == set(CELLS)
    assert set(ANSWERS) == {(state, event) for state in S for event in (E.SAME, E.OTHER)}


@pytest.mark.parametrize(
    ("story", "answer"),
    [
        ([E.SAME, E.DIED], A.CARRY_OUT),  # nothing was committed, nobody was told
        ([E.SAME, E.FAILED], A.CARRY_OUT),
        ([E.SAME, E.COMMITTED, E.DIED], A.REPEAT),  # between commit and answer; on the other server, too
        ([E.SAME, E.COMMITTED, E.DIED, E.DIED], A.REPEAT),
        ([E.SAME], A.WAIT),
        ([E.SAME, E.COMMITTED, E.EXPIRED], A.CARRY_OUT),
    ],
)
def test_a_repetition_after_each_step(story: Sequence[KeyEvent], answer: KeyAnswer) -> None:
    state = S.UNKNOWN
    for event in story:
        state = KEY_TABLE[state, event]
    assert ANSWERS[state, E.SAME] is answer


def test_the_stored_digest_tells_a_repetition_from_another_request() -> None:
    assert answer_to("a", None) is A.CARRY_OUT
    assert answer_to("a", "a") is A.REPEAT
    assert answer_to("a", "b") is A.REUSED
