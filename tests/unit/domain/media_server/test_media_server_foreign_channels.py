"""When foreign channels are an alarm, and when it is over (REQUIREMENTS C12)."""

from datetime import UTC, datetime, timedelta

from conference_scene import BOB, EVE, HER, HIM, ME, E, Scene

from usnd.domain.alarms.threshold import AlarmChange
from usnd.domain.conference.events import Control, Feature
from usnd.domain.media_server.foreign_channels import (
    LONGEST_STAY,
    QUIET,
    ForeignWatch,
    let_time_pass,
    ordered_by,
    overstayed,
    release_one,
)

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


def test_what_no_row_has_may_stay_for_a_while() -> None:
    seen, late = overstayed({}, ["a", "b"], T0)
    assert (seen, late) == ({"a": T0, "b": T0}, frozenset())
    soon = T0 + LONGEST_STAY - timedelta(seconds=1)
    seen, late = overstayed(seen, ["b", "c"], soon)
    assert (seen, late) == ({"b": T0, "c": soon}, frozenset())
    seen, late = overstayed(seen, ["b", "c"], T0 + LONGEST_STAY)
    assert (seen, late) == ({"c": soon}, {"b"})


def test_rows_have_their_live_calls_and_open_recorders() -> None:
    scene = Scene(BOB, EVE)
    scene.hear(ME, E.PLACED, E.JOINED)
    scene.do(Control(Feature.RECORD, ME))
    assert ordered_by([scene.conference]) == {ME, HIM, HER, "rec-c7-1"}
    scene.hear(HIM, E.ENDED)
    assert ordered_by([scene.conference]) == {ME, HER, "rec-c7-1"}
    assert ordered_by([]) == frozenset()
