"""What happens in a month, drawn from a seed: conferences, faults, destinations that are away. Pure.

All times are milliseconds since 1970, of the virtual clock; month.py lets them come true.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from workbench.chaos.billing.orders import Launch
from workbench.chaos.billing.virtual_time import Moment

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
ZONE, LONG_DAY = "America/Sao_Paulo", "2016-02-20"
"""A zone and a year in which clocks were set back in a month with a leap day; that day had 25 hours."""
BEGINS = datetime(2016, 2, 12, tzinfo=UTC)
SHORT_BEGINS, SHORT_HOURS = datetime(2016, 2, 20, 1, tzinfo=UTC), 28
"""Of a run that has little more than the long day."""
NODES = ("usn-a", "usn-b")
STAYS, GOES_AWAY = "mediation", "audit"
"""The destinations."""
CALL_IN = "+447700900000"
SUBSCRIBERS = tuple(f"+4477009000{n:02}" for n in range(1, 41))
LONG_TALKERS = SUBSCRIBERS[-2:]
_OTHERS = tuple(f"+447700900{n}" for n in range(100, 1000))
_FAULT_EVERY = 5 * HOUR
_QUIET_BEFORE_A_FAULT = 10 * MINUTE


class Kind(Enum):
    """USND: its process dies, calls go on. SERVER: calls die with it, the other server goes on."""

    USND = "usnd killed"
    SERVER = "server lost"
    SWITCH = "switch died"
    LINK = "link cut"


@dataclass(frozen=True)
class Fault:
    """lasts: until somebody is there again. moment: within which unit of work; None: between two."""

    at: int
    kind: Kind
    lasts: int
    moment: Moment | None = None


@dataclass(frozen=True)
class ExportPlan:
    """The run of the export in an hour. kill: it dies at that share of its steps; None: it is left alone."""

    at: int
    kill: float | None = None


@dataclass(frozen=True)
class MonthPlan:
    """away: from and until when GOES_AWAY does not answer."""

    seed: int
    begins: int
    ends: int
    launches: tuple[Launch, ...]
    faults: tuple[Fault, ...]
    exports: tuple[ExportPlan, ...]
    away: tuple[int, int]


def month_plan(seed: int, begins: datetime, hours: int, conferences: int) -> MonthPlan:
    """The same for the same arguments."""
    dice = random.Random(seed)  # noqa: S311 (a plan of faults, no secret)
    start = int(begins.timestamp()) * SECOND
    end = start + hours * HOUR
    launches = sorted(_launches(dice, start, end, conferences), key=lambda one: one.at)
    away = start + int((end - start) * 0.3)
    return MonthPlan(
        seed,
        start,
        end,
        tuple(launches),
        tuple(_faults(dice, launches, start, end)),
        tuple(exports(dice, start, end)),
        (away, min(away + 4 * DAY, start + int((end - start) * 0.8))),
    )


def exports(dice: random.Random, start: int, end: int) -> Iterator[ExportPlan]:
    """On each full hour, some seconds late; now and then it is killed."""
    for hour in range(start + HOUR, end + 1, HOUR):
        kill = dice.random() if dice.random() < _EXPORTS_KILLED else None
        yield ExportPlan(hour + dice.randrange(1, 20) * SECOND, kill)


_EXPORTS_KILLED = 0.1
_CROSSES_THE_HOUR = 0.25


def _launches(dice: random.Random, start: int, end: int, count: int) -> Iterator[Launch]:
    """Most at any time, some in the last seconds of an hour; those who talk long a few times."""
    last = end - 30 * MINUTE
    for _ in range(count):
        at = dice.randrange(start, last)
        if dice.random() < _CROSSES_THE_HOUR:
            at = min(last, (at // HOUR + 1) * HOUR - dice.randrange(60 * SECOND))
        yield Launch(at, dice.choice(SUBSCRIBERS[:-2]), tuple(dice.sample(_OTHERS, dice.randrange(1, 8))))
    for at in range(start + HOUR, end - DAY + 1, DAY):
        late = at + dice.randrange(2 * HOUR)
        yield Launch(late, dice.choice(LONG_TALKERS), tuple(dice.sample(_OTHERS, 2)))


def _faults(dice: random.Random, launches: list[Launch], start: int, end: int) -> Iterator[Fault]:
    """Each soon after a launch, so that it hits calls; of all kinds in turn."""
    kinds: list[Kind] = []
    free, long = start + HOUR, True
    for due in range(start + 2 * HOUR, end - 4 * HOUR, _FAULT_EVERY):
        near = next((one.at for one in launches if one.at >= max(due, free)), None)
        if near is None or near > end - 4 * HOUR:
            return
        kinds = kinds or dice.sample([*Kind], len(Kind))
        kind, at = kinds.pop(), near + dice.randrange(5 * SECOND, 5 * MINUTE)
        lasts = _lasts(dice, at, kind, long=long)
        within = dice.choice([*Moment, None]) if kind in (Kind.USND, Kind.SERVER) else None
        yield Fault(at, kind, lasts, within)
        long = not long if kind is Kind.USND else long
        free = at + lasts + _QUIET_BEFORE_A_FAULT + HOUR


def _lasts(dice: random.Random, at: int, kind: Kind, *, long: bool) -> int:
    """A long one ends behind the full hour: what ended meanwhile has its record in the next file."""
    if kind is Kind.USND and long:
        return HOUR - at % HOUR + dice.randrange(MINUTE, 20 * MINUTE)
    return dice.randrange(*_LASTS[kind])


_LASTS = {
    Kind.USND: (SECOND, 90 * SECOND),
    Kind.SERVER: (8 * SECOND, 50 * SECOND),
    Kind.SWITCH: (3 * SECOND, 30 * SECOND),
    Kind.LINK: (SECOND, 40 * SECOND),
}
"""How long it takes until somebody is there again, at least and less than."""
