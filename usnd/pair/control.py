"""The operator's word to the arbiter: one line of JSON each way over a Unix socket that file modes guard.

Owns the words of the answers. An order is only put down here; the next step of the loop decides.
"""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from usnd.domain.pair import arbiter as arbiters
from usnd.domain.pair import rules
from usnd.domain.pair.alarms import alarms
from usnd.domain.pair.evidence import NEVER, Order
from usnd.domain.pair.states import ACTIVE, STATE_WORDS, PairState
from usnd.pair.runner import Runner

PATIENCE = 5.0


class NoArbiter(Exception):
    """The arbiter does not answer; the text says why."""


def status(runner: Runner) -> dict[str, Any]:
    """All that an operator may ask: ages in seconds."""
    me, seen, now, settings = runner.me, runner.seen, runner.clock(), runner.settings
    peer = seen.peer
    return {
        "state": me.state.value,
        "means": STATE_WORDS[me.state],
        "since_s": round(now - me.since, 1),
        "epoch": me.record.right.epoch,
        "standing": me.record.standing.value,
        "peer": peer.state.value if peer is not None else "",
        "heard_s": {path: _age(now, at) for path, at in seen.heard.items()},
        "peer_power": seen.power.value.value,
        "store": {key: str(value) for key, value in asdict(seen.store.value).items()},
        "ill": seen.ill,
        "maintenance": me.maintenance,
        "alarms": [alarm.value for alarm in alarms(me, seen, now, settings)],
    }


def _age(now: float, at: float) -> float | None:
    """None: never."""
    return None if at == NEVER else round(now - at, 1)


def refusal(runner: Runner, order: Order) -> str:
    """Why the order would do nothing now; empty when it would."""
    me, seen, now, settings = runner.me, runner.seen, runner.clock(), runner.settings
    if order is Order.SWITCH_OVER:
        if me.state is not PairState.ACTIVE_PAIRED:
            return "only the active of a pair in step hands over; ask it there"
        able = arbiters.can_hand_over(me, seen, now, settings)
        return "" if able else "the other server cannot take over now: see its status"
    if order is Order.FORCE_ACTIVE:
        if me.state is PairState.BOOT and not arbiters.released(seen, now, settings):
            return "this server still lets go of what it may hold: ask again in a few seconds"
        if not rules.may_be_forced(seen):
            return "this server's database is half the other's: docs/operator/pair.md, “On the disk”"
        if me.state is PairState.ACTIVE_SOLO:
            return "this server is active alone already"
        heard = rules.hears_peer(seen, now, settings) and seen.peer is not None
        if heard and seen.peer is not None and seen.peer.state in ACTIVE:
            return "the other server is active: use switch-over there"
    if order is Order.REJOIN and not me.diverged:
        return "there is nothing to choose: the servers' histories agree"
    return ""


def answer(runner: Runner, line: bytes) -> dict[str, Any]:
    """To `{"order": …, "dry_run": …}`, or `{}` for the status."""
    try:
        asked = json.loads(line or b"{}")
        order = Order(asked["order"]) if "order" in asked else None
    except (ValueError, TypeError):
        return {"refused": "the arbiter did not understand"}
    if order is None:
        return status(runner)
    if reason := refusal(runner, order):
        return {"refused": reason}
    if not asked.get("dry_run"):
        runner.order = order
    return {"done": order.value, "dry_run": bool(asked.get("dry_run"))}


async def serve(runner: Runner, path: Path) -> asyncio.Server:
    """Listens; only the socket's owner and group may ask. Raises OSError."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), PATIENCE)
            writer.write(json.dumps(answer(runner, line)).encode() + b"\n")
            await asyncio.wait_for(writer.drain(), PATIENCE)
        except (TimeoutError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    await asyncio.to_thread(path.unlink, missing_ok=True)
    server = await asyncio.start_unix_server(talk, path, limit=4096)
    await asyncio.to_thread(path.chmod, 0o660)
    return server


async def ask(path: Path, question: dict[str, Any]) -> dict[str, Any]:
    """One question to the running arbiter. Raises NoArbiter."""
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_unix_connection(path), PATIENCE)
        writer.write(json.dumps(question).encode() + b"\n")
        said: dict[str, Any] = json.loads(await asyncio.wait_for(reader.readline(), PATIENCE))
        writer.close()
    except (OSError, ValueError) as error:
        raise NoArbiter(f"the arbiter does not answer at {path}: {error}") from error
    return said
