"""Records and files go when they are old and confirmed, not before; who holds them up is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from usnd.domain.alarms.catalogue import CDR_MONTHS_RUN_OUT, CDR_RETENTION_HELD, CDR_RETENTION_LATE
from usnd.domain.billing.cdr_file import CdrFile, FileState
from usnd.domain.billing.months import Month, MonthStep, later, month_of
from usnd.domain.billing.retention import kept_since
from usnd.services.alarms.alarms import Alarms
from usnd.services.billing import old_files, retention
from usnd.services.billing.old_files import prune_files
from usnd.services.billing.retention import Pruned, Retention
from usnd.services.billing.retention_watch import RetentionWatch
from usnd.store.billing.month_removal import file_from, take_step
from usnd.store.core.engine import engine_for
from usnd.store.core.writer import Store
from workbench.docs.cdr_samples import CDR, FILE

THIS = month_of(datetime.now(UTC))
OLD = later(THIS.begin, 0) + timedelta(minutes=1)
"""When the records ended that are to go: in the month in which the database files them."""
AFTER = later(THIS.begin, 4) + timedelta(hours=1)
"""By then they may go."""
BEFORE = AFTER - timedelta(hours=2)
KEEP = 3


@dataclass
class Months:
    """The real ones. busy: so many steps find somebody in the way."""

    url: str
    busy: int = 0
    steps: list[MonthStep] = field(default_factory=list)

    def file_from(self, begin: datetime) -> None:
        file_from(self.url, begin)

    def take_step(self, month: Month, step: MonthStep) -> bool:
        self.steps.append(step)
        self.busy -= 1
        return self.busy < 0 and take_step(self.url, month, step)


@dataclass
class World:
    """A store with records, and one destination."""

    store: Store
    months: Months
    now: datetime = AFTER
    destinations: Sequence[str] = ("mediation",)

    async def add(self, count: int, stop: datetime = OLD) -> None:
        for _ in range(count):
            number = await self.store.run(lambda tx: tx.cdrs.newest()) + 1
            cdr = replace(CDR, call_id=f"usn-7-{number}", stop=stop)
            await self.store.run(lambda tx, cdr=cdr: tx.cdrs.add(cdr))

    async def file(
        self, number: int, first: int, last: int, state: FileState = FileState.CONFIRMED
    ) -> CdrFile:
        until = OLD.replace(minute=0) + number * timedelta(hours=1)
        file = replace(FILE, number=number, first=first, last=last, state=state, until=until)
        await self.store.run(lambda tx: tx.cdr_files.add(file))
        return file

    async def prune(self, *, dry: bool = False) -> list[Pruned]:
        of = Retention(self.store, self.months, self.destinations, KEEP, lambda: self.now, pause=0.01)
        return await of.run(dry=dry)

    async def sequences(self) -> list[int]:
        return [sequence for sequence, _ in await self.store.run(lambda tx: tx.cdrs.after(0, 9999))]


@pytest.fixture
def world(store: Store, url: str) -> World:
    return World(store, Months(url))


def gone(done: list[Pruned]) -> int:
    """Records that went."""
    return sum(one.records for one in done if one.done)


async def test_what_is_old_and_confirmed_goes_and_numbers_go_on(world: World) -> None:
    await world.add(3)
    await world.file(1, 1, 3)
    assert gone(await world.prune(dry=True)) == 3
    assert await world.sequences() == [1, 2, 3], "a dry run changes nothing"
    await world.prune()
    assert await world.sequences() == []
    await world.add(1, AFTER)
    assert await world.sequences() == [4]
    assert [one for one in await world.prune() if one.done] == []


async def divided(world: World) -> bool:
    return await world.store.run(lambda tx: tx.cdr_months.divided())


async def test_nothing_goes_before_its_time(world: World) -> None:
    await world.add(3)
    await world.file(1, 1, 3)
    world.now = BEFORE
    assert gone(await world.prune()) == 0
    assert await world.sequences() == [1, 2, 3]


@pytest.mark.parametrize("state", [FileState.CLOSED, FileState.WRITTEN, FileState.SENT])
async def test_nothing_goes_that_a_destination_has_not_confirmed(world: World, state: FileState) -> None:
    await world.add(3)
    await world.file(1, 1, 3, state)
    done = await world.prune()
    assert await world.sequences() == [1, 2, 3]
    if await divided(world):
        assert done[0].held_by == ("mediation",)
        assert (done[0].done, done[0].records) == (False, 3)


async def test_a_destination_without_a_file_wants_all_that_there_is(world: World) -> None:
    await world.add(3)
    await world.file(1, 1, 3)
    world.destinations = ("mediation", "fraud")
    await world.prune()
    assert await world.sequences() == [1, 2, 3]
    world.destinations = ()
    await world.prune()
    assert await world.sequences() == [], "without a destination only the time counts"


async def test_records_that_a_clock_of_the_future_wrote_stay(world: World) -> None:
    await world.add(1, AFTER)
    await world.file(1, 1, 1)
    await world.prune()
    assert await world.sequences() == [1]


async def test_what_is_old_goes_past_what_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one: of before the months, or all on SQLite. One that a wrong clock wrote is in nobody's way."""
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    await world.add(1, AFTER)
    await world.add(6)
    await world.add(1, AFTER)
    await world.file(1, 1, 8)
    await world.prune()
    assert await world.sequences() == [1, 8]


async def test_records_in_part_confirmed_go_as_far_as_they_are(world: World) -> None:
    await world.add(4)
    await world.file(1, 1, 2)
    await world.file(2, 3, 4, FileState.SENT)
    await world.prune()
    assert await world.sequences() == [3, 4]


async def test_somebody_in_the_way_is_waited_for_and_then_left_alone(world: World) -> None:
    if not await divided(world):
        assert [one.what for one in await world.prune()] == ["records"], "nothing to wait for"
        return
    await world.add(3)
    await world.file(1, 1, 3)
    world.months.busy = retention.TRIES
    done = await world.prune()
    assert (done[0].done, done[0].why) == (False, "somebody reads it: the next run tries again")
    world.months.busy = 2
    assert (await world.prune())[0].done
    assert world.months.steps[-1] is MonthStep.DROP


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_records_go_though_somebody_reads_other_months(world: World, url: str) -> None:
    """At once, without a pause; the empty table goes later."""
    await world.add(3)
    await world.file(1, 1, 3)
    others = text("SELECT sequence FROM cdrs WHERE filed_at >= :since")
    with engine_for(url).connect() as reader:
        reader.execute(others, {"since": THIS.end})
        (month, *_) = await world.prune()
        assert (month.done, month.records) == (True, 3)
        assert "emptied" in month.why
        assert world.months.steps[:3] == [MonthStep.DETACH, MonthStep.EMPTY, MonthStep.FINISH]
        assert set(world.months.steps[3:]) == {MonthStep.FINISH}
        assert await world.sequences() == []
        (month, *_) = await world.prune()
        assert (month.done, month.records) == (True, 0)
    (month, *_) = await world.prune()
    assert (month.done, month.why) == (True, "old enough, and has no records")
    assert world.months.steps[-2:] == [MonthStep.FINISH, MonthStep.DROP]


async def test_a_month_that_somebody_wants_again_meanwhile_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not await divided(world):
        return
    await world.add(3)
    file = await world.file(1, 1, 3)
    asked = Retention._look
    looks = count(1)

    async def look(self: Retention, month: Month) -> object:
        if next(looks) == 1:
            again = replace(file, state=FileState.WRITTEN)
            await world.store.run(lambda tx: tx.cdr_files.save(file, again))
        return await asked(self, month)

    monkeypatch.setattr(Retention, "_look", look)
    (month, *_) = await world.prune()
    assert (month.done, month.why) == (False, "not confirmed by all destinations")
    assert await world.sequences() == [1, 2, 3]


async def test_rows_of_old_files_go_but_never_the_newest(world: World) -> None:
    for number in range(1, 4):
        await world.file(number, 1, 0)
    await world.prune()
    left = await world.store.run(lambda tx: tx.cdr_files.newest("mediation", 9))
    assert [file.number for file in left] == [3]


async def test_files_on_the_disk_go_when_they_are_old_and_confirmed(world: World, tmp_path: Path) -> None:
    files = [await world.file(1, 1, 0), await world.file(2, 1, 0, FileState.WRITTEN)]
    forgotten, young = replace(FILE, number=9, until=OLD), replace(FILE, number=3, until=AFTER)
    stranger, other = (
        replace(FILE, destination="gone", number=1, until=OLD),
        replace(files[1], destination="x"),
    )
    place = tmp_path / "disk"
    for file in (*files, forgotten, young, stranger):
        path = place / file.destination / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (place / "mediation" / "notes.txt").write_text("x")
    (place / "mediation" / other.name).write_text("in another's directory")
    young_erased = replace(young, number=4, state=FileState.CONFIRMED, erased_at=AFTER)
    (place / "mediation" / young_erased.name).write_text("x")
    rows = {(file.destination, file.number): file for file in (*files, young_erased)}
    since = kept_since(AFTER, KEEP)

    def run(*, dry: bool) -> dict[str, bool]:
        found = prune_files(place, {"mediation"}, lambda *key: rows.get(key), since, dry=dry)
        return {one.name: one.done for one in found}

    wanted = {
        young_erased.name: True,
        stranger.name: True,
        files[0].name: True,
        files[1].name: False,
        forgotten.name: True,
    }
    assert run(dry=True) == run(dry=False) == wanted
    left = {path.name for path in place.rglob("*") if path.is_file()}
    assert left == {files[1].name, young.name, "notes.txt", other.name}
    assert not list(old_files.prune_files(tmp_path / "none", set(), lambda *_: None, since, dry=False))


async def test_parts_of_a_call_that_have_gone_are_not_written_again(world: World) -> None:
    """Of a call that goes on for longer than records stay: a restarted usnd offers all parts once more."""
    parts = [
        replace(
            CDR, call_id=f"usn-7-2#{part}", interim_of="usn-7-2", part=part, stop=OLD if part == 1 else AFTER
        )
        for part in (1, 2)
    ]
    for part in parts:
        await world.store.run(lambda tx, part=part: tx.cdrs.add_interim(part))
    world.destinations = ()
    await world.prune()
    assert await world.sequences() == [2]
    assert [await world.store.run(lambda tx, part=part: tx.cdrs.add_interim(part)) for part in parts] == [
        None,
        2,
    ]


@pytest.fixture
def alarms() -> Alarms:
    return Alarms(lambda: AFTER)


def raised(alarms: Alarms) -> set[str]:
    return {alarm.kind.name for alarm in alarms.raised}


async def test_the_alarms_say_who_holds_what_up(world: World, alarms: Alarms) -> None:
    watch = RetentionWatch(world.store, ["mediation"], KEEP, alarms, lambda: world.now)
    await world.add(2)
    await watch.look()
    assert raised(alarms) == set(), "a day of grace"
    world.now = AFTER + timedelta(days=1)
    await watch.look()
    assert raised(alarms) == {CDR_RETENTION_HELD.name}
    await world.file(1, 1, 2)
    await watch.look()
    assert raised(alarms) == set()
    world.now = AFTER + timedelta(days=3)
    await watch.look()
    assert raised(alarms) == {CDR_RETENTION_LATE.name}
    await world.prune()
    await watch.look()
    assert raised(alarms) == set()


async def test_months_are_made_ahead_or_an_alarm_says_that_they_run_out(world: World, alarms: Alarms) -> None:
    watch = RetentionWatch(world.store, ["mediation"], KEEP, alarms, lambda: world.now)
    await watch.make_ahead()
    assert raised(alarms) == set()
    made = await world.store.run(lambda tx: tx.cdr_months.made_until())
    assert made == (later(AFTER, 4).replace(day=1, hour=0) if await divided(world) else None)
    world.now = later(THIS.begin, 100)
    await watch.make_ahead()
    assert raised(alarms) == ({CDR_MONTHS_RUN_OUT.name} if await divided(world) else set())
    world.now = AFTER
    await watch.make_ahead()
    assert raised(alarms) == set()
