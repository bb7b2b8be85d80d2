"""The commands `usnd subscriber …`: register, change, suspend and remove mobiles (REQUIREMENTS S4, P1).

Each is one unit of work of services/subscribers in the store, decided as an order of the CRM is; usnd need
not run, and finds the change at the subscriber's next text or call. What only looks is in
lists.py.
"""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from usnd.cli.common import (
    DEFAULT_CONFIG,
    WRONG,
    ConfigFile,
    Json,
    asker,
    e164_of,
    fail,
    in_store,
    load_config,
    print_rows,
)
from usnd.cli.portal.subscriber import sign_ins, sign_out, unlock
from usnd.cli.subscriber.erase import erase
from usnd.cli.subscriber.lists import Number, changes, history, list_, show
from usnd.cli.subscriber.values import WithSwitches, refusal, values_given, with_attributes
from usnd.cli.tables import pin_rows, seen
from usnd.domain.subscribers.orders import Operation, Order

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from usnd.config.sections import Config
    from usnd.domain.subscribers.orders import OrderResult
    from usnd.services.subscribers import Applied, Holdings
    from usnd.store.core.transaction import Transaction

T = TypeVar("T")

subscriber = typer.Typer(
    help="Subscribers: whose texts are commands.", no_args_is_help=True, rich_markup_mode=None
)
EndConference = Annotated[
    bool, typer.Option("--end-conference", help="End a conference of theirs that is running.")
]


@subscriber.command(
    "add", cls=WithSwitches, epilog="Example: usnd subscriber add +447700900001 --name 'Ann Miller'"
)
@with_attributes
def add(
    number: Annotated[str, typer.Argument(help="The mobile's number, E.164 or national.")],
    config: ConfigFile = DEFAULT_CONFIG,
    **given: str | None,
) -> None:
    """Register a mobile, so that its texts are commands. Safe to repeat."""
    from usnd.domain.provisioning.codes import Code

    settings = load_config(config)
    e164, values = e164_of(number, settings), values_given(given)
    done = _ordered(settings, Order(operation=Operation.CREATE, number=e164, values=values))
    if done.result.code != Code.SUBSCRIBER_EXISTS:
        _refuse_unless_done(done)
        typer.echo(f"{e164} registered")
    elif values:
        fail(f"{e164} is registered already, and was not changed: change it with `usnd subscriber set`")
    else:
        typer.echo(f"{e164} is registered already")


@subscriber.command(
    "set",
    cls=WithSwitches,
    epilog="Example: usnd subscriber set +447700900001 --participants 12 --press-one default",
)
@with_attributes
def set_(number: Number, config: ConfigFile = DEFAULT_CONFIG, **given: str | None) -> None:
    """Change what is set for a registered mobile; what is not named stays. `default` takes a value back."""
    settings = load_config(config)
    e164, values = e164_of(number, settings), values_given(given)
    done = _ordered(settings, Order(operation=Operation.CHANGE, number=e164, values=values))
    _refuse_unless_done(done)
    typer.echo(f"{e164} changed" if done.applied.changed else f"{e164} is so already")


@subscriber.command("suspend", epilog="Example: usnd subscriber suspend +447700900001")
def suspend(
    number: Number, config: ConfigFile = DEFAULT_CONFIG, *, end_conference: EndConference = False
) -> None:
    """Take the service from a mobile: it is told so, whatever it texts or calls. Safe to repeat.

    Its users, groups, conferences and PINs stay. Texts to others that wait are not sent any more. A
    conference that is running goes on, unless it shall be ended.
    """
    settings = load_config(config)
    e164 = e164_of(number, settings)
    order = Order(operation=Operation.SUSPEND, number=e164, end_conference=end_conference)
    done = _ordered(settings, order)
    _refuse_unless_done(done)
    typer.echo(f"{e164} suspended" if done.applied.changed else f"{e164} is suspended already")
    if done.applied.withdrawn:
        typer.echo(f"texts to others that waited, and are not sent any more: {done.applied.withdrawn}")
    if done.running is not None and not end_conference:
        typer.echo(
            f"conference {done.running} is still running: `usnd conference end {done.running}` ends it"
        )
    _end(config, done.applied.ends)


@subscriber.command("resume", epilog="Example: usnd subscriber resume +447700900001")
def resume(number: Number, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Give the service back to a suspended mobile, with everything it had. Safe to repeat."""
    settings = load_config(config)
    e164 = e164_of(number, settings)
    done = _ordered(settings, Order(operation=Operation.RESUME, number=e164))
    _refuse_unless_done(done)
    typer.echo(f"{e164} resumed" if done.applied.changed else f"{e164} is not suspended")


@subscriber.command("remove", epilog="Example: usnd subscriber remove +447700900001 --dry-run")
def remove(
    number: Number,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether the number is meant.")] = False,
) -> None:
    """Remove a mobile with its users, groups, conferences and PINs. This cannot be undone.

    Its call detail records and recordings stay. Refused while a conference of it is running.
    """
    settings = load_config(config)
    e164 = e164_of(number, settings)
    if e164 != number and not yes and not dry_run:
        _confirm(number, e164)
    order = Order(operation=Operation.DELETE, number=e164)
    held, done = _done(settings, lambda tx: _removed(tx, settings, order, dry_run=dry_run))
    _tell(done, order)
    _refuse_unless_done(done)
    typer.echo(f"{e164} would be removed, with" if dry_run else f"{e164} removed, with")
    typer.echo(f"  {_counted(held)}")
    typer.echo("its call detail records and recordings stay")


@subscriber.command("pins", epilog="Example: usnd subscriber pins +447700900001")
def pins(number: Number, config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """List a subscriber's conferences with the number and the PINs that lead into each."""
    import secrets

    from usnd.services import subscribers

    settings = load_config(config)
    e164 = e164_of(number, settings)
    found = _done(settings, lambda tx: subscribers.pins(tx, e164, secrets.randbelow))
    print_rows(pin_rows(found, settings.numbers_in()), as_json=as_json)


subscriber.command("erase", epilog="Example: usnd subscriber erase +447700900001 --yes")(erase)
subscriber.command("show", epilog="Example: usnd subscriber show +447700900001")(show)
subscriber.command("list", epilog="Example: usnd subscriber list --json")(list_)
subscriber.command("history", epilog="Example: usnd subscriber history +447700900001")(history)
subscriber.command("changes", epilog="Example: usnd subscriber changes")(changes)
subscriber.command("sign-ins", epilog="Example: usnd subscriber sign-ins +447700900001")(sign_ins)
subscriber.command("sign-out", epilog="Example: usnd subscriber sign-out +447700900001")(sign_out)
subscriber.command("unlock", epilog="Example: usnd subscriber unlock +447700900001")(unlock)


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of the order of a command. running: the live conference of its number."""

    applied: "Applied"
    running: int | None

    @property
    def result(self) -> "OrderResult":
        return self.applied.results[0]


def _ordered(settings: "Config", order: Order) -> _Done:
    """What became of the order, committed."""
    done = _done(settings, lambda tx: _apply(tx, settings, order))
    _tell(done, order)
    return done


_WORDS = {
    Operation.CREATE: "add",
    Operation.CHANGE: "set",
    Operation.SUSPEND: "suspend",
    Operation.RESUME: "resume",
    Operation.DELETE: "remove",
}


def _tell(done: _Done, order: Order) -> None:
    """Who changed a subscriber stands in the journal."""
    import structlog

    if done.applied.changed:
        log = structlog.get_logger("usnd.subscribers")
        log.info("subscriber changed", number=order.number, what=_WORDS[order.operation], by=asker())


def _apply(tx: "Transaction", settings: "Config", order: Order, *, check: bool = False) -> _Done:
    from usnd.daemon import utc_now
    from usnd.services import subscribers

    zones = subscribers.time_zones() if "timeZone" in order.values else ()
    asked = subscribers.Ordered(order, asker(), check=check)
    running = subscribers.running_of(tx, order.number)
    return _Done(subscribers.apply(tx, [asked], settings.node_own(zones), utc_now()), running)


def _removed(
    tx: "Transaction", settings: "Config", order: Order, *, dry_run: bool
) -> "tuple[Holdings, _Done]":
    from usnd.services import subscribers

    held = subscribers.holdings(tx, order.number)
    return held, _apply(tx, settings, order, check=dry_run)


def _done(settings: "Config", unit: "Callable[[Transaction], T]") -> T:
    """What the unit of work gives. Ends the program with its reason where nothing was done."""
    from usnd.services.subscribers import NotRegistered
    from usnd.store.subscribers import StillLive

    try:
        return in_store(settings, unit)
    except NotRegistered as error:
        fail(_not_registered(error.number))
    except StillLive:
        fail("a conference of theirs started this moment, and nothing was done: see `usnd conference list`")


def _refuse_unless_done(done: _Done) -> None:
    """Ends the program with what was wrong, in the words of the command."""
    from usnd.domain.provisioning.codes import Code

    result = done.result
    match Code(result.code):
        case Code.DONE | Code.WOULD_BE_DONE:
            return
        case Code.NO_SUCH_SUBSCRIBER:
            fail(_not_registered(result.number))
        case Code.CONFERENCE_RUNS:
            fail(
                f"{result.number} has a running conference: end it first with "
                f"`usnd conference end {done.running}`"
            )
        case _:
            told = result.text.removeprefix(f"{result.attribute}: ")
            fail(refusal(result.attribute, told), WRONG)


def _not_registered(number: str) -> str:
    return f"{number} is not registered: usnd subscriber add {number}"


def _end(config: "Path", conferences: "tuple[int, ...]") -> None:
    """Asks the running usnd to end them. Ends the program with what to do where it does not."""
    from usnd.cli.common import whereabouts
    from usnd.control.client import NoAnswer, NotDone, ask
    from usnd.control.requests import End, socket_of

    where = whereabouts(config)
    for conference in conferences:
        later = f"Once usnd runs, end it with `usnd conference end {conference}`"
        if where is None:
            fail(f"conference {conference} was not ended: there is no node.runtime to ask usnd at. {later}")
        try:
            typer.echo(ask(socket_of(where.runtime), End(conference=conference)).said)
        except (NoAnswer, NotDone) as error:
            fail(f"conference {conference} was not ended: {error}. {later}")


def _confirm(typed: str, e164: str) -> None:
    """Asks a person whether that number is meant. Ends the program if not, and where nobody can be asked."""
    read = f"{seen(typed)} is read as {e164}"
    if not sys.stdin.isatty():
        fail(f"{read}: if it is meant, write it so, or say --yes", WRONG)
    if not typer.confirm(f"{read}. Remove it?"):
        fail("nothing was removed")


def _counted(held: "Holdings") -> str:
    counts = (
        (held.users, "user"),
        (held.groups, "group"),
        (held.stored_conferences, "stored conference"),
        (held.pins, "PIN"),
        (held.ended_conferences, "ended conference"),
    )
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts)
