"""The command `usnd`. Owns words and exit statuses (0 done, 1 not now, 2 wrong use); refuses logic."""

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from usnd import logs
from usnd.config import Config, ConfigError, load

if TYPE_CHECKING:
    from usnd.store.transaction import Transaction

T = TypeVar("T")

app = typer.Typer(
    help="The Universal Service Node: a text becomes a conference.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)
subscriber = typer.Typer(
    help="Subscribers: whose texts are commands.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(db, name="db")
app.add_typer(subscriber, name="subscriber")

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file (TOML).", envvar="USND_CONFIG")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
DEFAULT_CONFIG = Path("/etc/usn/usnd.toml")


@app.command()
def run(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Run the daemon until SIGTERM. Calls stay up when it stops, and are found again when it starts."""
    from usnd.app import NotReady  # noqa: PLC0415 - only this command needs all of the daemon
    from usnd.app import run as run_daemon  # noqa: PLC0415

    settings = _load(config)
    logs.set_up(settings.log.format, settings.log.level)
    try:
        asyncio.run(run_daemon(settings))
    except NotReady as error:
        _fail(str(error))


@app.command("check-config")
def check_config(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Read the configuration file and say whether the daemon could use it."""
    settings = _load(config)
    binds = ", ".join(smsc.name for smsc in settings.smsc)
    typer.echo(f"{config}: good. SMSC binds: {binds}. Asterisk: {settings.asterisk.host}.")


@db.command("upgrade")
def db_upgrade(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Bring the database's tables to this release. Safe to repeat."""
    from usnd.store.migrate import current, upgrade  # noqa: PLC0415 - Alembic is slow to load

    url = _load(config).store.url
    before = current(url)
    upgrade(url)
    after = current(url)
    typer.echo(f"database at {after}" + (" (was already)" if before == after else f", was {before}"))


@subscriber.command("add")
def subscriber_add(number: str, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Register a mobile NUMBER (E.164 or national), so that its texts are commands."""
    from usnd.app import utc_now  # noqa: PLC0415

    settings = _load(config)
    e164 = _e164(number, settings)
    if _in_store(settings, lambda tx: tx.subscribers.by_number(e164)):
        typer.echo(f"{e164} is registered already")
        return
    _in_store(settings, lambda tx: tx.subscribers.add(e164, utc_now(), settings.texts.language))
    typer.echo(f"{e164} registered")


@subscriber.command("set")
def subscriber_set(
    number: str,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    call_texts: Annotated[
        bool | None, typer.Option("--call-texts/--no-call-texts", help="A text beside each call.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Of the replies: two letters, as `en`.")] = None,
) -> None:
    """Change what is set for the registered mobile NUMBER; what is not named stays."""
    settings = _load(config)
    e164 = _e164(number, settings)
    if language is not None and not re.fullmatch("[a-z]{2}", language):
        _fail(f"{language} is not a language code of two small letters", status=2)

    def change(tx: "Transaction") -> bool:
        if (found := tx.subscribers.by_number(e164)) is None:
            return False
        kept_texts = found.call_texts if call_texts is None else call_texts
        tx.subscribers.save(replace(found, call_texts=kept_texts, language=language or found.language))
        return True

    if not _in_store(settings, change):
        _fail(f"{e164} is not registered")
    typer.echo(f"{e164} changed")


@subscriber.command("list")
def subscriber_list(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """List the registered mobiles."""
    found = _in_store(_load(config), lambda tx: tx.subscribers.list())
    rows = [
        {
            "id": one.id,
            "number": one.number,
            "suspended": one.suspended,
            "language": one.language,
            "call texts": one.call_texts,
        }
        for one in found
    ]
    _print_rows(rows, as_json=as_json)


@app.command("conferences")
def conferences(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """List the live conferences, with each call."""
    found = _in_store(_load(config), lambda tx: tx.conferences.live())
    rows = [
        {
            "conference": conference.id,
            "state": conference.state.value,
            "call": call.id,
            "role": call.role.value,
            "number": call.number,
            "call state": call.state.value,
            "outcome": call.outcome.value if call.outcome else "",
        }
        for conference in found
        for call in conference.calls
    ]
    _print_rows(rows, as_json=as_json)


@app.command("cdrs")
def cdrs(
    config: ConfigFile = DEFAULT_CONFIG,
    conference: Annotated[int | None, typer.Option(help="Only of this conference.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the call detail records."""
    found = _in_store(_load(config), lambda tx: tx.cdrs.list(conference))
    rows = [
        {
            "sequence": sequence,
            "subscriber": cdr.subscriber_id,
            "conference": cdr.conference_id,
            "role": cdr.role.value,
            "direction": cdr.direction.value,
            "cli": cdr.cli,
            "dnis": cdr.dnis,
            "start": cdr.start.isoformat(timespec="milliseconds"),
            "answer": cdr.answer.isoformat(timespec="milliseconds") if cdr.answer else "",
            "stop": cdr.stop.isoformat(timespec="milliseconds"),
            "outcome": cdr.outcome,
            "cause": cdr.cause if cdr.cause is not None else "",
            "recorded": cdr.recorded,
        }
        for sequence, cdr in found
    ]
    _print_rows(rows, as_json=as_json)


def main() -> None:
    """The entry point."""
    app()


def _load(path: Path) -> Config:
    try:
        return load(path)
    except ConfigError as error:
        _fail(str(error), status=2)


def _e164(number: str, settings: Config) -> str:
    from usnd.domain.numbers import to_e164  # noqa: PLC0415

    e164 = to_e164(number, settings.node.home_region)
    if e164 is None:
        _fail(f"{number} is not a phone number of {settings.node.home_region}, nor an international one")
    return e164


def _fail(message: str, status: int = 1) -> NoReturn:
    typer.echo(f"usnd: {message}", err=True)
    sys.exit(status)


def _in_store(settings: Config, unit: "Callable[[Transaction], T]") -> T:
    """Runs one unit of work in a store opened for it."""
    from usnd.store.migrate import is_current  # noqa: PLC0415
    from usnd.store.writer import Store  # noqa: PLC0415

    if not is_current(settings.store.url):
        _fail("the database is not at this release: run `usnd db upgrade` first")

    async def once() -> T:
        store = Store.open(settings.store.url, writer="usnd-cli")
        try:
            return await store.run(unit)
        finally:
            await store.close()

    return asyncio.run(once())


def _print_rows(rows: Iterable[Mapping[str, object]], *, as_json: bool) -> None:
    """A table for people, JSON lines for programs."""
    rows = list(rows)
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row))
        return
    if not rows:
        typer.echo("none")
        return
    from rich.console import Console  # noqa: PLC0415 - slow to load, and the daemon never needs it
    from rich.table import Table  # noqa: PLC0415

    table = Table(*rows[0], box=None, header_style="bold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)
