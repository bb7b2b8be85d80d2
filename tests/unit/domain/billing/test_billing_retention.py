"""A month goes when it is old and every destination has confirmed all of it; else it is said why not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.billing.cdr_file import FileState
from usnd.domain.billing.months import Month, MonthState
from usnd.domain.billing.punctuality import Standing
from usnd.domain.billing.retention import (
    MonthContent,
    Verdict,
    Why,
    confirmed_through,
    judge,
    kept_since,
    removable_through,
)
from workbench.docs.cdr_samples import FILE

SINCE = datetime(2026, 8, 1, tzinfo=UTC)
JULY = Month(datetime(2026, 7, 1, tzinfo=UTC))
AUGUST = Month(SINCE)
LAST = SINCE - timedelta(seconds=1)
FULL = MonthContent(JULY, MonthState.ATTACHED, 900, LAST)


def test_whole_months_are_kept() -> None:
    assert kept_since(datetime(2026, 11, 27, 17, 30, tzinfo=UTC), 3) == SINCE
    assert kept_since(datetime(2026, 2, 1, tzinfo=UTC), 3) == datetime(2025, 11, 1, tzinfo=UTC)


def test_what_a_destination_has_confirmed() -> None:
    last = replace(FILE, state=FileState.CONFIRMED)
    assert confirmed_through(Standing(None, None, 0)) == 0, "it wants all that there is"
    assert confirmed_through(Standing(last, None, 0)) == FILE.last
    assert confirmed_through(Standing(last, replace(FILE, number=40, first=900), 1)) == 899, (
        "it is sent again"
    )


@pytest.mark.parametrize(
    ("content", "confirmed", "verdict"),
    [
        (FULL, {}, Verdict(Why.OLD)),
        (FULL, {"mediation": 900, "fraud": 901}, Verdict(Why.OLD)),
        (
            FULL,
            {"mediation": 899, "fraud": 0, "night": 900},
            Verdict(Why.UNCONFIRMED, ("fraud", "mediation")),
        ),
        (replace(FULL, month=AUGUST), {}, Verdict(Why.KEPT)),
        (replace(FULL, last_stop=SINCE), {}, Verdict(Why.RECENT)),
        (MonthContent(JULY, MonthState.ATTACHED), {"mediation": 0}, Verdict(Why.EMPTY)),
        (replace(FULL, state=MonthState.APART), {"mediation": 899}, Verdict(Why.UNCONFIRMED, ("mediation",))),
    ],
)
def test_what_becomes_of_a_month(content: MonthContent, confirmed: dict[str, int], verdict: Verdict) -> None:
    assert judge(content, confirmed, SINCE) == verdict
    assert verdict.goes == (verdict.why in {Why.OLD, Why.EMPTY})


def test_records_go_one_by_one_where_they_are_not_kept_by_months() -> None:
    oldest = replace(FULL, month=Month(JULY.begin, oldest=True))
    later = MonthContent(AUGUST, MonthState.ATTACHED, 1200, SINCE)
    assert removable_through(1200, {}, ()) == 1200
    assert removable_through(1200, {"mediation": 700}, ()) == 700
    assert removable_through(1200, {}, (oldest, later)) == 900
    assert removable_through(1200, {"mediation": 700}, (oldest, later)) == 700
    assert removable_through(1200, {}, (later,)) == 0, "the oldest one has gone"
