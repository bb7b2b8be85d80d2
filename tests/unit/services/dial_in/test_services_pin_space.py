"""The count of PINs: what is too many narrows them, what runs out is an alarm, and both are shown (C14)."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from usnd.domain.dial_in.pin_space import PinRules
from usnd.services.alarms.alarms import Alarms
from usnd.services.dial_in.pin_space import PinCensus
from usnd.services.figures import PinFigures
from usnd.store.core.writer import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def census() -> PinCensus:
    return PinCensus(Store.__new__(Store), PinRules(), Alarms(lambda: NOW))  # its figures come by `take`


def test_before_the_first_count_pins_are_taken_for_too_many(census: PinCensus) -> None:
    assert census.narrow
    census.take(9_500)
    assert not census.narrow


def test_what_pins_open_follows_their_number_and_is_shown(census: PinCensus) -> None:
    with capture_logs() as logs:
        for given in (2, 10_001, 10_002, 8_000):
            census.take(given)
    assert [log["event"] for log in logs] == [
        "an activation pin counts from its subscriber's number only",
        "a pin counts from any number again",
    ]
    assert census.figures(running=1) == PinFigures(
        pins=8_000, guess_one_in=1250, own_number_only=False, pins_run_out=False
    )
    census.take(2_000_000)
    assert census.figures(running=4).guess_one_in == 2_500_000
    assert census.figures(running=0).guess_one_in is None


def test_pins_that_run_out_are_an_alarm_with_half_of_them_left(census: PinCensus) -> None:
    with capture_logs() as logs:
        for given in (5_000_001, 5_000_002, 4_600_000, 4_400_000):
            census.take(given)
    assert [log["event"] for log in logs if "alarm" in log["event"]] == [
        "alarm raised: PINs run out",
        "alarm cleared: PINs run out",
    ]
