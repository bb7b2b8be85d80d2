"""When foreign channels are an alarm, and when it is over (REQUIREMENTS C12)."""

from datetime import UTC, datetime, timedelta

from conference_scene import BOB, EVE, HER, HIM, ME, E, Scene

from usnd.domain.conference.events import Control, Feature
from usnd.domain.media_server.foreign_channels import (
    LONGEST_STAY,
    QUIET,
    ForeignWatch,
    is_quiet,
    ordered_by,
    overstayed,
    release_one,
)

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_each_is_counted_and_the_last_is_known() -> None:
    watch = release_one(release_one(ForeignWatch(), "Local/a", T0), "Local/b", T0 + QUIET)
    assert watch == ForeignWatch(2, "Local/b", T0 + QUIET)


def test_it_is_quiet_when_none_came_since_the_last_one_or_since_somebody_looks() -> None:
    moment = timedelta(seconds=1)
    assert not is_quiet(ForeignWatch(), T0, T0 + QUIET - moment)
    assert is_quiet(ForeignWatch(), T0, T0 + QUIET)
    watch = release_one(ForeignWatch(), "Local/a", T0 + QUIET)
    assert not is_quiet(watch, T0, T0 + 2 * QUIET - moment)
    assert is_quiet(watch, T0, T0 + 2 * QUIET)


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
