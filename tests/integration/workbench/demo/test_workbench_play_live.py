"""Proves `make play`: a whole story by its prompt, every way to end it, and a prompt that no event tears."""

import asyncio
import os
import pty
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import pytest

from workbench.demo.prompt import Prompt

ROOT = Path(__file__).parents[4]
PATIENCE = 120.0


@pytest.fixture
def temporary() -> Iterator[Path]:
    """All of a run's files, at a path short enough for Asterisk's sockets."""
    path = Path(tempfile.mkdtemp(prefix="play-"))
    yield path
    shutil.rmtree(path)


class Played:
    """A running `make play`, and what it printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""
        self._told = 0

    async def until(self, pattern: str) -> str:
        """Waits for a line, behind the last one waited for, that the pattern is found in."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while not (found := re.search(pattern, self.said[self._told :], re.MULTILINE)):
                octets = await self.process.stdout.read(4096)
                assert octets, f"ended before {pattern!r}:\n{self.said}"
                self.said += octets.decode()
        self._told += found.end()
        return found[0]

    async def type(self, line: str, pattern: str = "") -> str:
        """Types a line, and waits for what it makes."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        return await self.until(pattern) if pattern else ""

    async def ended(self) -> int:
        async with asyncio.timeout(PATIENCE):
            await self.until("everything is stopped")
            return await self.process.wait()


@asynccontextmanager
async def played(temporary: Path) -> AsyncIterator[Played]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "workbench.demo.play",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
    )
    try:
        yield Played(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def left_running(temporary: Path) -> list[str]:
    """The command lines of processes that use a run's files."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(temporary) in line:
            lines.append(line)
    return lines


async def test_a_whole_story_by_the_prompt(tree: Path, temporary: Path) -> None:
    async with played(temporary) as play:
        await play.until("Everything else: help")
        await play.type("UC alfa +447700900002 Alfa.Jones Mkting", "subscriber receives: User alfa created")
        await play.type("text UC bravo +447700900003 Bravo Mkting", "User bravo created")
        await play.type("text alfa: IC Mkting", "alfa receives: This number is not registered")
        await play.type("ring alfa", "alfa rings from now on until you type: answer alfa")
        await play.type("busy bravo", "bravo is busy")
        await play.type("ring subscriber 0", "subscriber answers after 0 s")
        await play.type("anser alfa", r"^anser\? Write one of")
        await play.type("answer alfa", "^alfa is in no call")
        await play.type("IC Mkting", "Calling you and 2 more: Alfa Jones, Bravo")
        await play.until("alfa: call ringing")
        await play.type("who", r"^  alfa +ringing")
        await play.type("answer alfa", "alfa: call joined")
        joined = r"^  {} +joined +since \d\d:\d\d:\d\d +hears {}$"
        heard = [joined.format("subscriber", "alfa"), joined.format("alfa", "subscriber")]
        for _ in range(30):  # the switch's recordings are late by up to 2 s, and 1 s is listened to
            table = await play.type("who", r"^  subscriber +joined[^$]*?is running$")
            if all(re.search(line, table, re.MULTILINE) for line in heard):
                break
            await asyncio.sleep(1)
        assert all(re.search(line, table, re.MULTILINE) for line in heard), table
        assert re.search(r"^  bravo +ended +since \d\d:\d\d:\d\d +busy$", table, re.MULTILINE)
        await play.type("answer alfa", "^alfa does not ring, it is Up")
        await play.type("press alfa 12#", "^alfa pressed 12#")
        await play.type("hangup alfa", r"alfa: call ended \(.*outcome completed, cause 16\)")
        await play.type("hangup subscriber", "conference 1 ended")
        await play.type("who", "^no conference now")
        await play.type("cdrs", "^seq ")
        for number in ("+447700900001", "+447700900002", "+447700900003"):
            assert (
                len(re.findall(rf"^ +\d .* {re.escape(number)}  2\d\d\d-", await cdrs(play), re.MULTILINE))
                == 1
            )
        await play.type("help", "^  quit +stop everything")
        await play.type("quit")
        assert await play.ended() == 0
    assert left_running(temporary) == []
    assert os.listdir(temporary) == []  # noqa: PTH208 - of a test alone on its loop


async def cdrs(play: Played) -> str:
    await play.type("cdrs")
    return await play.type("help", r"^seq [^$]*?^  text \[")


@pytest.mark.parametrize("how", ["end of input", "SIGTERM", "SIGINT"])
async def test_every_end_stops_everything(tree: Path, temporary: Path, how: str) -> None:
    async with played(temporary) as play:
        await play.until("Everything else: help")
        await play.type("UC alfa +447700900002 Alfa.Jones Mkting", "User alfa created")
        await play.type("IC Mkting", "subscriber: call joined")
        assert left_running(temporary)
        if how == "end of input":
            assert play.process.stdin is not None
            play.process.stdin.close()
        else:
            play.process.send_signal(signal.Signals[how])
        assert await play.ended() == 0
    assert left_running(temporary) == []
    assert os.listdir(temporary) == []  # noqa: PTH208 - of a test alone on its loop


async def test_a_line_that_appears_leaves_what_is_being_typed() -> None:
    ours, theirs = pty.openpty()
    screen = os.fdopen(os.dup(theirs), "w")
    try:
        async with Prompt(theirs, screen, "usn> ") as prompt:
            os.write(ours, b"IC Mk")
            await asyncio.sleep(0.1)
            prompt.show("alfa: call joined")
            os.write(ours, b"ting\n")
            assert await prompt.line() == "IC Mkting"
            os.write(ours, b"\x04")
            assert await prompt.line() is None
        shown = os.read(ours, 4096).decode()
    finally:
        screen.close()
        os.close(ours)
        os.close(theirs)
    assert "\r\x1b[Kalfa: call joined\r\n\r\x1b[Kusn> IC Mk\r\x1b[Kusn> IC Mkting" in re.sub(
        r"(?<=usn> IC Mk)(?:\r\x1b\[Kusn> IC Mk(?=\r))+", "", shown
    )


async def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("who\n\nquit")
    out = StringIO()
    with script.open() as source:
        async with Prompt(source.fileno(), out, "usn> ") as prompt:
            lines = [await prompt.line() for _ in range(4)]
            prompt.show("told")
    assert lines == ["who", "", "quit", None]
    assert out.getvalue() == "told\n"
