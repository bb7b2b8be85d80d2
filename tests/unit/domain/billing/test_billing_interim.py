"""A part of a long call has its record once it is surely over, and only while the call goes on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.billing.cdr import NOWHERE
from usnd.domain.billing.interim import MARGIN, parts_due
from usnd.domain.conference.call import Call, CallState, Direction, Role
from usnd.domain.conference.model import Conference, ConferenceState

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CALL = Call("usn-7-1", "+1", "", Role.SUBSCRIBER, Direction.OUT, CallState.JOINED, T0, answered_at=T0)
CONFERENCE = Conference(7, 42, "+1", ConferenceState.RUNNING, T0, (CALL,))


@pytest.mark.parametrize(
    ("age", "known", "parts"),
    [
        (DAY, 0, []),
        (DAY + MARGIN, 0, [1]),
        (DAY + MARGIN, 1, []),
        (3 * DAY + MARGIN, 1, [2, 3]),
    ],
)
def test_parts_that_are_due(age: timedelta, known: int, parts: list[int]) -> None:
    found = parts_due(CONFERENCE, CALL, NOWHERE, DAY, known, T0 + age)
    assert [cdr.part for cdr in found] == parts


@pytest.mark.parametrize("call", [replace(CALL, state=CallState.ENDED), replace(CALL, answered_at=None)])
def test_a_call_that_is_over_or_was_never_answered_has_none(call: Call) -> None:
    assert list(parts_due(CONFERENCE, call, NOWHERE, DAY, 0, T0 + 9 * DAY)) == []
