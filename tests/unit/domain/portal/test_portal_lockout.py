"""Every state of a counter against every event, and what it does for whom: REQUIREMENTS W1, decision 48."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usnd.domain.portal.lockout import (
    COUNTER_TABLE,
    LIMITS,
    Counter,
    CounterEvent,
    CounterKey,
    CounterKind,
    CounterState,
    admit,
    forgive,
    keys_of_account,
    keys_of_code,
    keys_of_pins,
    keys_of_sending,
    keys_of_sign_in,
    lapses_at,
    state_of,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
S, E, K = CounterState, CounterEvent, CounterKind
ANN, BOB = "+447700900001", "+447700900002"
HOME, AWAY = "192.0.2.1", "198.51.100.7"
SECOND = timedelta(seconds=1)
CELLS = [(state, event) for state in S for event in E]


def expected(state: CounterState, event: CounterEvent) -> CounterState:
    """The rules in words, written without the table."""
    match event:
        case E.TRIED:
            return S.COUNTING if state is S.CLEAR else state
        case E.REACHED:
            return S.CLOSED
        case E.FORGIVEN | E.LAPSED:
            return S.CLEAR
        case E.TAKEN_BACK:
            return S.COUNTING if state is S.CLOSED else state


@pytest.mark.parametrize(("state", "event"), CELLS, ids=[f"{s.value}-{e.name}" for s, e in CELLS])
def test_every_cell_of_the_table(state: CounterState, event: CounterEvent) -> None:
    assert COUNTER_TABLE[state, event] is expected(state, event)


def made(state: CounterState, kind: CounterKind) -> Counter:
    """A counter in that state that is one try below its limit, or at it."""
    most = LIMITS[kind].most
    match state:
        case S.CLEAR:
            return Counter()
        case S.COUNTING:
            return Counter(most - 1, NOW)
        case S.CLOSED:
            return Counter(most, NOW, NOW + LIMITS[kind].closed)


SHARED = (K.ACCOUNT, K.SOURCE)
POSSIBLE = [
    (state, event, kind)
    for state, event in CELLS
    for kind in K
    if (state, event) != (S.CLEAR, E.REACHED)  # no limit is one
    and (event is not E.TAKEN_BACK or kind in SHARED)  # the others are forgiven
]


@pytest.mark.parametrize(
    ("state", "event", "kind"), POSSIBLE, ids=[f"{s.value}-{e.name}-{k.name}" for s, e, k in POSSIBLE]
)
def test_what_is_kept_goes_through_the_table(
    state: CounterState, event: CounterEvent, kind: CounterKind
) -> None:
    key, limit, before = CounterKey(kind, ANN), LIMITS[kind], made(state, kind)
    match event:
        case E.TRIED if state is S.COUNTING:
            before = Counter(1, NOW)
        case E.FORGIVEN if kind in SHARED:
            before = Counter(1, NOW) if state is S.COUNTING else made(S.CLEAR, kind)
            state = state_of(before, limit, NOW)
    if event in (E.TRIED, E.REACHED):
        admission = admit([key], {key: before}, NOW)
        after = admission.counters.get(key, before)
    elif event is E.LAPSED:
        assert state_of(before, limit, lapses_at(before, limit) or NOW) is COUNTER_TABLE[state, event]
        return
    else:
        after = forgive({key: before})[key]
    assert state_of(after, limit, NOW) is COUNTER_TABLE[state, event]


@pytest.mark.parametrize("kind", K)
def test_so_many_tries_and_no_more_and_again_after_the_time(kind: CounterKind) -> None:
    key, limit = CounterKey(kind, ANN), LIMITS[kind]
    counters = dict[CounterKey, Counter]()
    for _ in range(limit.most):
        admission = admit([key], counters, NOW)
        assert admission.closed_until is None
        counters = dict(admission.counters)
    closed = admit([key], counters, NOW + SECOND)
    assert closed.closed_until == NOW + limit.closed
    assert closed.counters == {}, "nothing counts while it is closed"
    again = admit([key], counters, NOW + limit.closed)
    assert again.closed_until is None
    assert again.counters[key] == Counter(1, NOW + limit.closed)


@given(st.lists(st.tuples(st.integers(0, 4000), st.sampled_from(K))))
def test_never_more_than_the_limit_within_a_window(steps: list[tuple[int, CounterKind]]) -> None:
    now, counters, let_in = NOW, dict[CounterKey, Counter](), dict[CounterKind, list[datetime]]()
    for seconds, kind in steps:
        now += timedelta(seconds=seconds)
        key = CounterKey(kind, ANN)
        admission = admit([key], counters, now)
        counters |= admission.counters
        if admission.closed_until is None:
            let_in.setdefault(kind, []).append(now)
    for kind, times in let_in.items():
        most, closed = LIMITS[kind].most, LIMITS[kind].closed
        assert all(
            late - early >= closed
            for early, late in zip(times[most - 1 :], times[2 * most - 1 :], strict=False)
        )


def tried(counters: dict[CounterKey, Counter], source: str, device: str | None, times: int) -> bool:
    """Whether the last of so many wrong passwords for Ann is let in."""
    for _ in range(times):
        keys = keys_of_sign_in(ANN, source, device)
        admission = admit(keys, {key: counters[key] for key in keys if key in counters}, NOW)
        counters.update(admission.counters)
    return admission.closed_until is None


def test_who_guesses_from_elsewhere_does_not_shut_out_a_device_that_is_known() -> None:
    counters = dict[CounterKey, Counter]()
    assert tried(counters, AWAY, None, 5)
    assert not tried(counters, AWAY, None, 1)
    assert tried(counters, HOME, None, 1), "another source is let in"
    for other in range(200):
        tried(counters, f"203.0.113.{other}", None, 5)
    assert not tried(counters, HOME, None, 1), "from many sources together it is closed for strangers"
    assert tried(counters, HOME, "ann's telephone", 10)
    assert not tried(counters, HOME, "ann's telephone", 1)
    assert tried(counters, HOME, "ann's computer", 1)


def test_one_source_over_all_accounts_is_stopped() -> None:
    counters = dict[CounterKey, Counter]()
    for other in range(60):
        keys = keys_of_sign_in(f"+44770090{other:04}", AWAY, None)
        admission = admit(keys, {key: counters[key] for key in keys if key in counters}, NOW)
        counters.update(admission.counters)
    assert admission.closed_until == NOW + LIMITS[K.SOURCE].closed


def test_one_who_may_sign_in_clears_nothing_of_what_others_tried() -> None:
    keys = keys_of_sign_in(ANN, AWAY, None)
    known = {key: Counter(4, NOW) for key in keys}
    after = forgive(admit(keys, known, NOW).counters)
    assert {key.kind: counter.tries for key, counter in after.items()} == {
        K.ACCOUNT_FROM: 0,
        K.ACCOUNT: 4,
        K.SOURCE: 4,
    }


def test_whose_counters_a_try_is_counted_in() -> None:
    assert [key.kind for key in keys_of_sign_in(ANN, HOME, "phone")] == [K.DEVICE]
    assert [key.kind for key in keys_of_code(ANN, HOME, None)] == [K.CODE, K.SOURCE]
    assert [key.kind for key in keys_of_code(ANN, HOME, "phone")] == [K.CODE_DEVICE]
    assert [key.kind for key in keys_of_sending(ANN, HOME)] == [K.CODES_SENT, K.CODES_ASKED]
    assert keys_of_pins(ANN) == (CounterKey(K.PINS_SENT, ANN),)
    assert {key.whose for key in keys_of_account(ANN)} == {ANN}
    assert keys_of_sign_in(ANN, HOME, None)[0] != keys_of_sign_in(BOB, HOME, None)[0]


def test_a_counter_that_is_clear_need_not_be_kept() -> None:
    assert lapses_at(Counter(), LIMITS[K.CODE]) is None
