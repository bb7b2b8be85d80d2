"""When the next file of a destination is due, on all days of a year, also those on which clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from usnd.domain.billing.rhythm import GRACE, HOURLY, Nightly

LONDON = ZoneInfo("Europe/London")


def test_each_hour() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert (HOURLY.following(noon), HOURLY.due(noon)) == (noon + timedelta(hours=1), noon)


@pytest.mark.parametrize(
    ("zone", "at", "until", "due"),
    [
        ("Europe/London", "01:00", "2026-03-29T00:00", "2026-03-29T01:00"),  # 01:00 is skipped
        ("Europe/London", "01:30", "2026-03-29T00:00", "2026-03-29T01:30"),  # told as 02:30
        ("Europe/London", "01:30", "2026-10-24T23:00", "2026-10-25T00:30"),  # the first of two
        ("Europe/London", "06:00", "2026-06-30T23:00", "2026-07-01T05:00"),
        ("America/New_York", "03:00", "2028-02-29T05:00", "2028-02-29T08:00"),  # a leap day begins
        ("Asia/Kolkata", "00:30", "2026-03-01T18:30", "2026-03-01T19:00"),
        ("Africa/Cairo", "00:30", "2026-04-23T22:00", "2026-04-23T22:30"),  # clocks skip midnight
        ("UTC", "00:00", "2026-03-02T00:00", "2026-03-02T00:05"),  # not before all is written
    ],
)
def test_a_set_time_of_the_local_day(zone: str, at: str, until: str, due: str) -> None:
    nightly = Nightly(ZoneInfo(zone), time.fromisoformat(at))
    assert nightly.due(moment(until)) == moment(due)


def test_a_day_follows_the_other_a_year_long() -> None:
    nightly, until = Nightly(LONDON, time(1)), moment("2026-01-01T00:00")
    lengths = []
    while until < moment("2027-01-01T00:00"):
        following = nightly.following(until)
        assert until + GRACE <= nightly.due(until) <= following
        lengths.append((following - until) / timedelta(hours=1))
        until = following
    assert len(lengths) == 365
    assert sorted(lengths)[:2] == [23, 24]
    assert sorted(lengths)[-2:] == [24, 25]


def moment(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)
