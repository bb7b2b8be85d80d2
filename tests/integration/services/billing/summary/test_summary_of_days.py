"""A summary and the CDR files of its day have the same records, also on days of 23 and 25 hours."""

from datetime import UTC, date, datetime, timedelta

import pytest
from billing.summary_world import HOUR, World, local_day

from usnd.cli.cdr.rows import cdr_object
from usnd.domain.billing.cdr_file import FileState
from usnd.domain.billing.summary.csv_lines import COLUMNS
from usnd.domain.conference.call import Direction


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 3, 28), 24),
        (date(2026, 3, 29), 23),
        (date(2026, 10, 25), 25),
        (date(2028, 2, 29), 24),
    ],
)
async def test_the_records_of_a_local_day(world: World, day: date, hours: int) -> None:
    local = local_day(day)
    await world.hours(local.since - 2 * HOUR, local.until + 3 * HOUR)
    assert await world.night(local.until + 3 * HOUR)
    (header,) = world.summaries.rows("U")
    assert header[1:8] == [
        "revenue",
        "1",
        day.isoformat(),
        "Europe/London",
        f"{local.since:%Y-%m-%dT%H:%M:%SZ}",
        f"{local.until:%Y-%m-%dT%H:%M:%SZ}",
        str(hours),
    ]
    assert world.summaries.rows("F") == [
        ["mediation", "3", str(2 + hours), "5", str(4 + 2 * hours), str(2 * hours)]
    ]
    # As a receiver adds up: nothing of ours but the files of both kinds.
    named = sorted(world.cdrs.files)[2 : 2 + hours]
    lines = [line.split(",") for name in named for line in world.cdrs.files[name].decode().splitlines()]
    charged = [line[17] for line in lines if line[0] == "R"]
    assert len(charged) == 2 * hours
    sums = dict(zip(COLUMNS, world.summaries.rows("S")[0], strict=True))
    assert (sums["records"], sums["legs_out"]) == (str(2 * hours), str(2 * hours))
    assert float(sums["out_s"]) == sum(map(float, charged))


async def test_the_sums_are_those_of_cdr_list(world: World) -> None:
    """Of several subscribers, in and out, with broken milliseconds."""
    local, known = local_day(date(2026, 3, 28)), 0
    for subscriber in (7, 8, 9):
        for nth, direction in enumerate((Direction.IN, Direction.OUT, Direction.OUT)):
            at = local.since + timedelta(hours=1, minutes=nth)
            await world.call(at, subscriber, 10.0009 * subscriber, direction, conference=subscriber * 10)
    await world.export(local.since + 2 * HOUR)
    await world.export(local.until + timedelta(seconds=1))
    assert await world.night(local.until + HOUR)
    found = await world.store.run(lambda tx: tx.cdrs.after(known, 100))
    listed = [cdr_object(*one) for one in found]
    for row in world.summaries.rows("R"):
        used = dict(zip(COLUMNS, row, strict=True))
        theirs = [one for one in listed if str(one["subscriber"]) == used["subscriber"]]
        assert len(theirs) == int(used["records"]) == 3
        for way in ("in", "out"):
            of_way = [one for one in theirs if one["direction"] == way]
            assert len(of_way) == int(used[f"legs_{way}"])
            assert f"{sum(float(str(one['billable_s'])) for one in of_way):.3f}" == used[f"{way}_s"]
        assert used["conferences"] == "1"


async def test_a_record_that_is_late_is_in_the_next_summary_and_none_is_in_two(world: World) -> None:
    first, second = local_day(date(2026, 3, 28)), local_day(date(2026, 3, 29))
    await world.hours(first.since, first.until, each=1)
    await world.call(first.until - timedelta(seconds=1))  # the hour's file was closed just before
    assert await world.night(first.until + HOUR)
    await world.hours(second.since, second.until, each=1)
    assert await world.night(second.until + HOUR)
    headers = world.summaries.rows("U")
    assert [header[8:10] for header in headers] == [["1", "24"], ["25", "48"]]


async def test_the_summary_waits_for_the_cdr_files_of_its_day(world: World) -> None:
    local = local_day(date(2026, 3, 28))
    await world.hours(local.since, local.until - HOUR)
    assert await world.night(local.until + HOUR)
    assert world.summaries.files == {}
    await world.hours(local.until - HOUR, local.until)
    assert await world.night(local.until + HOUR + timedelta(minutes=5))
    assert len(world.summaries.rows("U")) == 1


async def test_without_cdr_files_the_day_goes_by_when_calls_ended(world: World) -> None:
    world.destinations = ()
    local = local_day(date(2026, 3, 28))
    for hour in range(-1, 26):
        await world.call(local.since + timedelta(hours=hour, minutes=30))
    assert await world.night(local.until + 3 * HOUR)
    (header,) = world.summaries.rows("U")
    assert header[8:10] == ["2", "25"]
    assert world.summaries.rows("F") == []


async def test_days_that_were_missed_come_in_their_order_and_have_their_own(world: World) -> None:
    days = [local_day(date(2026, 3, day)) for day in (27, 28, 29, 30)]
    await world.hours(days[0].since, days[0].until, each=1)
    assert await world.night(days[0].until + HOUR)
    await world.hours(days[1].since, days[-1].until, each=1)
    assert await world.night(days[-1].until + HOUR)
    assert [row[3] for row in world.summaries.rows("U")] == [one.day.isoformat() for one in days]
    assert [row[4] for row in world.summaries.rows("F")] == ["24", "48", "71", "95"]
    names = sorted(name.rsplit("-", 1)[0] for name in world.summaries.files)
    assert names == [f"usn-revenue-{number:09}" for number in range(1, 9)]


async def test_a_day_with_nothing_in_it_has_its_files_too(world: World) -> None:
    world.destinations = ()
    local = local_day(date(2026, 3, 28))
    assert await world.night(local.until + HOUR)
    assert world.summaries.rows("U")[0][8:10] == ["1", "0"]
    assert world.summaries.rows("R") == []
    assert len(world.summaries.files) == 2
    assert (await world.file(2)).state is FileState.CONFIRMED


async def test_before_the_set_time_only_if_it_is_asked_for(world: World) -> None:
    world.destinations = ()
    first, second = local_day(date(2026, 3, 27)), local_day(date(2026, 3, 28))
    await world.night(first.until + HOUR)
    soon = second.until + timedelta(minutes=6)
    await world.night(soon)
    assert len(world.summaries.rows("U")) == 1
    await world.night(soon, early=first.day)
    assert len(world.summaries.rows("U")) == 1
    await world.night(soon, early=second.day)
    await world.night(second.until + HOUR, early=second.day)
    assert [row[3] for row in world.summaries.rows("U")] == ["2026-03-27", "2026-03-28"]


async def test_a_call_of_before_the_first_summary_is_in_none(world: World) -> None:
    world.destinations = ()
    await world.call(datetime(2026, 1, 1, tzinfo=UTC))
    local = local_day(date(2026, 3, 28))
    await world.call(local.since)
    assert await world.night(local.until + HOUR)
    assert world.summaries.rows("U")[0][8:10] == ["2", "2"]
