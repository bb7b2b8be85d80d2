"""Proves the life of a private Asterisk: start, crash, freeze, side by side, and its end with its run."""

import asyncio
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from workbench.parts.process import PartError, until
from workbench.parts.usn import product_dialplan
from workbench.parts.voice.asterisk import CONF, CONTRACT, usn_asterisk
from workbench.release.asterisk_deb import NEEDED

FILES = {"extensions.conf": "[usn-incoming]\n", "confbridge.conf": "[general]\n"}
RUN = """
import asyncio
from workbench.parts.voice.asterisk import asterisk_tree, usn_asterisk
from workbench.parts.process import run

async def main() -> None:
    async with usn_asterisk(asterisk_tree(), 9, {}) as usn:
        print(usn.process.pid, usn.home, flush=True)
        await asyncio.sleep(60)

run(main())
"""


async def test_it_starts_and_answers_at_once_what_it_is_asked(tree: Path) -> None:
    async with usn_asterisk(tree, 9, FILES) as usn:
        version = re.match(r"Asterisk (\d+)\.", await usn.cli("core show version"))
        assert version is not None
        assert int(version[1]) >= NEEDED
        assert "trunk-msc" in await usn.cli("pjsip show endpoints")
    assert not usn.process.alive
    assert not usn.home.exists()


async def test_two_run_side_by_side_without_sharing_a_port(tree: Path) -> None:
    async with usn_asterisk(tree, 9, FILES, "a") as a, usn_asterisk(tree, 9, FILES, "b") as b:
        assert "confbridge" in await a.cli("module show like confbridge")
        assert "confbridge" in await b.cli("module show like confbridge")
        assert a.ports.rtp[1] < b.ports.rtp[0] or b.ports.rtp[1] < a.ports.rtp[0]


def committed(database: Path, key: str) -> bool:
    """Whether another reader sees it: what is only in the file may be undone after a crash."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reader:
        return bool(reader.execute("SELECT 1 FROM astdb WHERE key = ?", (key,)).fetchall())


async def test_its_database_outlives_a_crash(tree: Path) -> None:
    async with usn_asterisk(tree, 9, FILES) as usn:
        await usn.act("DBPut", Family="x", Key="y", Val="1")
        database = usn.home / "lib/astdb.sqlite3"
        assert await until(lambda: committed(database, "/x/y"), 20, 0.1)  # it writes each second
        usn.kill()
        assert not usn.process.alive
        await usn.start()
        assert await usn.cli("database get x y") == "Value: 1"


async def test_frozen_it_keeps_its_connections_and_says_nothing_until_thawed(tree: Path) -> None:
    async with usn_asterisk(tree, 9, FILES) as usn:
        usn.freeze()
        reader, writer = await asyncio.open_connection("127.0.0.1", usn.ports.manager)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.5)
        usn.thaw()
        assert (await asyncio.wait_for(reader.readline(), 60)).startswith(b"Asterisk Call Manager")
        writer.close()
        await writer.wait_closed()
        usn.freeze()  # and can be stopped so


async def test_a_start_that_fails_tells_its_log_and_leaves_nothing(tree: Path) -> None:
    usn = usn_asterisk(tree, 9, {**FILES, "modules.conf": "[modules]\nautoload=no\nrequire=res_absent.so\n"})
    with pytest.raises(PartError, match="res_absent"):
        async with usn:
            pytest.fail("it must not start")
    assert not usn.process.alive
    assert not usn.home.exists()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_its_run(tree: Path, ending: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as run:
        assert run.stdout is not None
        pid, home = (Path(part) for part in run.stdout.readline().decode().split())
        assert ("/proc" / pid).exists()
        run.send_signal(ending)
    deadline = time.monotonic() + 60
    while ("/proc" / pid).exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert home.exists() == (ending == signal.SIGKILL)  # a killed run cannot tidy
    shutil.rmtree(home, ignore_errors=True)


async def test_it_has_the_modules_and_the_speech_of_a_node(tree: Path) -> None:
    async with usn_asterisk(tree, 9, product_dialplan()) as usn:
        running = set(re.findall(r"^(\w+\.so) .* Running ", await usn.cli("module show"), re.MULTILINE))
        conf = "".join(
            path.read_text() for path in (CONTRACT / "modules-usn.conf", CONF / "node" / "modules.conf")
        )
        assert running == set(re.findall(r"^load = (\S+)", conf, re.MULTILINE))
        assert re.search(r"Strict RTP: +Yes", await usn.cli("rtp show settings"))


async def test_a_node_knows_the_commands_of_the_papers(tree: Path) -> None:
    papers = "".join(path.read_text() for path in sorted((CONF.parents[1] / "docs/operator").glob("*.md")))
    found = set(re.findall(r"asterisk -rx '([^'\n]+)'", papers))
    found |= set(re.findall(r"`((?:pjsip|module|core|manager|rtp) [a-z][^`\n<]*)`", papers))
    assert {"pjsip set logger on", "pjsip show contacts"} <= found
    async with usn_asterisk(tree, 9, product_dialplan()) as usn:
        said = {command: await usn.cli(command) for command in sorted(found)}
    assert {command: answer for command, answer in said.items() if "No such" in answer} == {}
