"""What all commands share: the configuration, the store for one unit of work, tables, one way to fail."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from usnd.cli.tables import columns, json_lines
from usnd.config.sections import Config, ConfigError, load
from usnd.control.rows import Row

if TYPE_CHECKING:
    from usnd.monitoring.snapshot import Snapshot
    from usnd.store.core.transaction import Transaction

T = TypeVar("T")

NOT_NOW, WRONG, ANOTHER = 1, 2, 3
PATIENCE = 20.0
"""Seconds for the database to answer a command: the daemon waits for it, a person should not have to."""

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file (TOML).", envvar="USND_CONFIG")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line, with every field.")]
DEFAULT_CONFIG = Path("/etc/usn/usnd.toml")


def load_config(path: Path) -> Config:
    try:
        return load(path)
    except ConfigError as error:
        fail(str(error), WRONG)


def e164_of(number: str, settings: Config) -> str:
    from usnd.domain.numbers.e164 import example_number, to_e164

    e164 = to_e164(number, settings.node.home_region)
    if e164 is None:
        fail(
            f"{number} is not a phone number of {settings.node.home_region} or an international one: "
            f"write it as {example_number(settings.node.home_region)} or as it is dialled",
            WRONG,
        )
    return e164


def fail(message: str, status: int = NOT_NOW) -> NoReturn:
    typer.echo(f"usnd: {message}", err=True)
    sys.exit(status)


def snapshot_of(config: Path) -> "Snapshot":
    """What the running usnd shows of itself. Ends the program when there is none."""
    from usnd.monitoring.snapshot import NoStatus

    try:
        return read_snapshot(load_config(config))
    except NoStatus as error:
        fail(str(error))


def read_snapshot(settings: Config) -> "Snapshot":
    """As snapshot_of. Raises NoStatus."""
    from usnd.monitoring.snapshot import NoStatus, read

    if settings.node.runtime is None:
        raise NoStatus("the configuration has no node.runtime: usnd shows nothing of itself")
    return read(settings.node.runtime, datetime.now(UTC))


def in_store(settings: Config, unit: "Callable[[Transaction], T]") -> T:
    """Runs one unit of work in a store opened for it."""
    from usnd.store.core.engine import is_standby
    from usnd.store.core.trouble import DatabaseTrouble, in_words
    from usnd.store.core.writer_connection import StoreTaken
    from usnd.store.revision import is_usable

    url = settings.store.url
    try:
        with in_words(url):
            if is_standby(url):
                fail("this server is the standby: run this on the active one; `usnd pair status` shows both")
            if not is_usable(url):
                fail("the database is not at this release: run `usnd db upgrade` first")
            while True:
                with suppress(StoreTaken):  # by another command at the same time: nothing was done, so again
                    return asyncio.run(_once(url, unit))
    except DatabaseTrouble as error:
        fail(str(error))
    except TimeoutError:
        fail(
            f"the database did not answer within {PATIENCE:g} s, is it running? It may have been done: "
            "check before you retry"
        )


async def _once(url: str, unit: "Callable[[Transaction], T]") -> T:
    from usnd.store.core.writer import Store

    store = Store.open(url, writer="usnd-cli")
    try:
        async with asyncio.timeout(PATIENCE):
            return await store.run(unit)
    finally:
        await store.close()


def print_rows(rows: Iterable[Row], *, as_json: bool) -> None:
    """A table for people, JSON lines for programs."""
    if not as_json:
        typer.echo(columns(rows))
    elif lines := json_lines(rows):
        typer.echo(lines)
