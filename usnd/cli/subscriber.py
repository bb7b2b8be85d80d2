"""The commands `usnd subscriber …`: register, change, suspend and remove mobiles (REQUIREMENTS S4).

Each is one unit of work of services/subscribers in the store; usnd need not run, and finds the change at the
subscriber's next text or call.
"""

from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from usnd.cli.common import (
    DEFAULT_CONFIG,
    WRONG,
    ConfigFile,
    Json,
    e164_of,
    fail,
    in_store,
    load_config,
    print_rows,
)
from usnd.cli.tables import pin_rows, subscriber_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from usnd.config.sections import Config
    from usnd.services.subscribers import Removal
    from usnd.store.core.transaction import Transaction

T = TypeVar("T")

subscriber = typer.Typer(
    help="Subscribers: whose texts are commands.", no_args_is_help=True, rich_markup_mode=None
)
Number = Annotated[str, typer.Argument(help="The registered mobile's number.")]


@subscriber.command("add", epilog="Example: usnd subscriber add +447700900001")
def add(
    number: Annotated[str, typer.Argument(help="The mobile's number, E.164 or national.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Register a mobile, so that its texts are commands. Safe to repeat."""
    from usnd.daemon import utc_now
    from usnd.services import subscribers

    settings = load_config(config)
    e164 = e164_of(number, settings)
    new = in_store(settings, lambda tx: subscribers.add(tx, e164, utc_now(), settings.texts.language))
    typer.echo(f"{e164} registered" if new else f"{e164} is registered already")


@subscriber.command("set", epilog="Example: usnd subscriber set +447700900001 --call-texts")
def set_(
    number: Number,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    call_texts: Annotated[
        bool | None, typer.Option("--call-texts/--no-call-texts", help="A text beside each call.")
    ] = None,
    press_one: Annotated[
        bool | None, typer.Option("--press-one/--no-press-one", help="Who is called must press 1 to join.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Of the replies: two letters, as `en`.")] = None,
    minutes: Annotated[
        int | None,
        typer.Option(help="That all their calls may last in a month; 0: no limit.", min=0, max=10_000_000),
    ] = None,
) -> None:
    """Change what is set for a registered mobile; what is not named stays."""
    from usnd.services import subscribers

    settings = load_config(config)
    e164 = e164_of(number, settings)
    try:
        wanted = subscribers.SubscriberChange(call_texts, press_one, language, minutes)
    except subscribers.WrongValue as error:
        fail(str(error), WRONG)
    _done(settings, lambda tx: subscribers.change(tx, e164, wanted))
    typer.echo(f"{e164} changed")


@subscriber.command("suspend", epilog="Example: usnd subscriber suspend +447700900001")
def suspend(number: Number, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Take the service from a mobile: it is told so, whatever it texts or calls. Safe to repeat.

    Its users, groups, conferences and PINs stay. A conference that is running goes on.
    """
    from usnd.services import subscribers

    settings = load_config(config)
    e164 = e164_of(number, settings)
    done = _done(settings, lambda tx: subscribers.suspend(tx, e164))
    typer.echo(f"{e164} suspended" if done.changed else f"{e164} is suspended already")
    if done.running is not None:
        typer.echo(
            f"conference {done.running} is still running: `usnd conference end {done.running}` ends it"
        )


@subscriber.command("resume", epilog="Example: usnd subscriber resume +447700900001")
def resume(number: Number, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Give the service back to a suspended mobile, with everything it had. Safe to repeat."""
    from usnd.services import subscribers

    settings = load_config(config)
    e164 = e164_of(number, settings)
    done = _done(settings, lambda tx: subscribers.resume(tx, e164))
    typer.echo(f"{e164} resumed" if done.changed else f"{e164} is not suspended")


@subscriber.command("remove", epilog="Example: usnd subscriber remove +447700900001 --dry-run")
def remove(
    number: Number,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
) -> None:
    """Remove a mobile with its users, groups, conferences and PINs. This cannot be undone.

    Its call detail records and recordings stay. Refused while a conference of it is running.
    """
    from usnd.services import subscribers

    settings = load_config(config)
    e164 = e164_of(number, settings)
    removal = _done(settings, lambda tx: subscribers.remove(tx, e164, dry_run=dry_run))
    typer.echo(f"{e164} would be removed, with" if dry_run else f"{e164} removed, with")
    typer.echo(f"  {_counted(removal)}")
    typer.echo("its call detail records and recordings stay")


def _counted(removal: "Removal") -> str:
    counts = (
        (removal.users, "user"),
        (removal.groups, "group"),
        (removal.stored_conferences, "stored conference"),
        (removal.pins, "PIN"),
        (removal.ended_conferences, "ended conference"),
    )
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts)


@subscriber.command("pins", epilog="Example: usnd subscriber pins +447700900001")
def pins(number: Number, config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """List a subscriber's conferences with the number and the PINs that lead into each."""
    import secrets

    from usnd.services import subscribers

    settings = load_config(config)
    e164 = e164_of(number, settings)
    found = _done(settings, lambda tx: subscribers.pins(tx, e164, secrets.randbelow))
    print_rows(pin_rows(found, settings.numbers_in()), as_json=as_json)


@subscriber.command("list", epilog="Example: usnd subscriber list --json")
def list_(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """List the registered mobiles."""
    found = in_store(load_config(config), lambda tx: tx.subscribers.list())
    print_rows((subscriber_row(one) for one in found), as_json=as_json)


def _done(settings: "Config", unit: "Callable[[Transaction], T]") -> T:
    """What the unit of work gives. Ends the program with its reason where nothing was done."""
    from usnd.services.subscribers import NotPossible, NotRegistered

    try:
        return in_store(settings, unit)
    except NotRegistered as error:
        fail(f"{error}: usnd subscriber add {error.number}")
    except NotPossible as error:
        fail(str(error))
