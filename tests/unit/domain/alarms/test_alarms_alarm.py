"""What a new life of usnd makes of the former's alarms, and what is left of changes that nobody writes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from usnd.domain.alarms.alarm import Alarm, TakenOver, newest_of_each, take_over
from usnd.domain.alarms.catalogue import ASTERISK_DOWN, TRUNK_DOWN

BEFORE = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = BEFORE + timedelta(minutes=5)
A, B = Alarm(TRUNK_DOWN, "a", BEFORE, "in_use=2"), Alarm(TRUNK_DOWN, "b", BEFORE)


def test_an_alarm_names_its_object() -> None:
    assert (A.key, A.where) == (("trunk-down", "a"), "trunk a")
    assert (Alarm(ASTERISK_DOWN, "", NOW).key, Alarm(ASTERISK_DOWN, "", NOW).where) == (
        ("asterisk-down", ""), "Asterisk",
    )  # fmt: skip


def test_what_no_owner_has_spoken_of_stays_raised_since_it_was() -> None:
    assert take_over({}, (), [A, B], NOW) == TakenOver({A.key: A, B.key: B}, ())


def test_what_is_raised_again_is_raised_since_the_former_life_saw_it() -> None:
    here, new = replace(A, raised_at=NOW), Alarm(ASTERISK_DOWN, "", NOW)
    assert take_over({A.key: here, new.key: new}, (), [A], NOW) == TakenOver({A.key: A, new.key: new}, ())


def test_what_its_owner_found_over_already_is_cleared() -> None:
    assert take_over({}, {B.key}, [A, B], NOW) == TakenOver({A.key: A}, (replace(B, cleared_at=NOW),))


def test_of_each_alarm_the_last_two_changes_are_left() -> None:
    def at(seconds: int) -> datetime:
        return BEFORE + timedelta(seconds=seconds)

    first = replace(A, cleared_at=at(1))
    again = replace(A, raised_at=at(2))
    over = replace(again, cleared_at=at(3))
    last = replace(A, raised_at=at(4))
    assert newest_of_each([A, first, B, again, over, last]) == [B, over, last]
    assert newest_of_each([A]) == [A]
