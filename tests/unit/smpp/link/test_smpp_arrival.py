"""Proves that what waited while the process stood still is as old as the pause, whoever wakes first."""

import pytest

from usnd.smpp.link.arrival import Arrival

TICK = 0.5


def waiting_since(now: float) -> Arrival:
    arrival = Arrival(TICK, 0.0)
    arrival.waits()
    for tick in range(1, round(now / TICK) + 1):
        arrival.ticks(tick * TICK)
    return arrival


def test_what_comes_while_the_reader_waits_is_at_most_a_tick_old() -> None:
    arrival = waiting_since(5.0)
    arrival.has_read(5.4, all_of_it=True)
    assert arrival.came_at == 5.0


def test_what_follows_an_emptied_stream_came_after_it() -> None:
    arrival = waiting_since(5.0)
    arrival.has_read(5.3, all_of_it=True)
    arrival.waits()
    arrival.has_read(5.4, all_of_it=True)
    assert arrival.came_at == 5.3


def test_what_follows_a_full_read_is_as_old_as_that() -> None:
    arrival = waiting_since(5.0)
    arrival.has_read(5.3, all_of_it=False)
    arrival.waits()
    arrival.has_read(5.4, all_of_it=True)
    assert arrival.came_at == 5.0


@pytest.mark.parametrize("clock_first", [False, True])
def test_after_a_pause_what_is_found_may_be_as_old_as_the_pause(*, clock_first: bool) -> None:
    arrival = waiting_since(5.0)
    if clock_first:
        arrival.ticks(9.0)
    arrival.has_read(9.0, all_of_it=True)
    assert arrival.came_at == 5.0


def test_a_pause_is_over_with_the_next_tick() -> None:
    arrival = waiting_since(5.0)
    arrival.ticks(9.0)
    arrival.ticks(9.5)
    arrival.has_read(9.6, all_of_it=True)
    assert arrival.came_at == 9.5


def test_while_it_is_busy_a_tick_does_not_tell_that_the_stream_is_empty() -> None:
    arrival = waiting_since(5.0)
    arrival.has_read(5.2, all_of_it=False)
    arrival.ticks(5.5)
    arrival.ticks(6.0)
    arrival.waits()
    arrival.has_read(6.1, all_of_it=True)
    assert arrival.came_at == 5.0
