"""Until when it holds: each limit from both sides, and the alarm of each state."""

from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.alarms.catalogue import Severity
from usnd.domain.certificates.validity import (
    CERTIFICATE_ALARMS,
    LIST_ALARMS,
    USABLE_LISTS,
    CrlState,
    Period,
    Validity,
    crl_state,
    days_left,
    validity,
    worst,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def holds(left: timedelta, since: timedelta = 300 * DAY) -> Period:
    return Period(NOW - since, NOW + left)


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (30 * DAY + SECOND, Validity.GOOD),
        (30 * DAY, Validity.ENDS_SOON),
        (7 * DAY + SECOND, Validity.ENDS_SOON),
        (7 * DAY, Validity.ENDS_THIS_WEEK),
        (SECOND, Validity.ENDS_THIS_WEEK),
        (timedelta(0), Validity.ENDED),
        (-DAY, Validity.ENDED),
    ],
)
def test_a_certificate_at_each_limit(left: timedelta, state: Validity) -> None:
    assert validity(holds(left), NOW) is state


def test_a_certificate_that_has_not_begun_is_not_good() -> None:
    assert validity(Period(NOW + SECOND, NOW + 90 * DAY), NOW) is Validity.NOT_BEGUN
    assert validity(Period(NOW, NOW + 90 * DAY), NOW) is Validity.GOOD


@pytest.mark.parametrize(
    ("lasts", "left", "state"),
    [
        (14 * DAY, 7 * DAY + SECOND, CrlState.GOOD),
        (14 * DAY, 7 * DAY, CrlState.ENDS_SOON),
        (14 * DAY, SECOND, CrlState.ENDS_SOON),
        (14 * DAY, timedelta(0), CrlState.ENDED),
        (90 * DAY, 8 * DAY, CrlState.GOOD),
        (2 * DAY, DAY + SECOND, CrlState.GOOD),
        (2 * DAY, DAY, CrlState.ENDS_SOON),
    ],
)
def test_a_list_at_each_limit(lasts: timedelta, left: timedelta, state: CrlState) -> None:
    assert crl_state(Period(NOW + left - lasts, NOW + left), NOW) is state


def test_a_list_of_the_future_cannot_be_used() -> None:
    assert crl_state(Period(NOW + SECOND, NOW + 14 * DAY), NOW) is CrlState.UNREADABLE


def test_the_worst_of_several_lists_counts_and_no_list_is_a_missing_one() -> None:
    assert worst([CrlState.GOOD, CrlState.ENDED, CrlState.ENDS_SOON]) is CrlState.ENDED
    assert worst([CrlState.MISSING, CrlState.UNREADABLE]) is CrlState.UNREADABLE
    assert worst([]) is CrlState.MISSING


def test_each_state_but_good_has_an_alarm_of_its_severity() -> None:
    assert set(CERTIFICATE_ALARMS) == set(Validity)
    assert set(LIST_ALARMS) == set(CrlState)
    found = {state: kind.severity for state, kind in (CERTIFICATE_ALARMS | LIST_ALARMS).items() if kind}
    assert found == {
        Validity.ENDS_SOON: Severity.MINOR,
        Validity.ENDS_THIS_WEEK: Severity.MAJOR,
        Validity.ENDED: Severity.CRITICAL,
        Validity.NOT_BEGUN: Severity.CRITICAL,
        CrlState.ENDS_SOON: Severity.MAJOR,
        CrlState.ENDED: Severity.CRITICAL,
        CrlState.MISSING: Severity.CRITICAL,
        CrlState.UNREADABLE: Severity.CRITICAL,
    }


def test_a_list_that_is_over_missing_or_unreadable_is_not_usable() -> None:
    assert set(CrlState) - USABLE_LISTS == {CrlState.ENDED, CrlState.MISSING, CrlState.UNREADABLE}


def test_days_are_whole_and_negative_behind_the_end() -> None:
    assert [days_left(NOW + left, NOW) for left in (DAY, DAY - SECOND, -SECOND)] == [1, 0, -1]
