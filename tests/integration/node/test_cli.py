"""Proves what an operator sees of `usnd`: one sentence with what to do for each trouble, and its exit status.

Real processes; the parts that are missing here are missing on purpose.
"""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from usnd.store.writer import Store
from workbench.asterisk import asterisk_tree, usn_asterisk
from workbench.journal import Event, Journal
from workbench.process import Process, until
from workbench.smsc import Smsc

ROOT = Path(__file__).parents[3]
NOBODY = 9  # the discard port: nobody listens
NUMBER = "+447700900001"
NOT_OPENED = "the database file {} cannot be used (unable to open database file): "
MAKE_DIRECTORY = ": make its directory, with the right to write in it, or change [store] url"
START_IT = "Connection refused): see that PostgreSQL runs and that [store] url is right"
WRITE = ": write sqlite:////path or postgresql+psycopg://user:password@host:port/name"
COMMANDS = (
    ("run",),
    ("check-config",),
    ("db", "upgrade"),
    ("subscriber", "add"),
    ("subscriber", "list"),
    ("conferences",),
    ("conference",),
    ("conference", "launch"),
    ("conference", "end"),
    ("cdrs",),
)


@dataclass(frozen=True)
class Node:
    """A configuration with its database, and the commands on it."""

    home: Path
    url: str
    ami: tuple[int, str] = (NOBODY, "hush-ami")
    smsc: tuple[int, str] = (NOBODY, "hushsmsc")

    @property
    def config(self) -> Path:
        path = self.home / "usnd.toml"
        path.write_text(
            f'[node]\nhome_region = "GB"\nshort_code = "52272"\n[store]\nurl = "{self.url}"\n'
            f'[asterisk]\nport = {self.ami[0]}\nsecret = "{self.ami[1]}"\n'
            f'[[smsc]]\nname = "first"\nhost = "127.0.0.1"\nport = {self.smsc[0]}\nsystem_id = "usn"\n'
            f'password = "{self.smsc[1]}"\n[log]\nformat = "json"\n'
        )
        return path

    def command(self, *words: str, config: Path | None = None) -> "Done":
        return usnd(*words, "--config", str(config or self.config))

    def ready(self) -> "Node":
        assert self.command("db", "upgrade").status == 0
        return self

    @asynccontextmanager
    async def daemon(self, *words: str) -> AsyncIterator["Daemon"]:
        command = [sys.executable, "-m", "usnd", "run", "--config", str(self.config), *words]
        path = self.home / "journal"
        process = Process(command, path, environment={"PYTHONPATH": str(ROOT)})
        daemon = Daemon(process, Journal(path))
        daemon.process.start()
        try:
            yield daemon
        finally:
            await daemon.process.stop()
        assert "hush" not in daemon.process.tail(1000), "a secret is in the journal"


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line it failed with."""
        assert self.out == ""
        assert self.err.startswith("usnd: ")
        assert self.err.count("\n") == 1, self.err
        assert "hush" not in self.err
        return self.err.removeprefix("usnd: ").rstrip()


@dataclass(frozen=True)
class Daemon:
    """`usnd run`, and its journal."""

    process: Process

    journal: Journal

    def of(self, event: str) -> list[Event]:
        return [each for each in self.journal.events() if each["event"] == event]

    async def until(self, event: str, **values: object) -> Event:
        def found() -> list[Event]:
            return [each for each in self.of(event) if values.items() <= each.items()]

        assert await until(lambda: bool(found()), 15, 0.05), self.process.tail()
        return found()[0]


def usnd(*words: str, environment: Mapping[str, str] | None = None) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "usnd", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "40", **(environment or {})},
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path, f"sqlite:///{tmp_path}/usn.db")


# Use --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [(), *COMMANDS])
def test_every_help_has_an_example_that_begins_as_it_is_typed(words: tuple[str, ...]) -> None:
    done = usnd(*words, "--help", environment={"COLUMNS": "100"})
    assert done.status == 0
    example = done.out[done.out.index("Example") :]
    assert f"usnd {' '.join(words)}" in " ".join(example.split())


def test_the_first_steps_of_an_operator(node: Node) -> None:
    assert node.command("db", "upgrade").out.endswith(", was empty\n")
    assert node.command("db", "upgrade").out.endswith(" (was already)\n")
    assert node.command("subscriber", "add", "07700 900001").out == f"{NUMBER} registered\n"
    assert node.command("subscriber", "add", NUMBER).out == f"{NUMBER} is registered already\n"
    assert node.command("subscriber", "list").out == (
        "id  number         suspended  language  call_texts  press_one  minutes\n"
        f" 1  {NUMBER}  no         en        no          no\n"
    )
    assert json.loads(node.command("subscriber", "list", "--json").out)["number"] == NUMBER
    assert node.command("cdrs").out == "none\n"
    assert node.command("cdrs", "--json").out == ""
    assert node.command("conferences").out == "none\n"
    assert (
        node.command("check-config").out == f"{node.config}: good. SMSC binds: first. Asterisk: 127.0.0.1.\n"
    )


def test_a_table_is_whole_on_a_terminal_of_40_columns(node: Node) -> None:
    node.ready().command("subscriber", "add", NUMBER)
    ours, theirs = pty.openpty()
    try:
        command = [sys.executable, "-m", "usnd", "subscriber", "list", "--config", str(node.config)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "20"}
        subprocess.run(command, stdout=theirs, check=True, timeout=60, env=environment)
        assert f" 1  {NUMBER}  no         en        no          no\r\n" in os.read(ours, 4096).decode()
    finally:
        os.close(ours)
        os.close(theirs)


async def test_commands_at_the_same_time_do_not_refuse_each_other(node: Node) -> None:
    node.ready()
    numbers = [f"+4477009001{last:02}" for last in range(6)]
    done = await asyncio.gather(
        *(asyncio.to_thread(node.command, "subscriber", "add", number) for number in numbers)
    )
    assert [each.err for each in done] == [""] * len(numbers)
    listed = node.command("subscriber", "list", "--json").out.splitlines()
    assert sorted(json.loads(line)["number"] for line in listed) == numbers


# What is wrong with a command or the configuration: 2 -------------------------------------------------------


@pytest.mark.parametrize("words", [("run",), ("cdrs",), ("db", "upgrade"), ("check-config",)])
def test_a_missing_configuration(node: Node, words: tuple[str, ...]) -> None:
    done = node.command(*words, config=node.home / "none.toml")
    assert done.sentence.endswith(
        "none.toml: there is no such file: name yours with --config or in USND_CONFIG"
    )
    assert done.status == 2


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ("[asterisk]", "[asterisk]\nsecrt = 1", "asterisk: secrt is not known here; known are: port, host, "),
        ('name = "first"', "name = 1", "smsc number 1, name: write a name of small letters"),
        ("[log]", "[log", "not TOML: "),
    ],
)
def test_a_wrong_configuration(node: Node, was: str, now: str, words: str) -> None:
    path = node.config
    path.write_text(path.read_text().replace(was, now))
    done = usnd("run", "--config", str(path))
    assert done.sentence.startswith(f"{path}: {words}")
    assert done.status == 2


@pytest.mark.parametrize("number", ["12", "alfa", "+44 7700", "1800FLOWERS"])
def test_a_bad_number(node: Node, number: str) -> None:
    done = node.ready().command("subscriber", "add", number)
    assert done.sentence == (
        f"{number} is no phone number of GB, nor an international one: "
        "write it as +447700900001 or as it is dialled"
    )
    assert done.status == 2


# What is wrong with the database: 1 -------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("run",), ("cdrs",), ("subscriber", "add", NUMBER)])
def test_a_database_that_is_not_upgraded(node: Node, words: tuple[str, ...]) -> None:
    done = node.command(*words)
    assert done.sentence == "the database is not at this release: run `usnd db upgrade` first"
    assert done.status == 1


def test_what_the_database_is(node: Node) -> None:
    assert '"database": "", "release": "' in node.command("db", "status", "--json").out
    assert '"usable": true' in node.ready().command("db", "status", "--json").out


@pytest.mark.parametrize("words", [("run",), ("cdrs",), ("db", "upgrade")])
@pytest.mark.parametrize(
    ("url", "what", "advice"),
    [
        ("sqlite:////none/usn.db", NOT_OPENED.format("/none/usn.db"), MAKE_DIRECTORY),
        (f"postgresql+psycopg://usnd:hush@127.0.0.1:{NOBODY}/usnd", "the database cannot be used", START_IT),
        ("postgresql+psycopg://usnd:hush@127.0.0.1:port/usnd", "[store] url cannot be understood", WRITE),
    ],
)
def test_a_database_out_of_reach(
    node: Node, words: tuple[str, ...], url: str, what: str, advice: str
) -> None:
    done = Node(node.home, url).command(*words)
    assert done.sentence.startswith(what)
    assert done.sentence.endswith(advice)
    assert done.status == 1


def test_a_database_file_that_cannot_be_made(node: Node) -> None:
    done = Node(node.home, "sqlite:////proc/usn.db").command("db", "upgrade")  # not even root can
    assert done.sentence.startswith(NOT_OPENED.format("/proc/usn.db"))
    assert done.sentence.endswith(MAKE_DIRECTORY)
    assert done.status == 1


def test_a_file_that_is_no_database(node: Node) -> None:
    path = node.home / "usn.db"
    path.write_text("the shopping list\n" * 100)
    done = node.command("cdrs")
    assert done.sentence == (
        f"the database file {path} cannot be used (file is not a database): "
        "[store] url must name a database or a file that does not exist yet"
    )
    assert done.status == 1
    assert path.read_text().startswith("the shopping list")


# What is missing around the daemon: it starts, says it, and goes on trying ----------------------------------


async def test_a_missing_asterisk_is_told_once(node: Node) -> None:
    async with node.ready().daemon() as daemon:
        down = await daemon.until("asterisk link down")
        assert (down["level"], down["reason"]) == ("warning", "refused")
        assert down["detail"] == f"nobody listens at 127.0.0.1 port {NOBODY}"
        await asyncio.sleep(1.5)  # some tries more
        assert len(daemon.of("asterisk link down")) == 1
        await daemon.process.stop()
        assert daemon.process.returncode == 0


async def test_a_wrong_ami_secret_is_told_once(node: Node) -> None:
    asterisk = usn_asterisk(asterisk_tree(), NOBODY, {})
    async with asterisk:
        wrong = Node(node.home, node.url, ami=(asterisk.ports.manager, "hush-wrong")).ready()
        async with wrong.daemon() as daemon:
            down = await daemon.until("asterisk link down")
            assert (down["level"], down["reason"]) == ("error", "denied")
            assert down["detail"].startswith("user usnd: ")
            await asyncio.sleep(1)
            assert len(daemon.of("asterisk link down")) == 1


async def test_a_missing_smsc_is_told_and_bound_when_it_comes(node: Node) -> None:
    smsc = Smsc(time.monotonic, password="hushsmsc")
    await smsc.start()
    await smsc.stop()
    late = Node(node.home, node.url, smsc=(smsc.port, "hushsmsc")).ready()
    async with late.daemon() as daemon:
        told = await daemon.until("smsc cannot be reached", smsc="first", reason="Connection refused")
        assert told["level"] == "warning"
        await asyncio.sleep(1)
        assert len(daemon.of("smsc cannot be reached")) == 1, "once, not at each attempt"
        await smsc.start(smsc.port)
        try:
            await daemon.until("smsc link bound", smsc="first")
        finally:
            await daemon.process.stop()
            await smsc.stop()


async def test_a_wrong_smsc_password_is_told(node: Node) -> None:
    smsc = Smsc(time.monotonic, password="another")
    await smsc.start()
    try:
        async with Node(node.home, node.url, smsc=(smsc.port, "hushhush")).ready().daemon() as daemon:
            refused = await daemon.until("smsc refused the bind")
            assert (refused["level"], refused["smsc"]) == ("warning", "first")
            assert refused["status"] == "ESME_RINVPASWD"
            assert await until(lambda: smsc.refused > 2, 10, 0.05)
            assert len(daemon.of("smsc refused the bind")) == 1, "once, not at each attempt"
            assert daemon.of("smsc cannot be reached") == []
    finally:
        await smsc.stop()


async def test_a_daemon_that_waits_touches_nothing_before_it_may_begin(node: Node) -> None:
    """As on a standby: there is no database that it could use."""
    smsc = Smsc(time.monotonic, password="hushsmsc")
    await smsc.start()
    held = node.home / "held"
    try:
        waiting = Node(node.home, node.url, smsc=(smsc.port, "hushsmsc"))
        async with waiting.daemon("--when", str(held)) as daemon:
            await daemon.until("usnd is ready and waits")
            with pytest.raises(TimeoutError):
                await smsc.bound(0.5)
            assert not (node.home / "usn.db").exists()
            waiting.ready()
            held.touch()
            await smsc.bound()
            assert await smsc.deliver(NUMBER, "52272", "?") == 0
    finally:
        await smsc.stop()


async def test_a_daemon_that_waits_ends_when_told(node: Node) -> None:
    async with node.daemon("--when", str(node.home / "held")) as daemon:
        await daemon.until("usnd is ready and waits")
        daemon.process.send(signal.SIGTERM)
        assert await until(lambda: not daemon.process.alive, 5)
        assert "Traceback" not in daemon.process.tail()


# Two of them: 3 ---------------------------------------------------------------------------------------------


async def test_a_second_usnd_on_the_database_leaves_the_first_alone(node: Node) -> None:
    smsc = Smsc(time.monotonic, password="hushsmsc")
    await smsc.start()
    try:
        async with Node(node.home, node.url, smsc=(smsc.port, "hushsmsc")).ready().daemon() as first:
            await smsc.bound()
            second = node.home / "second.toml"
            second.write_text(node.config.read_text().replace("usn.db", "../" + node.home.name + "/usn.db"))
            done = await asyncio.to_thread(usnd, "run", "--config", str(second))
            assert done.sentence == (
                f"another usnd (process {first.process.pid}) runs on this database: stop that one first"
            )
            assert done.status == 3
            assert (await asyncio.to_thread(node.command, "subscriber", "add", NUMBER)).status == 0
            assert await smsc.deliver(NUMBER, "52272", "?") == 0
            assert "Commands: " in (await smsc.next_text(NUMBER)).body
            assert first.process.alive
    finally:
        await smsc.stop()


async def test_a_killed_usnd_leaves_no_claim(node: Node) -> None:
    async with node.ready().daemon() as first:
        await first.until("usnd starts")
        first.process.send(signal.SIGKILL)
        await until(lambda: not first.process.alive, 5)
        before = len(first.of("asterisk link down"))
        first.process.start()
        assert await until(lambda: len(first.of("usnd starts")) == 2, 15, 0.05)
        assert await until(lambda: len(first.of("asterisk link down")) == before + 1, 15, 0.05)


async def test_a_superseded_usnd_stops_at_its_next_commit_and_does_not_come_back(node: Node) -> None:
    """As by the other server of a pair: who opens the store later has it."""
    smsc = Smsc(time.monotonic, password="hushsmsc")
    await smsc.start()
    try:
        async with Node(node.home, node.url, smsc=(smsc.port, "hushsmsc")).ready().daemon() as daemon:
            await smsc.bound()
            await smsc.deliver(NUMBER, "52272", "?")
            await smsc.next_text(NUMBER)
            store = Store.open(node.url)
            await store.run(lambda tx: tx.subscribers.add("+447700900009", datetime.now(UTC)))
            assert await smsc.deliver(NUMBER, "52272", "UC alfa +447700900002") != 0
            assert await until(lambda: not daemon.process.alive, 10)
            assert daemon.process.returncode == 3
            journal = daemon.process.tail(100)
            assert (
                "usnd: another usnd has taken the database over: this one has stopped, calls stay up"
                in journal
            )
            assert "Traceback" not in journal
            assert await store.run(lambda tx: len(tx.subscribers.list())) == 1
            await store.close()
    finally:
        await smsc.stop()
