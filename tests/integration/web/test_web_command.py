"""`usnd web provisioning` as systemd starts it: what it says of itself, and why it does not start."""

import asyncio
import resource
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select

import pytest
from crm.stage import BULK, ONE, Connection, Stage, Terminal, about, bulk, request

from usnd.domain.provisioning.codes import Code
from workbench.parts.process import until

FULL = "spool directory took no more: make room there"


@pytest.fixture
async def here() -> AsyncIterator[Stage]:
    made = Stage()
    assert (await made.command("db", "upgrade"))[0] == 0
    yield made
    shutil.rmtree(made.home)


async def test_systemd_is_told_that_it_is_ready_works_and_stops(
    here: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(here.home / "notify"))
        systemd.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(here.home / "notify"))
        site = here.process_of("web provisioning", here.site_config, "told.journal")
        site.start()
        try:
            said = [await asyncio.to_thread(systemd.recv, 100) for _ in range(3)]
            assert said == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
            await site.stop()
            assert site.returncode == 0
            systemd.settimeout(0)
            rest = list[bytes]()
            while not rest or rest[-1] != b"STOPPING=1":
                rest.append(systemd.recv(100))
        finally:
            site.kill()


async def test_a_site_that_waits_listens_when_it_may_begin(here: Stage) -> None:
    """As on a standby: loaded, and reached by nobody until the floating address is there."""
    held = here.home / "held"
    site = here.process_of(f"web provisioning --when {held}", here.site_config, "waits.journal")
    site.start()
    try:
        assert await until(lambda: "site is ready and waits" in site.tail(), 20, 0.05)
        assert not here.socket.exists()
        held.touch()
        assert await until(here.socket.exists, 20, 0.05)
        await site.stop()
        assert site.returncode == 0
        assert not here.socket.exists()
    finally:
        site.kill()


async def test_a_site_that_waits_ends_when_told(here: Stage) -> None:
    site = here.process_of(f"web provisioning --when {here.home / 'held'}", here.site_config, "waits.journal")
    site.start()
    try:
        assert await until(lambda: "site is ready and waits" in site.tail(), 20, 0.05)
        await site.stop()
        assert site.returncode == 0
        assert "site serves" not in site.tail()
    finally:
        site.kill()


@pytest.mark.parametrize(
    ("old", "new", "status", "words"),
    [
        ("[web]\n", "[web]\nthreads = 1\n", 2, "web.threads: write a whole number"),
        ("site.sock", "none/site.sock", 1, "cannot be made"),
        ("site.sock", 'site.sock"\ngroup = "no-such-group', 1, "there is no group no-such-group"),
    ],
)
async def test_what_keeps_it_from_starting_is_told(
    here: Stage, old: str, new: str, status: int, words: str
) -> None:
    here.site_config.write_text(here.site_config.read_text().replace(old, new, 1))
    site = here.process_of("web provisioning", here.site_config, "failed.journal")
    site.start()
    assert await until(lambda: not site.alive, 20, 0.05)
    assert site.returncode == status
    assert words in site.tail()
    assert "Traceback" not in site.tail()


@pytest.mark.parametrize("key", ["client_ca", "control", "spool"])
async def test_what_the_file_names_and_is_not_there_is_found_by_check(here: Stage, key: str) -> None:
    lines = here.site_config.read_text().splitlines()

    async def checked() -> tuple[int, str]:
        command = (sys.executable, "-m", "usnd", "web", "provisioning", "--check", "--config")
        running = await asyncio.create_subprocess_exec(
            *command, here.site_config, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await running.communicate()
        return running.returncode or 0, said.decode()

    status, said = await checked()
    assert (status, said) == (0, f"{here.site_config}: good\n")
    bad = [f"{key} = '/no/such/place'" if line.split(" ")[0] == key else line for line in lines]
    here.site_config.write_text("\n".join(bad))
    status, said = await checked()
    assert status == 2, said
    assert f"web.{key}: /no" in said


async def test_long_bodies_are_bounded_by_number(here: Stage) -> None:
    head = f"POST {BULK} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n".encode()

    def begin(socket_: Path) -> Connection:
        connection = Connection(socket_)
        connection.connect()
        connection.sock.sendall(head + b" " * 1000)
        return connection

    await here.start_site()
    try:
        begun = [begin(here.socket) for _ in range(9)]
        told, _, _ = await asyncio.to_thread(select, [one.sock for one in begun], [], [], 60)
        assert len(told) == 1, "the ninth, whichever that is"
        answer = b"".join(iter(lambda: told[0].recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"\r\nRetry-After: 1\r\n" in answer
        assert b'<result code="2400">' in answer
        for one in begun:
            one.close()

        def is_let_in() -> bool:
            again = begin(here.socket)
            again.sock.settimeout(0.3)
            try:
                return not again.sock.recv(65_536)
            except TimeoutError:
                return True
            finally:
                again.close()

        assert await until(is_let_in, 20, 0.1), "who has gone makes room"
    finally:
        await here.site.stop()


async def test_a_head_that_is_too_long_is_told_as_such(here: Stage) -> None:
    await here.start_site()
    try:
        long = Terminal(here.socket, None, {"X-Long": "x" * 300_000})
        assert (await asyncio.to_thread(long.ask, b"")).code == Code.TOO_LARGE
    finally:
        await here.site.stop()


@contextmanager
def small_files(pid: int) -> Iterator[None]:
    """No file of that process grows beyond 600 kB: to it that is a disk that is full."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (600_000, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_is_a_fault_of_the_node_by_which_nothing_was_done(here: Stage) -> None:
    await here.designate("crm-1", here.own)
    await here.start_site()
    crm = here.terminal()
    padded = request("a", about("read", 1)) + b" " * 900_000
    rows = "<resume><number>1</number></resume>" * 9_000
    chunks = (b" " * 60_000 for _ in range(20))
    try:
        assert here.site.pid is not None
        with small_files(here.site.pid):
            # A body that waitress keeps, one that comes in chunks, and rows that are longer than their body.
            for body, path in ((padded, ONE), (chunks, BULK), (bulk("b", [rows]), BULK)):
                answer = await asyncio.to_thread(crm.ask, body, path)  # type: ignore[arg-type]
                assert (answer.code, answer.status) == (Code.FAULT, 500)
                assert "Nothing was done" in answer.text("p:result/p:text")
                assert answer.tree.get("server") in {one["server"] for one in here.lines(FULL)}
        assert len(here.lines(FULL)) == 3, "one line each"
        answer = await asyncio.to_thread(crm.ask, padded)
        assert answer.code == Code.NO_SUCH_SUBSCRIBER
    finally:
        await here.site.stop()
    written = (here.home / "site.journal").read_text()
    assert all(line.startswith("{") for line in written.splitlines()), "in the site's form, each"
    assert "exception" not in written
