"""The commands `usnd conference …`: an administrator looks, and acts for a subscriber (REQUIREMENTS C1, C8).

`list` and `show` read the store, also while usnd is down; all others ask the running usnd by its control
socket.
"""

import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.common import (
    DEFAULT_CONFIG,
    WRONG,
    ConfigFile,
    Json,
    Whereabouts,
    fail,
    in_store,
    load_config,
    print_rows,
    whereabouts,
)
from usnd.cli.tables import columns, conference_row, json_lines
from usnd.config.sections import Config
from usnd.control.rows import call_rows

if TYPE_CHECKING:
    from usnd.control.answers import Done, Live
    from usnd.control.requests import Instruction, Look

conference = typer.Typer(
    help="The conferences: look at them, launch and control them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Id = Annotated[int, typer.Argument(help="The conference, as `usnd conference list` numbers it.", min=1)]
Who = Annotated[str, typer.Argument(help="A participant: number, name, or the call's id.")]
Off = Annotated[bool, typer.Option("--off", help="Undo it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show who would be called or released.")]


@conference.command("list", epilog="Example: usnd conference list --ended --last 5")
def list_(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    ended: Annotated[bool, typer.Option("--ended", help="Only those that have ended.")] = False,
    last: Annotated[int, typer.Option(help="With --ended: how many, the last ones.", min=1, max=10_000)] = 20,
    as_json: Json = False,
) -> None:
    """List the live conferences, one a line. Times are UTC; `in` are the calls in the room."""
    found = in_store(
        load_config(config),
        lambda tx: tx.conferences.ended(last) if ended else tx.conferences.live(),
    )
    print_rows((conference_row(one) for one in found), as_json=as_json)


@conference.command("show", epilog="Example: usnd conference show 7")
def show(number: Id, config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show each call of a conference, live or ended, and since when it is in its state (UTC).

    Of one that runs, also what was pressed and said in it lately.
    """
    found = in_store(load_config(config), lambda tx: tx.conferences.get(number))
    if found is None:
        fail(
            f"there is no conference {number}: see `usnd conference list` and `usnd conference list --ended`"
        )
    print_rows(call_rows(found), as_json=as_json)
    if found.live and not as_json:
        _tell_lately(load_config(config), number)


@conference.command("launch", epilog="Example: usnd conference launch +447700900001 bob Mkting 07700900005")
def launch(
    subscriber: Annotated[str, typer.Argument(help="The registered mobile for which it is launched.")],
    members: Annotated[
        list[str] | None, typer.Argument(help="Whom to call: nicks, groups or numbers, as after `IC`.")
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    number: Annotated[
        int | None, typer.Option(help="A stored conference of the subscriber.", min=1, max=30)
    ] = None,
    request: Annotated[
        str, typer.Option(help="An id of your own: launched once, however often it is asked for in a day.")
    ] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Call a subscriber and others into a conference, as the subscriber's text `IC …` would. They pay."""
    from usnd.control.requests import Launch

    if bool(members) is (number is not None):
        fail("name either whom to call or, with --number, a stored conference", WRONG)
    wanted = Launch(
        subscriber=subscriber, members=tuple(members or ()), number=number, request=request, dry_run=dry_run
    )
    _say(_ask(config, wanted), as_json=as_json)


@conference.command("end", epilog="Example: usnd conference end 7 --dry-run")
def end(
    number: Id, config: ConfigFile = DEFAULT_CONFIG, *, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """End a conference: all hear the goodbye and are released; nobody is called back."""
    from usnd.control.requests import End

    _say(_ask(config, End(conference=number, dry_run=dry_run)), as_json=as_json)


@conference.command("add", epilog="Example: usnd conference add 7 07700900005")
def add(
    number: Id,
    members: Annotated[list[str], typer.Argument(help="Nicks or groups of the subscriber, or numbers.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    as_json: Json = False,
) -> None:
    """Call more people into a conference; who is in it already is not called."""
    from usnd.control.requests import Add

    _say(_ask(config, Add(conference=number, members=tuple(members))), as_json=as_json)


@conference.command("drop", epilog="Example: usnd conference drop 7 07700900005")
def drop(number: Id, who: Who, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Release one participant."""
    from usnd.control.requests import Drop

    _say(_ask(config, Drop(conference=number, who=who)))


@conference.command("mute", epilog="Example: usnd conference mute 7 bob; usnd conference mute 7 --off")
def mute(
    number: Id,
    who: Annotated[str | None, typer.Argument(help="One participant; without: all of them.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    off: Off = False,
) -> None:
    """Mute one participant or all. Safe to repeat."""
    from usnd.control.requests import Mute

    _say(_ask(config, Mute(conference=number, who=who, on=not off)))


@conference.command("lock", epilog="Example: usnd conference lock 7; usnd conference lock 7 --off")
def lock(number: Id, config: ConfigFile = DEFAULT_CONFIG, *, off: Off = False) -> None:
    """Let nobody in who was not called. Safe to repeat."""
    from usnd.control.requests import Lock

    _say(_ask(config, Lock(conference=number, on=not off)))


@conference.command("watch", epilog="Example: usnd conference watch 7")
def watch(
    number: Annotated[int | None, typer.Argument(help="Only this conference.", min=1)] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    every: Annotated[float, typer.Option(help="Seconds.", min=0.2, max=60)] = 1.0,
    as_json: Json = False,
) -> None:
    """Show the live calls anew whenever something changes, until Ctrl-C or the conference's end.

    Below them: which keys were pressed, by whom, and what was said to whom.
    """
    from usnd.control.requests import Look

    where, look = _commanded_at(config), Look(conference=number)
    clear = "\x1b[H\x1b[2J" if sys.stdout.isatty() and not as_json else ""
    shown: Live | None = None
    while True:
        live = _look(where, look)
        if live != shown:
            typer.echo(clear + (json_lines(live.calls) if as_json else _with_lately(live)))
            shown = live
        time.sleep(every)


def _with_lately(live: "Live") -> str:
    """The calls, and below them what was pressed and said lately."""
    lately = (f"{row['at']}  {row['conference']}  {row['who']} {row['what']}" for row in live.lately)
    return "\n".join((columns(live.calls), *lately))


def _tell_lately(settings: Config, number: int) -> None:
    """What only the running usnd knows of the conference; nothing where it does not answer."""
    from usnd.control.client import NoAnswer, NotDone, ask
    from usnd.control.requests import Look, socket_of

    if settings.node.runtime is None:
        return
    with contextlib.suppress(NoAnswer, NotDone):
        lately = ask(socket_of(settings.node.runtime), Look(conference=number)).lately
        if lately:
            typer.echo("\n" + columns(lately))


def _commanded_at(config: Path) -> Whereabouts:
    """Where the running usnd listens; without node.runtime the program ends."""
    if (found := whereabouts(config)) is None:
        fail("the configuration has no node.runtime: set it to a directory, as /run/usnd, and restart usnd")
    return found


def _look(where: Whereabouts, look: "Look") -> "Live":
    from usnd.control.client import NoAnswer, NotDone, ask
    from usnd.control.requests import socket_of

    try:
        return ask(socket_of(where.runtime), look)
    except (NoAnswer, NotDone) as error:
        fail(_why(error, where))


def _ask(config: Path, instruction: "Instruction") -> "Done":
    """What the running daemon answers."""
    from usnd.control.client import NoAnswer, NotDone, ask
    from usnd.control.requests import socket_of

    where = _commanded_at(config)
    try:
        return ask(socket_of(where.runtime), instruction)
    except (NoAnswer, NotDone) as error:
        fail(_why(error, where))


def _why(error: Exception, where: Whereabouts) -> str:
    """A usnd that is there, and takes no commands, is not called one that does not run."""
    from usnd.control.client import NotRunning

    if not isinstance(error, NotRunning) or (process := where.process) is None:
        return str(error)
    named = f"usnd (process {process})" if process else "usnd"
    return (
        f"{named} is there, and takes no commands in {where.runtime}: it waits as the standby "
        "(`usnd pair status`), is just beginning, or its socket cannot be made: see `journalctl -u usnd`"
    )


def _say(done: "Done", *, as_json: bool = False) -> None:
    """The sentence and its table for people; one object for programs."""
    rows = [*done.calls, *done.people]
    if as_json:
        print_rows([{"said": done.said, "conference": done.conference, "rows": rows}], as_json=True)
        return
    typer.echo(done.said)
    if rows:
        typer.echo(columns(rows))
