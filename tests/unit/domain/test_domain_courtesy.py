"""Who has no service is told so seldom, all of them together not often, and few are remembered."""

import random
from datetime import UTC, datetime, timedelta

from usnd.domain.courtesy import Courtesy, CourtesyRules

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def test_a_number_is_told_once_in_its_pause() -> None:
    courtesy = Courtesy(CourtesyRules())
    assert courtesy.admits("+1", T0)
    assert not courtesy.admits("+1", T0)
    assert not courtesy.admits("+1", T0 + HOUR - SECOND)
    assert courtesy.admits("+2", T0 + HOUR - SECOND)
    assert courtesy.admits("+1", T0 + HOUR)


def test_no_more_are_told_in_a_minute_than_set() -> None:
    courtesy = Courtesy(CourtesyRules(most_per_minute=2))
    assert [courtesy.admits(f"+{n}", T0 + n * SECOND) for n in range(4)] == [True, True, False, False]
    assert not courtesy.admits("+9", T0 + MINUTE - SECOND)
    assert courtesy.admits("+9", T0 + MINUTE)
    assert not courtesy.admits("+8", T0 + MINUTE)


def test_a_clock_that_is_set_back_begins_anew() -> None:
    courtesy = Courtesy(CourtesyRules())
    assert courtesy.admits("+1", T0)
    assert courtesy.admits("+2", T0 + 2 * SECOND)
    assert courtesy.admits("+1", T0 - HOUR)
    assert not courtesy.admits("+1", T0 - SECOND)


def test_in_a_flood_few_are_remembered_and_no_bound_is_broken() -> None:
    rng = random.Random(4)
    rules = CourtesyRules(pause=5 * MINUTE, most_per_minute=10)
    courtesy = Courtesy(rules)
    told: list[tuple[datetime, str]] = []
    now = T0
    for _ in range(20_000):
        now += timedelta(seconds=rng.random() / 10)
        number = f"+{rng.randrange(500)}"
        if courtesy.admits(number, now):
            told.append((now, number))
        assert len(courtesy._told) <= 50
    for position, (at, number) in enumerate(told):
        since = [(time, other) for time, other in told[:position] if at - time < rules.pause]
        assert number not in [other for _, other in since]
        assert sum(at - time < MINUTE for time, _ in since) < 10
    assert len(told) > 100
