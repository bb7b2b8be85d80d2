"""Which trunk a call goes over, when there is none, and when a trunk is left alone (V1, C10)."""

from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.trunks import (
    TRUNK_TABLE,
    Health,
    Load,
    Pool,
    Route,
    Routing,
    Trunk,
    TrunkEvent,
    TrunkState,
    failed,
    hear,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UP, DAMPED, DOWN = TrunkState
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
    assert hear(health, TrunkEvent.TIME, PLAIN, later) == Health()
