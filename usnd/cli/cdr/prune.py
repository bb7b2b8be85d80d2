"""The command `usnd cdr prune`: removes what has been kept for long enough (REQUIREMENTS B3)."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.common import DEFAULT_CONFIG, ConfigFile, Json, check_store, fail, load_config, print_rows
from usnd.process import journal, os_errors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from usnd.config.sections import Config
    from usnd.control.rows import Row
    from usnd.domain.billing.months import Month, MonthStep
    from usnd.services.billing.old_files import Rows
    from usnd.services.billing.retention import Pruned

WRITER = "usnd-retention"


def prune(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go, and what not.")] = False,
    as_json: Json = False,
) -> None:
    """Remove CDRs and files that are older than `[billing] keep_months` and confirmed by all destinations.

    Safe to repeat. On the standby only its files go: the records are the active one's.
    """
    from usnd.store.core.engine import is_standby
    from usnd.store.core.trouble import DatabaseTrouble, in_words

    settings = load_config(config)
    journal.set_up_command(settings.log.format, settings.log.level)
    try:
        with in_words(settings.store.url):
            standby = is_standby(settings.store.url)
            done = [] if standby else _records(settings, dry=dry_run)
            done += _files(settings, dry=dry_run)
    except DatabaseTrouble as error:
        fail(str(error))
    print_rows(map(_row, done), as_json=as_json)
    if standby:
        typer.echo("this server is the standby: only its files were looked at", err=True)


@dataclass(frozen=True, slots=True)
class _Months:
    """What leads out of this process to the tables of months."""

    url: str

    def file_from(self, begin: "datetime") -> None:
        from usnd.store.billing.month_removal import file_from

        file_from(self.url, begin)

    def take_step(self, month: "Month", step: "MonthStep") -> bool:
        from usnd.store.billing.month_removal import take_step

        return take_step(self.url, month, step)


def _records(settings: "Config", *, dry: bool) -> "list[Pruned]":
    from usnd.store.billing.month_division import divide
    from usnd.store.core.writer_connection import StoreTaken

    check_store(settings)
    if not dry and not divide(settings.store.url):
        typer.echo(
            "CDRs are not divided into months yet: somebody reads them. Tried again next time", err=True
        )
    try:
        return asyncio.run(_prune(settings, dry=dry))
    except StoreTaken:
        fail("another removal has begun meanwhile and goes on: this one ends")


async def _prune(settings: "Config", *, dry: bool) -> "list[Pruned]":
    from usnd.daemon import utc_now
    from usnd.services.billing.retention import Retention
    from usnd.store.core.writer import Store

    store = Store.open(settings.store.url, writer=WRITER)
    try:
        months, keep = _Months(settings.store.url), settings.billing.keep_months
        return await Retention(store, months, _names(settings), keep, utc_now).run(dry=dry)
    finally:
        await store.close()


def _files(settings: "Config", *, dry: bool) -> "Sequence[Pruned]":
    from usnd.daemon import utc_now
    from usnd.domain.billing.retention import kept_since
    from usnd.services.billing.old_files import prune_files
    from usnd.store.core.engine import reading
    from usnd.store.core.transaction import Transaction

    at = settings.billing
    if at.directory is None:
        return ()
    since = kept_since(utc_now(), at.keep_months)
    try:
        with reading(settings.store.url) as connection:
            rows: Rows = Transaction(connection).cdr_files.get
            return list(prune_files(at.directory, set(_names(settings)), rows, since, dry=dry))
    except OSError as error:
        fail(os_errors.in_words(error, at.directory))


def _names(settings: "Config") -> list[str]:
    from usnd.config.billing import destination_names

    return destination_names(settings)


def _row(one: "Pruned") -> "Row":
    return {
        "what": one.what,
        "name": one.name,
        "records": one.records,
        "goes": one.done,
        "seconds": one.seconds,
        "why": one.why,
        "held_by": " ".join(one.held_by),
    }
