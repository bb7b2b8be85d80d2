"""Which trunk a call goes over, when there is none, and when a trunk is left alone (V1, C10)."""

from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.trunks.trunk import (
    TRUNK_TABLE,
    Health,
    Load,
    Pool,
    Route,
    Routing,
    Trunk,
    TrunkEvent,
    TrunkState,
    TrunkVerdict,
    failed,
    hear,
    refused,
    verdict,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UP, SUSPECT, DAMPED, DOWN = TrunkState
TRUNKS = (Trunk("a", 2), Trunk("b"), Trunk("c", 1))
ROUTES = (Route(("a", "b")), Route(("c", "a"), ("+44", "+353")), Route(("c",), ("+4479",)))
ROUTED = Routing(TRUNKS, ROUTES)
PLAIN = Routing(TRUNKS)


@pytest.mark.parametrize(
    ("routing", "number", "order"),
    [
        (PLAIN, "+447700900001", ("a", "b", "c")),
        (ROUTED, "+15551234", ("a", "b")),
        (ROUTED, "+442012345", ("c", "a")),
        (ROUTED, "+35312345", ("c", "a")),
        (ROUTED, "+447900000", ("c",)),
        (Routing(TRUNKS, ROUTES[1:]), "+15551234", ()),
    ],
)
def test_the_longest_prefix_gives_the_route(routing: Routing, number: str, order: tuple[str, ...]) -> None:
    assert routing.order(number) == order


@pytest.mark.parametrize(
    ("used", "states", "tried", "trunk"),
    [
        ({}, {}, "", "a"),
        ({"a": 1}, {}, "", "a"),
        ({"a": 2}, {}, "", "b"),
        ({"b": 5000}, {}, "a", "b"),
        ({}, {"a": DAMPED}, "", "b"),
        ({}, {"a": DOWN}, "", "b"),
        ({}, {"a": DAMPED, "b": DOWN, "c": DOWN}, "", "a"),
        ({}, {"a": SUSPECT}, "", "a"),
        ({}, {"a": DAMPED, "b": SUSPECT}, "", "b"),
        ({"a": 2}, {"a": DAMPED, "b": DOWN, "c": DOWN}, "", None),
        ({"c": 1}, {}, "ab", None),
        ({}, {}, "abc", None),
        ({}, {"a": DOWN, "b": DOWN, "c": DOWN}, "", None),
    ],
)
def test_the_first_free_trunk_that_works_is_picked_and_a_damped_one_only_at_last(
    used: dict[str, int], states: dict[str, TrunkState], tried: str, trunk: str | None
) -> None:
    assert Pool(PLAIN, Load(used), states).pick("+441", frozenset(tried)) == trunk


def test_a_route_over_a_trunk_that_is_not_there_has_no_line() -> None:
    assert Pool(Routing(TRUNKS, (Route(("gone",)),))).pick("+441") is None


def test_each_call_takes_a_line_and_too_many_that_wait_are_a_crowd() -> None:
    pool = Pool(Routing((Trunk("c", 1),), most_waiting=1))
    after = pool.taking("c")
    assert (pool.pick("+441"), after.pick("+441")) == ("c", None)
    assert (after.crowded, after.taking("c").crowded) == (False, True)


@pytest.mark.parametrize("state", TrunkState)
@pytest.mark.parametrize("event", TrunkEvent)
def test_every_cell_of_the_table_gives_a_trunk(state: TrunkState, event: TrunkEvent) -> None:
    """Total; only a damped trunk has a time to wait, and what is down comes back by an answer alone."""
    until = NOW + timedelta(seconds=5) if state is DAMPED else None
    after = hear(Health(state, 1, until), event, PLAIN, NOW)
    assert after.state is TRUNK_TABLE[state, event]
    assert (after.damped_until is not None) == (after.state is DAMPED)
    assert state is not DOWN or after.state is DOWN or event is TrunkEvent.ANSWERS


def test_failures_in_a_row_damp_a_trunk_for_a_time() -> None:
    health = Health()
    for _ in range(2):
        health = failed(health, PLAIN, NOW)
    assert hear(health, TrunkEvent.CARRIED, PLAIN, NOW) == Health()
    assert health == Health(UP, 2)
    health = failed(health, PLAIN, NOW)
    assert health == Health(DAMPED, 0, NOW + PLAIN.damped)
    later = NOW + timedelta(seconds=10)
    for _ in range(3):  # of calls that had no other way
        health = failed(health, PLAIN, later)
    assert health == Health(DAMPED, 0, later + PLAIN.damped)
    on_trial = hear(health, TrunkEvent.TIME, PLAIN, later)
    assert on_trial.state is SUSPECT
    assert failed(on_trial, PLAIN, later).state is DAMPED
    assert hear(on_trial, TrunkEvent.CARRIED, PLAIN, later) == Health()


V = TrunkVerdict


@pytest.mark.parametrize(
    ("causes", "word"),
    [
        ((16, 17, 18, 19, 20, 22, 23, 27, 31, 50), V.REACHED),
        ((1, 3, 21, 28), V.DOUBTFUL),
        ((34, 42, 44), V.FULL),
        ((25, 38, 41, 47, 63, 79, 102), V.FAULT),
        ((29, 57, 58, 65, 88, 111, 127), V.UNFIT),
    ],
)
def test_each_cause_says_whose_word_a_refusal_is(causes: tuple[int, ...], word: TrunkVerdict) -> None:
    assert {verdict(cause) for cause in causes} == {word}


def test_refusals_of_several_numbers_make_a_trunk_suspect_then_damped_and_a_call_that_rings_clears_it() -> (
    None
):
    health = refused(refused(Health(), "+441", PLAIN, NOW), "+441", PLAIN, NOW)
    assert health == Health(refused=frozenset({"+441"})), "one number may be wrong"
    health = refused(health, "+442", PLAIN, NOW)
    assert health.state is SUSPECT
    assert hear(health, TrunkEvent.CARRIED, PLAIN, NOW) == Health()
    for last in range(3, 7):
        assert health.state is SUSPECT
        health = refused(health, f"+44{last}", PLAIN, NOW)
    assert (health.state, health.damped_until) == (DAMPED, NOW + PLAIN.damped)
    assert len(refused(health, "+447", PLAIN, NOW).refused) == PLAIN.most_refusals, "bounded"
    later = NOW + PLAIN.damped
    on_trial = hear(health, TrunkEvent.TIME, PLAIN, later)
    assert on_trial.state is SUSPECT
    assert refused(on_trial, "+448", PLAIN, later).damped_until == later + PLAIN.damped


def test_what_another_trunk_carries_tells_against_the_one_that_refused_it() -> None:
    once = hear(Health(), TrunkEvent.CONTRADICTED, PLAIN, NOW)
    assert once.state is SUSPECT
    twice = hear(once, TrunkEvent.CONTRADICTED, PLAIN, NOW)
    assert (twice.state, twice.damped_until) == (DAMPED, NOW + PLAIN.damped)
    assert hear(twice, TrunkEvent.CONTRADICTED, PLAIN, NOW + PLAIN.damped).damped_until == twice.damped_until


def test_an_answer_to_options_clears_no_suspicion() -> None:
    health = Health(SUSPECT, 1, refused=frozenset({"+441", "+442"}))
    assert hear(health, TrunkEvent.ANSWERS, PLAIN, NOW) == health


@pytest.mark.parametrize(
    ("state", "numbers", "doubted"),
    [(UP, (), False), (UP, ("+441",), False), (UP, ("+442",), True), (SUSPECT, (), True), (DAMPED, (), True)],
)
def test_a_refusal_is_doubted_from_the_second_number_on(
    state: TrunkState, numbers: tuple[str, ...], *, doubted: bool
) -> None:
    states = {} if state is UP else {"a": state}
    assert Pool(PLAIN, states=states, refused={"a": frozenset(numbers)}).doubts("a", "+441") is doubted
