"""State tables: written as what changes, used as every state with every event.

Each file with states writes its own; tests hold each cell against the rules in words.
"""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar


class TableKey(Enum):
    """An enum whose members are looked up in tables for every text.

    They are hashed as they are compared, by identity. Enum's own hash is Python code, and a blast of 100,000
    texts asks for it more than a million times.
    """

    __hash__ = object.__hash__


S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


def every_cell(changes: Mapping[S, Mapping[E, S]], events: type[E]) -> dict[tuple[S, E], S]:
    """What each event makes of each state. An event that a state does not name is heard and changes nothing.

    changes: has every state, also those that nothing changes.
    """
    return {(state, event): row.get(event, state) for state, row in changes.items() for event in events}
