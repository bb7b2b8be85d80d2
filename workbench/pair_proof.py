"""Walks every world that two arbiters can come to under a number of faults: `python -m workbench.pair_proof`.

Owns which faults there are and in which order things happen. The invariants are the model's (pair_world.py).
A fault may strike before, between and after the two decisions of a tick, and between any two actions of one.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from usnd.domain.pair.evidence import Database, Order
from usnd.domain.pair.states import ACTIVE
from workbench import pair_world as model
from workbench.pair_world import A, B, Broken, Run, World


Strike = Callable[[World, int], World]


def _put(**changes: object) -> Strike:
    return lambda world, who: model.put(world, who, **changes)


def _all(**changes: bool) -> Strike:
    return lambda world, _who: replace(world, **changes)


def _lose_power(world: World, who: int) -> World:
    return model.put(model.power(world, who, on=False), who, console=False)


def _switch_on(world: World, who: int) -> World:
    return model.put(model.power(world, who, on=True), who, console=True)


def _kill_database(world: World, who: int) -> World:
    return model.put(world, who, database=Database.STOPPED)


def _order(order: Order) -> Strike:
    return lambda world, who: model.put(world, who, order=order) if _is_up(world, who) else world


def _force(world: World, who: int) -> World:
    """An operator who made sure that the other server is off, and accepts what is lost."""
    if not _is_up(world, who) or world.nodes[1 - who].run is not Run.OFF:
        return world
    return replace(model.put(world, who, order=Order.FORCE_ACTIVE), forced=True)


def _hang(world: World, who: int) -> World:
    return model.put(world, who, run=Run.HUNG, hung=0) if _is_up(world, who) else world


def _is_up(world: World, who: int) -> bool:
    return world.nodes[who].run is Run.UP


EACH: Mapping[str, Strike] = {
    "crash": lambda world, who: model.boot(world, who) if world.nodes[who].run is not Run.OFF else world,
    "dead, console alive": lambda world, who: model.power(world, who, on=False),
    "power lost, console too": _lose_power,
    "arbiter hangs": _hang,
    "bond down": _put(lan=False),
    "console down": _put(console=False),
    "trunks or Asterisk down": _put(ill=True),
    "database dies": _kill_database,
    "disk full": _put(disk=False),
    "cannot let go": _put(stuck=True),
    "switch-over": _order(Order.SWITCH_OVER),
    "maintenance on": _order(Order.MAINTENANCE_ON),
}
"""What can befall either server."""

BOTH: Mapping[str, Strike] = {
    "cross-over down": _all(cross=False),
    "gateway down": _all(gateway=False),
    "consoles' network down": _all(consoles=False),
}
"""What can befall what they share."""

REPAIRS: Mapping[str, Strike] = {
    "switched on": _switch_on,
    "bond up": _put(lan=True),
    "trunks up": _put(ill=False),
    "disk free": _put(disk=True),
    "maintenance off": _order(Order.MAINTENANCE_OFF),
    "force-active": _force,
    "cross-over up": _all(cross=True),
    "gateway up": _all(gateway=True),
    "consoles' network up": _all(consoles=True),
}


@dataclass
class Walk:
    """What to walk, and what came of it. faults: names; None for all."""

    faults: frozenset[str] | None = None
    worlds: int = 0
    ticks: int = 0
    seen: set[World] = field(default_factory=set)

    def strikes(self, world: World) -> Iterator[World]:
        """The world as it is, and after each one fault or repair that changes it."""
        yield world
        if world.faults:
            for name, strike in {**EACH, **BOTH}.items():
                if self.faults is None or name in self.faults:
                    yield from self._struck(world, strike, faults=world.faults - 1)
        if world.repairs:
            for strike in REPAIRS.values():
                yield from self._struck(world, strike, repairs=world.repairs - 1)

    def _struck(self, world: World, strike: Strike, **left: int) -> Iterator[World]:
        for who in (A, B):
            after = strike(world, who)
            if after != world:
                yield replace(after, **left)  # type: ignore[arg-type]

    def following(self, world: World) -> Iterator[World]:
        """Every world a tick later: both decide, in either order, and anything strikes at any point."""
        for order in ((A, B), (B, A)):
            now = {world}
            for who in order:
                now = {after for before in now for struck in self.strikes(before) for after in self._steps(struck, who)}
            for last in {struck for before in now for struck in self.strikes(before)}:
                yield model.tick(last)

    def _steps(self, world: World, who: int) -> Iterator[World]:
        for after, cut in model.step(world, who):
            if not cut:
                yield model.committed(after)
            elif world.faults:
                yield replace(model.committed(after), faults=world.faults - 1)
        if world.nodes[who].run is Run.HUNG:
            yield model.put(world, who, run=Run.UP, hung=0)

    def run(self, starts: set[World], depth: int | None = None) -> "Walk":
        """To all depths, or to `depth` ticks. Raises Broken where an invariant does not hold."""
        newest = set(starts)
        self.seen = set(newest)
        while newest and (depth is None or self.ticks < depth):
            found: set[World] = set()
            for world in newest:
                found.update(after for after in self.following(world) if after not in self.seen)
            self.seen |= found
            newest = found
            self.ticks += 1
        self.worlds = len(self.seen)
        return self


def steady(faults: int, repairs: int) -> World:
    """A pair in step, nothing wrong."""
    world = model.first(0, 0)
    while not model.paired(world):
        world = model.settle(world)
    for _ in range(3):
        world = model.settle(world)
    return replace(world, faults=faults, repairs=repairs)
