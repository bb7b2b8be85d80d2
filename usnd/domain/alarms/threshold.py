"""When a measured value is an alarm: raised above one limit, cleared only below a lower one. Pure.

state   | above raise_at | between | below clear_at
--------+----------------+---------+---------------
clear   | RAISED         | -       | -
raised  | -              | -       | CLEARED
"""

from dataclasses import dataclass
from enum import Enum


class AlarmChange(Enum):
    """What to tell."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Limits:
    """In the unit of the value; clear_at is not above raise_at."""

    raise_at: float
    clear_at: float


def judge_alarm(value: float, limits: Limits, *, raised: bool) -> AlarmChange | None:
    """Whether the value changes the alarm."""
    if not raised and value > limits.raise_at:
        return AlarmChange.RAISED
    if raised and value < limits.clear_at:
        return AlarmChange.CLEARED
    return None
