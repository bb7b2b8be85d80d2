"""The commands `usn-arbiter` and `usnd pair`. Owns words and exit statuses; refuses logic.

0: done. 1: not possible now. 2: wrong use or configuration.
"""

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import structlog
import typer

from usnd import logs
from usnd.domain.pair.evidence import Arbiter, Order, Record
from usnd.domain.pair.states import PairState
from usnd.pair import control
from usnd.pair.config import PairConfig, PairConfigError, load
from usnd.pair.machine import Machine
from usnd.pair.postgres import Postgres
from usnd.pair.record import RecordError, RecordFile
from usnd.pair.runner import Runner
from usnd.pair.words import Words

NOT_NOW, WRONG = 1, 2
DEFAULT = Path("/etc/usn/arbiter.toml")
ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The arbiter's configuration (TOML).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say whether it would be done.")]

arbiter = typer.Typer(
    help="The pair's arbiter.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)
pair = typer.Typer(help="The pair of servers.", no_args_is_help=True, rich_markup_mode=None)


@arbiter.callback()
def _arbiter() -> None:
    """The pair's arbiter: one process of its own on each server."""


@arbiter.command(epilog="Example: usn-arbiter run --config /etc/usn/arbiter.toml")
def run(config: ConfigFile = DEFAULT) -> None:
    """Run the arbiter until SIGTERM."""
    settings = _load(config)
    logs.set_up("text", "info")
    try:
        asyncio.run(_serve(settings))
    except OSError as error:
        _fail(str(error))


@pair.command(epilog="Example: usnd pair status --json")
def status(config: ConfigFile = DEFAULT, *, as_json: Json = False) -> None:
    """What this server is, what it knows of the other, and what is wrong."""
    found = _ask(config, {})
    if as_json:
        typer.echo(json.dumps(found))
        return
    typer.echo(f"{found['state']}: {found['means']}")
    for key in ("standing", "epoch", "since_s", "peer", "heard_s", "peer_power", "ill", "maintenance"):
        typer.echo(f"  {key:12} {found[key]}")
    for alarm in found["alarms"]:
        typer.echo(f"  alarm: {alarm}")


@pair.command("switch-over", epilog="Example: usnd pair switch-over --dry-run")
def switch_over(config: ConfigFile = DEFAULT, *, dry_run: DryRun = False) -> None:
    """On the active: hand over to the other server. Running calls end."""
    _tell(config, Order.SWITCH_OVER, dry_run=dry_run)


@pair.command(epilog="Example: usnd pair maintenance on")
def maintenance(
    switch: Annotated[str, typer.Argument(help="on or off")], config: ConfigFile = DEFAULT
) -> None:
    """Nothing happens by itself on this server while it is on; a standby gives up its right to take over."""
    if switch not in ("on", "off"):
        _fail("say on or off", WRONG)
    _tell(config, Order(f"maintenance {switch}"))


@pair.command("force-active", epilog="Example: usnd pair force-active --yes")
def force_active(
    config: ConfigFile = DEFAULT,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="The other server is off; I checked it.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Active without the other's word. Switch the other off first: what only it has is lost."""
    if not yes and not dry_run:
        _fail("make sure that the other server is off, then say --yes", WRONG)
    _tell(config, Order.FORCE_ACTIVE, dry_run=dry_run)


@pair.command(epilog="Example: usnd pair rejoin --yes")
def rejoin(
    config: ConfigFile = DEFAULT,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="What only this server has may be lost.")] = False,
) -> None:
    """After both were active alone: this server gives up its changes and follows the other."""
    if not yes:
        _fail("what only this server has will be lost: say --yes", WRONG)
    _tell(config, Order.REJOIN)


async def _serve(config: PairConfig) -> None:
    clock = _clock
    words = Words(config.secret, config.server, clock)
    machine = Machine(config, Postgres(config.database, clock), clock)
    paths = {path.name: ((path.local, path.port), (path.peer, path.port)) for path in config.paths}
    runner = _runner(config, machine, words, clock)
    await words.open(paths)
    server = await control.serve(runner, config.socket)
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    notify("READY=1")
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(machine.run())
            group.create_task(runner.run())
    except asyncio.CancelledError:
        structlog.get_logger("usnd.pair").info("the arbiter ends")
    finally:
        server.close()
        words.close()


def _runner(config: PairConfig, machine: Machine, words: Words, clock: Callable[[], float]) -> Runner:
    file, readable = RecordFile(config.state), True
    try:
        record = file.begin()
    except RecordError as error:
        structlog.get_logger("usnd.pair").error("the record cannot be used", reason=str(error))
        record, readable = Record(), False
    state = PairState.BOOT if readable else PairState.FAULT
    return Runner(
        settings=config.settings(),
        file=file,
        words=words,
        gather=lambda: machine.evidence,
        hands=machine.hands(),
        clock=clock,
        alive=lambda: notify("WATCHDOG=1"),
        me=Arbiter(file.boot, record, config.colour, clock(), state),
        seen=machine.evidence,
        record_ok=readable,
    )


def _clock() -> float:
    """Counts while the machine sleeps: an age must not shrink by it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def notify(state: str) -> None:
    """To systemd (sd_notify(3)), when it started us."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.sendto(state.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)


def _tell(config: Path, order: Order, *, dry_run: bool = False) -> None:
    said = _ask(config, {"order": order.value, "dry_run": dry_run})
    if reason := said.get("refused"):
        _fail(str(reason))
    typer.echo(f"would be done: {order.value}" if dry_run else f"told the arbiter: {order.value}")


def _ask(config: Path, question: dict[str, Any]) -> dict[str, Any]:
    try:
        return asyncio.run(control.ask(_load(config).socket, question))
    except control.NoArbiter as error:
        _fail(str(error))


def _load(config: Path) -> PairConfig:
    try:
        return load(config)
    except PairConfigError as error:
        _fail(str(error), WRONG)


def _fail(reason: str, status: int = NOT_NOW) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(status)


def main() -> None:
    """The command `usn-arbiter`."""
    arbiter()
