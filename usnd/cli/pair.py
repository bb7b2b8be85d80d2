"""The commands `usnd pair`: what an operator asks and commands of the running arbiter, by its control socket.

Exit status 0: done. 1: not possible now. 2: wrong use or configuration.
"""

import asyncio
import getpass
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from usnd.cli.common import NOT_NOW, WRONG, Json
from usnd.domain.pair.alarm_catalogue import remedy_of
from usnd.domain.pair.evidence import OperatorCommand
from usnd.pair import control
from usnd.pair.config import PairConfig, PairConfigError, load

DEFAULT = Path("/etc/usn/arbiter.toml")
ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The arbiter's configuration (TOML).")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say whether it would be done.")]

NOT_TOLD = "not told"
SHOWN = (
    *("last_role", "epoch", "since_s", "peer", "peer_last_role", "peer_epoch", "heard_s", "peer_power"),
    *("claimed_by", "ill", "unable", "unkept", "maintenance"),
)

pair = typer.Typer(help="The pair of servers.", no_args_is_help=True, rich_markup_mode=None)


@pair.command(epilog="Example: usnd pair status --json")
def status(config: ConfigFile = DEFAULT, *, as_json: Json = False) -> None:
    """What this server is, what it knows of the other, and what is wrong."""
    found = _ask(config, {})
    if as_json:
        typer.echo(json.dumps(found))
        return
    for line in told(found):
        typer.echo(line)


def told(found: Mapping[str, Any]) -> Iterator[str]:
    """The status in lines. What the other server or its console said is never shown without how old it is.

    What an arbiter of another release does not say is shown as not told.
    """
    said = defaultdict(lambda: NOT_TOLD, found)
    heard = found.get("peer_heard") is True
    yield f"{said['state']}: {said['means']}"
    shown = {
        **{key: said[key] for key in SHOWN},
        "peer": f"{said['peer'] or 'not known'}: {said['peer_means']}",
        **{key: _last_known(said[key], heard=heard) for key in ("peer_last_role", "peer_epoch")},
        "peer_power": _as_of(said["peer_power"], found.get("peer_power_s")),
    }
    for key, value in shown.items():
        yield f"  {key:14} {value}"
    alarms = found.get("alarms")
    for alarm in alarms if isinstance(alarms, list) else ():
        yield f"  alarm: {alarm}"
        if remedy := remedy_of(str(alarm)):
            yield f"    {remedy}"
    yield from _release(found.get("version", 1))


def _release(version: Any) -> Iterator[str]:
    if version != control.VERSION:
        yield (
            f"the running arbiter is of another release than this command (it speaks version {version}, "
            f"the command {control.VERSION}): some of it may be missing or in other words. During an upgrade "
            "this is so until the arbiter is restarted; else, on a standby: `systemctl restart usn-arbiter`"
        )


def _last_known(said: Any, *, heard: bool) -> str:
    return str(said) if heard or said in ("", None, NOT_TOLD) else f"{said} (last known)"


def _as_of(said: Any, age: Any) -> str:
    return f"{said}, {control.in_words(age)} ago" if isinstance(age, int | float) else "not known"


@pair.command("switch-over", epilog="Example: usnd pair switch-over --dry-run")
def switch_over(config: ConfigFile = DEFAULT, *, dry_run: DryRun = False) -> None:
    """On the active: hand over to the other server. Running calls end."""
    _tell(config, OperatorCommand.SWITCH_OVER, dry_run=dry_run)


@pair.command(epilog="Example: usnd pair maintenance on")
def maintenance(
    switch: Annotated[str, typer.Argument(help="on or off")], config: ConfigFile = DEFAULT
) -> None:
    """While it is on, this server does nothing by itself; a standby gives up its grant to take over."""
    if switch not in ("on", "off"):
        _fail("say on or off", WRONG)
    _tell(config, OperatorCommand(f"maintenance {switch}"))


@pair.command("force-active", epilog="Example: usnd pair force-active --yes")
def force_active(
    config: ConfigFile = DEFAULT,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Without it, nothing is done.")] = False,
    seen_off: Annotated[
        bool, typer.Option("--seen-off", help="I have seen that the other server has no power.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Make this server active without asking the other. Refused while that one may be active, or was later.

    Changes that only the other has are not lost: when it returns, it waits for `rejoin`.
    """
    if not yes and not dry_run:
        _fail("make sure that the other server is off, then say --yes", WRONG)
    _tell(config, OperatorCommand.FORCE_ACTIVE, dry_run=dry_run, seen_off=seen_off)


@pair.command(epilog="Example: usnd pair rejoin --yes")
def rejoin(
    config: ConfigFile = DEFAULT,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Subscribers lose sight of what only this server has.")
    ] = False,
) -> None:
    """After both were active alone: this server gives up its own changes, and follows the other.

    They are kept aside, as a directory and a list of rows beside the database's: see the journal.
    """
    if not yes:
        _fail("subscribers will no longer see what only this server has: say --yes", WRONG)
    _tell(config, OperatorCommand.REJOIN)


def _tell(config: Path, command: OperatorCommand, *, dry_run: bool = False, seen_off: bool = False) -> None:
    by = os.environ.get("SUDO_USER") or _user()
    said = _ask(config, {"command": command.value, "dry_run": dry_run, "seen_off": seen_off, "by": by})
    if said.get("done") != command.value:
        _fail(f"{control.NOT_OURS}; whether it was done: `usnd pair status`")
    typer.echo(f"would be done: {command.value}" if dry_run else f"told the arbiter: {command.value}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name
        return f"uid {os.getuid()}"


def _ask(config: Path, question: dict[str, Any]) -> dict[str, Any]:
    """What the arbiter answers. Ends the program with its reason where it refuses."""
    try:
        said = asyncio.run(control.ask(_load(config).socket, question))
    except control.NoArbiter as error:
        _fail(str(error))
    if reason := said.get("refused"):
        _fail(str(reason))
    return said


def _load(config: Path) -> PairConfig:
    try:
        return load(config)
    except PairConfigError as error:
        _fail(str(error), WRONG)


def _fail(reason: str, status: int = NOT_NOW) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(status)
