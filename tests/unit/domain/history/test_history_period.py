"""Days are those of the subscriber's time zone, also where the clocks change; no more than a year at once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from usnd.domain.history.period import day_of, period_of

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)


def test_the_last_thirty_days_by_default() -> None:
    period = period_of("", "", NOW, BERLIN)
    assert (period.first.isoformat(), period.last.isoformat()) == ("2026-03-03", "2026-04-01")
    assert not period.cut


def test_a_day_on_which_the_clocks_change_has_its_own_length() -> None:
    period = period_of("2026-03-29", "2026-03-29", NOW, BERLIN)
    assert period.since == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert period.until - period.since == timedelta(hours=23)


def test_days_in_the_wrong_order_are_turned() -> None:
    period = period_of("2026-03-05", "2026-03-01", NOW, UTC)
    assert (period.first.day, period.last.day) == (1, 5)


def test_too_many_days_are_cut_to_the_last_ones() -> None:
    period = period_of("2020-01-01", "2026-03-31", NOW, UTC)
    assert period.cut
    assert (period.until - period.since) == timedelta(days=366)


@pytest.mark.parametrize("written", ["", "today", "2026-02-30", "20260301", "1999-12-31", "9999-12-31", "-1"])
def test_what_is_no_day_is_none(written: str) -> None:
    assert day_of(written) is None
