"""Proves that channels of launches are taken once, and given back when nothing is committed (C10)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from usnd.domain.conference.commands import Step
from usnd.domain.conference.events import CallIn
from usnd.domain.conference.model import LaunchPlan, Participant, Rules
from usnd.domain.conference.transitions import launch
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.trunks.channel_pool import Reservation
from usnd.services.trunks.trunks import Trunks

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALLER = CallIn("in-1", "1", trunk="b")


def launched(conference: int, caller: CallIn | None = None) -> Step:
    bob = (Participant("+447700900002", "Bob"),)
    return launch(conference, LaunchPlan(42, "+447700900001", bob, caller=caller), Rules(), NOW)


def trunks() -> Trunks:
    return Trunks(Routing((Trunk("a", 2), Trunk("b", 2))), Alarms(lambda: NOW))


def in_use(node: Trunks) -> list[int]:
    return [row.in_use for row in node.figures(NOW).trunks]


def takes(channels: Reservation, conference: int, caller: CallIn | None = None) -> bool:
    return channels.admit(launched(conference, caller), caller, NOW) is not None


def test_what_is_kept_stays_taken_and_the_rest_is_given_back() -> None:
    node = trunks()
    with node.reservation() as channels:
        assert takes(channels, 1)
        channels.keep()
    with node.reservation() as channels:
        assert takes(channels, 2)
        assert in_use(node) == [2, 2]
    assert sum(in_use(node)) == 2, "the second was not committed"


def test_a_unit_of_work_that_runs_again_takes_its_lines_once() -> None:
    node = trunks()
    with node.reservation() as channels:
        for _ in range(3):
            channels.begin()
            assert takes(channels, 7)
            assert takes(channels, 8)
            assert not takes(channels, 9), "four lines, two each"
        channels.keep()
    assert in_use(node) == [2, 2]


def test_a_unit_of_work_that_fails_leaves_nothing_taken() -> None:
    node = trunks()

    def fails() -> None:
        with node.reservation() as channels:
            assert takes(channels, 1)
            raise TimeoutError

    with pytest.raises(TimeoutError):
        fails()
    assert in_use(node) == [0, 0]


def test_a_caller_whose_launch_is_not_committed_waits_as_before() -> None:
    node = trunks()
    node.came_in("in-1", "PJSIP/b-0000002a")
    with node.reservation() as channels:
        assert takes(channels, 1, CALLER)
        assert node.waiting == frozenset()
        assert sum(in_use(node)) == 2
    assert node.waiting == {"in-1"}
    assert in_use(node) == [0, 1]


def test_a_caller_who_is_gone_before_the_commit_is_not_counted_again() -> None:
    node = trunks()
    node.came_in("in-1", "PJSIP/b-0000002a")
    with node.reservation() as channels:
        assert takes(channels, 1, CALLER)
        node.gone("in-1")
    assert in_use(node) == [0, 0]
    assert node.waiting == frozenset()


def test_a_caller_comes_along_once_though_the_unit_of_work_runs_again() -> None:
    node = trunks()
    node.came_in("in-1", "PJSIP/b-0000002a")
    with node.reservation() as channels:
        for _ in range(2):
            channels.begin()
            assert takes(channels, 1, CALLER)
        channels.keep()
    assert sum(in_use(node)) == 2
    assert node.waiting == frozenset()


def test_a_unit_of_work_keeps_what_its_last_run_took() -> None:
    """The store runs it again after a neighbour has failed; the transaction is a string here."""
    node = trunks()

    async def run_twice(unit: Callable[[str], bool]) -> bool:
        unit("first")
        return unit("second")

    taken = asyncio.run(node.reserving(run_twice, lambda _tx, channels: takes(channels, 1)))
    assert taken
    assert sum(in_use(node)) == 2


def test_a_unit_of_work_that_is_not_committed_keeps_nothing() -> None:
    node = trunks()

    async def fails(unit: Callable[[str], bool]) -> bool:
        unit("first")
        raise TimeoutError

    with pytest.raises(TimeoutError):
        asyncio.run(node.reserving(fails, lambda _tx, channels: takes(channels, 1)))
    assert in_use(node) == [0, 0]
