"""Proves that the control socket answers whatever comes with one line, and gives way to nobody."""

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from usnd.control.client import NoAnswer, NotDone, ask
from usnd.control.requests import LONGEST_REQUEST, Answer, Look, Request
from usnd.control.server import MOST_AT_ONCE, ControlServer
from workbench.parts.process import until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


async def echo(request: Request, by: str) -> Answer:
    if isinstance(request, Look) and request.conference == 13:
        raise RuntimeError("hush")
    if isinstance(request, Look) and request.conference == 12:
        return Answer(refused="not that one")
    return Answer(said=f"{type(request).__name__} by {by}")


@asynccontextmanager
async def serving(path: Path, patience: float = 0.3) -> AsyncIterator[ControlServer]:
    server = ControlServer(path, echo, patience)
    running = asyncio.create_task(server.run())
    assert await until(lambda: answers(path), 5, 0.01)
    yield server
    running.cancel()
    await asyncio.wait({running})
    assert not path.exists(), "the socket goes with its server"  # noqa: ASYNC240 # quick


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(path)) == 0


def owner_and_mode(path: Path) -> tuple[str, int]:
    return path.owner(), stat.S_IMODE(path.stat().st_mode)


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):  # the server has not read all that was sent
        await writer.wait_closed()


async def answer_to(path: Path, sent: bytes) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        writer.write(sent)
        line = await reader.readline()
    finally:
        await close(writer)
    answer: dict[str, Any] = json.loads(line)
    return answer


def lines(request: str) -> bytes:
    return request.encode() + b"\n"


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        (b"", "no request of one line"),
        (b'{"do":"look"}', "no request of one line"),
        (b"x" * (LONGEST_REQUEST + 1) + b"\n", "no request of one line"),
        (b"\xff\xfe\n", "not understood: "),
        (b"[]\n", "not understood: "),
        (lines('{"do":"dance"}'), "not understood: Invalid value 'dance'"),
        (lines('{"do":"end"}'), "not understood: Object missing required field `conference`"),
        (lines('{"do":"end","conference":0}'), "not understood: Expected `int` >= 1"),
        (lines('{"do":"end","conference":1,"sudo":1}'), "contains unknown field `sudo`"),
        (lines('{"do":"launch","subscriber":"' + "9" * 65 + '"}'), "length <= 64"),
        (lines('{"do":"look","version":2}'), "usnd speaks version 1"),
        (lines('{"do":"look","conference":13}'), "a fault in usnd: see its journal"),
    ],
)
async def test_what_is_no_request_is_refused_in_words(path: Path, sent: bytes, refused: str) -> None:
    async with serving(path):
        answer = await answer_to(path, sent)
        assert refused in answer["refused"]
        assert "hush" not in answer["refused"]
        assert "Look" in (await answer_to(path, lines('{"do":"look"}')))["said"], "the next is served"


async def test_who_talks_to_it_is_told_by_the_kernel_and_others_may_not(path: Path) -> None:
    async with serving(path):
        owner, mode = owner_and_mode(path)
        assert mode == 0o660
        assert (await asyncio.to_thread(ask, path, Look())).said == f"Look by {owner}"
        with pytest.raises(NotDone, match="not that one"):
            await asyncio.to_thread(ask, path, Look(conference=12))


async def test_a_crowd_is_turned_away_and_a_silent_one_is_let_go(path: Path) -> None:
    async with serving(path, patience=5):  # time for the whole crowd to come
        silent = [await asyncio.open_unix_connection(str(path)) for _ in range(MOST_AT_ONCE)]
        await asyncio.sleep(0.05)
        assert "too many" in (await answer_to(path, lines('{"do":"look"}')))["refused"]
        for reader, writer in silent:
            assert b"no request" in await reader.read()
            await close(writer)
        assert "said" in await answer_to(path, lines('{"do":"look"}'))


async def test_a_socket_left_by_a_kill_is_replaced_and_a_living_one_is_not(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with serving(path):
        await ControlServer(path, echo).run()  # says so in the journal, and goes on without
        assert "said" in await answer_to(path, lines('{"do":"look"}'))


async def test_a_directory_that_is_missing_stops_nothing(tmp_path: Path) -> None:
    await ControlServer(tmp_path / "none" / "control.sock", echo).run()
    await ControlServer(None, echo).run()


def nobody(_path: Path) -> None:
    """No such file."""


def dead(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))


@pytest.mark.parametrize("there", [nobody, dead])
def test_a_daemon_that_does_not_run_is_said_so(path: Path, there: Callable[[Path], None]) -> None:
    there(path)
    with pytest.raises(NoAnswer, match="usnd is not running: "):
        ask(path, Look())
