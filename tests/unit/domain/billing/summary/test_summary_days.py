"""Each moment is in one summary: on days of 23 and 25 hours, behind a pause, and in another time zone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.rhythm import Nightly
from usnd.domain.billing.summary.days import (
    MOST_AT_ONCE,
    Boundary,
    ByFile,
    ByTime,
    LocalDay,
    NotYet,
    behind,
    boundary,
    day_of,
    days_due,
)
from workbench.docs.cdr_samples import FILE, NOON

LONDON = Nightly(ZoneInfo("Europe/London"), time(2))


def at(zone: Nightly, day: str, minute: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{minute}").replace(tzinfo=zone.zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", date(2026, 3, 28), 24),
        ("Europe/London", date(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("Europe/London", date(2028, 2, 29), 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Africa/Cairo", date(2026, 4, 24), 23),  # it begins at 01:00
        ("Pacific/Apia", date(2011, 12, 30), 0),  # a day that Samoa never had
        ("Asia/Kolkata", date(2026, 3, 29), 24),
    ],
)
def test_how_long_a_day_is(zone: str, day: date, hours: float) -> None:
    nightly = Nightly(ZoneInfo(zone), time(1))
    found = day_of(day, nightly)
    assert found.hours == hours
    assert behind(day_of(day - timedelta(days=1), nightly), nightly) == found


def test_the_first_summary_of_all_is_of_the_last_day_that_is_due() -> None:
    assert days(None, at(LONDON, "2026-03-10", "02:00")) == [date(2026, 3, 9)]
    assert days(None, at(LONDON, "2026-03-10", "01:59")) == [date(2026, 3, 8)]


def test_none_before_the_set_time_then_one() -> None:
    last = day_of(date(2026, 3, 28), LONDON)
    assert days(last, at(LONDON, "2026-03-29", "23:00")) == []
    assert days(last, at(LONDON, "2026-03-30", "01:59")) == []
    assert days(last, at(LONDON, "2026-03-30", "02:00")) == [date(2026, 3, 29)]


def test_days_that_were_missed_come_one_after_the_other() -> None:
    last = day_of(date(2026, 3, 28), LONDON)
    found = list(days_due(last, at(LONDON, "2026-04-02", "12:00"), LONDON))
    assert [one.day.day for one in found] == [29, 30, 31, 1]
    assert all(one.until == following.since for one, following in pairwise([last, *found]))
    much_later = days(last, at(LONDON, "2027-04-02", "12:00"))
    assert len(much_later) == MOST_AT_ONCE
    assert much_later[0] == date(2026, 3, 29)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_another_time_zone_leaves_no_moment_out_and_takes_none_twice(zone: str) -> None:
    last, moved = day_of(date(2026, 3, 28), LONDON), Nightly(ZoneInfo(zone), time(2))
    for _ in range(3):
        following = behind(last, moved)
        assert following.since == last.until <= following.until
        last = following
    assert last == day_of(date(2026, 3, 31), moved)


MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
LAST = replace(FILE, until=MIDNIGHT, first=90, last=100)
LATER = replace(FILE, until=MIDNIGHT + timedelta(hours=3))


@pytest.mark.parametrize(
    ("before", "newest", "said"),
    [
        (LAST, LAST, ByFile(100)),
        (LAST, LATER, ByFile(100)),
        (replace(LAST, until=MIDNIGHT - timedelta(minutes=30)), LATER, ByFile(100)),  # a zone of half hours
        (replace(LAST, until=MIDNIGHT - timedelta(hours=1)), None, NotYet()),  # the export is late
        (None, None, NotYet()),
        (None, LATER, ByTime()),  # the destination is newer than the day
    ],
)
def test_the_cdr_files_say_where_a_day_ends(
    before: CdrFile | None, newest: CdrFile | None, said: Boundary
) -> None:
    found = boundary(MIDNIGHT, before, newest or before, with_files=True)
    assert (type(found), getattr(found, "last", 0)) == (type(said), getattr(said, "last", 0))


def test_without_cdr_files_time_says_it() -> None:
    assert isinstance(boundary(NOON, None, None, with_files=False), ByTime)


def days(last: LocalDay | None, now: datetime) -> Sequence[date]:
    return [one.day for one in days_due(last, now, LONDON)]
