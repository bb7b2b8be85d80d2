"""The daemon's end of the control socket: reads a request, asks who may what, has it done, answers.

The daemon runs it, with `act` to do what is asked for. Each request but Look leaves a line in the journal
with who asked. A socket that cannot be made is said there, too, and stops nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import structlog

from usnd.control.answers import Answer, Done, Refusal, RefusalCode
from usnd.control.requests import LONGEST_REQUEST, VERSION, Look, Request
from usnd.control.rights import Row, rights_of
from usnd.process.local_socket import Bounds, LineServer, Peer, Problem

Act = Callable[[Request, str], Awaitable[Answer]]
"""Does what is asked for by that person."""
MOST_AT_ONCE = 16
_LONGEST_ACT = 20.0
_VERSIONS = f"usnd speaks version {VERSION}, the command"
_SAME_RELEASE = ": use the command of usnd's release, or restart usnd"
_OWNERS_ONLY, _EVERYBODY = 0o660, 0o666
_PROBLEMS = {
    Problem.NO_LINE: Refusal(
        code=RefusalCode.NOT_UNDERSTOOD,
        refused=f"no request came: it is one line of at most {LONGEST_REQUEST} octets",
    ),
    Problem.TOO_MANY: Refusal(
        code=RefusalCode.TOO_MANY, refused="too many commands at the same time: try again"
    ),
}


class _Versioned(msgspec.Struct):
    """What a request of any release has."""

    version: int = VERSION


class ControlServer:
    """Listens at `path`; None: nowhere. `patience`: seconds for a line to come, or to be read.

    `to_all`: the file lets everybody connect, and the table alone decides; else only its owner and group.
    """

    def __init__(
        self,
        path: Path | None,
        act: Act,
        table: Sequence[Row],
        patience: float = 5.0,
        *,
        to_all: bool = False,
    ) -> None:
        self._path = path
        self._act = act
        self._table = table
        self._bounds = Bounds(LONGEST_REQUEST, MOST_AT_ONCE, patience)
        self._mode = _EVERYBODY if to_all else _OWNERS_ONLY
        self._acting = set[asyncio.Future[Answer]]()
        self._log = structlog.get_logger("usnd.control")

    async def run(self) -> None:
        """Until cancelled; the socket goes then."""
        if self._path is None:
            return
        listening = LineServer(self._path, self, self._bounds, mode=self._mode)
        try:
            server = await listening.start()
        except OSError as error:
            self._log.error("control socket cannot be made", path=str(self._path), error=str(error))
            return
        try:
            with closing(server):  # waits for nobody who has not asked yet
                await server.serve_forever()
        finally:
            self._path.unlink(missing_ok=True)

    def turn_away(self, peer: Peer) -> bytes | None:
        """Who may do nothing here is told so before anything is read, and takes nobody's place."""
        if rights_of(peer, self._table):
            return None
        return msgspec.json.encode(self._not_allowed(peer, "command this usnd"))

    def refuse(self, problem: Problem) -> bytes:
        """The answer where there is no line."""
        return msgspec.json.encode(_PROBLEMS[problem])

    async def answer(self, line: bytes, peer: Peer) -> bytes:
        """One answer to one line, whatever it is."""
        return msgspec.json.encode(await self._answered(line, peer))

    async def _answered(self, line: bytes, peer: Peer) -> Answer:
        try:
            version = msgspec.json.decode(line, type=_Versioned).version
            if version != VERSION:
                return Refusal(code=RefusalCode.VERSION, refused=f"{_VERSIONS} {version}{_SAME_RELEASE}")
            request: Request = msgspec.json.decode(line, type=Request)
        except msgspec.DecodeError as error:
            return Refusal(code=RefusalCode.NOT_UNDERSTOOD, refused=f"not understood: {error}")
        if request.needs not in rights_of(peer, self._table):
            return self._not_allowed(peer, request.needs.value)
        return await self._acted(request, peer)

    def _not_allowed(self, peer: Peer, what: str) -> Refusal:
        self._log.warning("control request not allowed", by=peer.name, uid=peer.uid, what=what)
        sentence = f"{peer.name} may not {what}: be root, the user of usnd, or of its operators' group"
        return Refusal(code=RefusalCode.NOT_ALLOWED, refused=sentence)

    async def _acted(self, request: Request, peer: Peer) -> Answer:
        wants = msgspec.to_builtins(request)
        act = wants.pop("do")
        # Never cut off: what is committed must be acted on, whoever still waits for the answer.
        acting = asyncio.ensure_future(self._act(request, peer.name))
        self._acting.add(acting)
        acting.add_done_callback(self._acting.discard)
        await asyncio.wait({acting}, timeout=_LONGEST_ACT)
        answer: Answer
        if not acting.done():
            sentence = "timed out; it may have been done: check before you retry"
            answer = Refusal(code=RefusalCode.TIMED_OUT, refused=sentence)
        elif fault := acting.exception():
            self._log.error("a command failed", act=act, exc_info=fault)
            sentence = "an error in usnd, see its journal; it may have been done: check before you retry"
            answer = Refusal(code=RefusalCode.FAULT, refused=sentence)
        else:
            answer = acting.result()
        if not isinstance(request, Look):
            who = {"by": peer.name, "uid": peer.uid}
            self._log.info(f"asked at the console: {act}", **who, **_told(wants), outcome=_outcome(answer))
        return answer


def _outcome(answer: Answer) -> str:
    match answer:
        case Refusal():
            return answer.refused
        case Done():
            return answer.said
        case _:
            return ""


def _told(wants: dict[str, object]) -> dict[str, object]:
    """What was asked for, without what was left out."""
    wants.pop("version")
    return {key: value for key, value in wants.items() if value or isinstance(value, bool)}
