"""Files reach a destination by the real rsync, ssh, sshd and rrsync: whole or not at all, no litter."""

import random
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from usnd.domain.billing.cdr_file import CdrFile, FileState
from usnd.domain.billing.delivery import There, Trouble
from usnd.services.billing.export import Client, Export
from usnd.services.billing.rsync import INCOMING, Destination, Refusal, Rsync
from usnd.store.core.writer import Store
from workbench.docs.cdr_samples import CDR, FORM, NOON
from workbench.parts.ports import PortBlock
from workbench.parts.receiver import Receiver

RECORDS = 400
KILLS = 12


def destination(receiver: Receiver) -> Destination:
    return Destination(
        "mediation", receiver.host, receiver.port, receiver.user, ".", receiver.key, receiver.host_key
    )


@pytest.fixture
def way(receiver: Receiver, tmp_path: Path) -> Rsync:
    return Rsync(destination(receiver), tmp_path / "place")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "usn-mediation-000000001-20260301T120000Z.csv"
    path.write_bytes(random.Random(1).randbytes(60_000))
    return path


def refused(found: object) -> Trouble:
    assert isinstance(found, Refusal), found
    return found.trouble


def test_a_file_is_there_whole_and_twice_is_once(receiver: Receiver, way: Rsync, file: Path) -> None:
    assert way.prepare() is None
    assert way.look(file) is There.NOTHING
    for _ in range(2):
        assert way.send(file) is None
        assert way.look(file) is There.SAME
    assert receiver.files() == {file.name: file.read_bytes()}
    assert receiver.litter() == []


def test_of_a_link_rsync_says_nothing_and_that_is_no_proof(
    receiver: Receiver, way: Rsync, file: Path
) -> None:
    way.prepare()
    file.rename(file.with_suffix(".moved"))
    file.symlink_to(file.with_suffix(".moved"))
    way.send(file)
    assert refused(way.look(file)) is Trouble.HERE
    assert receiver.files() == {}


def test_what_was_changed_there_is_seen_and_mended(receiver: Receiver, way: Rsync, file: Path) -> None:
    way.prepare()
    way.send(file)
    there = receiver.inbox / file.name
    there.write_bytes(there.read_bytes()[:-1] + b"x")
    assert way.look(file) is There.OTHER
    assert way.send(file) is None
    assert way.look(file) is There.SAME


@pytest.mark.parametrize("octets", random.Random(20260301).sample(range(1, 59_000), KILLS))
def test_killed_at_any_octet_it_is_absent_or_whole_and_the_next_hour_clears_up(
    receiver: Receiver, way: Rsync, file: Path, octets: int
) -> None:
    assert way.prepare() is None
    receiver.kill_after(octets)
    assert refused(way.send(file)) in (Trouble.BROKEN_OFF, Trouble.REFUSED)
    assert receiver.files() in ({}, {file.name: file.read_bytes()})
    receiver.kill_after(None)
    assert way.prepare() is None
    assert receiver.litter() == []
    assert way.send(file) is None
    assert way.look(file) is There.SAME


def test_what_a_killed_rsync_left_is_cleared_and_other_files_stay(
    receiver: Receiver, way: Rsync, file: Path
) -> None:
    assert way.prepare() is None
    (receiver.inbox / INCOMING / f".{file.name}.x9Zk2a").write_bytes(b"half")
    (receiver.inbox / "somebody-else.csv").write_bytes(b"theirs")
    assert way.prepare() is None
    assert receiver.litter() == []
    assert list(receiver.files()) == ["somebody-else.csv"]


@pytest.mark.parametrize("other", ["link", "file"])
def test_what_is_not_ours_stays_whatever_has_the_name_of_our_directory(
    receiver: Receiver, way: Rsync, file: Path, other: str
) -> None:
    archive = receiver.inbox / "archive"
    archive.mkdir()
    (archive / "theirs.csv").write_bytes(b"theirs")
    if other == "link":
        (receiver.inbox / INCOMING).symlink_to("archive")
    else:
        (receiver.inbox / INCOMING).touch()
    assert way.prepare() is None
    assert way.send(file) is None
    assert way.look(file) is There.SAME
    assert (archive / "theirs.csv").read_bytes() == b"theirs"


async def test_another_host_key_is_refused_and_nothing_is_sent(
    receiver: Receiver, way: Rsync, file: Path
) -> None:
    await receiver.end()
    receiver.make_key("host")
    await receiver.start()
    for found in (way.prepare(), way.send(file), way.look(file)):
        assert refused(found) is Trouble.HOST_KEY
    assert receiver.files() == {}


def test_a_key_that_is_not_let_in(receiver: Receiver, way: Rsync) -> None:
    receiver.make_key("key")
    assert refused(way.prepare()) is Trouble.LOGIN


def test_a_key_that_is_not_on_this_server_is_named(receiver: Receiver, way: Rsync) -> None:
    receiver.key.write_text("no key\n")
    spoilt = way.prepare()
    assert refused(spoilt) is Trouble.LOGIN
    assert f'Load key "{receiver.key}"' in str(spoilt)
    receiver.key.unlink()
    assert way.prepare() == Refusal(Trouble.LOGIN, f"{receiver.key}: No such file or directory")


def test_a_directory_of_our_own_that_cannot_be_made_is_our_trouble(
    receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    assert refused(Rsync(destination(receiver), tmp_path / "file/place").prepare()) is Trouble.HERE


async def test_a_banner_is_not_taken_for_what_is_wrong(receiver: Receiver, way: Rsync) -> None:
    banner = receiver.home / "banner"
    banner.write_text("Host key verification failed. No space left on device.\n")
    await receiver.end()
    with (receiver.home / "sshd_config").open("a") as config:
        config.write(f"Banner {banner}\n")
    await receiver.start()
    assert way.prepare() is None
    (receiver.home / "programs/rsync").unlink()
    found = way.prepare()
    assert isinstance(found, Refusal)
    assert found.trouble not in {Trouble.HOST_KEY, Trouble.FULL, Trouble.LOGIN}
    assert "verification" not in found.said


async def test_nobody_there(receiver: Receiver, way: Rsync) -> None:
    await receiver.end()
    assert refused(way.prepare()) is Trouble.UNREACHABLE


def test_our_key_runs_nothing_but_rsync_in_its_directory(
    receiver: Receiver, tmp_path: Path, file: Path
) -> None:
    outside = replace(destination(receiver), directory="../")
    assert refused(Rsync(outside, tmp_path / "place").prepare()) is Trouble.REFUSED
    ssh = Rsync(destination(receiver), tmp_path / "place")
    ssh.prepare()
    command = [*ssh._ssh(), f"{receiver.user}@{receiver.host}", "cat /etc/passwd"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "root:" not in done.stdout


def test_a_directory_that_may_not_be_written_at_the_rename(
    receiver: Receiver, way: Rsync, file: Path
) -> None:
    assert way.prepare() is None
    receiver.inbox.chmod(0o555)  # its own directory below stays writable: it fails at the rename
    try:
        assert refused(way.send(file)) is Trouble.READ_ONLY
        assert way.look(file) is There.NOTHING
    finally:
        receiver.inbox.chmod(0o755)
    assert receiver.litter() == []
    assert way.send(file) is None
    assert way.look(file) is There.SAME


async def test_a_full_disk_there(tree: Path, ports: PortBlock, sender_programs: Path, file: Path) -> None:
    async with Receiver(tree, ports.spare(0), room=32_768) as receiver:
        way = Rsync(destination(receiver), file.parent / "place")
        assert way.prepare() is None
        assert refused(way.send(file)) is Trouble.FULL
        assert receiver.files() == {}
        assert receiver.litter() == []
        file = little(file)
        assert way.send(file) is None
        assert receiver.files() == {file.name: b"little\n"}


def little(file: Path) -> Path:
    file.write_bytes(b"little\n")
    return file


async def test_hours_of_records_reach_the_destination_and_sha256sum_agrees(
    receiver: Receiver, way: Rsync, store: Store, tmp_path: Path
) -> None:
    """Read there by awk and sha256sum, not by our code."""
    export = Export(store, tmp_path / "files", lambda: NOON + timedelta(hours=hour, seconds=1))
    client = Client("mediation", FORM, way)
    for hour in range(3):
        await store.run(lambda tx, of=hour: [tx.cdrs.add(one) for one in records(of)] and None)
        assert await export.run([client], patient=True)
    await receiver.end()
    await store.run(lambda tx: [tx.cdrs.add(one) for one in records(3)] and None)
    hour = 3
    assert not await export.run([client], patient=True)
    assert (await newest(store)).trouble is Trouble.UNREACHABLE
    await receiver.start()
    assert await export.run([client], patient=False)
    assert (await newest(store)).state is FileState.CONFIRMED
    check_there(receiver.inbox)
    assert receiver.litter() == []


def check_there(inbox: Path) -> None:
    paths = sorted(inbox.glob("*.csv"))
    assert len(paths) == 4
    for path in paths:
        command = f"sed '$d' {path} | sha256sum | cut -d' ' -f1; awk -F, '/^T/ {{ print $3, $2 }}' {path}"
        command += f"; grep -c ^R {path}"
        digest, trailer, count = subprocess.check_output(["sh", "-c", command], text=True).splitlines()
        assert trailer == f"{digest} {count}" == f"{digest} {RECORDS}"
    awk = ["awk", "-F,", '/^R/ { print $2; s += $18 } END { printf "%.3f\\n", s }', *map(str, paths)]
    *numbers, seconds = subprocess.check_output(awk, text=True).splitlines()
    assert [int(one) for one in numbers] == list(range(1, 4 * RECORDS + 1))
    assert seconds == f"{4 * RECORDS * 30.012:.3f}"


async def newest(store: Store) -> CdrFile:
    (file,) = await store.run(lambda tx: tx.cdr_files.newest("mediation", 1))
    return file


def records(hour: int) -> list[object]:
    return [replace(CDR, call_id=f"usn-{hour}-{number}") for number in range(RECORDS)]
