"""What counts as beside a stop of a processor."""

import pytest

from workbench.bench.stalls import Stop, beside

STOPS = [Stop(9.0, 9.1), Stop(1.0, 1.2)]


@pytest.mark.parametrize("at", [1.0, 1.2, 1.5])
def test_a_stop_counts_while_it_lasts_and_shortly_after(at: float) -> None:
    assert beside(at, STOPS, 0.35)


@pytest.mark.parametrize("at", [0.9, 1.6])
def test_before_a_stop_and_long_after_nothing_is_beside_it(at: float) -> None:
    assert not beside(at, STOPS, 0.35)


def test_without_stops_nothing_is_beside_one() -> None:
    assert not beside(1.0, [], 10.0)
