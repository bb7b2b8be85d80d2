"""An alarm does not flutter: between the limits nothing changes."""

import pytest

from usnd.domain.alarms.threshold import AlarmChange, Limits, judge_alarm

LIMITS = Limits(raise_at=60, clear_at=30)


@pytest.mark.parametrize(
    ("value", "raised", "change"),
    [
        (0, False, None),
        (60, False, None),
        (61, False, AlarmChange.RAISED),
        (61, True, None),
        (30, True, None),
        (29, True, AlarmChange.CLEARED),
        (29, False, None),
    ],
)
def test_every_cell(value: float, *, raised: bool, change: AlarmChange | None) -> None:
    assert judge_alarm(value, LIMITS, raised=raised) is change
