"""A closed set goes by sequence, a file has one name, a try follows another, every cell is as it says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.billing.cdr_file import (
    FILE_TABLE,
    HOUR,
    LONGEST_PAUSE,
    MOST_AT_ONCE,
    FileEvent,
    FileName,
    FileState,
    begin,
    close,
    failed,
    file_named,
    follow,
    hours_due,
    is_due,
    may_replace,
    written,
)
from usnd.domain.billing.delivery import Trouble
from workbench.docs.cdr_samples import FILE, FORM, NOON

LEADS_ON = {
    (FileState.CLOSED, FileEvent.WRITTEN): FileState.WRITTEN,
    (FileState.WRITTEN, FileEvent.SENT): FileState.SENT,
    (FileState.SENT, FileEvent.CONFIRMED): FileState.CONFIRMED,
    (FileState.SENT, FileEvent.GONE): FileState.WRITTEN,
    (FileState.SENT, FileEvent.RESEND): FileState.WRITTEN,
    (FileState.CONFIRMED, FileEvent.RESEND): FileState.WRITTEN,
}


@pytest.mark.parametrize("state", FileState)
@pytest.mark.parametrize("event", FileEvent)
def test_every_cell(state: FileState, event: FileEvent) -> None:
    assert FILE_TABLE[state, event] is LEADS_ON.get((state, event), state)


def test_the_first_file_of_a_destination_has_all_records() -> None:
    file = close(None, "mediation", NOON, range(1, 8), FORM, NOON)
    assert (file.number, file.first, file.last, file.records) == (1, 1, 7, 7)
    assert (file.since, file.until) == (NOON - HOUR, NOON)


def test_the_next_file_begins_behind_the_one_before() -> None:
    file = close(FILE, "mediation", NOON + 2 * HOUR, range(1, 1051), FORM, NOON)
    assert (file.number, file.first, file.last) == (43, 1045, 1050)


def test_an_hour_without_a_record_has_an_empty_file_and_loses_no_number() -> None:
    empty = close(FILE, "mediation", NOON + 2 * HOUR, range(1, FILE.last + 1), FORM, NOON)
    assert (empty.first, empty.last, empty.records) == (1045, 1044, 0)
    after = close(empty, "mediation", NOON + 3 * HOUR, range(1, 1047), FORM, NOON)
    assert (after.first, after.last) == (1045, 1046)


def test_a_name_has_destination_number_and_utc() -> None:
    assert FILE.name == "usn-mediation-000000042-20260301T130000Z.csv"


def test_the_long_day_has_25_hours_and_25_files() -> None:
    begin_of_day = datetime(2026, 10, 24, 22, tzinfo=UTC)  # 00:00 in Berlin
    end_of_day = datetime(2026, 10, 25, 23, tzinfo=UTC)  # 24:00 there
    hours = list(hours_due(begin_of_day, end_of_day))
    assert len(hours) == len(set(hours)) == 25


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, NOON + timedelta(minutes=20), [NOON]),
        (NOON, NOON + timedelta(minutes=59), []),
        (NOON, NOON + HOUR, [NOON + HOUR]),
        (NOON, NOON + 3 * HOUR, [NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR]),
        (NOON + HOUR, NOON, []),  # a clock that was set back
        (NOON + timedelta(days=365), NOON, [NOON]),  # one that was far ahead
    ],
)
def test_hours_that_are_due(last: datetime | None, now: datetime, due: list[datetime]) -> None:
    assert list(hours_due(last, now)) == due


def test_behind_a_clock_that_was_set_back_no_hour_is_made_up_for_twice() -> None:
    had = {NOON - HOUR, NOON}
    assert list(hours_due(NOON - 2 * HOUR, NOON + HOUR, had)) == [NOON + HOUR]
    assert list(hours_due(NOON - 2 * HOUR, NOON, had)) == [NOON], "the clock may have been ahead before"


def test_a_clock_that_is_years_ahead_makes_no_endless_run() -> None:
    now = NOON + timedelta(days=4000)
    hours = list(hours_due(NOON, now))
    assert (len(hours), hours[-1]) == (MOST_AT_ONCE, now), "the next run has none"


def test_each_try_waits_longer_and_never_longer_than_an_hour() -> None:
    file, pauses = FILE, list[timedelta]()
    for _ in range(12):
        file = begin(file, NOON)
        assert file.next_try_at is not None
        pauses.append(file.next_try_at - NOON)
    assert pauses[:4] == [timedelta(minutes=one) for one in (1, 2, 4, 8)]
    assert pauses[-1] == LONGEST_PAUSE
    assert not is_due(file, NOON)
    assert is_due(file, NOON + LONGEST_PAUSE)
    assert is_due(FILE, NOON)
    assert is_due(file, NOON - timedelta(days=365)), "the clock was ahead when the pause was set"


def test_a_confirmed_file_has_its_time_and_no_trouble() -> None:
    file = failed(begin(written(FILE, "ab", 7, NOON), NOON), Trouble.FULL, "no room")
    assert (file.trouble, file.said, file.attempts) == (Trouble.FULL, "no room", 1)
    file = follow(file, FileEvent.SENT, NOON)
    assert (file.trouble, file.attempts) == (None, 1), (
        "what follows may still fail: the pause goes on growing"
    )
    file = follow(file, FileEvent.CONFIRMED, NOON + HOUR)
    assert (file.confirmed_at, file.attempts, file.next_try_at) == (NOON + HOUR, 0, None)
    assert (file.digest, file.octets) == ("ab", 7)


def test_a_file_that_is_sent_again_is_the_same_and_its_turn_at_once() -> None:
    confirmed = replace(FILE, state=FileState.CONFIRMED, digest="ab", confirmed_at=NOON)
    again = follow(confirmed, FileEvent.RESEND, NOON)
    assert again == replace(confirmed, state=FileState.WRITTEN, confirmed_at=None)


def test_late_news_change_nothing() -> None:
    assert follow(FILE, FileEvent.CONFIRMED, NOON) is FILE
    assert follow(FILE, FileEvent.RESEND, NOON) is FILE


def test_only_an_order_lets_a_try_write_over_another_file_and_it_can_be_given_again() -> None:
    assert not may_replace(FILE)
    first = written(begin(FILE, NOON), "ab", 7, NOON)
    assert not may_replace(first)
    ordered = follow(first, FileEvent.RESEND, NOON)
    assert may_replace(ordered)
    assert not may_replace(begin(ordered, NOON))
    assert may_replace(follow(begin(ordered, NOON), FileEvent.RESEND, NOON))


def test_a_files_name_says_whose_and_of_which_hour_it_is() -> None:
    assert file_named(FILE.name) == FileName("mediation", 42, FILE.until)
    assert file_named(replace(FILE, format="ts32297").name) == FileName("mediation", 42, FILE.until)
    assert file_named("usn-a-b.c-000000001-20260301T130000Z.csv") == FileName("a-b.c", 1, FILE.until)
    for other in (
        "usn-mediation-42-20260301T130000Z.csv",
        "usn-mediation-000000042-20261301T130000Z.csv",
        "x",
    ):
        assert file_named(other) is None
