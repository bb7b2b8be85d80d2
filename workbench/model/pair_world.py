"""A model of two servers, their disks, PostgreSQL, links, gateway and consoles, driven by the real arbiters.

pair_proof.py and the unit tests walk it; the invariants of the pair are checked at every step. Time goes in
ticks, in which every server that lives decides once. A `World` is a value, of tuples because a walk makes
millions. All times are relative to now, which is 0, so that equal worlds are equal.
"""

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from typing import Any, NamedTuple

from usnd.domain.pair import arbiter as arbiters
from usnd.domain.pair.assessment import Assessment
from usnd.domain.pair.evidence import (
    Action,
    Arbiter,
    Database,
    Evidence,
    Heartbeat,
    LastRole,
    MachineAction,
    OperatorCommand,
    PairSettings,
    Power,
    Reading,
    Record,
    Store,
    TakeoverGrant,
    Write,
)
from usnd.domain.pair.states import ACTIVE, PairState

SETTINGS = PairSettings(
    fresh=1,
    suspect_after=2,
    fence_delay=1,
    stall=1,
    lease=2,
    release=1,
    watchdog=2,
    deadline=7,
    boot_patience=3,
    mend_after=0,
    damping=0,
    console_answer=1,
    console_patience=1,
    rest=1,
)
OLDEST = -9.0
"""Older is all the same to every rule."""
A, B = 0, 1


class Run(Enum):
    UP = "up"
    HUNG = "hung"  # the arbiter stands still; kernel, database and address go on
    OFF = "off"


class Broken(AssertionError):
    """An invariant does not hold."""


class Node(NamedTuple):
    """has_all: every acknowledged change is on its disk. own: so is one that the other never had.

    lag: ticks until all that was received is replayed. shown: what its console says two ticks late, and next;
    None: it is quick. obeys: its console switches off what it is told to. stuck: letting go has no effect.
    disk: can be written. leaving: its arbiter was told to stop. outage: without power, and not because the
    other switched it off. unable: it could not serve if it had to.
    """

    record: Record
    run: Run = Run.UP
    hung: int = 0
    console: bool = True
    obeys: bool = True
    lan: bool = True
    database: Database = Database.STOPPED
    synchronous: bool = False
    serving: bool = False
    has_all: bool = True
    own: bool = False
    lag: int = 0
    memory: Arbiter | None = None
    heard: Heartbeat | None = None
    heard_at: float = OLDEST
    gateway_at: float = OLDEST
    shown: tuple[Power, Power] | None = None
    ill: bool = False
    unable: bool = False
    stuck: bool = False
    disk: bool = True
    leaving: bool = False
    outage: bool = False
    command: OperatorCommand | None = None


class World(NamedTuple):
    """split: both see the gateway and not each other. deaf: heartbeats are lost, all else passes.

    forced: an operator accepted a loss, or (blindly) two actives.
    """

    nodes: tuple[Node, Node]
    cross: bool = True
    gateway: bool = True
    consoles: bool = True
    split: bool = False
    deaf: bool = False
    forced: bool = False
    blindly: bool = False
    faults: int = 0
    repairs: int = 0


def boot(world: World, who: int, **changes: Any) -> World:
    """Memory is gone; whoever remembers the former boot remembers another. Only the disk stays."""
    node = world.nodes[who]
    lost = {
        "run": Run.UP, "hung": 0, "database": Database.STOPPED, "serving": False, "heard": None, "lag": 0,
        "heard_at": OLDEST, "gateway_at": OLDEST, "command": None, "stuck": False, "leaving": False,
        "outage": False, "memory": Arbiter(0, node.record, who, 0.0),
    }  # fmt: skip
    world = put(world, who, **{**lost, **changes})
    other = world.nodes[1 - who]
    if other.heard is not None and other.heard.boot == 0:
        world = put(world, 1 - who, heard=replace(other.heard, boot=-1))
    return world


def wake(world: World, who: int) -> World:
    """The arbiter goes on after it stood still."""
    node = world.nodes[who]
    memory = None if node.memory is None else arbiters.stood_still(node.memory, float(node.hung))
    return put(world, who, run=Run.UP, hung=0, memory=memory)


def restart(world: World, who: int) -> World:
    """The arbiter alone begins again: what the server holds, it goes on to hold."""
    node = world.nodes[who]
    return boot(world, who, database=node.database, serving=node.serving, lag=node.lag, stuck=node.stuck)


def put(world: World, who: int, **changes: Any) -> World:
    node = world.nodes[who]._replace(**changes)
    return world._replace(nodes=(node, world.nodes[B]) if who == A else (world.nodes[A], node))


def first(faults: int, repairs: int) -> World:
    """A was alone, both boot."""
    nodes = (Node(Record(LastRole.SOLO, TakeoverGrant(0, 0))), Node(Record(), has_all=False))
    world = World(nodes, faults=faults, repairs=repairs)
    return boot(boot(world, A), B)


def bond(world: World) -> bool:
    return world.nodes[A].lan and world.nodes[B].lan and not world.split


def path(world: World) -> bool:
    """Any, between two servers that have power."""
    return (bond(world) or world.cross) and all(node.run is not Run.OFF for node in world.nodes)


def streams(world: World, primary: int) -> bool:
    here, there = world.nodes[primary], world.nodes[1 - primary]
    return (
        here.database is Database.PRIMARY
        and there.database is Database.STANDBY
        and here.disk  # a full disk writes nothing
        and path(world)
    )


def evidence(world: World, who: int) -> Evidence:
    node, peer = world.nodes[who], world.nodes[1 - who]
    reached = world.consoles and peer.console
    power = Reading(_power(peer) if reached else Power.SILENT, 0.0)
    if reached and peer.shown is not None:
        power = Reading(peer.shown[0], -2.0)
    answers = bond(world) and peer.serving and peer.run is not Run.OFF
    streaming = streams(world, who)
    store = Store(
        node.database,
        node.synchronous and node.database is Database.PRIMARY,
        streams(world, 1 - who),
        not node.lag,
        streaming,
        streaming and node.synchronous and not peer.lag,
    )
    return Evidence(
        node.heard,
        {"any": node.heard_at},
        Reading(world.cross and peer.run is not Run.OFF, 0.0),
        power, Reading(world.consoles and node.console, 0.0),
        gateway_at=node.gateway_at, silent=Reading(not answers, 0.0),
        store=Reading(store, 0.0), serving=Reading(node.serving, 0.0),
        ill="ill" if node.ill or not node.disk else "",
        unable="unable" if node.unable and not node.serving else "",
        record_ok=node.disk, command=node.command, leaving=node.leaving,
    )  # fmt: skip


def _power(node: Node) -> Power:
    return Power.OFF if node.run is Run.OFF else Power.ON


def step(world: World, who: int) -> Iterator[tuple[World, bool]]:
    """One decision: the world after all of it, and (True) each world where the power fails on the way."""
    node = world.nodes[who]
    if node.run is not Run.UP or node.memory is None:
        yield world, False
        return
    if node.lan and world.gateway:
        world = put(world, who, gateway_at=0.0)
    seen = evidence(world, who)
    memory, actions = arbiters.decide(node.memory, seen, 0.0, SETTINGS)
    for action in actions:
        if isinstance(action, Write) and not node.disk:
            yield put(world, who, command=None), False
            return
        world = committed(act(world, who, action))
        check(world)
        yield boot(world, who), True
        if action is MachineAction.REBOOT:
            yield boot(world, who), False
            return
    world = put(world, who, memory=memory, command=None)
    case = Assessment(memory, seen, 0.0, SETTINGS)
    if node.leaving and arbiters.may_end(case):
        yield restart(world, who), False
        return
    sent = arbiters.heartbeat(case)
    if path(world) and not world.deaf and world.nodes[1 - who].run is Run.UP:
        world = put(world, 1 - who, heard=sent, heard_at=0.0)
    yield world, False


def act(world: World, who: int, action: Action) -> World:
    node, peer = world.nodes[who], 1 - who
    if isinstance(action, Write):
        return put(_owed(world, peer) if action.record.owes_power else world, who, record=action.record)
    if action in (MachineAction.FOLLOW, MachineAction.FOLLOW_ANEW):
        return follow(world, who, action)
    if action is MachineAction.RELEASE and not node.stuck:
        stopped = Database.STOPPED if node.database is Database.PRIMARY else node.database
        return put(world, who, serving=False, database=stopped)
    if action is MachineAction.OPEN and node.disk:
        return open_database(world, who)
    if action is MachineAction.SERVE:
        return put(world, who, serving=True)
    if action in (MachineAction.WAIT_ON, MachineAction.WAIT_OFF):
        return put(world, who, synchronous=action is MachineAction.WAIT_ON)
    if action in (MachineAction.POWER_OFF, MachineAction.POWER_ON):
        return press(world, peer, on=action is MachineAction.POWER_ON)
    return world


def open_database(world: World, who: int) -> World:
    node = world.nodes[who]
    if not node.has_all and not world.forced:
        raise Broken("opened a database that lacks what was acknowledged")
    if node.lag and node.database is Database.STANDBY and not world.forced:  # promoting replays the rest
        raise Broken("opened a database before it had replayed all it received")
    return put(world, who, database=Database.PRIMARY)


def follow(world: World, who: int, action: Action) -> World:
    """What it had alone is kept aside before, or thrown away."""
    if world.nodes[1 - who].database is not Database.PRIMARY or not path(world):
        return world
    if world.nodes[who].own and action is MachineAction.FOLLOW:
        raise Broken("threw away what was acknowledged here alone")
    return put(world, who, database=Database.STANDBY, lag=1, own=False)


def press(world: World, who: int, *, on: bool) -> World:
    """The button of a console, for the other server."""
    if not (world.consoles and world.nodes[who].console and world.nodes[who].obeys):
        return world
    if world.nodes[who].outage:
        raise Broken("switches a server that somebody else switched off")
    return power(world, who, on=on)


def _owed(world: World, who: int) -> World:
    """The other is about to switch it off, and will switch it on again, also after a crash of its own.

    By a slow console it cannot see that somebody else was first: maintenance says it, before work begins.
    """
    return put(world, who, outage=False) if world.nodes[who].shown is not None else world


def power(world: World, who: int, *, on: bool) -> World:
    if on:
        return boot(world, who) if world.nodes[who].run is Run.OFF else world
    return boot(world, who, run=Run.OFF, memory=None)


def commits(world: World, who: int) -> bool:
    """Could acknowledge a change now."""
    node = world.nodes[who]
    is_open = node.database is Database.PRIMARY and node.run is not Run.OFF and node.disk
    return is_open and (not node.synchronous or (streams(world, who) and not world.nodes[1 - who].lag))


def check(world: World) -> None:
    """Never two that commit or hold the address and the trunks."""
    acting = [who for who in (A, B) if commits(world, who) or world.nodes[who].serving]
    if len(acting) > 1 and not world.blindly:
        raise Broken("two actives")
    for who in (A, B):
        if world.nodes[who].serving and world.nodes[who].database is Database.STANDBY:
            raise Broken("the address is beside a standby database")


def committed(world: World) -> World:
    """Whoever can commit does: what the other then has follows."""
    for who in (A, B):
        if commits(world, who):
            if not world.nodes[who].has_all and not world.forced:
                raise Broken("acknowledges on top of a lost change")
            both = world.nodes[who].synchronous
            if world.nodes[1 - who].has_all is not both:
                world = put(world, 1 - who, has_all=both)
            if not world.nodes[who].has_all or world.nodes[who].own is both:
                world = put(world, who, has_all=True, own=not both)
    return world


def tick(world: World) -> World:
    """A second later: all ages grow; a hung arbiter comes nearer to its watchdog."""
    for who in (A, B):
        node = world.nodes[who]
        if node.run is Run.HUNG and node.hung >= SETTINGS.watchdog:
            world = boot(world, who)
        elif node.run is Run.HUNG:
            world = put(world, who, hung=node.hung + 1)
        world = put(world, who, **_aged(world.nodes[who]))
    check(world)
    return world


def _aged(node: Node) -> dict[str, Any]:
    memory = node.memory
    if memory is not None:
        memory = _memory_aged(memory)
    return {
        "memory": memory,
        "shown": None if node.shown is None else (node.shown[1], _power(node)),
        "heard_at": _older(node.heard_at),
        "gateway_at": _older(node.gateway_at),
        "lag": max(0, node.lag - 1),
    }


def _memory_aged(memory: Arbiter) -> Arbiter:
    names = ("stalled_since", "loss_since", "off_at", "rests_since", "looked_at")
    clocks: dict[str, Any] = {name: at for name in names if (at := getattr(memory, name)) is not None}
    clocks["since"] = memory.since
    older: dict[str, Any] = {name: _older(at) for name, at in clocks.items()}
    return memory if older == clocks else replace(memory, **older)


def _older(at: float) -> float:
    return max(OLDEST, at - 1)


def is_active(world: World, who: int) -> bool:
    node = world.nodes[who]
    in_role = node.run is Run.UP and node.memory is not None and node.memory.state in ACTIVE
    return in_role and node.serving and commits(world, who)


def paired(world: World) -> bool:
    pair = {node.memory.state for node in world.nodes if node.memory is not None}
    return pair == {PairState.ACTIVE_PAIRED, PairState.STANDBY}


def settle(world: World, order: tuple[int, int] = (A, B)) -> World:
    """A quiet tick."""
    for who in order:
        for after, cut in step(world, who):
            if not cut:
                world = committed(after)
    return tick(world)
