"""Proves that the control socket answers whatever comes with one line, and gives way to nobody."""

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from usnd.control.answers import Answer, Done, Live, Refusal, RefusalCode
from usnd.control.client import NoAnswer, NotDone, ask
from usnd.control.requests import LONGEST_REQUEST, End, Lock, Look, Request
from usnd.control.rights import OPERATORS, Right, Row, table_here, who_may_what
from usnd.control.server import MOST_AT_ONCE, ControlServer
from usnd.process.local_socket import Peer
from usnd.process.runtime_directory import RuntimeDirectory
from usnd.services.asker import Asker
from workbench.parts.process import until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


async def echo(request: Request, asker: Asker) -> Answer:
    by = asker.name
    if isinstance(request, Look) and request.conference == 13:
        raise RuntimeError("hush")
    if isinstance(request, Look) and request.conference == 12:
        return Refusal(code=RefusalCode.NOT_POSSIBLE, refused="not that one")
    if isinstance(request, Look):
        return Live(lately=({"at": "", "conference": 1, "who": by, "what": "asks"},))
    return Done(said=f"{type(request).__name__} by {by}")


@asynccontextmanager
async def serving(
    path: Path, patience: float = 0.3, table: Sequence[Row] | None = None, *, to_all: bool = False
) -> AsyncIterator[ControlServer]:
    server = ControlServer(path, echo, table_here(None) if table is None else table, patience, to_all=to_all)
    running = asyncio.create_task(server.run(RuntimeDirectory()))
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
        (b"", "no request came: it is one line"),
        (b'{"do":"look"}', "no request came: it is one line"),
        (b"x" * (LONGEST_REQUEST + 1) + b"\n", "no request came: it is one line"),
        (b"\xff\xfe\n", "not understood: "),
        (b"[]\n", "not understood: "),
        (lines('{"do":"dance"}'), "not understood: Invalid value 'dance'"),
        (lines('{"do":"end"}'), "not understood: Object missing required field `conference`"),
        (lines('{"do":"end","conference":0}'), "not understood: Expected `int` >= 1"),
        (lines('{"do":"end","conference":1,"sudo":1}'), "contains unknown field `sudo`"),
        (lines('{"do":"launch","subscriber":"' + "9" * 65 + '"}'), "length <= 64"),
        (
            lines('{"do":"dance","version":1,"sudo":1}'),
            "usnd speaks version 2, the command 1: use the command of",
        ),
        (lines('{"do":"look","a":' + "[" * 10_000), "not understood: maximum recursion depth exceeded"),
        (lines('{"do":"launch","subscriber":"1","request":"a\\u0000"}'), "not understood: Expected `str`"),
        (lines('{"do":"look","conference":13}'), "an error in usnd, see its journal"),
    ],
)
async def test_what_is_no_request_is_refused_in_words(path: Path, sent: bytes, refused: str) -> None:
    async with serving(path):
        answer = await answer_to(path, sent)
        assert refused in answer["refused"]
        assert "hush" not in answer["refused"]
        assert (await answer_to(path, lines('{"do":"look"}')))["lately"], "the next is served"


async def test_who_talks_to_it_is_told_by_the_kernel_and_others_may_not(path: Path) -> None:
    async with serving(path):
        owner, mode = owner_and_mode(path)
        assert mode == 0o660
        assert (await asyncio.to_thread(ask, path, Look())).lately[0]["who"] == owner
        assert (await asyncio.to_thread(ask, path, End(conference=1))).said == f"End by {owner}"
        with pytest.raises(NotDone, match="not that one"):
            await asyncio.to_thread(ask, path, Look(conference=12))


async def test_a_crowd_is_turned_away_and_a_silent_one_is_let_go(path: Path) -> None:
    async with serving(path, patience=5):  # time for the whole crowd to come
        silent = [await asyncio.open_unix_connection(str(path)) for _ in range(MOST_AT_ONCE)]
        await asyncio.sleep(0.05)
        assert "too many" in (await answer_to(path, lines('{"do":"look"}')))["refused"]
        for reader, writer in silent:
            assert b"no request came" in await reader.read()
            await close(writer)
        assert "lately" in await answer_to(path, lines('{"do":"look"}'))


async def test_a_socket_left_by_a_kill_is_replaced_and_a_living_one_is_not(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with serving(path):
        second = ControlServer(path, echo, table_here(None)).run(RuntimeDirectory())
        with pytest.raises(TimeoutError):  # it says so in the journal, and waits
            await asyncio.wait_for(second, 0.2)
        assert "lately" in await answer_to(path, lines('{"do":"look"}'))


async def test_a_directory_that_is_missing_stops_nothing(tmp_path: Path) -> None:
    waiting = ControlServer(tmp_path / "none" / "control.sock", echo, table_here(None))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting.run(RuntimeDirectory()), 0.2)
    await ControlServer(None, echo, table_here(None)).run(RuntimeDirectory())


@contextmanager
def listening(path: Path, then: Callable[[socket.socket], object]) -> Iterator[None]:
    """Somebody who takes one connection, reads a line and does that."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            channel, _ = server.accept()
            with channel, channel.makefile("rb") as lines_:
                lines_.readline()
                then(channel)

        serving_ = threading.Thread(target=serve)
        serving_.start()
        yield
        serving_.join(10)


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


# Who still waits -------------------------------------------------------------------------------------------


class Slow:
    """An act that waits, as for a database that is away, until it is let go on."""

    def __init__(self) -> None:
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        self.waited: list[bool] = []

    async def act(self, _request: Request, asker: Asker) -> Answer:
        self.begun.set()
        await self.go_on.wait()
        self.waited.append(asker.waits())
        return Done(said="done")

    def waited_for(self, acts: int) -> Callable[[], bool]:
        return lambda: len(self.waited) == acts


@asynccontextmanager
async def slow_service(path: Path) -> AsyncIterator[Slow]:
    slow = Slow()
    running = asyncio.create_task(ControlServer(path, slow.act, table_here(None)).run(RuntimeDirectory()))
    assert await until(lambda: answers(path), 5, 0.01)
    yield slow
    running.cancel()
    await asyncio.wait({running})


async def test_who_waits_is_known_and_so_is_who_has_gone(path: Path) -> None:
    async with slow_service(path) as slow:
        for leaves in (False, True):
            slow.begun.clear()
            slow.go_on.clear()
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(lines('{"do":"end","conference":1}'))
            writer.write_eof()  # all is said, and the answer is waited for
            await slow.begun.wait()
            if leaves:
                await close(writer)
            slow.go_on.set()
            assert await until(slow.waited_for(1 + leaves), 5)
            if not leaves:
                assert b'"done"' in await reader.readline()
                await close(writer)
    assert slow.waited == [True, False]


async def test_what_was_answered_as_timed_out_is_not_begun_any_more(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usnd.control.server._LONGEST_ACT", 0.1)
    async with slow_service(path) as slow:
        assert "timed out" in (await answer_to(path, lines('{"do":"end","conference":1}')))["refused"]
        with capture_logs() as journal:
            slow.go_on.set()
            assert await until(lambda: bool(slow.waited), 5)
            await asyncio.sleep(0)
    assert slow.waited == [False]
    assert [line["event"] for line in journal] == ["late at the console: end"]
    assert journal[0]["outcome"] == "done"


# Who may what ----------------------------------------------------------------------------------------------

TABLE = (*who_may_what(own_user=990, operators=1200), Row(frozenset({Right.LOOK}), user="usn-portal"))
OPERATOR, OTHER = Peer(1007, frozenset({100, 1200}), "ada"), Peer(1008, frozenset({100}), "bob")
PORTAL = Peer(991, frozenset({991}), "usn-portal")


@pytest.mark.parametrize(
    ("peer", "sent", "answer"),
    [
        (OPERATOR, '{"do":"end","conference":1}', "End by ada"),
        (OPERATOR, '{"do":"look"}', "asks"),
        (PORTAL, '{"do":"look"}', "asks"),
        (PORTAL, '{"do":"end","conference":1}', "usn-portal may not launch and control conferences: be root"),
    ],
)
async def test_the_table_says_who_may_what(path: Path, peer: Peer, sent: str, answer: str) -> None:
    """The peers are put in the place of what the kernel says."""
    server = ControlServer(path, echo, TABLE)
    assert server.turn_away(peer) is None
    assert answer in (await server.answer(sent.encode(), peer)).decode()


def test_who_may_do_nothing_is_turned_away(path: Path) -> None:
    refused = ControlServer(path, echo, TABLE).turn_away(OTHER)
    assert refused is not None
    assert b"bob may not command this usnd: be root" in refused
    assert b'"not-allowed"' in refused


def test_an_operators_group_that_does_not_exist_has_nobody_in_it() -> None:
    assert len(table_here("no-such-group")) == 2
    assert table_here(None)[2].rights == OPERATORS


PROGRAM = """
import os, pathlib, sys
from usnd.control.client import NoAnswer, NotDone, ask
from usnd.control.requests import Lock
path, user, group, *groups = sys.argv[1:]
os.setgroups([int(one) for one in groups])
os.setgid(int(group))
os.setuid(int(user))
try:
    print(ask(pathlib.Path(path), Lock(conference=1)).said)
except (NoAnswer, NotDone) as error:
    print(error)
"""
STRANGER, THEIR_GROUP, OPERATORS_HERE = 64_007, 64_100, 64_200


def said_to(path: Path, *groups: int) -> str:
    """What the kernel lets somebody of another uid reach, and usnd answers them."""
    who = map(str, (STRANGER, THEIR_GROUP, *groups))
    command = [sys.executable, "-c", PROGRAM, str(path), *who]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A path that every user may go to."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        yield Path(home) / "control.sock"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_the_kernel_tells_operators_from_others(reachable: Path) -> None:
    table = who_may_what(os.geteuid(), OPERATORS_HERE)
    async with serving(reachable, 5, table, to_all=True):
        assert await asyncio.to_thread(said_to, reachable, OPERATORS_HERE) == f"Lock by uid {STRANGER}"
        refused = await asyncio.to_thread(said_to, reachable)
        assert refused.startswith(f"uid {STRANGER} may not command this usnd: be root, the user of usnd")
    async with serving(reachable, 5, table):  # the file's mode lets nobody else connect
        refused = await asyncio.to_thread(said_to, reachable, OPERATORS_HERE)
        assert refused.startswith("you may not command this usnd (")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_those_who_may_do_nothing_take_nobodys_place(reachable: Path) -> None:
    async with serving(reachable, 5, (Row(OPERATORS, user=STRANGER),), to_all=True):
        crowd = [await asyncio.open_unix_connection(str(reachable)) for _ in range(2 * MOST_AT_ONCE)]
        for reader, writer in crowd:
            assert b"may not command" in await reader.read()
            await close(writer)


# Another release -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b'{"version":1,"said":"","conference":null,"rows":[],"lately":[],"refused":"usnd speaks version 1"}',
        b'{"version":3,"is":"something else"}',
    ],
)
def test_a_usnd_of_another_release_is_named_as_such(path: Path, line: bytes) -> None:
    answering = listening(path, lambda channel: channel.sendall(line + b"\n"))
    with (
        answering,
        pytest.raises(NoAnswer, match=r"usnd speaks version [13], this command 2: use"),
    ):
        ask(path, Lock(conference=1))


async def test_a_command_of_the_release_before_reads_the_version(path: Path) -> None:
    """It reads `version` before anything else, and needs `refused` to be a text."""
    async with serving(path):
        answer = await answer_to(path, lines('{"do":"look","version":1,"conference":null}'))
        assert answer["version"] == 2
        assert isinstance(answer["refused"], str)


def test_a_code_that_is_newer_than_the_command_is_a_refusal_all_the_same(path: Path) -> None:
    line = b'{"version":2,"is":"refused","code":"too-late","refused":"it is too late"}'
    answering = listening(path, lambda channel: channel.sendall(line + b"\n"))
    with answering, pytest.raises(NotDone, match="it is too late"):
        ask(path, Lock(conference=1))


@pytest.mark.parametrize("line", [b"nonsense", b"{}", b'{"version":2,"is":"live"}'])
def test_an_answer_that_is_none_may_have_been_one(path: Path, line: bytes) -> None:
    answering = listening(path, lambda channel: channel.sendall(line + b"\n"))
    with answering, pytest.raises(NoAnswer, match="check with `usnd conference list`"):
        ask(path, Lock(conference=1))
