"""The trunks: which way a call goes, how many it may be, and which trunk is left alone for a while.

services/trunks keeps the state of each trunk by it. Here are routes, channel limits, what a release cause
says of the trunk, and the damping table (REQUIREMENTS V1, V4, C10). routing.py takes the calls of a
conference over the trunks.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from usnd.domain.conference.call import CONGESTION
from usnd.domain.tables import every_cell


class TrunkVerdict(Enum):
    """Whose word the end of a call is that was refused before it rang.

    REACHED: the called number's. DOUBTFUL: a person's, or a trunk's that refuses all calls. UNFIT: not a
    person's, who was never rung; another trunk may do better. FULL: it has no line. FAULT: it does not work.
    """

    REACHED = "reached"
    DOUBTFUL = "doubtful"
    UNFIT = "unfit"
    FULL = "full"
    FAULT = "fault"


_FULL = frozenset({34, 42, 44})
VERDICTS: dict[int, TrunkVerdict] = {
    **dict.fromkeys((16, 17, 18, 19, 20, 22, 23, 26, 27, 30, 31, 50), TrunkVerdict.REACHED),
    **dict.fromkeys((1, 3, 21, 28), TrunkVerdict.DOUBTFUL),  # SIP 404, 484, 403 and 603 too
    **dict.fromkeys(_FULL, TrunkVerdict.FULL),
    **dict.fromkeys(CONGESTION - _FULL, TrunkVerdict.FAULT),
}
"""By Q.850 cause; all others are UNFIT, as 58 (SIP 488 and 606) and 127 (interworking)."""


def verdict(cause: int) -> TrunkVerdict:
    """What the cause says of the trunk."""
    return VERDICTS.get(cause, TrunkVerdict.UNFIT)


class TrunkState(Enum):
    """SUSPECT: refuses calls that may be good; what it refuses is asked of the next trunk as well.

    DAMPED: too many calls in a row failed or were refused; used only where no other way is left. After that
    time it is SUSPECT until a call gets through. DOWN: does not answer.
    """

    UP = "up"
    SUSPECT = "suspect"
    DAMPED = "damped"
    DOWN = "down"


class TrunkEvent(Enum):
    """What is heard of a trunk.

    SILENT and ANSWERS: OPTIONS without and with an answer. CARRIED: a call got through to the called
    number. TOO_MANY: one failure, or one refusal, more than is borne. TIME: the damping is over. REFUSES: it
    refused several numbers in a row. CONTRADICTED: another trunk got through to a number that it refused.
    """

    ANSWERS = "answers"
    SILENT = "silent"
    CARRIED = "carried"
    TOO_MANY = "too many failures"
    TIME = "time"
    REFUSES = "refuses one after the other"
    CONTRADICTED = "another trunk got through"


TRUNK_TABLE = every_cell(
    {
        TrunkState.UP: {
            TrunkEvent.SILENT: TrunkState.DOWN,
            TrunkEvent.TOO_MANY: TrunkState.DAMPED,
            TrunkEvent.REFUSES: TrunkState.SUSPECT,
            TrunkEvent.CONTRADICTED: TrunkState.SUSPECT,
        },
        TrunkState.SUSPECT: {
            TrunkEvent.SILENT: TrunkState.DOWN,
            TrunkEvent.CARRIED: TrunkState.UP,
            TrunkEvent.TOO_MANY: TrunkState.DAMPED,
            TrunkEvent.CONTRADICTED: TrunkState.DAMPED,
        },
        TrunkState.DAMPED: {
            TrunkEvent.SILENT: TrunkState.DOWN,
            TrunkEvent.CARRIED: TrunkState.UP,
            TrunkEvent.TIME: TrunkState.SUSPECT,
        },
        TrunkState.DOWN: {
            TrunkEvent.ANSWERS: TrunkState.UP,
        },
    },
    TrunkEvent,
)

_DOUBTED = frozenset({TrunkState.SUSPECT, TrunkState.DAMPED})


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
    _: KW_ONLY
    failures: int = 3
    """In a row: then the trunk is damped …"""
    damped: timedelta = timedelta(seconds=30)
    """… for so long."""
    refusals: int = 2
    """Numbers refused in a row, none reached between: then the trunk is suspect …"""
    most_refusals: int = 6
    """… and damped."""
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
    refused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The numbers that each trunk refused since it last carried a call."""

    def pick(self, number: str, tried: frozenset[str] = frozenset()) -> str | None:
        """The trunk for the next call to the number, not one of those tried; None: no line is free."""
        free = [name for name in self.routing.order(number) if name not in tried and self._free(name)]
        states = {name: self.states.get(name, TrunkState.UP) for name in free}
        for wanted in ({TrunkState.UP, TrunkState.SUSPECT}, {TrunkState.DAMPED}):
            for name in free:
                if states[name] in wanted:
                    return name
        return None

    def doubts(self, trunk: str, number: str) -> bool:
        """Whether a refusal of that number may be the trunk's own, so that another one is to be asked."""
        if self.states.get(trunk) in _DOUBTED:
            return True
        return len(self.refused.get(trunk, frozenset()) | {number}) >= self.routing.refusals

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
    refused: frozenset[str] = frozenset()
    """The numbers refused since a call was last carried; bounded by `most_refusals`."""


def hear(health: Health, event: TrunkEvent, routing: Routing, now: datetime) -> Health:
    """The trunk after the event: total over all states and events."""
    after = TRUNK_TABLE[health.state, event]
    if after is TrunkState.DAMPED:
        renewed = event is TrunkEvent.TOO_MANY or health.state is not TrunkState.DAMPED
        until = now + routing.damped if renewed else health.damped_until
        return Health(after, damped_until=until, refused=health.refused)
    if event is TrunkEvent.TIME and after is not health.state:  # one failure more, and it is damped again
        return Health(after, failures=routing.failures - 1, refused=health.refused)
    if event is TrunkEvent.CARRIED or after is TrunkState.DOWN or health.state is TrunkState.DOWN:
        return Health(after)
    return replace(health, state=after)


def failed(health: Health, routing: Routing, now: datetime) -> Health:
    """The trunk after a call failed on it that was not the called number's fault."""
    counted = replace(health, failures=health.failures + 1)
    if counted.failures < routing.failures:
        return counted
    return hear(counted, TrunkEvent.TOO_MANY, routing, now)


def refused(health: Health, number: str, routing: Routing, now: datetime) -> Health:
    """The trunk after it refused that number, and nothing says that the called person did."""
    if len(health.refused) < routing.most_refusals:
        health = replace(health, refused=health.refused | {number})
    if len(health.refused) >= routing.most_refusals:
        return hear(health, TrunkEvent.TOO_MANY, routing, now)
    if len(health.refused) >= routing.refusals:
        return hear(health, TrunkEvent.REFUSES, routing, now)
    return health
