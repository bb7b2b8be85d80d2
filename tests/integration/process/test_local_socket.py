"""Proves that who asks at a local socket has an answer or a reason within its deadline."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from usnd.process import local_socket
from usnd.process.local_socket import Bounds, LineServer, Peer, Problem, TooLong, exchange, peer_of
from usnd.process.runtime_directory import RuntimeDirectory
from workbench.parts.process import until


@contextmanager
def listening(path: Path, then: Callable[[socket.socket], None]) -> Iterator[None]:
    """Somebody who takes one connection and does that with it."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            channel, _ = server.accept()
            with channel:
                then(channel)

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield
        finally:
            serving.join(10)


def trickle(channel: socket.socket) -> None:
    for _ in range(100):
        try:
            channel.sendall(b"x")
        except OSError:
            return
        time.sleep(0.05)


def flood(channel: socket.socket) -> None:
    try:
        channel.sendall(b"x" * 1_000_000)
    except OSError:
        return


@pytest.mark.parametrize(
    ("then", "raised"),
    [
        (lambda channel: channel.recv(9), ConnectionResetError),
        (lambda channel: (channel.recv(9), channel.sendall(b"half")), ConnectionResetError),
        (trickle, TimeoutError),
        (flood, TooLong),
    ],
)
def test_what_is_no_answer_is_said_within_the_deadline(
    tmp_path: Path, then: Callable[[socket.socket], None], raised: type[OSError]
) -> None:
    path, begun = tmp_path / "socket", time.monotonic()
    with listening(path, then), pytest.raises(raised):
        exchange(path, b"?", patience=0.5, longest=1000)
    assert time.monotonic() - begun < 8


def test_an_answer_that_comes_in_pieces_is_whole(tmp_path: Path) -> None:
    def pieces(channel: socket.socket) -> None:
        assert channel.recv(99) == b"who?\n"
        for piece in (b"me", b", ", b"you\n"):
            channel.sendall(piece)
            time.sleep(0.02)

    with listening(tmp_path / "socket", pieces):
        assert exchange(tmp_path / "socket", b"who?", patience=5, longest=1000) == b"me, you"


def test_who_is_turned_away_before_asking_reads_why(tmp_path: Path) -> None:
    with listening(tmp_path / "socket", lambda channel: channel.sendall(b"go away\n")):
        assert exchange(tmp_path / "socket", b"x" * 10_000_000, patience=5, longest=1000) == b"go away"


BOUNDS = Bounds(longest=64, at_once=8, patience=5)


class Echo:
    def bounds_of(self, peer: Peer) -> Bounds:
        return BOUNDS

    def turn_away(self, peer: Peer) -> None:
        assert peer.uid == os.geteuid()

    def refuse(self, problem: Problem) -> bytes:
        return problem.name.encode()

    async def answer(self, line: bytes, peer: Peer) -> bytes:
        await asyncio.sleep(0.05)
        return line + f" by {peer.name}".encode()


async def test_many_at_a_time_are_each_answered_by_their_own_answer(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    server = LineServer(path, Echo())
    await server.start()
    serving = asyncio.create_task(server.keep(RuntimeDirectory()))
    asking = (asyncio.to_thread(exchange, path, str(n).encode(), patience=5, longest=99) for n in range(8))
    answers = await asyncio.gather(*asking)
    assert [answer.split()[0] for answer in answers] == [str(n).encode() for n in range(8)]
    serving.cancel()


# A runtime directory that goes and comes back ---------------------------------------------------------------


@asynccontextmanager
async def kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A server that looks often whether its socket is there."""
    monkeypatch.setattr(local_socket, "LOOK_EVERY", 0.02)
    serving = asyncio.create_task(LineServer(path, Echo()).keep(RuntimeDirectory()))
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.wait({serving})


def asked(path: Path) -> bool:
    try:
        return exchange(path, b"?", patience=5, longest=99).startswith(b"? by ")
    except (FileNotFoundError, ConnectionRefusedError):
        return False


async def comes(path: Path) -> bool:
    """Whether it is answered within seconds."""
    for _ in range(250):
        if await asyncio.to_thread(asked, path):
            return True
        await asyncio.sleep(0.02)
    return False


def in_journal(journal: list[MutableMapping[str, Any]]) -> list[str]:
    return [line["event"] for line in journal]


LOST, AGAIN = "runtime directory cannot be used", "runtime directory can be used again"


async def test_a_socket_whose_directory_goes_is_made_again_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "run"
    home.mkdir()
    path = home / "socket"
    with capture_logs() as journal:
        async with kept(path, monkeypatch):
            assert await comes(path)
            for gone in ("once", "twice"):
                home.rename(tmp_path / gone)
                assert await until(lambda: in_journal(journal)[-1:] == [LOST], 5, 0.02)
                await asyncio.sleep(0.1)  # some looks more
                home.mkdir()
                assert await comes(path)
                assert await until(lambda: in_journal(journal)[-1:] == [AGAIN], 5, 0.02)
        assert not path.exists(), "it goes with its server"
    assert in_journal(journal) == [LOST, AGAIN] * 2


async def test_a_directory_that_comes_late_is_used_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run" / "socket"
    async with kept(path, monkeypatch):
        await asyncio.sleep(0.1)
        path.parent.mkdir()
        assert await comes(path)


async def test_a_socket_that_somebody_else_put_there_is_left_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "socket"
    with capture_logs() as journal:
        async with kept(path, monkeypatch):
            assert await comes(path)
            path.unlink()
            with socket.socket(socket.AF_UNIX) as other:
                other.bind(str(path))
                other.listen()
                assert await until(lambda: LOST in in_journal(journal), 5, 0.02)
                await asyncio.sleep(0.1)
            assert path.exists()
            assert await comes(path), "once they are gone it is ours again"


def test_the_kernel_says_who_is_at_the_other_end_and_of_which_groups() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        peer = peer_of(ours)
    assert peer.uid == os.geteuid()
    assert peer.groups == {os.getegid(), *os.getgroups()}
