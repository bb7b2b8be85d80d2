"""The trunks: which way a call goes, how many it may be, and which trunk is left alone for a while.

Owns routes, channel limits and the damping table (REQUIREMENTS V1, C10). Refuses to know conferences:
routing.py takes them over the trunks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from usnd.domain.calls import CONGESTION


class TrunkState(Enum):
    """DAMPED: too many calls in a row failed; used only where no other way is left. DOWN: does not answer."""

    UP = "up"
    DAMPED = "damped"
    DOWN = "down"


class TrunkEvent(Enum):
    """What is heard of a trunk.

    SILENT and ANSWERS: OPTIONS without and with an answer. CARRIED: a call got through to the called
    number. TOO_MANY: one failure more than is borne. TIME: the damping is over.
    """

    ANSWERS = "answers"
    SILENT = "silent"
    CARRIED = "carried"
    TOO_MANY = "too many failures"
    TIME = "time"


_UP, _DAMPED, _DOWN = TrunkState
_ROWS: dict[TrunkState, tuple[TrunkState, ...]] = {
    #         ANSWERS  SILENT CARRIED TOO_MANY TIME
    _UP:     (_UP,     _DOWN, _UP,    _DAMPED, _UP),
    _DAMPED: (_DAMPED, _DOWN, _UP,    _DAMPED, _UP),
    _DOWN:   (_UP,     _DOWN, _DOWN,  _DOWN,   _DOWN),
}  # fmt: skip
TRUNK_TABLE: dict[tuple[TrunkState, TrunkEvent], TrunkState] = {
    (state, event): after
    for state, row in _ROWS.items()
    for event, after in zip(TrunkEvent, row, strict=True)
}

FAULTS = CONGESTION - {34, 42, 44}
"""Causes that say that a trunk does not work; the others say that it is full."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """A trunk; `channels`: the most calls on it at once, both ways, None for no limit."""

    name: str
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """The trunks for numbers with one of these prefixes, the best first; no prefix: for all others."""

    trunks: tuple[str, ...]
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Routing:
    """What the operator may set about trunks. Without a route, all trunks serve all numbers, in order."""

    trunks: tuple[Trunk, ...]
    routes: tuple[Route, ...] = ()
    failures: int = 3
    """In a row: then the trunk is damped …"""
    damped: timedelta = timedelta(seconds=30)
    """… for so long."""
    most_waiting: int = 600
    """Calls that wait to be dialled; no conference is launched behind more."""

    def order(self, number: str) -> tuple[str, ...]:
        """The trunks for the E.164 number, in route order."""
        fitting = [
            (len(prefix), route.trunks)
            for route in self.routes
            for prefix in route.prefixes or ("",)
            if number.startswith(prefix)
        ]
        if fitting:
            return max(fitting, key=lambda pair: pair[0])[1]
        return () if self.routes else tuple(trunk.name for trunk in self.trunks)


@dataclass(frozen=True, slots=True)
class Load:
    """Channels in use on each trunk, and calls that wait to be dialled."""

    used: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Pool:
    """The trunks at one moment."""

    routing: Routing
    load: Load = Load()
    states: Mapping[str, TrunkState] = field(default_factory=dict)
    """Of those that are not up."""

    def pick(self, number: str, tried: frozenset[str] = frozenset()) -> str | None:
        """The trunk for the next call to the number, not one of those tried; None: no line is free."""
        free = [name for name in self.routing.order(number) if name not in tried and self._free(name)]
        states = {name: self.states.get(name, TrunkState.UP) for name in free}
        for wanted in (TrunkState.UP, TrunkState.DAMPED):
            for name in free:
                if states[name] is wanted:
                    return name
        return None

    def taking(self, trunk: str) -> "Pool":
        """The pool with one more call on that trunk."""
        used = {**self.load.used, trunk: self.load.used.get(trunk, 0) + 1}
        return replace(self, load=Load(used, self.load.waiting + 1))

    @property
    def crowded(self) -> bool:
        """So many calls wait to be dialled that new ones would come too late."""
        return self.load.waiting > self.routing.most_waiting

    def _free(self, name: str) -> bool:
        limit = next((trunk.channels for trunk in self.routing.trunks if trunk.name == name), 0)
        return limit is None or self.load.used.get(name, 0) < limit


@dataclass(frozen=True, slots=True)
class Health:
    """How one trunk is; times are UTC."""

    state: TrunkState = TrunkState.UP
    failures: int = 0
    """In a row."""
    damped_until: datetime | None = None


def hear(health: Health, event: TrunkEvent, routing: Routing, now: datetime) -> Health:
    """The trunk after the event: total over all states and events."""
    after = TRUNK_TABLE[health.state, event]
    until = health.damped_until if after is TrunkState.DAMPED else None
    if after is TrunkState.DAMPED and event is TrunkEvent.TOO_MANY:
        until = now + routing.damped
    return Health(after, damped_until=until)


def failed(health: Health, routing: Routing, now: datetime) -> Health:
    """The trunk after a call failed on it that was not the called number's fault."""
    counted = replace(health, failures=health.failures + 1)
    if counted.failures < routing.failures:
        return counted
    return hear(counted, TrunkEvent.TOO_MANY, routing, now)
