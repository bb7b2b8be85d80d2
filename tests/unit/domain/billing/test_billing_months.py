"""Months follow each other without a gap, are named after their tables, and leave step by step."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from usnd.domain.billing.months import (
    AHEAD,
    MOST_AHEAD,
    MOST_AT_ONCE,
    NEXT_STEP,
    Month,
    MonthState,
    MonthStep,
    later,
    month_named,
    month_of,
    months_left,
    months_to_make,
)


def begin(year: int, month: int) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC)


NOW = datetime(2026, 11, 27, 17, 30, tzinfo=UTC)


def test_a_month_leaves_step_by_step() -> None:
    assert NEXT_STEP == {
        MonthState.ATTACHED: MonthStep.DETACH,
        MonthState.LEAVING: MonthStep.EMPTY,
        MonthState.EMPTIED: MonthStep.FINISH,
        MonthState.APART: MonthStep.DROP,
    }


def test_a_month_is_one_of_utc() -> None:
    zone = timezone(timedelta(hours=2))
    assert month_of(datetime(2026, 12, 1, 1, 59, tzinfo=zone)) == Month(begin(2026, 11))
    assert Month(begin(2026, 12)).end == begin(2027, 1)


@pytest.mark.parametrize(
    ("months", "wanted"),
    [(0, (2026, 11)), (1, (2026, 12)), (2, (2027, 1)), (-11, (2025, 12)), (-3, (2026, 8))],
)
def test_months_are_counted_over_the_year(months: int, wanted: tuple[int, int]) -> None:
    assert later(begin(2026, 11), months) == begin(*wanted)


@pytest.mark.parametrize(
    "month", [Month(begin(2026, 3)), Month(begin(2026, 12)), Month(begin(2026, 12), oldest=True)]
)
def test_a_table_is_named_after_its_month(month: Month) -> None:
    assert month_named(month.table) == month


def test_names() -> None:
    assert (Month(begin(2026, 3)).table, str(Month(begin(2026, 3)))) == ("cdrs_2026_03", "2026-03")
    oldest = Month(begin(2026, 12), oldest=True)
    assert (oldest.table, str(oldest)) == ("cdrs_before_2027_01", "before 2027-01")
    assert [month_named(name) for name in ("cdrs", "cdrs_2026_13", "cdrs_2026_00", "cdrs_2026_3x")] == [
        None
    ] * 4


def test_months_are_made_ahead_without_a_gap() -> None:
    newest = Month(begin(2026, 11))
    made = months_to_make(newest, NOW)
    assert [str(month) for month in made] == ["2026-12", "2027-01", "2027-02"]
    assert len(made) == AHEAD
    assert not months_to_make(made[-1], NOW)
    assert not months_to_make(Month(begin(2030, 1)), NOW), "the clock was ahead once"


def test_a_node_that_was_away_for_long_makes_some_at_once() -> None:
    made = months_to_make(Month(begin(2024, 1)), NOW)
    assert len(made) == MOST_AT_ONCE
    assert made[0] == Month(begin(2024, 2))


def test_a_clock_that_is_years_ahead_is_not_believed() -> None:
    newest = Month(begin(2026, 11))
    assert months_to_make(newest, later(begin(2026, 11), MOST_AHEAD - AHEAD))
    assert not months_to_make(newest, later(begin(2026, 11), MOST_AHEAD - AHEAD + 1))


@pytest.mark.parametrize(("end", "left"), [((2026, 12), 0), ((2027, 3), 3), ((2026, 10), -2)])
def test_how_many_months_are_left(end: tuple[int, int], left: int) -> None:
    assert months_left(begin(*end), NOW) == left
