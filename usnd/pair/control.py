"""The arbiter's control socket: one line of JSON each way over a Unix socket that file modes guard.

`usnd pair` asks here for the status, or gives an operator's command. A command that can be done now is passed
to the loop, whose next step decides; else the answer says why not.
"""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from usnd.domain.pair.alarms import PairAlarm, sentence
from usnd.domain.pair.evidence import NEVER, OperatorCommand
from usnd.domain.pair.operator import refusal
from usnd.domain.pair.states import STATE_WORDS
from usnd.pair import wire_names
from usnd.pair.runner import Runner
from usnd.process.local_socket import Bounds, LineServer, Peer, Problem, exchange
from usnd.process.os_errors import reason

VERSION = 2
"""Of what is said at the socket. A status without one is of a release before this number was told."""
PATIENCE = 5.0
_BOUNDS = Bounds(longest=4096, patience=PATIENCE)
_LONGEST_ANSWER = 1_000_000
_UNITS = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


NOT_OURS = (
    "what answered is not understood: is the arbiter of another release than this command? After an upgrade "
    "`systemctl restart usn-arbiter` starts that of the new one"
)


class NoArbiter(Exception):
    """The arbiter does not answer; the text says why."""


def status(runner: Runner) -> dict[str, Any]:
    """All that an operator may ask: ages in seconds. `peer…` is as last known, be it heard or not."""
    me, seen, now = runner.me, runner.seen, runner.clock()
    peer, raised = seen.peer, runner.alarms()
    return {
        "version": VERSION,
        "state": me.state.value,
        "means": STATE_WORDS[me.state],
        "since_s": round(now - me.since, 1),
        "epoch": me.record.grant.epoch,
        "last_role": me.record.last_role.value,
        "peer": peer.state.value if peer is not None else "",
        "peer_means": _peer_means(runner),
        "peer_heard": runner.assessment().hears_peer,
        "peer_silent_s": round(runner.silence(), 1),
        "heard_s": {path: _age(now, at) for path, at in seen.heard.items()},
        "peer_last_role": peer.record.last_role.value if peer is not None else "",
        "peer_epoch": peer.record.grant.epoch if peer is not None else None,
        "peer_power": seen.power.value.value,
        "peer_power_s": _age(now, seen.power.at),
        "console_s": round(seen.console_took, 1),
        "unable": seen.unable,
        "unkept": seen.unkept,
        "store_s": _age(now, seen.store.at),
        "store": {key: str(value) for key, value in asdict(seen.store.value).items()},
        "claimed_by": seen.claim.mac if PairAlarm.STRANGER in raised and seen.claim is not None else "",
        "ill": seen.ill,
        "maintenance": me.maintenance,
        "alarms": [sentence(alarm, seen) for alarm in raised],
    }


def _peer_means(runner: Runner) -> str:
    """What its state means while it is heard; else that what is shown of it may be so no longer."""
    peer = runner.seen.peer
    if peer is not None and runner.assessment().hears_peer:
        return STATE_WORDS[peer.state]
    silent = f"no heartbeat for {in_words(runner.silence())}"
    if peer is None:
        return f"{silent}, since this arbiter started: nothing is known of it"
    return f"{silent}: this is what it said last, and may no longer be so"


def in_words(seconds: float) -> str:
    """`42 s`, `5 min 12 s`, `3 h 20 min`, `12 d 4 h`."""
    whole = int(seconds)
    for size, name, part, part_name in _UNITS:
        if whole >= size:
            return f"{whole // size} {name} {whole % size // part} {part_name}"
    return f"{whole} s"


def _age(now: float, at: float) -> float | None:
    """None: never."""
    return None if at == NEVER else round(now - at, 1)


def answer(runner: Runner, line: bytes) -> dict[str, Any]:
    """To `{"command": …, "dry_run": …}`, or `{}` for the status."""
    try:
        asked = wire_names.read(json.loads(line or b"{}"))
        command = OperatorCommand(asked["command"]) if "command" in asked else None
    except (ValueError, TypeError, RecursionError):
        return {"refused": "the arbiter did not understand the command: is `usnd` of another release?"}
    if command is None:
        return status(runner)
    seen_off = bool(asked.get("seen_off"))
    if reason := refusal(runner.assessment(), command, seen_off=seen_off):
        return {"refused": reason}
    if not asked.get("dry_run"):
        runner.obey(command, by=str(asked.get("by", "")), seen_off=seen_off)
    return {"done": command.value, "dry_run": bool(asked.get("dry_run"))}


class _Arbiter:
    """What is said at the socket; the file's mode says who may ask."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def bounds_of(self, _peer: Peer) -> Bounds:
        return _BOUNDS

    def turn_away(self, _peer: Peer) -> None:
        """Nobody."""

    def refuse(self, problem: Problem) -> bytes:
        return _line({"refused": problem.value})

    async def answer(self, line: bytes, _peer: Peer) -> bytes:
        return _line(answer(self._runner, line))


async def serve(runner: Runner, path: Path) -> LineServer:
    """Listens, and must be kept; only the socket's owner and group may ask. Raises OSError."""
    listening = LineServer(path, _Arbiter(runner))
    await listening.start()
    return listening


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(wire_names.written(said)).encode()


async def ask(path: Path, question: dict[str, Any]) -> dict[str, Any]:
    """One question to the running arbiter. Raises NoArbiter; its text says what to do."""
    try:
        line = await asyncio.to_thread(
            exchange, path, _line(question), patience=PATIENCE, longest=_LONGEST_ANSWER
        )
        said = wire_names.read(json.loads(line))
    except OSError as error:
        raise NoArbiter(_why_silent(path, error)) from error
    except (ValueError, RecursionError) as error:
        raise NoArbiter(f"{NOT_OURS} ({error})") from error
    if not isinstance(said, dict):
        raise NoArbiter(NOT_OURS)
    return said


def _why_silent(path: Path, error: OSError) -> str:
    """That it does not run, hangs, or lets only others ask."""
    match error:
        case FileNotFoundError() | NotADirectoryError() | ConnectionRefusedError():
            return f"the arbiter is not running ({path}): see `systemctl status usn-arbiter`"
        case PermissionError():
            return f"you may not ask the arbiter ({path}): be root"
        case TimeoutError() | BlockingIOError():
            return (
                f"the arbiter is there, and has not answered within {PATIENCE:g} s: it hangs, or its server "
                "is very busy. Try again; systemd ends one that stands still: `journalctl -u usn-arbiter`"
            )
    return f"the arbiter does not answer at {path}: {reason(error)}"
