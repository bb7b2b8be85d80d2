"""Who has no service is told so seldom, all of them together not often, and few are remembered."""

import random
from datetime import UTC, datetime, timedelta

from usnd.domain.replies.no_service import NoServiceReplies, NoServiceRules

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def test_a_number_is_told_once_in_its_pause() -> None:
    no_service = NoServiceReplies(NoServiceRules())
    assert no_service.admits("+1", T0)
    assert not no_service.admits("+1", T0)
    assert not no_service.admits("+1", T0 + HOUR - SECOND)
    assert no_service.admits("+2", T0 + HOUR - SECOND)
    assert no_service.admits("+1", T0 + HOUR)


def test_no_more_are_told_in_a_minute_than_set() -> None:
    no_service = NoServiceReplies(NoServiceRules(most_per_minute=2))
    assert [no_service.admits(f"+{n}", T0 + n * SECOND) for n in range(4)] == [True, True, False, False]
    assert not no_service.admits("+9", T0 + MINUTE - SECOND)
    assert no_service.admits("+9", T0 + MINUTE)
    assert not no_service.admits("+8", T0 + MINUTE)


def test_a_clock_that_is_set_back_begins_anew() -> None:
    no_service = NoServiceReplies(NoServiceRules())
    assert no_service.admits("+1", T0)
    assert no_service.admits("+2", T0 + 2 * SECOND)
    assert no_service.admits("+1", T0 - HOUR)
    assert not no_service.admits("+1", T0 - SECOND)


def test_in_a_flood_few_are_remembered_and_no_bound_is_broken() -> None:
    rng = random.Random(4)
    rules = NoServiceRules(pause=5 * MINUTE, most_per_minute=10)
    no_service = NoServiceReplies(rules)
    told: list[tuple[datetime, str]] = []
    now = T0
    for _ in range(20_000):
        now += timedelta(seconds=rng.random() / 10)
        number = f"+{rng.randrange(500)}"
        if no_service.admits(number, now):
            told.append((now, number))
        assert len(no_service._told) <= 50
    for position, (at, number) in enumerate(told):
        since = [(time, other) for time, other in told[:position] if at - time < rules.pause]
        assert number not in [other for _, other in since]
        assert sum(at - time < MINUTE for time, _ in since) < 10
    assert len(told) > 100
