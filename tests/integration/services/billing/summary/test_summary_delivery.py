"""However often a summary's making dies, wherever it goes on, its files are the same, once each."""

import hashlib
import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
from billing.summary_world import HOUR, Died, Inbox, World, local_day
from msgspec.structs import replace

from usnd.domain.billing.cdr_file import FileEvent, FileState, follow
from usnd.domain.billing.delivery import Trouble
from usnd.domain.billing.months import later, month_of
from usnd.domain.billing.summary.days import LocalDay
from usnd.domain.billing.summary.figures import Summary
from usnd.services.billing.export import Step
from usnd.services.billing.retention import Retention
from usnd.services.billing.rsync import Refusal
from usnd.services.billing.summary.contents import Summaries
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

FIRST, SECOND = local_day(date(2026, 3, 28)), local_day(date(2026, 3, 29))
FILES = 4
"""Of two days."""
BOB = "+447700900001"


async def two_nights(world: World, dies_at: int | None = None, goes_on: int = 0) -> dict[str, bytes]:
    world.destinations = ()
    for day in (FIRST, SECOND):
        for hour in range(3):
            await world.call(day.since + hour * HOUR)
        now = day.until + HOUR
        if dies_at is not None:
            with pytest.raises(Died):
                await world.night(now, dies_at)
            await world.register(f"+44770090{day.day.day:04}")  # changes nothing of what is made
            world.active = (world.active + goes_on) % 2
        assert await world.night(now)
    return world.summaries.files


@pytest.fixture
async def reference(current_file: Path, tmp_path: Path) -> dict[str, bytes]:
    """What an undisturbed run gives, from another database."""
    shutil.copy(current_file, tmp_path / "reference.db")
    url = f"sqlite:///{tmp_path}/reference.db"
    store = Store.open(url)
    try:
        world = World(store, url, [tmp_path / "reference"])
        await world.register(BOB)
        return await two_nights(world)
    finally:
        await store.close()


@pytest.mark.parametrize("goes_on", [0, 1], ids=["on the same", "on the other"])
@pytest.mark.parametrize("dies_at", range(1, 2 * len(Step) + 1))
async def test_killed_behind_each_step_it_ends_as_if_it_had_not_been(
    world: World, reference: dict[str, bytes], dies_at: int, goes_on: int
) -> None:
    await world.register(BOB)
    files = await two_nights(world, dies_at, goes_on)
    assert csv_of(files) == csv_of(reference)
    assert len(files) == FILES
    assert [(await world.file(number)).state for number in range(1, FILES + 1)] == [FileState.CONFIRMED] * 4
    assert world.pdfs == 2, "a PDF is made once, whichever server goes on"
    for world.active in (0, 1):
        assert await world.night(SECOND.until + HOUR)
    assert not [path for disk in world.disks for path in disk.rglob("*.part")], "nothing half is left"


def csv_of(files: dict[str, bytes]) -> dict[str, bytes]:
    """All but the counts of who is registered, which somebody was meanwhile; and the digest of that."""
    kept = {}
    for name, octets in files.items():
        if name.endswith(".csv"):
            lines = octets.splitlines(keepends=True)
            kept[name] = b"".join(line for line in lines if not line.startswith((b"C,registered", b"T,")))
    return kept


async def test_killed_behind_its_pages_nothing_is_left_of_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.destinations = ()
    await world.register(BOB)
    await world.call(FIRST.since + HOUR)
    whole = Summaries._make

    async def dies(self: Summaries, day: LocalDay, before: Summary | None, now: datetime) -> None:
        await whole(self, day, before, now)
        raise Died

    monkeypatch.setattr(Summaries, "_make", dies)
    with pytest.raises(Died):
        await world.night(FIRST.until + HOUR)
    assert await world.store.run(lambda tx: tx.summaries.page(FIRST.day, 0)) is not None
    assert world.summaries.files == {}
    monkeypatch.setattr(Summaries, "_make", whole)
    assert await world.night(FIRST.until + HOUR)
    assert len(world.summaries.rows("R")) == 1


async def test_both_servers_make_the_same_octets_of_the_row(world: World) -> None:
    files = await two_nights(world)
    for number in range(1, FILES + 1):
        file = await world.file(number)
        await world.store.run(
            lambda tx, one=file: tx.cdr_files.save(one, follow(one, FileEvent.RESEND, SECOND.until))
        )
    made, world.active, world.summaries = world.pdfs, 1, Inbox()
    assert await world.night(SECOND.until + HOUR)
    assert world.summaries.files == files
    assert world.pdfs == made, "it is kept"
    digests = [(await world.file(number)).digest for number in range(1, FILES + 1)]
    assert digests == [hashlib.sha256(octets).hexdigest() for _, octets in sorted(files.items())]


async def test_each_line_is_proved_by_the_last_one(world: World) -> None:
    for name, octets in (await two_nights(world)).items():
        if name.endswith(".csv"):
            *lines, last = octets.splitlines(keepends=True)
            count = sum(line.startswith(b"R,") for line in lines)
            assert last.decode().split(",") == [
                "T",
                str(count),
                hashlib.sha256(b"".join(lines)).hexdigest() + "\n",
            ]


async def test_each_destination_has_numbers_of_its_own(world: World) -> None:
    world.destinations = ()
    assert await world.night(FIRST.until + HOUR)
    assert await world.night(SECOND.until + HOUR, names="revenue audit")
    names = sorted(name.rsplit("-", 1)[0] for name in world.summaries.files)
    assert names == [
        "usn-audit-000000001",
        "usn-audit-000000002",
        *(f"usn-revenue-{number:09}" for number in range(1, 5)),
    ]


async def test_a_pdf_that_cannot_be_made_holds_up_no_csv_of_its_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_html: str) -> bytes:
        raise OSError(5, "the PDF cannot be made: no library")

    monkeypatch.setattr(world, "pdf", fails)
    world.destinations = ()
    await world.call(FIRST.since + HOUR)
    assert not await world.night(FIRST.until + HOUR)
    assert [name[-4:] for name in world.summaries.files] == [".csv"]
    waits = await world.file(2)
    assert (waits.trouble, waits.said.endswith("the PDF cannot be made: no library")) == (Trouble.HERE, True)


async def test_a_destination_that_is_away_gets_all_in_order_when_it_is_back(world: World) -> None:
    world.summaries.refusal = Refusal(Trouble.UNREACHABLE, "no route")
    world.destinations = ()
    await world.call(FIRST.since + HOUR)
    assert not await world.night(FIRST.until + HOUR)
    assert (await world.file(1)).trouble is Trouble.UNREACHABLE
    world.summaries.refusal = None
    assert await world.night(FIRST.until + 2 * HOUR)
    assert len(world.summaries.files) == 2


async def test_old_summaries_go_once_they_are_confirmed_but_never_the_last(world: World) -> None:
    await two_nights(world)
    after = later(month_of(SECOND.until).begin, 9)

    async def prune() -> None:
        await Retention(world.store, NoMonths(), ["revenue"], 3, lambda: after, 0).run(dry=False)

    file = await world.file(1)
    waiting = follow(file, FileEvent.RESEND, after)
    await world.store.run(lambda tx: tx.cdr_files.save(file, waiting))
    await prune()
    assert await days(world) == [FIRST.day, SECOND.day], "one of its files waits"
    await world.store.run(lambda tx: tx.cdr_files.save(waiting, file))
    await prune()
    assert await days(world) == [SECOND.day]
    assert await world.store.run(lambda tx: tx.summaries.page(FIRST.day, 0)) is None


class NoMonths:
    """Removal of whole months, of which there are none that could go."""

    def file_from(self, begin: object) -> None: ...
    def take_step(self, month: object, step: object) -> bool:
        return False


async def test_who_is_erased_is_in_no_summary_and_its_files_are_not_made_again(world: World) -> None:
    (bob,) = await world.register(BOB)

    def named(tx: Transaction) -> None:
        found = tx.subscribers.by_number(BOB)
        assert found is not None
        tx.subscribers.save_all([replace(found, name="Bob")], FIRST.since)

    await world.store.run(named)
    await world.call(FIRST.since + HOUR, bob)
    await two_nights(world)
    put = "+99900000000001"
    for day in await days(world):
        await world.store.run(lambda tx, one=day: tx.summaries.erase(one, BOB, [bob], put, SECOND.until))
    page = await world.store.run(lambda tx: tx.summaries.page(FIRST.day, 0))
    assert page is not None
    assert {(line.subscriber, line.number, line.name) for line in page.lines} >= {(bob, put, "")}
    assert BOB not in {line.number for line in page.lines if line.subscriber == bob}
    assert await world.store.run(lambda tx: tx.summaries.pdf(FIRST.day)) is None
    assert (await world.file(1)).erased_at is not None


async def days(world: World) -> list[date]:
    return await world.store.run(lambda tx: tx.summaries.days())


async def test_the_file_of_a_record_is_a_cdr_file(world: World) -> None:
    """`usnd cdr explain` tells where billing got it."""
    await world.hours(FIRST.since, FIRST.until, each=1)
    assert await world.night(FIRST.until + HOUR)
    having = await world.store.run(lambda tx: tx.cdr_files.having(3))
    assert [file.destination for file in having] == ["mediation"]
