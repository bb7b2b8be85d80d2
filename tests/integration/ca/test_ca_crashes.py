"""Each command is killed between any two of its writes: the next one finds a directory that it can work with.

What must then hold: whoever was given a whole certificate is in the record and can be revoked; what the
record says is revoked is on the published list; what is not in the record was given to nobody.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ca_home import Home
from outside_authorities import NOW, SIGNS, listed, made, verdict

from usnd.ca.authority import init, opened
from usnd.ca.disk import CaError, Disk
from usnd.ca.record import Reason
from usnd.ca.trust import trust, untrust

KILLED = 9
MOST_STEPS = 60
THREADS = Path("/proc/self/task")
AT_FIRST = len([*THREADS.iterdir()])
PATIENCE = 5.0

ROOT = made("Outside Root", uses=SIGNS)
LIST = listed(ROOT)

Command = Callable[[Home, Disk], None]


def let_threads_end() -> None:
    """Those that published are over for Python a moment before they are for OpenSSL: what it has locked then
    would stay locked in a copy of this process.
    """
    until = time.monotonic() + PATIENCE
    while len([*THREADS.iterdir()]) > AT_FIRST and time.monotonic() < until:
        time.sleep(0.001)


def killed_before(step: int, home: Home, command: Command) -> bool:
    """Runs it in a process of its own, which is ended before that step; whether it came so far."""
    taken = 0

    def count(_next: str) -> None:
        nonlocal taken
        if taken == step:
            os._exit(KILLED)
        taken += 1

    let_threads_end()
    child = os.fork()
    if child == 0:
        try:
            command(home, Disk(count))
        finally:
            os._exit(taken == 0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED), "the command itself failed"
    return code == KILLED


def every_crash(tmp_path: Path, prepare: Callable[[Home], object], command: Command) -> list[Home]:
    """A home for each step at which the command was killed."""
    homes = []
    for step in range(MOST_STEPS):
        (tmp_path / str(step)).mkdir()
        home = Home(tmp_path / str(step))
        prepare(home)
        if not killed_before(step, home, command):
            return homes
        homes.append(home)
    raise AssertionError("it never ends")


def check(home: Home) -> None:
    """After the next command, whatever it was."""
    home.publish()
    with opened(home.ca, NOW) as ours:
        listed_now = ours.list_of(ours.certificate)
        assert listed_now is not None
        for one in ours.record.issued:
            on_list = listed_now.get_revoked_certificate_by_serial_number(int(one.serial, 16)) is not None
            assert on_list is (one.revoked_at is not None)
            assert one.handed_out or one.revoked_at is not None
            if one.revoked_at is None:
                assert verdict(home.tls, Path(one.out) / f"{one.name}.pem") == "OK"
        known = {Path(one.out) for one in ours.record.issued}
    assert {path.parent for path in home.home.glob("*/*.p12")} <= known
    left = [path.name for path in home.home.glob(".*") if path.name != ".ca.lock"]
    assert left == []


def test_init(tmp_path: Path) -> None:
    def command(home: Home, disk: Disk) -> None:
        init(home.ca, None, (str(home.tls),), NOW, disk)

    homes = every_crash(tmp_path, lambda home: None, command)
    assert len(homes) >= 9
    for home in homes:
        assert not home.ca.exists()
        command(home, Disk())
        home.issue()
        check(home)


def test_issue(tmp_path: Path) -> None:
    homes = every_crash(tmp_path, Home.made, _issue)
    assert len(homes) >= 14
    given = 0
    for home in homes:
        if home.given().exists():
            given += 1
            check(home)
            continue
        home.issue()
        check(home)
    assert given, "the last steps come behind the hand-out"


def _issue(home: Home, disk: Disk) -> None:
    home.issue(disk=disk)


def test_revoke(tmp_path: Path) -> None:
    def prepare(home: Home) -> None:
        home.made().issue()

    homes = every_crash(tmp_path, prepare, lambda home, disk: home.revoke(disk=disk))
    assert len(homes) >= 6
    revoked = []
    for home in homes:
        check(home)
        revoked.append(verdict(home.tls, home.given()))
    assert set(revoked) == {"OK", "certificate revoked"}
    assert sorted(revoked) == revoked, "once the record has it, it is revoked"


def test_a_new_list_and_a_renewed_authority(tmp_path: Path) -> None:
    def prepare(home: Home) -> None:
        home.made().issue()

    def command(home: Home, disk: Disk) -> None:
        with opened(home.ca, NOW, disk) as ours:
            ours.renew_authority()
            ours.write_list()
            ours.publish()

    for home in every_crash(tmp_path, prepare, command):
        check(home)


def test_trust_and_untrust(tmp_path: Path) -> None:
    terminal = made("crm", ROOT, ca=False)

    def prepare(home: Home) -> None:
        home.made().issue()
        home.revoke()

    def command(home: Home, disk: Disk) -> None:
        with opened(home.ca, NOW, disk) as ours:
            trust(ours, [ROOT.certificate], [LIST])
            ours.publish()
            untrust(ours, ROOT.certificate)
            ours.publish()

    homes = every_crash(tmp_path, prepare, command)
    believed = set()
    for home in homes:
        path = terminal.save(home.home / "crm.pem")
        check(home)
        said = verdict(home.tls, path)
        believed.add(said == "OK")
        with opened(home.ca, NOW) as ours:
            trusted = ours.outside == [ROOT.certificate]
        assert (said == "OK") is trusted
    assert believed == {True, False}


def test_a_disk_that_is_full_is_said_and_the_next_command_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "record.json")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(CaError, match="No space left on device: nothing is lost; mend that"):
            home.issue()
    home.issue()
    home.revoke(reason=Reason.SUPERSEDED)
    check(home)
