"""The plans of billing's faults: of their seed, and with all that the run is to show."""

from collections import Counter
from datetime import datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from workbench.chaos.billing.kill_plan import Way, hours, kills
from workbench.chaos.billing.month_plan import (
    BEGINS,
    DAY,
    HOUR,
    LONG_DAY,
    LONG_TALKERS,
    NODES,
    SHORT_BEGINS,
    SHORT_HOURS,
    ZONE,
    Kind,
    month_plan,
)
from workbench.chaos.billing.scripted_switch import milliseconds, moment


def test_a_month_is_of_its_seed() -> None:
    assert month_plan(3, BEGINS, 31 * 24, 31 * 60) == month_plan(3, BEGINS, 31 * 24, 31 * 60)
    assert month_plan(3, BEGINS, 31 * 24, 31 * 60) != month_plan(4, BEGINS, 31 * 24, 31 * 60)


def test_it_has_a_leap_day_a_month_end_and_a_day_of_25_hours() -> None:
    plan = month_plan(3, BEGINS, 31 * 24, 31 * 60)
    days = {moment(at).date().isoformat() for at in range(plan.begins, plan.ends, DAY)}
    assert {"2016-02-29", "2016-03-01", LONG_DAY} <= days
    zone, length = ZoneInfo(ZONE), 0
    for at in range(milliseconds(SHORT_BEGINS) - DAY, milliseconds(SHORT_BEGINS) + 2 * DAY, HOUR):
        length += moment(at).astimezone(zone).date().isoformat() == LONG_DAY
    assert length == 25


def test_it_has_faults_of_all_kinds_with_time_between_them() -> None:
    for begins, length, conferences in ((BEGINS, 31 * 24, 31 * 60), (SHORT_BEGINS, SHORT_HOURS, 40)):
        plan = month_plan(3, begins, length, conferences)
        assert {fault.kind for fault in plan.faults} == set(Kind)
        for before, after in pairwise(plan.faults):
            assert before.at + before.lasts + HOUR <= after.at
        assert plan.faults[-1].at < plan.ends


def test_each_hour_has_its_export_and_some_are_killed() -> None:
    plan = month_plan(3, BEGINS, 31 * 24, 31 * 60)
    assert [export.at // HOUR * HOUR for export in plan.exports] == list(
        range(plan.begins + HOUR, plan.ends + 1, HOUR)
    )
    killed = sum(export.kill is not None for export in plan.exports)
    assert 20 < killed < len(plan.exports) / 2


def test_a_destination_is_away_for_days_and_people_talk_for_hours() -> None:
    plan = month_plan(3, BEGINS, 31 * 24, 31 * 60)
    gone, back = plan.away
    assert back - gone == 4 * DAY
    assert plan.begins < gone < back < plan.ends
    long = [launch for launch in plan.launches if launch.subscriber in LONG_TALKERS]
    assert len(long) >= 10
    assert plan.begins <= plan.launches[0].at <= plan.launches[-1].at < plan.ends


def test_kills_are_of_their_seed_of_all_ways_and_on_both_servers() -> None:
    some = list(islice(kills(3), 500))
    assert some == list(islice(kills(3), 500))
    assert Counter(kill.way for kill in some).keys() == set(Way)
    nodes = Counter(kill.node for kill in some)
    assert set(nodes) == set(NODES)
    assert min(nodes.values()) > 150


def test_some_hours_are_empty_and_records_come_late() -> None:
    some = list(islice(hours(3), 200))
    assert some == list(islice(hours(3), 200))
    assert [number for number, _ in some] == list(range(1, 201))
    assert {hour.records == 0 for _, hour in some} == {hour.late == 0 for _, hour in some} == {True, False}


def test_time_is_counted_in_whole_milliseconds() -> None:
    at = datetime.fromisoformat("2016-02-20T01:02:03.456999+00:00")
    assert moment(milliseconds(at)) == datetime.fromisoformat("2016-02-20T01:02:03.456+00:00")
