"""A destination is late by its oldest file, also by one that nobody closed; a refusal is told."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from usnd.domain.billing.delivery import Trouble
from usnd.domain.billing.punctuality import Standing, changed, late_by, reason_of, refusal_of
from usnd.domain.billing.rhythm import Nightly
from workbench.docs.cdr_samples import FILE, NOON

NOW = NOON + timedelta(hours=5)
AHEAD = NOON + timedelta(days=365)
"""Of a clock that was wrong."""


@pytest.mark.parametrize(
    ("standing", "hours"),
    [
        (Standing(FILE, FILE, 1), 4),  # until 13:00
        (Standing(FILE, None, 0), 3),  # the one until 14:00 was not closed
        (Standing(None, None, 0), 4),  # watched since 12:00: one until 13:00 was to come
        (Standing(replace(FILE, until=NOW), None, 0), 0),
        (Standing(replace(FILE, until=AHEAD), replace(FILE, until=AHEAD), 3), 2),  # two wait behind it
        (Standing(replace(FILE, until=AHEAD), None, 0), 4),
    ],
)
def test_how_late_it_is(standing: Standing, hours: float) -> None:
    assert late_by(standing, NOON, NOW) == hours * 3600


@pytest.mark.parametrize(
    ("trouble", "refuses", "is_changed"),
    [
        (None, False, False),
        (Trouble.UNREACHABLE, False, False),
        (Trouble.HOST_KEY, True, False),
        (Trouble.CHANGED, False, True),
    ],
)
def test_who_has_to_do_something(trouble: Trouble | None, *, refuses: bool, is_changed: bool) -> None:
    oldest = replace(FILE, trouble=trouble, said="why")
    standing = Standing(FILE, oldest, 1)
    assert (refusal_of(standing) is not None, changed(standing)) == (refuses, is_changed)
    assert (reason_of(standing) is None) is (trouble is None)


def test_without_a_file_that_waits_nobody_refuses() -> None:
    standing = Standing(FILE, None, 0)
    assert (refusal_of(standing), changed(standing), reason_of(standing)) == (None, False, None)


def test_a_reason_has_both_words() -> None:
    oldest = replace(FILE, trouble=Trouble.FULL, said="No space left on device")
    assert reason_of(Standing(FILE, oldest, 1)) == "the destination has no room: No space left on device"


LONDON = Nightly(ZoneInfo("Europe/London"), time(2))
SUNDAY = replace(FILE, since=datetime(2026, 3, 29, tzinfo=UTC), until=datetime(2026, 3, 29, 23, tzinfo=UTC))
"""Of 23 hours."""


@pytest.mark.parametrize(
    ("standing", "now", "hours"),
    [
        (Standing(SUNDAY, SUNDAY, 1), datetime(2026, 3, 30, 1, tzinfo=UTC), 0),  # 02:00 there: it is due
        (Standing(SUNDAY, SUNDAY, 1), datetime(2026, 3, 30, 3, tzinfo=UTC), 2),
        (Standing(SUNDAY, None, 0), datetime(2026, 3, 31, 1, tzinfo=UTC), 0),  # Monday's is due
        (Standing(SUNDAY, None, 0), datetime(2026, 3, 31, 2, tzinfo=UTC), 1),
        (Standing(None, None, 0), datetime(2026, 3, 2, 2, tzinfo=UTC), 0),  # watched since 1 March
        (Standing(None, None, 0), datetime(2026, 3, 2, 5, tzinfo=UTC), 3),
    ],
)
def test_a_summary_is_late_from_its_set_time_on(standing: Standing, now: datetime, hours: float) -> None:
    assert late_by(standing, NOON, now, LONDON) == hours * 3600
