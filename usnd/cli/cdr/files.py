"""The commands `usnd cdr files`, `export`, `resend`, `verify`, `asn1`, `show`: CDR files (REQUIREMENTS B2).

Export runs in this process, with a writer of its own in the store: the running usnd does not notice it.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.cdr.delivery import deliver
from usnd.cli.cdr.rows import file_object, file_row
from usnd.cli.common import (
    DEFAULT_CONFIG,
    LARGEST,
    NOT_NOW,
    ConfigFile,
    Json,
    check_store,
    fail,
    in_store,
    load_config,
    print_rows,
)
from usnd.cli.tables import seen
from usnd.process import journal
from usnd.process.os_errors import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from usnd.config.sections import Config
    from usnd.control.rows import Row
    from usnd.domain.billing.cdr_file import CdrFile
    from usnd.domain.billing.checked import Checked
    from usnd.domain.billing.formats import Format
    from usnd.store.core.transaction import Transaction

SHOWN = 24
MOST = 10_000
WRITER = "usnd-cdr"
_OneDestination = Annotated[str | None, typer.Option("--destination", help="Only this one's.")]


def files(
    config: ConfigFile = DEFAULT_CONFIG,
    destination: _OneDestination = None,
    limit: Annotated[int, typer.Option(help="The last ones of each destination.", min=1, max=MOST)] = SHOWN,
    *,
    as_json: Json = False,
) -> None:
    """List the last files of each destination, the oldest first, and how far each has come. Times are UTC."""
    settings = load_config(config)
    names = _destinations(settings, destination)

    def read(tx: "Transaction") -> "list[CdrFile]":
        return [file for name in names for file in reversed(tx.cdr_files.newest(name, limit))]

    row = file_object if as_json else file_row
    print_rows(map(row, in_store(settings, read)), as_json=as_json)


def export(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    patient: Annotated[
        bool, typer.Option("--patient", help="Leave alone what waits for its next try, as the timer does.")
    ] = False,
) -> None:
    """Close the files of each full hour, write them, send all that is not confirmed. Safe to repeat."""
    settings = load_config(config)
    if not settings.cdr_destination:
        typer.echo("no [[cdr_destination]] is configured: nothing to do")
        return
    journal.set_up_command(settings.log.format, settings.log.level)
    check_store(settings)
    if not asyncio.run(_export(settings, patient=patient)):
        fail("not all is delivered: `usnd cdr files` shows what waits", NOT_NOW)


def resend(
    destination: Annotated[str, typer.Argument(help="As the configuration names it.")],
    number: Annotated[int, typer.Argument(help="Of the file.", min=1, max=LARGEST)],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Have a file sent once more at the next export: the same octets, under the same name."""
    from usnd.daemon import utc_now
    from usnd.domain.billing.cdr_file import Content, FileEvent, follow

    settings = load_config(config)
    _destinations(settings, destination)

    def unit(tx: "Transaction") -> "tuple[CdrFile | None, bool]":
        file = tx.cdr_files.get(destination, number)
        if file is None:
            return None, False
        if file.erased_at is not None:
            return file, False
        kept = _can_be_made(tx, file) or _is_there(settings, file)
        if kept:
            tx.cdr_files.save(file, follow(file, FileEvent.RESEND, utc_now()))
        return file, kept

    file, kept = in_store(settings, unit)
    if file is None:
        fail(f"{destination} has no file {number}, or not any more")
    if not kept:
        fail(f"{file.name} cannot be made again: its records were removed, or have pseudonyms by now")
    by = "summary" if file.content is Content.SUMMARY else "export"
    typer.echo(f"{file.name} is sent at the next export: `usnd cdr {by}` does it now")


def verify(
    names: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files, also copies of them.")],
) -> None:
    """Check files by themselves: whole, unchanged, no record missing, each value as described."""
    bad = 0
    for name in names:
        try:
            checked = _checked(name)
        except OSError as error:
            typer.echo(seen(in_words(error, name)), err=True)
            bad += 1
            continue
        for fault in checked.faults:
            typer.echo(seen(f"{name}: {fault}"), err=True)
        bad += bool(checked.faults)
        if not checked.faults:
            head = checked.header
            seconds, rest = divmod(checked.charged_ms, 1000)
            good = (
                f"{name}: good. File {head['number']} for {head['destination']}, {checked.records} records, "
                f"{head['first']} to {head['last']}, {seconds}.{rest:03} s charged"
            )
            typer.echo(seen(good))
    if bad:
        fail(f"{bad} of {len(names)} files are not good")


def asn1() -> None:
    """Print the ASN.1 module of the records in files by 3GPP TS 32.297, for whoever decodes them."""
    from usnd.domain.billing.ts32297.module import module

    typer.echo(module(), nl=False)


def show(
    name: Annotated[Path, typer.Argument(metavar="FILE", help="A file, also a copy.")],
    *,
    as_json: Json = False,
) -> None:
    """Print the records of a file, after it was checked."""
    try:
        faults = _checked(name).faults
    except OSError as error:
        fail(in_words(error, name))
    if faults:
        fail(f"{name}: {faults[0]}")
    print_rows(_records(name), as_json=as_json)


async def _export(settings: "Config", *, patient: bool) -> bool:
    from usnd.services.billing.clients import clients_of
    from usnd.services.billing.pages import AT_ONCE
    from usnd.services.billing.records import Records
    from usnd.store.core.reader import Reader

    reader = Reader(settings.store.url, AT_ONCE)
    try:
        clients = clients_of(settings)
        return await deliver(settings, WRITER, lambda store: Records(store, reader), clients, patient=patient)
    finally:
        reader.close()


def _can_be_made(tx: "Transaction", file: "CdrFile") -> bool:
    from usnd.domain.billing.cdr_file import Content

    if file.content is Content.SUMMARY:
        return tx.summaries.of_file(file.since, file.until) is not None
    return tx.cdrs.has_all(file.first, file.last)


def _is_there(settings: "Config", file: "CdrFile") -> bool:
    from usnd.services.billing.writing import is_there

    directory = settings.billing.directory
    try:
        return directory is not None and is_there(directory, file)
    except OSError as error:
        fail(in_words(error, directory))


def _destinations(settings: "Config", wanted: str | None) -> list[str]:
    from usnd.config.billing import destination_names

    names = destination_names(settings)
    if wanted is not None and wanted not in names:
        fail(f"{wanted} is no destination: configured are {', '.join(names) or 'none'}")
    return names if wanted is None else [wanted]


def _checked(name: Path) -> "Checked":
    """Raises OSError."""
    with name.open("rb") as source:
        return _format_of(source).check(source)


def _records(name: Path) -> "Iterator[Row]":
    with name.open("rb") as source:
        for line in _format_of(source).lines(source):
            yield dict(line.values)


def _format_of(source: "BufferedReader") -> "Format":
    from usnd.domain.billing.formats import LONGEST_START, format_of

    return format_of(source.peek(LONGEST_START)[:LONGEST_START])
