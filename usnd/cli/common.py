"""What all commands share: the configuration, the store for one unit of work, tables, one way to fail."""

import asyncio
import os
import pwd
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from usnd.cli.tables import columns, json_lines, seen
from usnd.config.load import load
from usnd.config.sections import Config
from usnd.config_file.values import ConfigError, NotReadable
from usnd.control.rows import Row
from usnd.process import journal

if TYPE_CHECKING:
    from usnd.monitoring.snapshot import Snapshot
    from usnd.store.core.transaction import Transaction

T = TypeVar("T")

NOT_NOW, WRONG, ANOTHER = 1, 2, 3
PATIENCE = 20.0
"""Seconds for the database to answer a command: the daemon waits for it, a person should not have to."""

LARGEST = (1 << 63) - 1
"""That any database takes for a number."""

_LONGEST_NAME = 64

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file (TOML).", envvar="USND_CONFIG")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line, with every field.")]
DEFAULT_CONFIG = Path("/etc/usn/usnd.toml")
RUNTIME = Path("/run/usnd")
"""Of a node: roles/usnd."""
WITHOUT_IT = (
    "Operators of node.operators_group do without it: `usnd conference launch`, `add`, `drop`, `mute`, "
    "`lock`, `end`, `watch`"
)


def load_config(path: Path, notice: Callable[[str], object] | None = None) -> Config:
    """The configuration, or the program ends with what is wrong in it. notice: as of `load`."""
    try:
        return load(path) if notice is None else load(path, notice)
    except NotReadable as error:
        fail(f"{error}. {WITHOUT_IT}", WRONG)
    except ConfigError as error:
        fail(str(error), WRONG)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the running usnd shows itself and is commanded. url: of its database, if that may be known."""

    runtime: Path
    url: str | None

    @property
    def process(self) -> int | None:
        """That has the database, 0 if which is not known; None: none that is known."""
        from usnd.process.single_instance import holder

        return None if self.url is None else holder(self.url)


def whereabouts(config: Path) -> Whereabouts | None:
    """Of the usnd with that configuration; None: it has no node.runtime.

    The configuration holds passwords: for operators who may not read it, a node's usnd is meant.
    """
    try:
        settings = load(config)
    except NotReadable:
        return Whereabouts(RUNTIME, None)
    except ConfigError as error:
        fail(str(error), WRONG)
    runtime = settings.node.runtime
    return None if runtime is None else Whereabouts(runtime, settings.store.url)


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
    """Ends the program with the sentence; words of people in it control no terminal."""
    told = "\n".join(map(seen, message.splitlines()))
    typer.echo(f"usnd: {told}", err=True)
    sys.exit(status)


def snapshot_of(config: Path) -> "Snapshot":
    """What the running usnd shows of itself. Ends the program when there is none."""
    from usnd.monitoring.snapshot import NoStatus

    try:
        return read_snapshot(config)
    except NoStatus as error:
        fail(str(error))


def read_snapshot(config: Path) -> "Snapshot":
    """As snapshot_of. Raises NoStatus."""
    from usnd.monitoring.snapshot import NoStatus, read

    where = whereabouts(config)
    if where is None:
        raise NoStatus("the configuration has no node.runtime: usnd shows nothing of itself")
    return read(where.runtime, datetime.now(UTC), where.process)


def in_store(settings: Config, unit: "Callable[[Transaction], T]") -> T:
    """Runs one unit of work in a store opened for it. Ends the program where PATIENCE does not suffice."""
    journal.set_up_command(settings.log.format, settings.log.level)
    try:
        return _within(PATIENCE, lambda: _in_store(settings, unit))
    except TimeoutError:
        fail(
            f"the database did not answer within {PATIENCE:g} s, is it running? It may have been done: "
            "check before you retry"
        )


def check_store(settings: Config) -> None:
    """Ends the program where the database cannot be worked on here and now. Blocks."""
    from usnd.store.core.engine import is_standby
    from usnd.store.core.trouble import DatabaseTrouble, in_words
    from usnd.store.revision import is_usable

    url = settings.store.url
    try:
        with in_words(url):
            if is_standby(url):
                fail("this server is the standby: run this on the active one; `usnd pair status` shows both")
            if not is_usable(url):
                fail("the database is not at this release: run `usnd db upgrade` first")
    except DatabaseTrouble as error:
        fail(str(error))


def _in_store(settings: Config, unit: "Callable[[Transaction], T]") -> T:
    from usnd.store.core.trouble import DatabaseTrouble, in_words
    from usnd.store.core.writer_connection import StoreTaken

    check_store(settings)
    url = settings.store.url
    try:
        with in_words(url):
            while True:
                with suppress(StoreTaken):  # by another command at the same time: nothing was done, so again
                    return asyncio.run(_once(url, unit))
    except DatabaseTrouble as error:
        fail(str(error))


def _within(seconds: float, work: Callable[[], T]) -> T:
    """What the work gives, or raises. TimeoutError: it is given up, and ends with the program.

    In a thread of its own: a server that falls silent in the middle of a statement cannot be left otherwise.
    """
    ended: SimpleQueue[tuple[list[T], BaseException | None]] = SimpleQueue()

    def do() -> None:
        try:
            ended.put(([work()], None))
        except BaseException as error:  # noqa: BLE001 - raised by who waits
            ended.put(([], error))

    threading.Thread(target=do, daemon=True).start()
    try:
        results, error = ended.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return results[0]


async def _once(url: str, unit: "Callable[[Transaction], T]") -> T:
    from usnd.store.core.writer import Store

    store = Store.open(url, writer="usnd-cli")
    try:
        return await store.run(unit)
    finally:
        await store.close()


def asker() -> str:
    """The Unix user who gives the command; with sudo, who used it."""
    if by := os.environ.get("SUDO_USER"):
        return by[:_LONGEST_NAME]
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def print_rows(rows: Iterable[Row], *, as_json: bool) -> None:
    """A table for people, JSON lines for programs."""
    if not as_json:
        typer.echo(columns(rows))
    elif lines := json_lines(rows):
        typer.echo(lines)
