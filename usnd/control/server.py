"""The daemon's end of the control socket: who may connect is who may write to the file.

Owns the socket, its bounds in size, number and time, and the line in the journal of who asked for what.
Refuses to do anything by itself: `act` does. A socket that cannot be made stops nothing else.
"""

import asyncio
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import structlog

from usnd.control.requests import LONGEST_REQUEST, VERSION, Answer, Look, Request

Act = Callable[[Request, str], Awaitable[Answer]]
"""Does what is asked for by that person."""
MOST_AT_ONCE = 16
_LONGEST_ACT = 20.0


class ControlServer:
    """Listens at `path`; None: nowhere. patience: seconds for a line to come, or to be read."""

    def __init__(self, path: Path | None, act: Act, patience: float = 5.0) -> None:
        self._path = path
        self._act = act
        self._patience = patience
        self._open = 0
        self._acting = set[asyncio.Future[Answer]]()
        self._log = structlog.get_logger("usnd.control")

    async def run(self) -> None:
        """Until cancelled; the socket goes then."""
        if self._path is None:
            return
        try:
            listening = _listening(self._path)
        except OSError as error:
            self._log.error("control socket cannot be made", path=str(self._path), error=str(error))
            return
        try:
            server = await asyncio.start_unix_server(self._serve, sock=listening, limit=LONGEST_REQUEST)
            with closing(server):  # waits for nobody who has not asked yet
                await server.serve_forever()
        finally:
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            answer = Answer(refused="too many commands at once: try again")
            if self._open <= MOST_AT_ONCE:
                answer = await self._answered(reader, _peer(writer))
            writer.write(msgspec.json.encode(answer) + b"\n")
            async with asyncio.timeout(self._patience):
                await writer.drain()
        except (OSError, TimeoutError):
            self._log.info("a command did not wait for its answer")
        finally:
            self._open -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answered(self, reader: asyncio.StreamReader, by: str) -> Answer:
        """One request, one answer, whatever comes."""
        try:
            async with asyncio.timeout(self._patience):
                line = await reader.readuntil(b"\n")
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return Answer(refused=f"no request of one line, of at most {LONGEST_REQUEST} octets, has come")
        try:
            request: Request = msgspec.json.decode(line, type=Request)
        except msgspec.DecodeError as error:
            return Answer(refused=f"not understood: {error}")
        if request.version != VERSION:
            return Answer(refused=f"usnd speaks version {VERSION}: use the command of the same release")
        return await self._acted(request, by)

    async def _acted(self, request: Request, by: str) -> Answer:
        wants = msgspec.to_builtins(request)
        act = wants.pop("do")
        # Never cut off: what is committed must be acted on, whoever still waits for the answer.
        acting = asyncio.ensure_future(self._act(request, by))
        self._acting.add(acting)
        acting.add_done_callback(self._acting.discard)
        await asyncio.wait({acting}, timeout=_LONGEST_ACT)
        if not acting.done():
            answer = Answer(refused="no answer in time: look before you repeat")
        elif fault := acting.exception():
            self._log.error("a command failed", act=act, exc_info=fault)
            answer = Answer(refused="a fault in usnd: see its journal, and look before you repeat")
        else:
            answer = acting.result()
        if not isinstance(request, Look):
            outcome = answer.refused or answer.said
            self._log.info(f"asked at the console: {act}", by=by, **_told(wants), outcome=outcome)
        return answer


def _told(wants: dict[str, object]) -> dict[str, object]:
    """What was asked for, without what was left out."""
    return {key: value for key, value in wants.items() if value or isinstance(value, bool)} | {
        "version": None
    }


def _listening(path: Path) -> socket.socket:
    """The socket, made under another name first: under its own it is never open to others than its owner.

    One that was left behind by a kill is replaced. Raises OSError, also if somebody answers there.
    """
    with socket.socket(socket.AF_UNIX) as asking, suppress(FileNotFoundError, ConnectionRefusedError):
        asking.connect(str(path))
        raise FileExistsError(f"another usnd listens at {path}")
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    try:
        made.bind(str(new))
        new.chmod(0o660)
        made.listen()
        made.setblocking(False)  # noqa: FBT003 # the library has no keyword
        new.replace(path)
    except OSError:
        made.close()
        raise
    return made


def _peer(writer: asyncio.StreamWriter) -> str:
    """Who is at the other end, as the kernel says: name, or number of one who has none."""
    channel = writer.get_extra_info("socket")
    credentials = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _process, user, _group = struct.unpack("3i", credentials)
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"uid {user}"
