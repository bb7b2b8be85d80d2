"""What counts as beside a stop of a processor."""

import pytest

from workbench.canary import Stop, beside


@pytest.mark.parametrize(("at", "so"), [(0.9, False), (1.0, True), (1.2, True), (1.5, True), (1.6, False)])
def test_a_stop_counts_while_it_lasts_and_shortly_after(at: float, so: bool) -> None:  # noqa: FBT001 - a row
    assert beside(at, [Stop(9.0, 9.1), Stop(1.0, 1.2)], 0.35) is so


def test_without_stops_nothing_is_beside_one() -> None:
    assert not beside(1.0, [], 10.0)
