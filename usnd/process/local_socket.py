"""A Unix socket with one line each way: a request, its answer, the end.

usnd/control and usnd/pair serve theirs with LineServer, and their commands ask with `exchange`; what the
lines say is theirs. usnd/web speaks HTTP at a socket that `listening` made. Whoever connects is known by
what the kernel says of them (SO_PEERCRED in unix(7)), and is answered or sent off within a deadline,
whatever they send.
"""

import asyncio
import errno
import os
import pwd
import select
import socket
import struct
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

import structlog

from usnd.process.runtime_directory import RuntimeDirectory

_PEER_GROUPS = 59
"""SO_PEERGROUPS of linux/socket.h, which Python has no name for."""
_MOST_OCTETS = 1024
"""Of an option's value, in Python."""
_CHUNK = 65_536
LOOK_EVERY = 1.0
"""Seconds between two looks whether the socket is still at its path."""
Identity = tuple[int, int]
"""Device and inode: what a path leads to."""
_READ_AHEAD = 16_384
_BACKLOG = 1024
"""So many wait in the kernel to be let in: after a restart thousands of browsers come at once."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end. `name`: the user's, or `uid 1007` of one who has none.

    `waits`: whether they still wait for the answer; from any thread.
    """

    uid: int
    groups: frozenset[int]
    name: str
    waits: Callable[[], bool] = field(default=lambda: True, compare=False)


@dataclass(frozen=True, slots=True)
class Bounds:
    """`longest`: octets of a request. `patience`: seconds for it to come, and for its answer to be read.

    `at_once`: how many may be connected of those whose places these are; others take none of them.
    """

    longest: int = 16_384
    at_once: int = 16
    patience: float = 5.0
    whose: str = ""


class Problem(Enum):
    """Why there is no request to answer."""

    NO_LINE = "no line of an allowed length came in time"
    TOO_MANY = "too many are connected"


class Answering(Protocol):
    """What is said at a socket: lines without their end."""

    def turn_away(self, peer: Peer) -> bytes | None:
        """What is said to one who may ask nothing, before anything is read; None to all others."""
        ...

    def bounds_of(self, peer: Peer) -> Bounds:
        """What binds those who may ask something."""
        ...

    def refuse(self, problem: Problem) -> bytes:
        """What is said where no line came."""
        ...

    async def answer(self, line: bytes, peer: Peer) -> bytes | AsyncGenerator[bytes]:
        """The answer to that line; or many, one after the other, until the peer has gone."""
        ...


class LineServer:
    """Answers at `path`, which nobody can reach before it has its `mode`."""

    def __init__(self, path: Path, speaker: Answering, *, mode: int = 0o660) -> None:
        self._path = path
        self._speaker = speaker
        self._mode = mode
        self._open = Counter[Bounds]()
        self._telling = set[asyncio.Future[None]]()
        self._server: asyncio.Server | None = None
        self._made: Identity | None = None
        self._log = structlog.get_logger("usnd.socket")

    async def start(self) -> None:
        """Answers from now on, until `keep` ends. Raises OSError, also if somebody answers there already."""
        made, self._made = await asyncio.to_thread(listening, self._path, self._mode)
        self._server = await asyncio.start_unix_server(self._serve, sock=made, limit=_READ_AHEAD)

    async def keep(self, directory: RuntimeDirectory) -> None:
        """Answers until cancelled; the socket goes then.

        Whenever it is gone from its path, or could not be made, it is made again, and `directory` is told.
        """
        try:
            while True:
                if await asyncio.to_thread(self._is_there):
                    directory.kept(self._path)
                else:
                    await self._make_again(directory)
                await asyncio.sleep(LOOK_EVERY)
        finally:
            self._close()
            for telling in self._telling:
                telling.cancel()
            if self._is_there():
                with suppress(OSError):
                    self._path.unlink()

    async def _make_again(self, directory: RuntimeDirectory) -> None:
        if self._server is not None:
            directory.lost(self._path, FileNotFoundError(errno.ENOENT, "the socket is gone"))
        self._close()
        try:
            await self.start()
        except OSError as error:
            directory.lost(self._path, error)
        else:
            directory.kept(self._path)

    def _close(self) -> None:
        """Waits for nobody who has not asked yet; who has is answered."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _is_there(self) -> bool:
        """Whether the path still leads to the socket that was made."""
        return self._made is not None and _identity(self._path) == self._made

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = peer_of(writer.get_extra_info("socket"))
        bounds = self._speaker.bounds_of(peer)
        answer = self._speaker.turn_away(peer)
        if answer is None and self._open[bounds] >= bounds.at_once:
            answer = self._speaker.refuse(Problem.TOO_MANY)
        counts = answer is None
        self._open[bounds] += counts
        try:
            said = answer or await self._answered(reader, peer, bounds)
            if isinstance(said, bytes):
                await _told(writer, said, bounds)
            else:
                await self._tell_on(writer, said, bounds)
        except (OSError, TimeoutError):
            self._log.info("nobody waited for the answer", socket=str(self._path))
        finally:
            self._open[bounds] -= counts
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _tell_on(
        self, writer: asyncio.StreamWriter, answers: AsyncGenerator[bytes], bounds: Bounds
    ) -> None:
        """Until there are no more, the peer has gone, or `keep` ends. Raises OSError, TimeoutError."""
        telling = asyncio.ensure_future(_told_all(writer, answers, bounds))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        await asyncio.wait({telling})
        if not telling.cancelled():
            telling.result()

    async def _answered(
        self, reader: asyncio.StreamReader, peer: Peer, bounds: Bounds
    ) -> bytes | AsyncGenerator[bytes]:
        try:
            async with asyncio.timeout(bounds.patience):
                line = await _line(reader, bounds.longest)
        except TimeoutError:
            line = None
        if line is None:
            return self._speaker.refuse(Problem.NO_LINE)
        return await self._speaker.answer(line, peer)


async def _told(writer: asyncio.StreamWriter, answer: bytes, bounds: Bounds) -> None:
    """Raises OSError; TimeoutError, if the peer does not read."""
    writer.write(answer + b"\n")
    async with asyncio.timeout(bounds.patience):
        await writer.drain()


async def _told_all(writer: asyncio.StreamWriter, answers: AsyncGenerator[bytes], bounds: Bounds) -> None:
    async with aclosing(answers):
        async for one in answers:
            await _told(writer, one, bounds)


async def _line(reader: asyncio.StreamReader, longest: int) -> bytes | None:
    """The line without its end; None, if it is longer or has no end. What comes behind it is not read."""
    line = bytearray()
    while chunk := await reader.read(_READ_AHEAD):
        begin, end, _ = chunk.partition(b"\n")
        line += begin
        if len(line) > longest:
            return None
        if end:
            return bytes(line)
    return None


def _identity(path: Path) -> Identity | None:
    """Of what is at that path; None: nothing that can be reached."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def listening(path: Path, mode: int, group: int | None = None) -> tuple[socket.socket, Identity | None]:
    """The socket, and what it is known by at its path.

    It is made under another name first: under its own it is never open to more than `mode` says. One that was
    left behind by a kill is replaced. `group`: the gid that it belongs to, if not the own one.
    Raises OSError, also if somebody answers there already.
    """
    with socket.socket(socket.AF_UNIX) as asking, suppress(FileNotFoundError, ConnectionRefusedError):
        asking.settimeout(1.0)  # whoever hangs there is there
        asking.connect(str(path))
        raise FileExistsError(f"another process listens at {path}")
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    try:
        made.bind(str(new))
        if group is not None:
            os.chown(new, -1, group)
        new.chmod(mode)
        made.listen(_BACKLOG)
        made.setblocking(False)  # noqa: FBT003 # the library has no keyword
        identity = _identity(new)
        new.replace(path)
    except OSError:
        made.close()
        raise
    return made, identity


def peer_of(channel: socket.socket) -> Peer:
    """Who connected, as they were then: their groups are those of the process, not those of a list."""
    _process, uid, gid = credentials_of(channel)
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid {uid}"
    groups = frozenset({gid, *_further_groups(channel, name, gid)})
    return Peer(uid, groups, name, lambda: not _has_gone(channel))


def _has_gone(channel: socket.socket) -> bool:
    """The other end is closed, or ours. Who says no more (shutdown(2)) still reads, and is no POLLHUP."""
    if channel.fileno() < 0:
        return True
    looking = select.poll()
    looking.register(channel, 0)
    return bool(looking.poll(0))


def credentials_of(channel: socket.socket) -> tuple[int, int, int]:
    """The process, the uid and the gid of who is at the other end. Raises OSError."""
    octets = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    process, uid, gid = struct.unpack("3i", octets)
    return process, uid, gid


def listener_of(address: str) -> int | None:
    """The process that listens at a path or an abstract name, 0 if which is not known; None: nobody does.

    Never waits.
    """
    try:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.setblocking(False)  # noqa: FBT003 # the library has no keyword
            asking.connect(address)
            return credentials_of(asking)[0]
    except BlockingIOError:  # one that hangs has let nobody in for long
        return 0
    except OSError:
        return None


def _further_groups(channel: socket.socket, name: str, gid: int) -> tuple[int, ...]:
    try:
        octets = channel.getsockopt(socket.SOL_SOCKET, _PEER_GROUPS, _MOST_OCTETS)
    except OSError:  # an older kernel, or more groups than Python can read
        return tuple(os.getgrouplist(name, gid))
    return struct.unpack(f"{len(octets) // 4}I", octets)


class TooLong(OSError):
    """The answer is longer than who asked will read."""


def exchange(path: Path, line: bytes, *, patience: float, longest: int) -> bytes:
    """The answer of whoever listens there, without its line's end. `patience`: seconds for all of it.

    Raises OSError: FileNotFoundError and ConnectionRefusedError where nobody listens, TimeoutError,
    ConnectionResetError if the other closes without an answer, TooLong.
    """
    until = time.monotonic() + patience
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(patience)
        channel.connect(str(path))
        with suppress(BrokenPipeError, ConnectionResetError):  # turned away before it asked: it is told why
            channel.sendall(line + b"\n")
        answer = bytearray()
        while not answer.endswith(b"\n"):
            if len(answer) > longest:
                raise TooLong(f"the answer is longer than {longest} octets")
            channel.settimeout(max(0.001, until - time.monotonic()))
            if not (more := channel.recv(_CHUNK)):
                raise ConnectionResetError("the connection was closed without an answer")
            answer += more
    return bytes(answer[:-1])


async def exchange_soon(path: Path, line: bytes, *, patience: float, longest: int) -> bytes:
    """The same as `exchange`, in an event loop."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_unix_connection(path, limit=longest)
            with suppress(BrokenPipeError, ConnectionResetError):
                writer.write(line + b"\n")
                await writer.drain()
            return (await reader.readuntil(b"\n"))[:-1]
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the connection was closed without an answer") from error
    except asyncio.LimitOverrunError as error:
        raise TooLong(f"the answer is longer than {longest} octets") from error
    finally:
        if writer is not None:
            writer.close()
