"""What month.py and a life of the engine tell each other, and what the switch keeps between two lives.

By a pipe between the processes. All times are milliseconds since 1970.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from workbench.chaos.billing.switchboard import Board
from workbench.chaos.billing.virtual_time import Moment


@dataclass(frozen=True)
class Launch:
    """A subscriber calls these together."""

    at: int
    subscriber: str
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class Cut:
    """The link to the switch is lost; what happens until `until` is not told. Calls go on."""

    at: int
    until: int


@dataclass(frozen=True)
class SwitchDies:
    """All calls are gone; from `until` on there is another process."""

    at: int
    until: int


@dataclass(frozen=True)
class Die:
    """From then on the first unit of work is the last one."""

    at: int
    moment: Moment


Happening = Launch | Cut | SwitchDies | Die


@dataclass(frozen=True)
class Order:
    """Go on until then, with what happens meanwhile. None: end in good order."""

    until: int
    happenings: tuple[Happening, ...] = ()


@dataclass(frozen=True)
class Pause:
    """The life has come to its time and waits. live: conferences. alarms: that are raised, by name."""

    at: int
    live: int
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True)
class LifeSettings:
    """Of one life. config: of its node; board: where the switch's state is kept; log: the switch's own."""

    config: Path
    node: str
    begins: int
    board: Path
    log: Path
    journal: Path


def save(board: Board, path: Path) -> None:
    """Whole, or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(board))
    part.replace(path)


def load(path: Path) -> Board:
    """As it was saved."""
    return msgspec.json.decode(path.read_bytes(), type=Board)
