"""What a guess hits, when that is too much, and when PINs run out (C14)."""

import pytest

from usnd.domain.alarms.threshold import AlarmChange, judge_alarm
from usnd.domain.dial_in.pin_space import PinRules, one_in


@pytest.mark.parametrize(
    ("given", "odds"), [(0, None), (1, 10_000_000), (10_000, 1000), (2_000_000, 5), (10_000_000, 1)]
)
def test_the_odds_of_a_guess(given: int, odds: int | None) -> None:
    assert one_in(given) == odds


def test_more_than_one_hit_in_a_thousand_is_too_much_until_they_are_a_tenth_fewer() -> None:
    narrowing = PinRules().narrowing
    assert judge_alarm(10_000, narrowing, raised=False) is None
    assert judge_alarm(10_001, narrowing, raised=False) is AlarmChange.RAISED
    assert judge_alarm(9_500, narrowing, raised=True) is None
    assert judge_alarm(8_999, narrowing, raised=True) is AlarmChange.CLEARED
    assert PinRules(one_in=100).narrowing.raise_at == 100_000


def test_pins_run_out_long_before_none_is_left() -> None:
    assert judge_alarm(5_000_001, PinRules().filling, raised=False) is AlarmChange.RAISED
    assert PinRules(full=0.1).filling.raise_at == 1_000_000
