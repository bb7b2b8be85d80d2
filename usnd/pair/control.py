"""The operator's word to the arbiter: one line of JSON each way over a Unix socket that file modes guard.

Owns the words of the answers. An order is only put down here; the next step of the loop decides.
"""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from usnd.domain.pair.alarms import PairAlarm
from usnd.domain.pair.evidence import NEVER, Order
from usnd.domain.pair.orders import refusal
from usnd.domain.pair.states import STATE_WORDS
from usnd.pair.runner import Runner

PATIENCE = 5.0


class NoArbiter(Exception):
    """The arbiter does not answer; the text says why."""


def status(runner: Runner) -> dict[str, Any]:
    """All that an operator may ask: ages in seconds."""
    me, seen, now = runner.me, runner.seen, runner.clock()
    peer, raised = seen.peer, runner.alarms()
    return {
        "state": me.state.value,
        "means": STATE_WORDS[me.state],
        "since_s": round(now - me.since, 1),
        "epoch": me.record.right.epoch,
        "standing": me.record.standing.value,
        "peer": peer.state.value if peer is not None else "",
        "heard_s": {path: _age(now, at) for path, at in seen.heard.items()},
        "peer_was": peer.record.standing.value if peer is not None else "",
        "peer_epoch": peer.record.right.epoch if peer is not None else None,
        "peer_power": seen.power.value.value,
        "console_s": round(seen.console_took, 1),
        "unable": seen.unable,
        "store": {key: str(value) for key, value in asdict(seen.store.value).items()},
        "claimed_by": seen.claim.mac if PairAlarm.STRANGER in raised and seen.claim is not None else "",
        "ill": seen.ill,
        "maintenance": me.maintenance,
        "alarms": [alarm.value for alarm in raised],
    }


def _age(now: float, at: float) -> float | None:
    """None: never."""
    return None if at == NEVER else round(now - at, 1)


def answer(runner: Runner, line: bytes) -> dict[str, Any]:
    """To `{"order": …, "dry_run": …}`, or `{}` for the status."""
    try:
        asked = json.loads(line or b"{}")
        order = Order(asked["order"]) if "order" in asked else None
    except (ValueError, TypeError):
        return {"refused": "the arbiter did not understand"}
    if order is None:
        return status(runner)
    me, seen, now, settings = runner.me, runner.seen, runner.clock(), runner.settings
    if reason := refusal(me, seen, now, settings, order, seen_off=bool(asked.get("seen_off"))):
        return {"refused": reason}
    if not asked.get("dry_run"):
        runner.obey(order, by=str(asked.get("by", "")), seen_off=bool(asked.get("seen_off")))
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
