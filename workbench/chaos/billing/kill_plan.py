"""How exports are killed, and which records there are in which hour: drawn from a seed. Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import count

from workbench.chaos.billing.month_plan import NODES
from workbench.chaos.billing.virtual_time import Moment

MOST_UNITS = 12
_STAYS = 0.3
_EMPTY = 0.1


class Way(Enum):
    """STEP: behind one of its steps. UNIT: within a unit of work. ALONE, WHOLE: at any time, by SIGKILL from
    outside; the rsync that it had started goes on by itself, or dies with it as when the server is lost.
    """

    STEP = "behind a step"
    UNIT = "within a transaction"
    ALONE = "at any time, its rsync goes on"
    WHOLE = "at any time, with its rsync"


_SHARES = {Way.STEP: 0.45, Way.UNIT: 0.25, Way.ALONE: 0.15, Way.WHOLE: 0.15}


@dataclass(frozen=True)
class Kill:
    """Of one run of an export. share: how far it comes, of its steps, its units or its time, 0 to 1."""

    node: str
    way: Way
    share: float
    moment: Moment


@dataclass(frozen=True)
class Hour:
    """records: written in it; late: written while its files are on their way."""

    records: int
    late: int


def kills(seed: int) -> Iterator[Kill]:
    """Without end. Most runs are on the other server than the one before."""
    dice = random.Random(f"kills {seed}")  # noqa: S311 (a plan of faults, no secret)
    node = 0
    while True:
        node = node if dice.random() < _STAYS else 1 - node
        (way,) = dice.choices([*_SHARES], [*_SHARES.values()])
        yield Kill(NODES[node], way, dice.random(), dice.choice([*Moment]))


def hours(seed: int) -> Iterator[tuple[int, Hour]]:
    """Without end, from 1."""
    dice = random.Random(f"hours {seed}")  # noqa: S311 (a plan of faults, no secret)
    for number in count(1):
        yield number, Hour(0 if dice.random() < _EMPTY else dice.randrange(1, 60), dice.randrange(6))
