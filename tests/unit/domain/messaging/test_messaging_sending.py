"""The life of an outgoing text: every cell of its table, its pauses, and when it is given up."""

from itertools import pairwise

import pytest

from usnd.domain.messaging.message import MtState
from usnd.domain.messaging.sending import (
    ENDED,
    SEND_TABLE,
    STORED_AS,
    RetryRules,
    SendEvent,
    SendState,
    pause_in_doubt,
    pause_refused,
    when_due,
    when_expired,
)

RULES = RetryRules(most=4, pause=30)
LIVES = [state for state in SendState if state not in ENDED]
ENDS = {
    SendEvent.TAKEN: SendState.SENT,
    SendEvent.REFUSED: SendState.REJECTED,
    SendEvent.EXPIRED: SendState.EXPIRED,
    SendEvent.EXPIRED_IN_DOUBT: SendState.UNKNOWN,
    SendEvent.GIVEN_UP: SendState.UNKNOWN,
    SendEvent.ENDS_BINDS: SendState.SET_ASIDE,
    SendEvent.FAULTY: SendState.SET_ASIDE,
}


def test_the_table_is_whole() -> None:
    assert set(SEND_TABLE) == {(state, event) for state in SendState for event in SendEvent}


@pytest.mark.parametrize("state", LIVES)
@pytest.mark.parametrize(("event", "after"), ENDS.items())
def test_what_ends_a_text_ends_it_in_every_state(
    state: SendState, event: SendEvent, after: SendState
) -> None:
    assert SEND_TABLE[state, event] is after


@pytest.mark.parametrize("event", SendEvent)
@pytest.mark.parametrize("state", [state for state in SendState if state in ENDED])
def test_what_has_ended_stays_so(state: SendState, event: SendEvent) -> None:
    assert SEND_TABLE[state, event] is state


@pytest.mark.parametrize(
    ("event", "after"),
    [
        # of:                QUEUED      UNDER_WAY    OVERDUE    RETRYING
        (SendEvent.WRITTEN, ("under way", "under way", "overdue", "retrying")),
        (SendEvent.POSTPONED, ("retrying", "retrying", "overdue", "retrying")),
        (SendEvent.LATE, ("overdue", "overdue", "overdue", "overdue")),
        (SendEvent.LOST, ("retrying", "retrying", "retrying", "retrying")),
        (SendEvent.DUE, ("queued", "queued", "queued", "queued")),
    ],
)
def test_what_a_text_goes_through(event: SendEvent, after: tuple[str, ...]) -> None:
    assert tuple(SEND_TABLE[state, event].value for state in LIVES) == after


def test_only_an_answer_makes_a_text_sent() -> None:
    made = {event for (state, event), after in SEND_TABLE.items() if after is SendState.SENT is not state}
    assert made == {SendEvent.TAKEN}


def test_every_end_has_its_place_in_the_store() -> None:
    assert set(STORED_AS) == set(ENDED)
    assert MtState.QUEUED not in STORED_AS.values()
    assert [state for state, stored in STORED_AS.items() if stored is MtState.SENT] == [SendState.SENT]


def test_the_pauses_in_doubt_double_and_are_bounded() -> None:
    assert [pause_in_doubt(one, RULES, lost=False) for one in (1, 2, 3, 4)] == [30, 60, 120, 240]
    assert [pause_in_doubt(one, RULES, lost=True) for one in (1, 2, 3, 4)] == [0, 0, 30, 60]
    assert pause_in_doubt(10_000, RULES, lost=False) == 600
    assert pause_in_doubt(10_000, RetryRules(pause=3600), lost=False) == 3600


def test_the_pauses_after_refusals_double_and_are_bounded() -> None:
    pauses = [pause_refused(number) for number in range(1, 5000)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert all(before <= after for before, after in pairwise(pauses))
    assert pauses[-1] == 60


@pytest.mark.parametrize(
    ("attempts", "alone", "event"),
    [
        (1, 0, SendEvent.DUE),
        (3, 2, SendEvent.DUE),
        (4, 0, SendEvent.GIVEN_UP),
        (4, 1, SendEvent.GIVEN_UP),
        (4, 2, SendEvent.ENDS_BINDS),
        (99, 0, SendEvent.GIVEN_UP),
    ],
)
def test_repetitions_are_few(attempts: int, alone: int, event: SendEvent) -> None:
    assert when_due(attempts, alone, RULES) is event


def test_what_expires_in_doubt_is_not_known() -> None:
    assert when_expired(0) is SendEvent.EXPIRED
    assert when_expired(1) is SendEvent.EXPIRED_IN_DOUBT


@pytest.mark.parametrize("crash", range(9))
def test_a_crash_at_any_step_costs_at_most_one_sending_more(crash: int) -> None:
    """Steps: send, doubt, kept, send, … A restart reads the attempts that were kept."""
    kept = attempts = sends = 0
    for step in range(60):
        if step == crash:
            attempts = kept
        if step % 3 == 0:
            if when_due(attempts, 0, RULES) is not SendEvent.DUE:
                break
            sends += 1
        elif step % 3 == 1:
            attempts += 1
        else:
            kept = attempts
    assert sends <= RULES.most + 1
