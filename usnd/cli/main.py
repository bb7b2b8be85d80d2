"""The command `usnd`: puts the commands together, those of each noun from a file of its own.

0: done. 1: not possible now. 2: wrong use or configuration. 3: another usnd has the database; systemd must
not start this one again by itself.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from usnd.cli.alarms import alarms
from usnd.cli.ca.commands import ca
from usnd.cli.cdr.commands import cdr
from usnd.cli.cdr.records import list_records
from usnd.cli.common import (
    ANOTHER,
    DEFAULT_CONFIG,
    WRONG,
    ConfigFile,
    Json,
    fail,
    in_store,
    load_config,
    print_rows,
    snapshot_of,
)
from usnd.cli.conference import conference
from usnd.cli.pair import pair
from usnd.cli.provisioning.requests import provisioning
from usnd.cli.provisioning.terminal import terminal
from usnd.cli.recording import recording
from usnd.cli.status import bind_object, bind_row, dial_in_object, dial_in_row, status
from usnd.cli.subscriber.commands import subscriber
from usnd.cli.trunk import trunk
from usnd.cli.web import web
from usnd.control.rows import Row, call_rows
from usnd.process import journal
from usnd.process.command import run as run_command

if TYPE_CHECKING:
    from usnd.config.sections import Config

app = typer.Typer(
    help="The Universal Service Node: a text becomes a conference.",
    epilog="Example, on a new node: usnd db upgrade; usnd subscriber add +447700900001; usnd run",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)
smpp = typer.Typer(help="The binds to the SMSCs.", no_args_is_help=True, rich_markup_mode=None)
dial_in = typer.Typer(help="Calls that come in.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(
    conference, name="conference", epilog="Example: usnd conference launch +447700900001 bob Mkting"
)
app.command("status", epilog="Example: usnd status")(status)
app.command("alarms", epilog="Example: usnd alarms --history")(alarms)
app.add_typer(cdr, name="cdr", epilog="Example: usnd cdr files")
# As former releases called it: programs of billing know it.
app.command("cdrs", hidden=True, epilog="Example: usnd cdrs --after 4000 --limit 500 --json")(list_records)
app.add_typer(ca, name="ca", epilog="Example: usnd ca list")
app.add_typer(db, name="db", epilog="Example: usnd db upgrade")
app.add_typer(recording, name="recording", epilog="Example: usnd recording list")
app.add_typer(pair, name="pair", epilog="Example: usnd pair status")
app.add_typer(provisioning, name="provisioning", epilog="Example: usnd provisioning bulks")
app.add_typer(terminal, name="terminal", epilog="Example: usnd terminal list")
app.add_typer(smpp, name="smpp", epilog="Example: usnd smpp status")
app.add_typer(trunk, name="trunk", epilog="Example: usnd trunk status")
app.add_typer(dial_in, name="dial-in", epilog="Example: usnd dial-in status")
app.add_typer(web, name="web", epilog="Example: usnd web provisioning --config web-provisioning.toml")
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
    from usnd.assembly import NotReady
    from usnd.daemon import Superseded
    from usnd.daemon import run as run_daemon

    notices: list[str] = []
    settings = load_config(config, notices.append)
    journal.set_up(settings.log.format, settings.log.level)
    for notice in notices:
        structlog.get_logger("usnd.config").warning(notice)
    try:
        asyncio.run(run_daemon(settings, when=when))
    except NotReady as error:
        fail(str(error))
    except Superseded as error:
        fail(str(error), ANOTHER)


@app.command("check-config", epilog="Example: usnd check-config --config usnd.toml")
def check_config(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Read the configuration file and say whether the daemon could use it. Connects to nothing."""
    settings = load_config(config, _warn)
    _check_certificate(settings, config)
    _check_sites(settings, config)
    binds = ", ".join(smsc.name for smsc in settings.smsc)
    typer.echo(f"{config}: good. SMSC binds: {binds}. Asterisk: {settings.asterisk.host}.")


def _check_certificate(settings: "Config", config: Path) -> None:
    """That of the trunks by TLS. Ends the program if it cannot be used."""
    from usnd.asterisk.technology.certificates import BadCertificate, check
    from usnd.daemon import utc_now

    common = settings.trunks
    if common.certificate is None or common.private_key is None:
        return
    try:
        soon = check(common.certificate, common.private_key, common.ca, utc_now())
    except BadCertificate as error:
        fail(f"{config}: trunks: {error}", WRONG)
    if soon:
        _warn(f"trunks: {soon}")


def _check_sites(settings: "Config", config: Path) -> None:
    """Ends the program if a site would be root; what is not there yet, or not any more, is a warning."""
    from usnd.cli.provisioning import checks
    from usnd.daemon import utc_now

    for section, user in (("provisioning", settings.provisioning.user), ("portal", settings.portal.user)):
        if why := checks.root(user):
            fail(f"{config}: {section}.{why}", WRONG)
    for trouble in checks.of_node(settings.provisioning, utc_now()):
        _warn(f"provisioning.{trouble}")
    for trouble in checks.of_user(settings.portal.user):
        _warn(f"portal.{trouble}")


def _warn(notice: str) -> None:
    typer.echo(f"warning: {notice}", err=True)


@db.command("upgrade", epilog="Example: usnd db upgrade --config usnd.toml")
def db_upgrade(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Bring the database's tables to this release. Safe to repeat."""
    from usnd.store.core.trouble import DatabaseTrouble, in_words
    from usnd.store.migrations.migrate import upgrade
    from usnd.store.revision import current

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
    from usnd.store.core.trouble import DatabaseTrouble, in_words
    from usnd.store.revision import HEAD, READERS, look

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


def main() -> None:
    """The entry point."""
    run_command(app, "usnd")
