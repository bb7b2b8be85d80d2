"""The command `usn-arbiter`: the process of the pair, started by systemd; wires the loop to its edges.

0: done. 1: not possible now. 2: wrong use or configuration.
"""

import asyncio
import signal
import time
from pathlib import Path
from typing import Annotated, NoReturn

import structlog
import typer

from usnd.domain.pair.evidence import Arbiter, Record
from usnd.domain.pair.states import PairState
from usnd.pair import control
from usnd.pair.config import PairConfig, PairConfigError, load
from usnd.pair.console import measure
from usnd.pair.database.postgres import Postgres
from usnd.pair.machine import Machine
from usnd.pair.network.heartbeats import Heartbeats
from usnd.pair.record import RecordError, RecordFile
from usnd.pair.runner import Runner
from usnd.process import journal
from usnd.process.command import run as run_command
from usnd.process.os_errors import in_words
from usnd.process.runtime_directory import RuntimeDirectory
from usnd.process.systemd import notify

NOT_NOW, WRONG = 1, 2
RETRY = 30.0
"""Seconds until a record that cannot be used is tried again, by another start."""
DEFAULT = Path("/etc/usn/arbiter.toml")
ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The arbiter's configuration (TOML).")]

arbiter = typer.Typer(
    help="The pair's arbiter.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@arbiter.callback()
def _arbiter() -> None:
    """The pair's arbiter: one process of its own on each server."""


@arbiter.command(epilog="Example: usn-arbiter run --config /etc/usn/arbiter.toml")
def run(config: ConfigFile = DEFAULT) -> None:
    """Run the arbiter until SIGTERM; then hand over, or give up the grant to take over, and end."""
    settings = _load(config)
    journal.set_up("text", "info")
    try:
        asyncio.run(_serve(settings))
    except OSError as error:
        _fail(in_words(error, "the arbiter cannot run"))


@arbiter.command("check-config", epilog="Example: usn-arbiter check-config --config new.toml")
def check_config(config: ConfigFile = DEFAULT) -> None:
    """Say whether the configuration can be used."""
    _load(config)
    typer.echo(f"{config}: can be used")


@arbiter.command("measure-consoles", epilog="Example: usn-arbiter measure-consoles --times 5")
def measure_consoles(
    config: ConfigFile = DEFAULT,
    *,
    times: Annotated[int, typer.Option("--times", min=1, max=20, help="Questions to each.")] = 3,
) -> None:
    """Say how long each remote console takes to answer, and whether [fencing] allows for that."""
    fencing = _load(config).fencing
    if fencing is None:
        _fail("no [fencing] is configured: there is no console to ask", WRONG)
    for name, agent in (("own", fencing.own), ("peer", fencing.peer)):
        took, silent = asyncio.run(measure(agent, times))
        typer.echo(f"{name}: slowest answer {took:.1f} s, no answer to {silent} of {times}")
        if silent:
            _fail(f"{name}: the console does not always answer: fix that before you rely on fencing")
        if 2 * took > fencing.answer:
            _fail(
                f"{name}: too slow: in [fencing] write answer = {2 * took + 1:.0f} "
                f"and switch = {6 * took + 5:.0f}"
            )


async def _serve(config: PairConfig) -> None:
    clock = _clock
    heartbeats = Heartbeats(config.secret, config.server, clock)
    file = RecordFile(config.state, _this_boot())
    record = _begin(file)
    database = Postgres(config.database, clock)
    database.keep_closed()
    machine = Machine(
        config,
        database,
        clock,
        heartbeats.silence,
        booted=file.booted,
        alone_since=lambda: file.record.lsn,
    )
    paths = {path.name: ((path.local, path.port), (path.peer, path.port)) for path in config.paths}
    runner = _runner(config, machine, heartbeats, file, record)
    heartbeats.open(paths)
    listening = await control.serve(runner, config.socket)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, runner.leave)
    if record is None:
        loop.call_later(RETRY, runner.leave)
    notify("READY=1")
    try:
        async with asyncio.TaskGroup() as group:
            aside = [
                group.create_task(machine.run()),
                group.create_task(listening.keep(RuntimeDirectory())),
            ]
            await runner.run()
            for one in aside:
                one.cancel()
    finally:
        structlog.get_logger("usnd.pair").info("the arbiter ends", state=runner.me.state.value)
        heartbeats.close()


def _begin(file: RecordFile) -> Record | None:
    """None: it cannot be used."""
    try:
        return file.begin()
    except RecordError as error:
        structlog.get_logger("usnd.pair").error("the record cannot be used", reason=str(error))
        return None


def _runner(
    config: PairConfig, machine: Machine, heartbeats: Heartbeats, file: RecordFile, record: Record | None
) -> Runner:
    state = PairState.FAULT if record is None else PairState.BOOT
    return Runner(
        settings=config.settings(),
        file=file,
        heartbeats=heartbeats,
        gather=lambda: machine.evidence,
        hands=machine.hands(),
        clock=_clock,
        alive=lambda: notify("WATCHDOG=1") if machine.turns() else None,
        me=Arbiter(file.boot, record or Record(), config.colour, _clock(), state),
        seen=machine.evidence,
        record_ok=record is not None,
    )


def _this_boot() -> str:
    """Names this start of the machine (random(4)); empty where the kernel does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _clock() -> float:
    """Counts while the machine sleeps: an age must not shrink by it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


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
    run_command(arbiter, "usn-arbiter")
