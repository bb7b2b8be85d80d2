"""When foreign channels are an alarm, and when it is over (REQUIREMENTS C12)."""

from datetime import UTC, datetime, timedelta

from usnd.domain.alarm import AlarmChange
from usnd.domain.foreign import QUIET, ForeignWatch, let_time_pass, release_one

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_first_raises_the_alarm_and_each_is_counted() -> None:
    watch, change = release_one(ForeignWatch(), "Local/a", T0)
    assert change is AlarmChange.RAISED
    watch, change = release_one(watch, "Local/b", T0 + QUIET)
    assert change is None
    assert (watch.released, watch.last, watch.last_at) == (2, "Local/b", T0 + QUIET)


def test_a_quiet_time_ends_it_and_the_count_stays() -> None:
    raised, _ = release_one(ForeignWatch(), "Local/a", T0)
    assert let_time_pass(raised, T0 + QUIET - timedelta(seconds=1)) == (raised, None)
    watch, change = let_time_pass(raised, T0 + QUIET)
    assert (watch.released, watch.raised, change) == (1, False, AlarmChange.CLEARED)
    assert let_time_pass(watch, T0 + 2 * QUIET) == (watch, None)
    assert release_one(watch, "Local/b", T0 + 2 * QUIET)[1] is AlarmChange.RAISED


def test_nothing_happens_without_one() -> None:
    assert let_time_pass(ForeignWatch(), T0) == (ForeignWatch(), None)
