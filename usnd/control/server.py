"""The daemon's end of the control socket: reads a request, asks who may what, has it done, answers.

The daemon runs it, with `act` to do what is asked for. Each command that changes something leaves a line in
the journal with who asked; what the sites ask for, services/provisioning and services/portal tell. A socket
that is gone or cannot be made is said there, too, stops nothing else, and is made as soon as it can be.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

import msgspec
import structlog

from usnd.control.answers import Answer, Done, Pictures, Refusal, RefusalCode
from usnd.control.request import VERSION
from usnd.control.requests import (
    LONGEST_COMMAND,
    LONGEST_OF_PORTAL,
    LONGEST_REQUEST,
    AnsweredOnce,
    Follow,
    Request,
)
from usnd.control.rights import PORTAL, PROVISIONING, Right, Row, rights_of
from usnd.domain.conference.picture import Picture
from usnd.process.local_socket import Bounds, LineServer, Peer, Problem
from usnd.process.runtime_directory import RuntimeDirectory
from usnd.services.asker import Asker
from usnd.services.conference.pictures import TooManyFollow

Act = Callable[[AnsweredOnce, Asker], Awaitable[Answer]]
"""Does what is asked for by that person, while they wait for it."""
MOST_AT_ONCE = 16
"""Commands; and as many lines of the provisioning site, which takes no place of theirs."""
MOST_OF_PORTAL = 64
"""Lines of the portal's site, beside those."""
_PLACES = {PROVISIONING: ("site", MOST_AT_ONCE), PORTAL: ("portal", MOST_OF_PORTAL)}
_LONGEST = ((Right.PROVISION, LONGEST_REQUEST), (Right.PORTAL, LONGEST_OF_PORTAL))
"""Octets of a line, by right."""
_LONGEST_ACT = 20.0
_VERSIONS = f"usnd speaks version {VERSION}, the command"
_SAME_RELEASE = ": use the command of usnd's release, or restart usnd"
_OWNERS_ONLY, _EVERYBODY = 0o660, 0o666
_PROBLEMS = {
    Problem.NO_LINE: Refusal(
        code=RefusalCode.NOT_UNDERSTOOD,
        refused=f"no request came: it is one line of at most {LONGEST_COMMAND} octets",
    ),
    Problem.TOO_MANY: Refusal(
        code=RefusalCode.TOO_MANY, refused="too many commands at the same time: try again"
    ),
}


class _Versioned(msgspec.Struct):
    """What a request of any release has."""

    version: int = VERSION


async def nothing_to_follow() -> AsyncGenerator[tuple[Picture, ...]]:
    """There are no conferences, for who wants none to be followed."""
    yield ()


class ControlServer:
    """Listens at `path`; None: nowhere. `patience`: seconds for a line to come, or to be read.

    `to_all`: the file lets everybody connect, and the table alone decides; else only its owner and group.
    `follow`: the conferences as they change, for a site that shows them.
    """

    def __init__(
        self,
        path: Path | None,
        act: Act,
        table: Sequence[Row],
        patience: float = 5.0,
        *,
        to_all: bool = False,
        follow: Callable[[], AsyncGenerator[tuple[Picture, ...]]] = nothing_to_follow,
    ) -> None:
        self._path = path
        self._follow = follow
        self._act = act
        self._table = table
        self._patience = patience
        self._mode = _EVERYBODY if to_all else _OWNERS_ONLY
        self._acting = set[asyncio.Future[Answer]]()
        self._log = structlog.get_logger("usnd.control")

    async def run(self, directory: RuntimeDirectory) -> None:
        """Until cancelled; the socket goes then. directory: is told while it is not there."""
        if self._path is not None:
            await LineServer(self._path, self, mode=self._mode).keep(directory)

    def turn_away(self, peer: Peer) -> bytes | None:
        """Who may do nothing here is told so before anything is read, and takes nobody's place."""
        if rights_of(peer, self._table):
            return None
        return msgspec.json.encode(self._not_allowed(peer, "command this usnd"))

    def bounds_of(self, peer: Peer) -> Bounds:
        """Only sites send long lines; one that may nothing else has places of its own."""
        rights = rights_of(peer, self._table)
        longest = next((octets for right, octets in _LONGEST if right in rights), LONGEST_COMMAND)
        whose, most = _PLACES.get(rights, ("commands", MOST_AT_ONCE))
        return Bounds(longest, most, self._patience, whose)

    def refuse(self, problem: Problem) -> bytes:
        """The answer where there is no line."""
        return msgspec.json.encode(_PROBLEMS[problem])

    async def answer(self, line: bytes, peer: Peer) -> bytes | AsyncGenerator[bytes]:
        """One answer to one line, whatever it is; many to who follows the conferences."""
        answered = await self._answered(line, peer)
        if isinstance(answered, Answer):
            return msgspec.json.encode(answered)
        return self._lines(answered)

    async def _lines(self, lots: AsyncGenerator[tuple[Picture, ...]]) -> AsyncGenerator[bytes]:
        try:
            async with aclosing(lots):
                async for lot in lots:
                    yield msgspec.json.encode(Pictures(pictures=lot))
        except TooManyFollow:
            yield self.refuse(Problem.TOO_MANY)

    async def _answered(self, line: bytes, peer: Peer) -> Answer | AsyncGenerator[tuple[Picture, ...]]:
        try:
            version = msgspec.json.decode(line, type=_Versioned).version
            if version != VERSION:
                return Refusal(code=RefusalCode.VERSION, refused=f"{_VERSIONS} {version}{_SAME_RELEASE}")
            request: Request = msgspec.json.decode(line, type=Request)
        except (msgspec.DecodeError, RecursionError) as error:
            return Refusal(code=RefusalCode.NOT_UNDERSTOOD, refused=f"not understood: {error}")
        if request.needs not in rights_of(peer, self._table):
            return self._not_allowed(peer, request.needs.value)
        if isinstance(request, Follow):
            return self._follow()
        return await self._acted(request, peer)

    def _not_allowed(self, peer: Peer, what: str) -> Refusal:
        self._log.warning("control request not allowed", by=peer.name, uid=peer.uid, what=what)
        sentence = f"{peer.name} may not {what}: be root, the user of usnd, or of its operators' group"
        return Refusal(code=RefusalCode.NOT_ALLOWED, refused=sentence)

    async def _acted(self, request: AnsweredOnce, peer: Peer) -> Answer:
        act = str(type(request).__struct_config__.tag)
        who = {"by": peer.name, "uid": peer.uid}
        until = time.monotonic() + _LONGEST_ACT
        asker = Asker(peer.name, lambda: time.monotonic() < until and peer.waits())
        # Never cut off: what is committed must be acted on. What is not begun yet is dropped: see Asker.
        acting = asyncio.ensure_future(self._act(request, asker))
        self._acting.add(acting)
        acting.add_done_callback(self._acting.discard)
        await asyncio.wait({acting}, timeout=_LONGEST_ACT)
        answer: Answer
        if not acting.done():
            sentence = "timed out; it may have been done: check before you retry"
            answer = Refusal(code=RefusalCode.TIMED_OUT, refused=sentence)
            acting.add_done_callback(partial(self._tell_late, act, who))
        elif fault := acting.exception():
            self._log.error("a command failed", act=act, exc_info=fault)
            sentence = "an error in usnd, see its journal; it may have been done: check before you retry"
            answer = Refusal(code=RefusalCode.FAULT, refused=sentence)
        else:
            answer = acting.result()
        if request.told:
            wants = msgspec.to_builtins(request)
            del wants["do"]
            self._log.info(f"asked at the console: {act}", **who, **_told(wants), outcome=_outcome(answer))
        return answer

    def _tell_late(self, act: str, who: dict[str, object], acting: asyncio.Future[Answer]) -> None:
        """What came of an act that had been answered as timed out."""
        if acting.cancelled():
            return
        fault = acting.exception()
        outcome = _outcome(acting.result()) if fault is None else "a fault"
        self._log.warning(f"late at the console: {act}", **who, outcome=outcome, exc_info=fault)


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
