"""Every command against everything that can be broken: it ends in a sentence and a status, no traceback.

The table is made: all commands that there are, each with all that is broken here. What is broken for a
command that does not need it does it no harm; one that needs it says what is wrong, in the words given here.
"""

import importlib
import os
import pkgutil
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bare_node import NUMBER, usnd
from broken_node import Scene, replaced_by_directory, replaced_by_file, said, statement
from typer.main import get_command

import usnd as package
from usnd.cli.main import app
from usnd.control import client

STORE = "what is in the database"
SNAPSHOT = "status.json"
SOCKET = "the control socket"
EITHER = "status.json, else what is in the database"
NOTHING = "the configuration alone"
ELSEWHERE = "a table of its own"
"""`run` here below; `pair …` in tests/integration/pair/test_pair_other_release.py."""
NEEDS: dict[str, tuple[str, ...]] = {
    STORE: (
        "cdr list", "cdr files", "cdr prune --dry-run", "cdr reconcile", "cdr summary --dry-run", "cdrs",
        "conferences", "conference list", "conference show 7",
        "alarms --history", "recording list",
        "recording export 7-1 {home}/talk.wav --subscriber " + NUMBER, f"subscriber add {NUMBER}",
        f"subscriber set {NUMBER} --press-one", f"subscriber suspend {NUMBER}", f"subscriber resume {NUMBER}",
        f"subscriber remove {NUMBER}", f"subscriber pins {NUMBER}", f"subscriber erase {NUMBER}",
        "subscriber list", "recording prune",
        f"subscriber show {NUMBER}", f"subscriber history {NUMBER}", "subscriber changes",
        f"subscriber sign-ins {NUMBER}", f"subscriber sign-out {NUMBER}", f"subscriber unlock {NUMBER}",
        "terminal list",
        "provisioning requests", "provisioning bulks",
    ),
    SNAPSHOT: ("status", "status --json", "smpp status", "trunk status", "dial-in status"),
    EITHER: ("alarms",),
    SOCKET: (
        f"conference launch {NUMBER} bob", "conference end 7", "conference add 7 bob",
        "conference drop 7 bob", "conference mute 7", "conference lock 7", "conference watch",
    ),
    NOTHING: ("cdr export", "check-config", "trunk pjsip", "db status", "db upgrade"),
    ELSEWHERE: (
        "cdr asn1", "cdr explain", "cdr resend", "cdr show", "cdr verify",  # test_cli_cdr_files.py
        "ca init", "ca issue", "ca renew", "ca revoke", "ca list", "ca crl", "ca publish", "ca trust",
        "ca untrust", "ca check", "terminal designate",  # they have files of their own
        "terminal undesignate", "terminal revoke",  # there is none
        "web provisioning", "web portal",
        "run", "pair status", "pair switch-over", "pair maintenance on", "pair force-active --yes",
        "pair rejoin --yes",
    ),
}  # fmt: skip
COMMANDS = [(words, needs) for needs in (STORE, SNAPSHOT, SOCKET, EITHER, NOTHING) for words in NEEDS[needs]]
STRANGER = 64_007


@dataclass(frozen=True)
class Broken:
    """`breaks` does it; who needs one of `needed` ends with `status` and says `words`, all others do well."""

    breaks: Callable[[Scene], object]
    needed: tuple[str, ...]
    words: str
    status: int = 1
    unprivileged: bool = False
    """Asked by a user of no rights."""


def listens(scene: Scene) -> None:
    """Somebody who never accepts."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(scene.runtime / "control.sock"))
    listening.listen()
    scene.kept.append(listening)


def dead(scene: Scene) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(scene.runtime / "control.sock"))


def scribbled_over(scene: Scene) -> None:
    """The head is right, the rest is not."""
    octets = scene.database.read_bytes()
    scene.database.write_bytes(octets[:4096] + b"\xa5" * (len(octets) - 4096))


def url(scene: Scene, to: str) -> None:
    text = scene.config.read_text()
    scene.config.write_text(text.replace(f"sqlite:///{scene.database}", to))


EVERYBODY = (STORE, SNAPSHOT, SOCKET, EITHER, NOTHING)
BROKEN: dict[str, Broken] = {
    "configuration missing": Broken(lambda s: s.config.unlink(), EVERYBODY, "there is no such file", 2),
    "configuration a directory": Broken(
        lambda s: replaced_by_directory(s.config), EVERYBODY, "cannot be read: Is a directory", 2
    ),
    "configuration empty": Broken(lambda s: s.config.write_text(""), EVERYBODY, "node is missing", 2),
    "configuration no text": Broken(
        lambda s: s.config.write_bytes(b"\xff\xfe\0"), EVERYBODY, "not text in UTF-8", 2
    ),
    "configuration no TOML": Broken(lambda s: s.config.write_text("[node"), EVERYBODY, "not TOML", 2),
    "configuration very deep": Broken(
        lambda s: s.config.write_text("a = " + "[" * 100_000), EVERYBODY, "not TOML", 2
    ),
    "configuration a circle": Broken(
        lambda s: (s.config.unlink(), s.config.symlink_to(s.config)), EVERYBODY, "cannot be read", 2
    ),
    "configuration below a file": Broken(
        lambda s: (replaced_by_directory(s.config), (s.config / "x").touch()), EVERYBODY, "cannot be read", 2
    ),
    "configuration of others": Broken(
        lambda s: s.config.chmod(0o600), (STORE, NOTHING), "you may not read it, as it holds passwords", 2,
        unprivileged=True,
    ),
    "database missing": Broken(
        lambda s: s.database.unlink(), (STORE,), "the database is not at this release: run `usnd db upgrade`"
    ),
    "database's directory missing": Broken(
        lambda s: shutil.rmtree(s.database.parent), (STORE,), "unable to open database file"
    ),
    "database a directory": Broken(
        lambda s: replaced_by_directory(s.database), (STORE,), "unable to open database file"
    ),
    "database's directory a file": Broken(
        lambda s: replaced_by_file(s.database.parent), (STORE,), "cannot be used"
    ),
    "database empty": Broken(lambda s: s.database.write_bytes(b""), (STORE,), "not at this release"),
    "database no database": Broken(
        lambda s: s.database.write_text("the shopping list\n" * 999), (STORE,), "file is not a database"
    ),
    "database cut off": Broken(
        lambda s: os.truncate(s.database, 5000), (STORE,), "database disk image is malformed"
    ),
    "database scribbled over": Broken(scribbled_over, (STORE,), "database disk image is malformed"),
    "database without tables": Broken(
        lambda s: [statement(s, f"DROP TABLE {name}") for name in ("commit_mark", "counters")],
        (STORE,), "the database file",
    ),
    "database of another program": Broken(
        lambda s: statement(s, "DROP TABLE alembic_version"), (STORE,), "not at this release"
    ),
    "database of a later release": Broken(
        lambda s: [
            statement(s, "UPDATE alembic_version SET version_num = '9999'"),
            statement(s, "UPDATE schema_readers SET oldest = '9999'"),
        ],
        (STORE,), "not at this release",
    ),
    "database's name too long": Broken(
        lambda s: url(s, f"sqlite:////{'x' * 5000}"), (STORE,), "cannot be used"
    ),
    "database's path a circle": Broken(
        lambda s: (
            shutil.rmtree(s.database.parent), s.database.parent.symlink_to(s.database.parent)
        ),
        (STORE,), "cannot be used",
    ),
    "database's server not running": Broken(
        lambda s: url(s, "postgresql+psycopg://usnd:hush@127.0.0.1:9/usn"), (STORE,),
        "see that PostgreSQL runs",
    ),
    "database of others": Broken(
        lambda s: s.database.parent.chmod(0o700), (STORE,), "cannot be used", unprivileged=True
    ),
    "database to read only": Broken(
        lambda s: (s.database.chmod(0o644), s.database.parent.chmod(0o755)), (STORE,), "cannot be used",
        unprivileged=True,
    ),
    "status missing": Broken(lambda _s: None, (SNAPSHOT,), "usnd is not running, or waits as the standby"),
    "status a directory": Broken(
        lambda s: (s.runtime / "status.json").mkdir(), (SNAPSHOT,), "no status in"
    ),
    "status no JSON": Broken(
        lambda s: (s.runtime / "status.json").write_text("nonsense"), (SNAPSHOT,), "is not of this release"
    ),
    "status no UTF-8": Broken(
        lambda s: (s.runtime / "status.json").write_bytes(b'{"at":"\xff"}'), (SNAPSHOT,), "of this release"
    ),
    "status very deep": Broken(
        lambda s: (s.runtime / "status.json").write_text('{"x":' + "[" * 100_000), (SNAPSHOT,), "this release"
    ),
    "status of others": Broken(
        lambda s: ((s.runtime / "status.json").write_text("{}"), (s.runtime / "status.json").chmod(0o600)),
        (SNAPSHOT,), "you may not read", unprivileged=True,
    ),
    "runtime missing": Broken(
        lambda s: shutil.rmtree(s.runtime), (SNAPSHOT, SOCKET), "usnd is not running"
    ),
    "runtime a file": Broken(lambda s: replaced_by_file(s.runtime), (SNAPSHOT,), "usnd is not running"),
    "socket missing": Broken(lambda _s: None, (SOCKET,), "usnd is not running"),
    "socket dead": Broken(dead, (SOCKET,), "usnd is not running"),
    "socket a file": Broken(
        lambda s: (s.runtime / "control.sock").write_text("x"), (SOCKET,), "usnd is not running"
    ),
    "socket a directory": Broken(
        lambda s: (s.runtime / "control.sock").mkdir(), (SOCKET,), "usnd is not running"
    ),
    "socket that hangs": Broken(listens, (SOCKET,), "is there, and has not answered within 0.3 s: it hangs"),
    "socket of others": Broken(
        lambda s: (listens(s), (s.runtime / "control.sock").chmod(0o600)), (SOCKET,),
        "you may not command this usnd", unprivileged=True,
    ),
    "socket's path too long": Broken(
        lambda s: s.config.write_text(s.config.read_text().replace(str(s.runtime), f"/run/{'x' * 120}")),
        (SOCKET,), "AF_UNIX path too long",
    ),
}  # fmt: skip


def leaves(command: Any, *words: str) -> Iterator[str]:
    """All commands that there are."""
    if not hasattr(command, "commands"):
        yield " ".join(words)
        return
    for name, below in command.commands.items():
        yield from leaves(below, *words, name)


def test_every_command_is_in_the_table() -> None:
    there = list(leaves(get_command(app)))
    table = [words for all_ in NEEDS.values() for words in all_]
    assert [one for one in there if not any(f"{words} ".startswith(f"{one} ") for words in table)] == []


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """All modules: somebody else may not be able to read them."""
    for module in pkgutil.walk_packages(package.__path__, "usnd."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)


@pytest.fixture
def scene(tmp_path: Path, current_file: Path) -> Iterator[Scene]:
    made = Scene(tmp_path).write()
    with made.config.open("a") as config:
        config.write(f'[provisioning]\ncredential_key = "{"5e" * 32}"\n')
    shutil.copy(current_file, made.database)
    yield made
    for one in made.kept:
        assert isinstance(one, socket.socket)
        one.close()


@contextmanager
def as_nobody(scene: Scene) -> Iterator[None]:
    """As a user who may go everywhere, and is in no group of usnd."""
    for parent in (scene.home, *scene.home.parents[:3]):
        if parent.owner() == "root" and str(parent) != "/":
            parent.chmod(parent.stat().st_mode | 0o055)
    os.seteuid(STRANGER)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(("words", "needs"), COMMANDS, ids=[words for words, _ in COMMANDS])
@pytest.mark.parametrize("what", BROKEN)
def test_it_ends_in_a_sentence(
    scene: Scene, what: str, words: str, needs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BROKEN[what]
    if broken.unprivileged and os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    monkeypatch.setattr(client, "PATIENCE", 0.3)
    broken.breaks(scene)
    if broken.unprivileged:
        with as_nobody(scene):
            status, shown = said(scene, words)
    else:
        status, shown = said(scene, words)
    assert status in (0, 1, 2), shown
    assert "hush" not in shown or words == "trunk pjsip"
    if status:
        assert shown.splitlines()[-1].startswith("usnd: "), shown
        assert "[Errno" not in shown, shown
    if needs in broken.needed:
        assert (status, broken.words in shown) == (broken.status, True), f"{status}: {shown}"


AT_START = [name for name, one in BROKEN.items() if STORE in one.needed and not one.unprivileged]


@pytest.mark.parametrize("what", AT_START)
def test_the_daemon_does_not_start_and_says_why(scene: Scene, what: str) -> None:
    broken = BROKEN[what]
    broken.breaks(scene)
    config = scene.config / "x" / "y" if (scene.config / "x").exists() else scene.config
    done = usnd("run", "--config", str(config))
    last = done.err.splitlines()[-1]
    assert last.startswith("usnd: "), done.err
    assert broken.words in last
    assert "Traceback" not in done.err
    assert done.status == broken.status
