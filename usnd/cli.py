"""The command `usnd`. Owns words and exit statuses; refuses logic.

0: done. 1: not possible now. 2: wrong use or configuration. 3: another usnd has the database; systemd must
not start this one again by itself.
"""

import asyncio
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from usnd import logs
from usnd.config import Config, ConfigError, load
from usnd.pair.commandline import pair
from usnd.tables import (
    Row,
    bind_row,
    call_rows,
    cdr_object,
    cdr_row,
    columns,
    json_lines,
    pin_rows,
    subscriber_row,
)

if TYPE_CHECKING:
    from usnd.domain.ways_in import Pin
    from usnd.store.transaction import Transaction

T = TypeVar("T")

NOT_NOW, WRONG, ANOTHER = 1, 2, 3
PATIENCE = 20.0
"""Seconds for the database to answer a command: the daemon waits for it, a person should not have to."""

app = typer.Typer(
    help="The Universal Service Node: a text becomes a conference.",
    epilog="Example, on a new node: usnd db upgrade; usnd subscriber add +447700900001; usnd run",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)
subscriber = typer.Typer(
    help="Subscribers: whose texts are commands.", no_args_is_help=True, rich_markup_mode=None
)
smpp = typer.Typer(help="The binds to the SMSCs.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(db, name="db", epilog="Example: usnd db upgrade")
app.add_typer(pair, name="pair", epilog="Example: usnd pair status")
app.add_typer(smpp, name="smpp", epilog="Example: usnd smpp status")
app.add_typer(subscriber, name="subscriber", epilog="Example: usnd subscriber add +447700900001")

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file (TOML).", envvar="USND_CONFIG")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line, with every field.")]
DEFAULT_CONFIG = Path("/etc/usn/usnd.toml")


@app.command(epilog="Example: usnd run --config usnd.toml")
def run(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Run the daemon until SIGTERM. Calls stay up when it stops, and are found again when it starts."""
    from usnd.app import NotReady, Superseded  # noqa: PLC0415 - only this command needs all of the daemon
    from usnd.app import run as run_daemon  # noqa: PLC0415

    settings = _load(config)
    logs.set_up(settings.log.format, settings.log.level)
    try:
        asyncio.run(run_daemon(settings))
    except NotReady as error:
        _fail(str(error))
    except Superseded as error:
        _fail(str(error), ANOTHER)


@app.command("check-config", epilog="Example: usnd check-config --config usnd.toml")
def check_config(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Read the configuration file and say whether the daemon could use it. Connects to nothing."""
    settings = _load(config)
    binds = ", ".join(smsc.name for smsc in settings.smsc)
    typer.echo(f"{config}: good. SMSC binds: {binds}. Asterisk: {settings.asterisk.host}.")


@db.command("upgrade", epilog="Example: usnd db upgrade --config usnd.toml")
def db_upgrade(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Bring the database's tables to this release. Safe to repeat."""
    from usnd.store.migrate import upgrade  # noqa: PLC0415 - Alembic is slow to load
    from usnd.store.revision import current  # noqa: PLC0415
    from usnd.store.trouble import DatabaseTrouble, in_words  # noqa: PLC0415 - as is SQLAlchemy

    url = _load(config).store.url
    try:
        with in_words(url):
            before = current(url)
            upgrade(url)
            after = current(url)
    except DatabaseTrouble as error:
        _fail(str(error))
    typer.echo(
        f"database at {after}" + (" (was already)" if before == after else f", was {before or 'empty'}")
    )


@subscriber.command("add", epilog="Example: usnd subscriber add +447700900001")
def subscriber_add(
    number: Annotated[str, typer.Argument(help="The mobile's number, E.164 or national.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Register a mobile, so that its texts are commands. Safe to repeat."""
    from usnd.app import utc_now  # noqa: PLC0415

    settings = _load(config)
    e164 = _e164(number, settings)

    def register(tx: "Transaction") -> bool:
        if tx.subscribers.by_number(e164):
            return False
        tx.subscribers.add(e164, utc_now(), settings.texts.language)
        return True

    new = _in_store(settings, register)
    typer.echo(f"{e164} registered" if new else f"{e164} is registered already")


@subscriber.command("set", epilog="Example: usnd subscriber set +447700900001 --call-texts")
def subscriber_set(
    number: Annotated[str, typer.Argument(help="The registered mobile's number.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    call_texts: Annotated[
        bool | None, typer.Option("--call-texts/--no-call-texts", help="A text beside each call.")
    ] = None,
    press_one: Annotated[
        bool | None, typer.Option("--press-one/--no-press-one", help="Who is called must press 1 to join.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Of the replies: two letters, as `en`.")] = None,
) -> None:
    """Change what is set for a registered mobile; what is not named stays."""
    settings = _load(config)
    e164 = _e164(number, settings)
    if language is not None and not re.fullmatch("[a-z]{2}", language):
        _fail(f"{language} is no language code: write two small letters, as `en`", WRONG)

    def change(tx: "Transaction") -> bool:
        if (found := tx.subscribers.by_number(e164)) is None:
            return False
        changed = replace(
            found,
            call_texts=found.call_texts if call_texts is None else call_texts,
            press_one=found.press_one if press_one is None else press_one,
            language=language or found.language,
        )
        tx.subscribers.save(changed)
        return True

    if not _in_store(settings, change):
        _fail(f"{e164} is not registered: usnd subscriber add {e164}")
    typer.echo(f"{e164} changed")


@subscriber.command("pins", epilog="Example: usnd subscriber pins +447700900001")
def subscriber_pins(
    number: Annotated[str, typer.Argument(help="The registered mobile's number.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    as_json: Json = False,
) -> None:
    """List a subscriber's conferences with the number and the PINs that lead into each."""
    import secrets  # noqa: PLC0415

    settings = _load(config)
    e164 = _e164(number, settings)

    def read(tx: "Transaction") -> "tuple[Pin, ...] | None":
        if (found := tx.subscribers.by_number(e164)) is None:
            return None
        for conference in tx.directory.load(found.id).conferences:  # also those older than PINs
            tx.pins.assign(found.id, conference, secrets.randbelow)
        return tx.pins.of(found.id)

    if (pins := _in_store(settings, read)) is None:
        _fail(f"{e164} is not registered: usnd subscriber add {e164}")
    _print(pin_rows(pins, settings.numbers_in()), as_json=as_json)


@subscriber.command("list", epilog="Example: usnd subscriber list --json")
def subscriber_list(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """List the registered mobiles."""
    found = _in_store(_load(config), lambda tx: tx.subscribers.list())
    _print((subscriber_row(one) for one in found), as_json=as_json)


@smpp.command("status", epilog="Example: usnd smpp status --json")
def smpp_status(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show each bind of the running daemon: state, rates, window, queue, what was refused."""
    from usnd.app import utc_now  # noqa: PLC0415
    from usnd.services.status import NoStatus, read_status  # noqa: PLC0415

    runtime = _load(config).node.runtime
    if runtime is None:
        _fail("the configuration has no node.runtime: the daemon shows nothing")
    try:
        binds = read_status(runtime, utc_now())["binds"]
    except NoStatus as error:
        _fail(str(error))
    _print(binds if as_json else (bind_row(bind) for bind in binds), as_json=as_json)


@app.command("conferences", epilog="Example: usnd conferences")
def conferences(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """List the live conferences, with each call and since when it is in its state (UTC)."""
    found = _in_store(_load(config), lambda tx: tx.conferences.live())
    _print((row for conference in found for row in call_rows(conference)), as_json=as_json)


@app.command("cdrs", epilog="Example: usnd cdrs --conference 7")
def cdrs(
    config: ConfigFile = DEFAULT_CONFIG,
    conference: Annotated[int | None, typer.Option(help="Only of this conference.", min=1)] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the call detail records. Times are UTC; rang_s and talked_s are seconds."""
    found = _in_store(_load(config), lambda tx: tx.cdrs.list(conference))
    row = cdr_object if as_json else cdr_row
    _print((row(sequence, cdr) for sequence, cdr in found), as_json=as_json)


def main() -> None:
    """The entry point."""
    app()


def _load(path: Path) -> Config:
    try:
        return load(path)
    except ConfigError as error:
        _fail(str(error), WRONG)


def _e164(number: str, settings: Config) -> str:
    from usnd.domain.numbers import to_e164  # noqa: PLC0415

    e164 = to_e164(number, settings.node.home_region)
    if e164 is None:
        _fail(
            f"{number} is no phone number of {settings.node.home_region}, nor an international one: "
            "write it as +447700900001 or as it is dialled",
            WRONG,
        )
    return e164


def _fail(message: str, status: int = NOT_NOW) -> NoReturn:
    typer.echo(f"usnd: {message}", err=True)
    sys.exit(status)


def _in_store(settings: Config, unit: "Callable[[Transaction], T]") -> T:
    """Runs one unit of work in a store opened for it."""
    from usnd.store.revision import is_current  # noqa: PLC0415
    from usnd.store.session import StoreTaken  # noqa: PLC0415
    from usnd.store.trouble import DatabaseTrouble, in_words  # noqa: PLC0415

    url = settings.store.url
    try:
        with in_words(url):
            if not is_current(url):
                _fail("the database is not at this release: run `usnd db upgrade` first")
            while True:
                with suppress(StoreTaken):  # by another command at the same time: nothing was done, so again
                    return asyncio.run(_once(url, unit))
    except DatabaseTrouble as error:
        _fail(str(error))
    except TimeoutError:
        _fail(
            f"the database has not answered in {PATIENCE:g} s: see that it runs, and look before you repeat"
        )


async def _once(url: str, unit: "Callable[[Transaction], T]") -> T:
    from usnd.store.writer import Store  # noqa: PLC0415

    store = Store.open(url, writer="usnd-cli")
    try:
        async with asyncio.timeout(PATIENCE):
            return await store.run(unit)
    finally:
        await store.close()


def _print(rows: Iterable[Row], *, as_json: bool) -> None:
    """A table for people, JSON lines for programs."""
    if not as_json:
        typer.echo(columns(rows))
    elif lines := json_lines(rows):
        typer.echo(lines)
