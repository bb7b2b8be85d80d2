"""A Unix socket with one line each way: a request, its answer, the end.

usnd/control and usnd/pair serve theirs with LineServer, and their commands ask with `exchange`; what the
lines say is theirs. Whoever connects is known by what the kernel says of them (SO_PEERCRED in unix(7)), and
is answered or sent off within a deadline, whatever they send.
"""

import asyncio
import os
import pwd
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

import structlog

_PEER_GROUPS = 59
"""SO_PEERGROUPS of linux/socket.h, which Python has no name for."""
_MOST_OCTETS = 1024
"""Of an option's value, in Python."""
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end. `name`: the user's, or `uid 1007` of one who has none."""

    uid: int
    groups: frozenset[int]
    name: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """`longest`: octets of a request. `patience`: seconds for it to come, and for its answer to be read."""

    longest: int = 16_384
    at_once: int = 16
    patience: float = 5.0


class Problem(Enum):
    """Why there is no request to answer."""

    NO_LINE = "no line of an allowed length came in time"
    TOO_MANY = "too many are connected"


class Answering(Protocol):
    """What is said at a socket: lines without their end."""

    def turn_away(self, peer: Peer) -> bytes | None:
        """What is said to one who may ask nothing, before anything is read; None to all others."""
        ...

    def refuse(self, problem: Problem) -> bytes:
        """What is said where no line came."""
        ...

    async def answer(self, line: bytes, peer: Peer) -> bytes:
        """The answer to that line."""
        ...


class LineServer:
    """Answers at `path`, which nobody can reach before it has its `mode`."""

    def __init__(
        self, path: Path, speaker: Answering, bounds: Bounds | None = None, *, mode: int = 0o660
    ) -> None:
        self._path = path
        self._speaker = speaker
        self._bounds = bounds or Bounds()
        self._mode = mode
        self._open = 0
        self._log = structlog.get_logger("usnd.socket")

    async def start(self) -> asyncio.Server:
        """Answers from now on, until the server is closed; then who listened removes the path.

        Raises OSError, also if somebody answers there already.
        """
        made = await asyncio.to_thread(_listening, self._path, self._mode)
        return await asyncio.start_unix_server(self._serve, sock=made, limit=self._bounds.longest)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = peer_of(writer.get_extra_info("socket"))
        answer = self._speaker.turn_away(peer)
        if answer is None and self._open >= self._bounds.at_once:
            answer = self._speaker.refuse(Problem.TOO_MANY)
        counts = answer is None
        self._open += counts
        try:
            writer.write((answer or await self._answered(reader, peer)) + b"\n")
            async with asyncio.timeout(self._bounds.patience):
                await writer.drain()
        except (OSError, TimeoutError):
            self._log.info("nobody waited for the answer", socket=str(self._path))
        finally:
            self._open -= counts
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answered(self, reader: asyncio.StreamReader, peer: Peer) -> bytes:
        try:
            async with asyncio.timeout(self._bounds.patience):
                line = await reader.readuntil(b"\n")
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return self._speaker.refuse(Problem.NO_LINE)
        return await self._speaker.answer(line.removesuffix(b"\n"), peer)


def _listening(path: Path, mode: int) -> socket.socket:
    """The socket, made under another name first: under its own it is never open to more than `mode` says.

    One that was left behind by a kill is replaced.
    """
    with socket.socket(socket.AF_UNIX) as asking, suppress(FileNotFoundError, ConnectionRefusedError):
        asking.connect(str(path))
        raise FileExistsError(f"another process listens at {path}")
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    try:
        made.bind(str(new))
        new.chmod(mode)
        made.listen()
        made.setblocking(False)  # noqa: FBT003 # the library has no keyword
        new.replace(path)
    except OSError:
        made.close()
        raise
    return made


def peer_of(channel: socket.socket) -> Peer:
    """Who connected, as they were then: their groups are those of the process, not those of a list."""
    _process, uid, gid = credentials_of(channel)
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid {uid}"
    return Peer(uid, frozenset({gid, *_further_groups(channel, name, gid)}), name)


def credentials_of(channel: socket.socket) -> tuple[int, int, int]:
    """The process, the uid and the gid of who is at the other end. Raises OSError."""
    octets = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    process, uid, gid = struct.unpack("3i", octets)
    return process, uid, gid


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
