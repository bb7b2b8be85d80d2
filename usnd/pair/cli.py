"""The command `usn-arbiter`: the process of the pair. Owns words and exit statuses; refuses logic.

0: done. 1: not possible now. 2: wrong use or configuration.
"""

import asyncio
import os
import signal
import socket
import time
from pathlib import Path
from typing import Annotated, NoReturn

import structlog
import typer

from usnd import logs
from usnd.domain.pair.evidence import Arbiter, Record
from usnd.domain.pair.states import PairState
from usnd.pair import control
from usnd.pair.config import PairConfig, PairConfigError, load
from usnd.pair.machine import Machine
from usnd.pair.postgres import Postgres
from usnd.pair.record import RecordError, RecordFile
from usnd.pair.runner import Runner
from usnd.pair.words import Words

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
    """Run the arbiter until SIGTERM; then hand over, or give up the right to take over, and end."""
    settings = _load(config)
    logs.set_up("text", "info")
    try:
        asyncio.run(_serve(settings))
    except OSError as error:
        _fail(str(error))


@arbiter.command("check-config", epilog="Example: usn-arbiter check-config --config new.toml")
def check_config(config: ConfigFile = DEFAULT) -> None:
    """Say whether the configuration can be used."""
    _load(config)
    typer.echo(f"{config}: can be used")


async def _serve(config: PairConfig) -> None:
    clock = _clock
    words = Words(config.secret, config.server, clock)
    file = RecordFile(config.state, _this_boot())
    record = _begin(file)
    database = Postgres(config.database, clock)
    database.keep_closed()
    machine = Machine(config, database, clock, words.silence, booted=file.booted)
    paths = {path.name: ((path.local, path.port), (path.peer, path.port)) for path in config.paths}
    runner = _runner(config, machine, words, file, record)
    words.open(paths)
    server = await control.serve(runner, config.socket)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, runner.leave)
    if record is None:
        loop.call_later(RETRY, runner.leave)
    notify("READY=1")
    try:
        async with asyncio.TaskGroup() as group:
            looks = group.create_task(machine.run())
            await runner.run()
            looks.cancel()
    finally:
        structlog.get_logger("usnd.pair").info("the arbiter ends", state=runner.me.state.value)
        server.close()
        words.close()


def _begin(file: RecordFile) -> Record | None:
    """None: it cannot be used."""
    try:
        return file.begin()
    except RecordError as error:
        structlog.get_logger("usnd.pair").error("the record cannot be used", reason=str(error))
        return None


def _runner(
    config: PairConfig, machine: Machine, words: Words, file: RecordFile, record: Record | None
) -> Runner:
    state = PairState.FAULT if record is None else PairState.BOOT
    return Runner(
        settings=config.settings(),
        file=file,
        words=words,
        gather=lambda: machine.evidence,
        hands=machine.hands(),
        clock=_clock,
        alive=lambda: notify("WATCHDOG=1"),
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


def notify(state: str) -> None:
    """To systemd (sd_notify(3)), when it started us."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.sendto(state.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)


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
