"""The commands `usnd recording …`: list, give out to their owner, remove (REQUIREMENTS C7)."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from usnd.cli.tables import recording_row
from usnd.config.sections import Config
from usnd.control.rows import Row
from usnd.process.os_errors import in_words

if TYPE_CHECKING:
    from usnd.store.core.transaction import Transaction

recording = typer.Typer(help="Recordings of conferences.", no_args_is_help=True, rich_markup_mode=None)


@recording.command("list", epilog="Example: usnd recording list --subscriber +447700900001")
def recording_list(
    config: ConfigFile = DEFAULT_CONFIG,
    number: Annotated[str | None, typer.Option("--subscriber", help="Only this subscriber's.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the recordings, one row a part. Times are UTC; octets are there once the file was measured."""
    settings = load_config(config)
    e164 = None if number is None else e164_of(number, settings)

    def read(tx: "Transaction") -> list[Row]:
        known = None if e164 is None else tx.subscribers.by_number(e164)
        owner = known.id if known else None if e164 is None else 0
        found = tx.recordings.list(owner)
        numbers = tx.subscribers.numbers_of({one.subscriber_id for one in found})
        return [recording_row(one, numbers) for one in found]

    print_rows(in_store(settings, read), as_json=as_json)


@recording.command("export", epilog="Example: usnd recording export 7-1 talk.wav --subscriber +447700900001")
def recording_export(
    which: Annotated[str, typer.Argument(metavar="ID", help="As `usnd recording list` names it.")],
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    number: Annotated[str, typer.Option("--subscriber", help="Its owner: only they get it.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Copy a recording for its owner, as WAV."""
    from usnd.services.recording.files import NoFile, NotYours, export, owned

    settings = load_config(config)
    e164 = e164_of(number, settings)
    if not (found := re.fullmatch(r"(\d{1,18})-(\d{1,6})", which)):
        fail(f"{which} is not a recording's id: write it as `usnd recording list` does, 7-1", WRONG)
    conference, part = int(found[1]), int(found[2])
    try:
        one = in_store(settings, lambda tx: owned(tx, conference, part, e164))
        octets = export(_recordings(settings), one, file)
    except NotYours:
        fail(f"{e164} has no recording {which}")
    except NoFile as error:
        fail(str(error))
    except OSError as error:
        fail(in_words(error, file))
    typer.echo(f"{file}: {octets} octets")


@recording.command("prune", epilog="Example: usnd recording prune --dry-run")
def recording_prune(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
) -> None:
    """Remove the recordings that are too old or too many, and files that no recording names."""
    from usnd.daemon import utc_now
    from usnd.services.recording.files import found_files, plan_removal, remove

    settings = load_config(config)
    directory, rules, now = _recordings(settings), settings.keep_rules(), utc_now()
    try:
        files = found_files(directory)
        gone = in_store(settings, lambda tx: plan_removal(tx, files, rules, now))
        if not dry_run:
            remove(directory, gone)
            in_store(settings, lambda tx: tx.recordings.removed(gone.recordings))
    except OSError as error:
        fail(in_words(error, directory))
    for name in gone.files:
        typer.echo(f"would remove {name}" if dry_run else f"removed {name}")


def _recordings(settings: Config) -> Path:
    if (directory := settings.recording.directory) is None:
        fail("the configuration has no recording.directory: nothing is recorded")
    return directory
