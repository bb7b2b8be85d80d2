"""Walks every world that two arbiters can come to under a number of faults: `python -m
workbench.model.pair_proof`.

The faults, and the order in which things happen, are here; the invariants are the model's (pair_world.py).
A fault may strike before, between and after the two decisions of a tick, and between any two actions of one.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from usnd.domain.pair.evidence import Database, OperatorCommand, Power
from workbench.bench.results import write_result
from workbench.model import pair_world as model
from workbench.model.pair_story import told
from workbench.model.pair_world import A, B, Broken, Run, World

LAG = 3
"""Ticks: longer than it takes to fence."""

Strike = Callable[[World, int], World]


def _put(**changes: Any) -> Strike:
    return lambda world, who: model.put(world, who, **changes)


def _all(**changes: Any) -> Strike:
    return lambda world, _who: world._replace(**changes)


def _switch_off(world: World, who: int) -> World:
    """By somebody else than the other server, unless that one told it to, and has not seen it on since.

    That it told it to stands in its record, and outlives its own crash.
    """
    told = world.nodes[1 - who].record.owes_power
    return model.put(model.power(world, who, on=False), who, outage=not told)


def _lose_power(world: World, who: int) -> World:
    return model.put(_switch_off(world, who), who, console=False)


def _switch_on(world: World, who: int) -> World:
    return model.put(model.power(world, who, on=True), who, console=True)


def _kill_database(world: World, who: int) -> World:
    return model.put(world, who, database=Database.STOPPED)


def _lag(world: World, who: int) -> World:
    standby = world.nodes[who].database is Database.STANDBY
    return model.put(world, who, lag=LAG) if standby else world


def _command(command: OperatorCommand) -> Strike:
    return lambda world, who: model.put(world, who, command=command) if _is_up(world, who) else world


def _force(world: World, who: int) -> World:
    """An operator who made sure that the other server is off, and accepts what is lost."""
    if not _is_up(world, who) or world.nodes[1 - who].run is not Run.OFF:
        return world
    return model.put(world, who, command=OperatorCommand.FORCE_ACTIVE)._replace(forced=True)


def _force_blindly(world: World, who: int) -> World:
    """An operator who did not look: the other may be active."""
    if not _is_up(world, who):
        return world
    return model.put(world, who, command=OperatorCommand.FORCE_ACTIVE)._replace(forced=True, blindly=True)


def _slow(world: World, who: int) -> World:
    node = world.nodes[who]
    says = Power.OFF if node.run is Run.OFF else Power.ON
    return model.put(world, who, shown=node.shown or (says, says))


def _hang(world: World, who: int) -> World:
    return model.put(world, who, run=Run.HUNG, hung=0) if _is_up(world, who) else world


def _is_up(world: World, who: int) -> bool:
    return world.nodes[who].run is Run.UP


EACH: Mapping[str, Strike] = {
    "crash": lambda world, who: model.boot(world, who) if world.nodes[who].run is not Run.OFF else world,
    "dead, console alive": _switch_off,
    "power lost, console too": _lose_power,
    "arbiter hangs": _hang,
    "arbiter crashes": lambda world, who: model.restart(world, who) if _is_up(world, who) else world,
    "told to stop": lambda world, who: model.put(world, who, leaving=True) if _is_up(world, who) else world,
    "bond down": _put(lan=False),
    "console down": _put(console=False),
    "console disobeys": _put(obeys=False),
    "console slow": _slow,
    "trunks or Asterisk down": _put(ill=True),
    "could not serve": _put(unable=True),
    "database dies": _kill_database,
    "disk full": _put(disk=False),
    "standby lags": _lag,
    "cannot let go": _put(stuck=True),
    "switch-over": _command(OperatorCommand.SWITCH_OVER),
    "maintenance on": _command(OperatorCommand.MAINTENANCE_ON),
}
"""What can befall either server."""

BOTH: Mapping[str, Strike] = {
    "cross-over down": _all(cross=False),
    "gateway down": _all(gateway=False),
    "consoles' network down": _all(consoles=False),
    "heartbeats are lost": _all(deaf=True),
    "network splits": _all(split=True),
}
"""What can befall what they share."""

REPAIR_EACH: Mapping[str, Strike] = {
    "switched on": _switch_on,
    "bond up": _put(lan=True),
    "trunks up": _put(ill=False),
    "could serve": _put(unable=False),
    "disk free": _put(disk=True),
    "rejoin": _command(OperatorCommand.REJOIN),
    "maintenance off": _command(OperatorCommand.MAINTENANCE_OFF),
    "force-active": _force,
    "force-active, blindly": _force_blindly,
}

CHOSEN = frozenset({"force-active, blindly"})
"""Befalls only in a walk that names it: after it two actives are no wonder, and the worlds are many."""

REPAIR_BOTH: Mapping[str, Strike] = {
    "cross-over up": _all(cross=True),
    "gateway up": _all(gateway=True),
    "consoles' network up": _all(consoles=True),
    "heartbeats pass": _all(deaf=False),
    "network whole": _all(split=False),
}

FAULTS = [
    *((name, strike, who) for name, strike in EACH.items() for who in (A, B)),
    *((name, strike, A) for name, strike in BOTH.items()),
]
REPAIRS = [
    *((name, strike, who) for name, strike in REPAIR_EACH.items() for who in (A, B)),
    *((name, strike, A) for name, strike in REPAIR_BOTH.items()),
]


@dataclass
class Walk:
    """What to walk, and what came of it. befalls: names of faults and repairs; None for all but CHOSEN."""

    befalls: frozenset[str] | None = None
    worlds: int = 0
    ticks: int = 0
    came: dict[World, World | None] = field(default_factory=dict)

    def strikes(self, world: World) -> Iterator[World]:
        """The world as it is, and after each one fault or repair that changes it."""
        yield world
        if world.faults:
            for name, strike, who in FAULTS:
                after = strike(world, who) if self._befalls(name) else world
                if after != world:
                    yield after._replace(faults=world.faults - 1)
        if world.repairs:
            for name, strike, who in REPAIRS:
                after = strike(world, who) if self._befalls(name) else world
                if after != world:
                    yield after._replace(repairs=world.repairs - 1)

    def _befalls(self, name: str) -> bool:
        return name not in CHOSEN if self.befalls is None else name in self.befalls

    def following(self, world: World) -> Iterator[World]:
        """Every world a tick later: both decide, in either order, and anything strikes at any point."""
        for order in ((A, B), (B, A)):
            now = {world}
            for who in order:
                now = {
                    after
                    for before in now
                    for struck in self.strikes(before)
                    for after in self._steps(struck, who)
                }
            for last in {struck for before in now for struck in self.strikes(before)}:
                yield model.tick(last)

    def _steps(self, world: World, who: int) -> Iterator[World]:
        for after, cut in model.step(world, who):
            if not cut:
                yield model.committed(after)
            elif world.faults:
                yield model.committed(after)._replace(faults=world.faults - 1)
        if world.nodes[who].run is Run.HUNG:
            yield model.wake(world, who)

    def run(self, starts: set[World], depth: int | None = None) -> "Walk":
        """To all depths, or to `depth` ticks. Raises Broken where an invariant does not hold."""
        newest = list(starts)
        self.came = dict.fromkeys(starts)
        while newest and (depth is None or self.ticks < depth):
            newest = [after for world in newest for after in self._new(world)]
            self.ticks += 1
        self.worlds = len(self.came)
        return self

    def _new(self, world: World) -> Iterator[World]:
        try:
            for after in self.following(world):
                if after not in self.came:
                    self.came[after] = world
                    yield after
        except Broken as broken:
            raise Broken(f"{broken}, after:\n{self.story(world)}") from broken

    def story(self, world: World) -> str:
        """How it came to that world, a line a tick."""
        lines: list[str] = []
        at: World | None = world
        while at is not None:
            lines.append(told(at))
            at = self.came[at]
        return "\n".join(reversed(lines))


def steady(faults: int, repairs: int) -> World:
    """A pair in step, nothing wrong."""
    world = model.first(0, 0)
    while not model.paired(world):
        world = model.settle(world)
    for _ in range(3):
        world = model.settle(world)
    return world._replace(faults=faults, repairs=repairs)


def main() -> None:
    """Deeper than the tests: tells each walk, and raises Broken where an invariant does not hold."""
    result: dict[str, object] = {}
    for faults, repairs in ((1, 2), (2, 0), (2, 1)):
        began = time.monotonic()
        walk = Walk().run({steady(faults, repairs)})
        seconds = round(time.monotonic() - began, 1)
        name = f"{faults} faults, {repairs} repairs"
        result[name] = {"worlds": walk.worlds, "ticks": walk.ticks, "seconds": seconds}
        print(
            f"{name}: {walk.worlds} worlds, {walk.ticks} ticks, {seconds} s: no invariant broken", flush=True
        )
    write_result("pair-proof", result)


if __name__ == "__main__":
    main()
