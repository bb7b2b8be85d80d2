"""However often the export dies, wherever it goes on, billing gets the same files, once each."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from usnd.domain.billing import cdr_file
from usnd.domain.billing.cdr_file import CdrFile, FileEvent, FileState, follow
from usnd.domain.billing.delivery import There, Trouble
from usnd.domain.billing.formats import FORMATS
from usnd.services.billing.export import Client, Export, Step
from usnd.services.billing.rsync import Refusal
from usnd.services.billing.writing import path_of
from usnd.store.core.writer import Store
from workbench.docs.cdr_samples import CDR, FORM, NOON

HOURS = 3


class Died(BaseException):
    """The process is gone: no handler of errors hears of it."""


@dataclass
class Inbox:
    """A destination in memory. calls: how often a file was brought. refusal: what it answers instead."""

    files: dict[str, bytes] = field(default_factory=dict)
    calls: int = 0
    refusal: Refusal | None = None
    loses: bool = False

    def prepare(self) -> Refusal | None:
        return self.refusal

    def send(self, file: Path) -> Refusal | None:
        self.calls += 1
        if self.refusal is None and not self.loses:
            self.files[file.name] = file.read_bytes()
        return self.refusal

    def look(self, file: Path) -> There | Refusal:
        there = self.files.get(file.name)
        if there is None:
            return There.NOTHING
        return There.SAME if there == file.read_bytes() else There.OTHER


@dataclass
class World:
    """Two servers, each with a disk, one database, and the hours that go by; one record more in each."""

    store: Store
    disks: Sequence[Path]
    format: str
    inbox: Inbox = field(default_factory=Inbox)
    active: int = 0
    hour: int = 0

    @property
    def names(self) -> list[str]:
        """Of the files of all hours."""
        return [f"usn-mediation-{n:09}-20260301T{11 + n}0000Z.{self.format}" for n in range(1, HOURS + 1)]

    async def next_hour(self) -> None:
        await self.add_record()
        self.hour += 1

    async def add_record(self) -> None:
        number = await self.store.run(lambda tx: tx.cdrs.newest()) + 1
        await self.store.run(lambda tx: tx.cdrs.add(replace(CDR, call_id=f"usn-7-{number}")))

    async def export(
        self, dies_at: int | None = None, *, patient: bool = False, taken_away: bool = False
    ) -> bool:
        """dies_at: behind that many steps."""
        steps = count(1)

        def reached(_step: Step) -> None:
            if next(steps) == dies_at:
                raise Died

        now = NOON + timedelta(hours=self.hour - 1, seconds=1)
        form = replace(FORM, format=self.format, node_address="192.0.2.1")
        client = Client("mediation", form, self.inbox, taken_away)
        return await Export(self.store, self.disks[self.active], lambda: now, reached).run(
            [client], patient=patient
        )

    async def file(self, number: int) -> CdrFile:
        found = await self.store.run(lambda tx: tx.cdr_files.get("mediation", number))
        assert found is not None
        return found


@pytest.fixture(params=FORMATS)
def world(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> World:
    disks = tmp_path / "a", tmp_path / "b"
    for disk in disks:
        disk.mkdir()
    return World(store, disks, request.param)


def good(files: dict[str, bytes]) -> Iterator[int]:
    """The sequence numbers in the files, in their order, each file being whole."""
    for name, content in sorted(files.items()):
        form = FORMATS[name.rpartition(".")[2]]
        assert form.check(BytesIO(content)).faults == []
        lines = list(form.lines(BytesIO(content)))
        assert {line.values["billable_s"] for line in lines} <= {"30.012"}
        yield from (int(line.values["sequence"]) for line in lines)


async def undisturbed(world: World) -> dict[str, bytes]:
    for _ in range(HOURS):
        await world.next_hour()
        assert await world.export()
    return dict(world.inbox.files)


async def test_an_hour_after_the_other(world: World) -> None:
    files = await undisturbed(world)
    assert list(files) == world.names
    assert list(good(files)) == [1, 2, 3]
    assert world.inbox.calls == HOURS
    file = await world.file(2)
    assert (file.state, file.digest) == (
        FileState.CONFIRMED,
        hashlib.sha256(files[world.names[1]]).hexdigest(),
    )
    assert await world.export(), "nothing is left to do"
    assert world.inbox.calls == HOURS


async def test_hours_that_were_missed_have_their_files_and_the_first_has_all(world: World) -> None:
    for _ in range(HOURS):
        await world.next_hour()
        if world.hour == 1:
            await world.export()
    await world.export()
    assert list(world.inbox.files) == world.names
    assert list(good({world.names[1]: world.inbox.files[world.names[1]]})) == [2, 3]
    assert list(good({world.names[2]: world.inbox.files[world.names[2]]})) == []


STEPS_OF_A_FILE = len(Step)


@pytest.fixture
async def reference(current_file: Path, tmp_path: Path, world: World) -> dict[str, bytes]:
    """What an undisturbed run gives, of the same records, from another database."""
    shutil.copy(current_file, tmp_path / "reference.db")
    store = Store.open(f"sqlite:///{tmp_path}/reference.db")
    try:
        calm = World(store, [tmp_path / "reference"], world.format)
        for _ in range(HOURS):
            await calm.next_hour()
            assert await calm.export()
            await calm.add_record()
        return calm.inbox.files
    finally:
        await store.close()


@pytest.mark.parametrize("goes_on", [0, 1], ids=["on the same", "on the other"])
@pytest.mark.parametrize("dies_at", range(1, STEPS_OF_A_FILE + 1))
async def test_killed_behind_each_step_it_ends_as_if_it_had_not_been(
    world: World, reference: dict[str, bytes], dies_at: int, goes_on: int
) -> None:
    """Records that come between the death and the next run may not change what was closed."""
    for _ in range(HOURS):
        await world.next_hour()
        with pytest.raises(Died):
            await world.export(dies_at)
        await world.add_record()
        world.active = (world.active + goes_on) % 2
        await world.export()
    assert world.inbox.files == reference
    assert list(good(world.inbox.files)) == [1, 2, 3, 4, 5]
    states = [(await world.file(number)).state for number in range(1, HOURS + 1)]
    assert states == [FileState.CONFIRMED] * HOURS
    for world.active in (0, 1):
        await world.export()
    assert not [path for disk in world.disks for path in disk.rglob("*.part")], "nothing half is left"


async def test_both_servers_make_the_same_octets(world: World) -> None:
    files = await undisturbed(world)
    for number in range(1, HOURS + 1):
        file = await world.file(number)
        await world.store.run(
            lambda tx, one=file: tx.cdr_files.save(one, follow(one, FileEvent.RESEND, NOON))
        )
    world.active, world.inbox = 1, Inbox()
    assert await world.export()
    assert world.inbox.files == files


@pytest.mark.parametrize("harm", ["removed", "renamed", "changed"])
async def test_what_an_operator_does_to_a_file_here_does_not_reach_billing(world: World, harm: str) -> None:
    await world.next_hour()
    with pytest.raises(Died):
        await world.export(STEPS_OF_A_FILE - 4)  # written, not sent
    path = path_of(world.disks[0], await world.file(1))
    match harm:
        case "removed":
            path.unlink()
        case "renamed":
            path.rename(path.with_suffix(".old"))
        case _:
            path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert await world.export()
    assert list(good(world.inbox.files)) == [1]


async def test_a_refusal_is_kept_and_the_next_try_waits_longer(world: World) -> None:
    world.inbox.refusal = Refusal(Trouble.FULL, "No space left on device")
    await world.next_hour()
    assert not await world.export()
    file = await world.file(1)
    assert (file.state, file.trouble, file.attempts) == (FileState.WRITTEN, Trouble.FULL, 1)
    assert not await world.export(patient=True)
    assert (await world.file(1)).attempts == 1, "it is not its turn"
    world.hour += 1
    assert not await world.export(patient=True)
    assert (await world.file(1)).attempts == 2
    world.inbox.refusal = None
    assert await world.export()
    assert list(world.inbox.files) == world.names[:2]
    assert (await world.file(1)).trouble is None


async def test_three_days_away_and_all_files_come_in_their_order(world: World) -> None:
    world.inbox.refusal = Refusal(Trouble.UNREACHABLE, "No route to host")
    for _ in range(72):
        await world.next_hour()
        await world.export(patient=True)
    assert world.inbox.files == {}
    world.inbox.refusal = None
    assert await world.export()
    assert list(world.inbox.files) == sorted(world.inbox.files)
    assert list(good(world.inbox.files)) == list(range(1, 73))


async def test_another_file_of_its_name_is_written_over_by_order_alone(world: World) -> None:
    """A database that was restored from a backup counts files from there: what they had is nowhere else."""
    await world.next_hour()
    world.inbox.files[world.names[0]] = b"of a life before"
    for _ in range(2):
        assert not await world.export()
        assert world.inbox.files == {world.names[0]: b"of a life before"}
    file = await world.file(1)
    assert (file.trouble, file.said) == (
        Trouble.NOT_WHOLE,
        "another file has its name there; `usnd cdr resend mediation 1` writes over it",
    )
    await world.store.run(lambda tx: tx.cdr_files.save(file, follow(file, FileEvent.RESEND, NOON)))
    assert await world.export()
    assert list(good(world.inbox.files)) == [1]


async def test_a_link_in_place_of_a_file_is_made_a_file_again(world: World) -> None:
    await undisturbed(world)
    file = await world.file(1)
    path = path_of(world.disks[0], file)
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))
    await world.store.run(lambda tx: tx.cdr_files.save(file, follow(file, FileEvent.RESEND, NOON)))
    assert await world.export()
    assert not path.is_symlink()


async def test_a_clock_that_was_a_year_ahead_holds_nothing_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdr_file, "MOST_AT_ONCE", 3)
    await world.next_hour()
    assert await world.export()
    now, world.hour = world.hour, world.hour + 365 * 24
    world.inbox.refusal = Refusal(Trouble.UNREACHABLE, "No route to host")
    assert not await world.export(patient=True)
    world.inbox.refusal, world.hour = None, now
    await world.next_hour()
    assert await world.export(patient=True)
    assert list(good(world.inbox.files)) == [1, 2]
    assert max(world.inbox.files).endswith(f"-20260301T130000Z.{world.format}")


async def test_behind_a_clock_that_was_set_back_no_hour_is_made_up_for_twice(world: World) -> None:
    for world.hour in (1, 2, 3, 1, 4):
        await world.add_record()
        await world.export()
    assert [name.split("T")[1][:2] for name in sorted(world.inbox.files)] == ["12", "13", "14", "12", "15"]
    assert list(good(world.inbox.files)) == [1, 2, 3, 4, 5]


async def test_what_is_not_there_after_it_was_sent_is_not_confirmed(world: World) -> None:
    world.inbox.loses = True
    await world.next_hour()
    assert not await world.export()
    file = await world.file(1)
    assert (file.state, file.trouble) == (FileState.WRITTEN, Trouble.NOT_WHOLE)
    assert file.said == "it is gone: where files are moved out of the directory, set taken_away"
    world.inbox.loses = False
    assert await world.export()


async def test_where_files_are_taken_away_a_file_that_was_sent_is_confirmed(world: World) -> None:
    world.inbox.loses = True
    await world.next_hour()
    assert await world.export(taken_away=True)
    assert world.inbox.calls == 1


async def test_a_full_disk_here_marks_nothing_and_leaves_nothing(world: World, tmp_path: Path) -> None:
    await world.next_hour()
    world.disks = [Path("/dev/full"), tmp_path]
    assert not await world.export()
    file = await world.file(1)
    assert (file.state, file.trouble, file.digest) == (FileState.CLOSED, Trouble.HERE, None)
    assert world.inbox.calls == 0


@pytest.mark.parametrize("change", ["UPDATE cdrs SET cli = '+1'", "DELETE FROM cdrs"])
async def test_a_closed_file_whose_records_were_changed_is_not_sent(world: World, change: str) -> None:
    await world.next_hour()
    with pytest.raises(Died):
        await world.export(STEPS_OF_A_FILE - 4)
    path_of(world.disks[0], await world.file(1)).unlink()
    await world.store.run(lambda tx: tx.execute(text(change)))
    assert not await world.export()
    assert (await world.file(1)).trouble is Trouble.CHANGED
    assert world.inbox.files == {}


async def test_a_new_destination_gets_all_records_behind_the_last_one_that_was_removed(world: World) -> None:
    """One that a wrong clock wrote stays for longer than those around it."""
    for _ in range(5):
        await world.next_hour()
    await world.store.run(lambda tx: tx.execute(text("DELETE FROM cdrs WHERE sequence IN (2, 3)")))
    assert await world.export()
    assert list(good(world.inbox.files)) == [4, 5]


async def test_one_destination_that_refuses_does_not_hold_the_other(world: World) -> None:
    await world.next_hour()
    away, well = Inbox(refusal=Refusal(Trouble.LOGIN, "Permission denied")), Inbox()
    clients = [Client("away", FORM, away), Client("well", replace(FORM, layout=("sequence", "cli")), well)]
    now = NOON + timedelta(seconds=1)
    assert not await Export(world.store, world.disks[0], lambda: now).run(clients, patient=False)
    (content,) = well.files.values()
    assert content.decode().splitlines()[1:3] == ["N,sequence,cli", "R,1,+447700900001"]
