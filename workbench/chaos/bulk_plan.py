"""What a run of provisioning.py does, drawn from a seed: the bulk, and who is killed when. Pure."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from usnd.domain.provisioning.codes import Code
from workbench.chaos.bulk_account import BulkRow
from workbench.parts.crm.terminal import about, create, number

_FAULTY = 0.015
_AGAIN_AT_ONCE = 0.3
"""How often a kill comes soon after the one before: it hits the client while it begins anew."""
_LONGEST_PAUSE = 1.5
_AWAY = (0.05, 1.0)
_LAST = 0.95
"""Of all rows: the last kill comes before so many are answered."""


class Victim(Enum):
    """Who gets SIGKILL: nginx with its workers, the provisioning site, usnd."""

    NGINX = "nginx"
    SITE = "site"
    USND = "usnd"


@dataclass(frozen=True, slots=True)
class Kill:
    """after: rows answered until then; pause: seconds more; away: seconds until it is started again."""

    victim: Victim
    after: int
    pause: float
    away: float


def kills(dice: random.Random, count: int, rows: int) -> list[Kill]:
    """In order. Each victim has its turns, equally often as far as the count allows."""
    victims = [victim for turn in range(-(-count // len(Victim))) for victim in dice.sample([*Victim], 3)]
    moments = sorted(dice.randrange(int(rows * _LAST)) for _ in range(count))
    planned = list[Kill]()
    for victim, moment in zip(victims, moments, strict=False):
        soon = bool(planned) and dice.random() < _AGAIN_AT_ONCE
        after = planned[-1].after if soon else moment
        pause = dice.uniform(0, _LONGEST_PAUSE if soon else 0.05)
        planned.append(Kill(victim, after, pause, dice.uniform(*_AWAY)))
    return sorted(planned, key=lambda kill: kill.after)


def bulk_rows(dice: random.Random, count: int) -> list[BulkRow]:
    """Orders for new subscribers, each of a number of its own; 1 to 2 % have a fault of some kind."""
    rows = list[BulkRow]()
    for nth in range(count):
        if nth and dice.random() < _FAULTY:
            rows.append(dice.choice(_FAULTS)(dice, nth, rows))
        else:
            written = number(nth)
            more = f"<name>Person {nth}</name><email>p{nth}@example.com</email>"
            rows.append(BulkRow(create(written, more), written))
    return rows


Faulty = Callable[[random.Random, int, Sequence[BulkRow]], BulkRow]


def _no_number(_dice: random.Random, nth: int, _rows: Sequence[BulkRow]) -> BulkRow:
    return BulkRow(create(f"0{nth}"), "", Code.VALUE_NOT_ALLOWED, kept=False)


def _unknown_name(_dice: random.Random, nth: int, _rows: Sequence[BulkRow]) -> BulkRow:
    return BulkRow(create(number(nth), "<shoeSize>9</shoeSize>"), "", Code.UNKNOWN_NAME, kept=False)


def _twice(_dice: random.Random, nth: int, _rows: Sequence[BulkRow]) -> BulkRow:
    again = f"<number>{number(nth)}</number>"
    return BulkRow(create(number(nth), again), "", Code.NOT_BY_SCHEMA, kept=False)


def _not_e164(_dice: random.Random, nth: int, _rows: Sequence[BulkRow]) -> BulkRow:
    written = number(nth).replace("+44", "+440")
    return BulkRow(create(written), written, Code.VALUE_NOT_ALLOWED)


def _exists(dice: random.Random, _nth: int, rows: Sequence[BulkRow]) -> BulkRow:
    before = next(row for row in iter(lambda: dice.choice(rows), None) if row.expected is Code.DONE)
    return BulkRow(create(before.number), before.number, Code.SUBSCRIBER_EXISTS)


def _nobody(_dice: random.Random, nth: int, _rows: Sequence[BulkRow]) -> BulkRow:
    return BulkRow(about("suspend", number(nth)), number(nth), Code.NO_SUCH_SUBSCRIBER)


_FAULTS: Sequence[Faulty] = (_no_number, _unknown_name, _twice, _not_e164, _exists, _nobody)
