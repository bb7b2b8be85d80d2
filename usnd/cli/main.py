"""The command `usnd`. Owns words and exit statuses; refuses logic.

0: done. 1: not possible now. 2: wrong use or configuration. 3: another usnd has the database; systemd must
not start this one again by itself.
"""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.alarms import alarms
from usnd.cli.common import (
    ANOTHER,
    DEFAULT_CONFIG,
    WRONG,
    ConfigFile,
    Json,
    e164_of,
    fail,
    in_store,
    load_config,
    print_rows,
    snapshot_of,
)
from usnd.cli.conference import conference
from usnd.cli.pair import pair
from usnd.cli.recording import recording
from usnd.cli.status import bind_object, bind_row, dial_in_object, dial_in_row, status
from usnd.cli.tables import cdr_object, cdr_row, pin_rows, subscriber_row
from usnd.cli.trunk import trunk
from usnd.control.rows import Row, call_rows
from usnd.process import journal

if TYPE_CHECKING:
    from usnd.config.sections import Config
    from usnd.domain.dial_in.admission import Pin
    from usnd.store.core.transaction import Transaction

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
dial_in = typer.Typer(help="Calls that come in.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(
    conference, name="conference", epilog="Example: usnd conference launch +447700900001 bob Mkting"
)
app.command("status", epilog="Example: usnd status")(status)
app.command("alarms", epilog="Example: usnd alarms --history")(alarms)
app.add_typer(db, name="db", epilog="Example: usnd db upgrade")
app.add_typer(recording, name="recording", epilog="Example: usnd recording list")
app.add_typer(pair, name="pair", epilog="Example: usnd pair status")
app.add_typer(smpp, name="smpp", epilog="Example: usnd smpp status")
app.add_typer(trunk, name="trunk", epilog="Example: usnd trunk status")
app.add_typer(dial_in, name="dial-in", epilog="Example: usnd dial-in status")
app.add_typer(subscriber, name="subscriber", epilog="Example: usnd subscriber add +447700900001")


@app.command(epilog="Example: usnd run --config usnd.toml")
def run(
    config: ConfigFile = DEFAULT_CONFIG,
    when: Annotated[
        Path | None,
        typer.Option(help="Load everything, then begin when this file is there: on one server of a pair."),
    ] = None,
) -> None:
    """Run the daemon until SIGTERM. Calls stay up when it stops, and are found again when it starts."""
    from usnd.daemon import NotReady, Superseded  # noqa: PLC0415 - only this command needs all of the daemon
    from usnd.daemon import run as run_daemon  # noqa: PLC0415

    settings = load_config(config)
    journal.set_up(settings.log.format, settings.log.level)
    try:
        asyncio.run(run_daemon(settings, when=when))
    except NotReady as error:
        fail(str(error))
    except Superseded as error:
        fail(str(error), ANOTHER)


@app.command("check-config", epilog="Example: usnd check-config --config usnd.toml")
def check_config(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Read the configuration file and say whether the daemon could use it. Connects to nothing."""
    settings = load_config(config)
    _check_certificate(settings, config)
    binds = ", ".join(smsc.name for smsc in settings.smsc)
    typer.echo(f"{config}: good. SMSC binds: {binds}. Asterisk: {settings.asterisk.host}.")


def _check_certificate(settings: "Config", config: Path) -> None:
    """That of the trunks by TLS. Ends the program if it cannot be used."""
    from usnd.asterisk.technology.certificates import BadCertificate, check  # noqa: PLC0415
    from usnd.daemon import utc_now  # noqa: PLC0415

    common = settings.trunks
    if common.certificate is None or common.private_key is None:
        return
    try:
        soon = check(common.certificate, common.private_key, common.ca, utc_now())
    except BadCertificate as error:
        fail(f"{config}: trunks: {error}", WRONG)
    if soon:
        typer.echo(f"warning: trunks: {soon}", err=True)


@db.command("upgrade", epilog="Example: usnd db upgrade --config usnd.toml")
def db_upgrade(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Bring the database's tables to this release. Safe to repeat."""
    from usnd.store.core.trouble import DatabaseTrouble, in_words  # noqa: PLC0415 - as is SQLAlchemy
    from usnd.store.migrate import upgrade  # noqa: PLC0415 - Alembic is slow to load
    from usnd.store.revision import current  # noqa: PLC0415

    url = load_config(config).store.url
    try:
        with in_words(url):
            before = current(url)
            upgrade(url)
            after = current(url)
    except DatabaseTrouble as error:
        fail(str(error))
    typer.echo(
        f"database at {after}" + (" (was already)" if before == after else f", was {before or 'empty'}")
    )


@db.command("status", epilog="Example: usnd db status --json")
def db_status(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Say which schema the database has, which this release has, and whether it can work on the database."""
    from usnd.store.core.trouble import DatabaseTrouble, in_words  # noqa: PLC0415
    from usnd.store.revision import HEAD, READERS, look  # noqa: PLC0415

    url = load_config(config).store.url
    try:
        with in_words(url):
            found = look(url)
    except DatabaseTrouble as error:
        fail(str(error))
    row: Row = {
        "database": found.number if found else "",
        "release": HEAD,
        "usable": found is not None and found.usable,
        "readers": READERS,
    }
    print_rows([row], as_json=as_json)


@subscriber.command("add", epilog="Example: usnd subscriber add +447700900001")
def subscriber_add(
    number: Annotated[str, typer.Argument(help="The mobile's number, E.164 or national.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Register a mobile, so that its texts are commands. Safe to repeat."""
    from usnd.daemon import utc_now  # noqa: PLC0415

    settings = load_config(config)
    e164 = e164_of(number, settings)

    def register(tx: "Transaction") -> bool:
        if tx.subscribers.by_number(e164):
            return False
        tx.subscribers.add(e164, utc_now(), settings.texts.language)
        return True

    new = in_store(settings, register)
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
    minutes: Annotated[
        int | None,
        typer.Option(help="That all their calls may last in a month; 0: no limit.", min=0, max=10_000_000),
    ] = None,
) -> None:
    """Change what is set for a registered mobile; what is not named stays."""
    settings = load_config(config)
    e164 = e164_of(number, settings)
    if language is not None and not re.fullmatch("[a-z]{2}", language):
        fail(f"{language} is no language code: write two small letters, as `en`", WRONG)

    def change(tx: "Transaction") -> bool:
        if (found := tx.subscribers.by_number(e164)) is None:
            return False
        changed = replace(
            found,
            call_texts=found.call_texts if call_texts is None else call_texts,
            press_one=found.press_one if press_one is None else press_one,
            language=language or found.language,
            minutes=found.minutes if minutes is None else minutes or None,
        )
        tx.subscribers.save(changed)
        return True

    if not in_store(settings, change):
        fail(f"{e164} is not registered: usnd subscriber add {e164}")
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
    from contextlib import suppress  # noqa: PLC0415

    from usnd.store.pins import PinsExhausted  # noqa: PLC0415

    settings = load_config(config)
    e164 = e164_of(number, settings)

    def read(tx: "Transaction") -> "tuple[Pin, ...] | None":
        if (found := tx.subscribers.by_number(e164)) is None:
            return None
        with suppress(PinsExhausted):  # what is left is listed
            for instant in tx.directory.load(found.id).conferences:  # also those older than PINs
                tx.pins.assign(found.id, instant, secrets.randbelow)
        return tx.pins.of(found.id)

    if (pins := in_store(settings, read)) is None:
        fail(f"{e164} is not registered: usnd subscriber add {e164}")
    print_rows(pin_rows(pins, settings.numbers_in()), as_json=as_json)


@subscriber.command("list", epilog="Example: usnd subscriber list --json")
def subscriber_list(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """List the registered mobiles."""
    found = in_store(load_config(config), lambda tx: tx.subscribers.list())
    print_rows((subscriber_row(one) for one in found), as_json=as_json)


@smpp.command("status", epilog="Example: usnd smpp status --json")
def smpp_status(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show each bind of the running daemon: state, rates, window, queue, what was refused."""
    binds = map(bind_object, snapshot_of(config).binds)
    print_rows(binds if as_json else map(bind_row, binds), as_json=as_json)


@dial_in.command("status", epilog="Example: usnd dial-in status --json")
def dial_in_status(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show the calls that came in since the daemon's start, wrong PINs, numbers barred, the alarm."""
    figures = dial_in_object(snapshot_of(config))
    print_rows([figures if as_json else dial_in_row(figures)], as_json=as_json)


@app.command("conferences", epilog="Example: usnd conferences")
def conferences(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """List the live conferences, with each call and since when it is in its state (UTC)."""
    found = in_store(load_config(config), lambda tx: tx.conferences.live())
    print_rows((row for conference in found for row in call_rows(conference)), as_json=as_json)


@app.command("cdrs", epilog="Example: usnd cdrs --conference 7")
def cdrs(
    config: ConfigFile = DEFAULT_CONFIG,
    conference: Annotated[int | None, typer.Option(help="Only of this conference.", min=1)] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the call detail records. Times are UTC; rang_s and talked_s are seconds."""
    found = in_store(load_config(config), lambda tx: tx.cdrs.list(conference))
    row = cdr_object if as_json else cdr_row
    print_rows((row(sequence, cdr) for sequence, cdr in found), as_json=as_json)


def main() -> None:
    """The entry point."""
    app()
