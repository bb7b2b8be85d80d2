"""Two arbiters in every world that faults bring: never two actives, nothing lost; and each rule is needed.

The walks count their worlds, so that a change that opens or closes a way is seen: look at what it is, then
count again. Only single faults are measured for coverage, which triples the time.
Deeper walks: `make pair-proof`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from usnd.domain.pair import arbiter, remedies, rules
from usnd.domain.pair.alarms import PairAlarm, alarms
from usnd.domain.pair.assessment import Assessment
from usnd.domain.pair.evidence import (
    Arbiter,
    Evidence,
    LastRole,
    OperatorCommand,
    PairSettings,
    Power,
    Reading,
    Record,
)
from usnd.domain.pair.states import PairState, Transition
from workbench.model.pair_proof import Walk, steady
from workbench.model.pair_world import (
    SETTINGS,
    A,
    B,
    Broken,
    Run,
    World,
    bond,
    evidence,
    first,
    is_active,
    paired,
    power,
    put,
    settle,
)

Rule = Callable[..., Any]
DEAD, CRASH, SPLIT, DEAF = "dead, console alive", "crash", "network splits", "heartbeats are lost"
BOND, CROSS, CONSOLE = "bond down", "cross-over down", "console down"
CUTS = frozenset({BOND, CROSS, CONSOLE})


DEPTH = 16
"""Ticks to which the chosen walks go: further than any mutant needs."""
WORLDS = 7167
QUIET = 16
"""Ticks from a fault to somebody active, at most: the deadline, a watchdog and the steps between."""


@pytest.mark.no_cover
def test_no_single_fault_with_a_repair_breaks_an_invariant() -> None:
    assert Walk().run({steady(1, 1)}).worlds == WORLDS


def comes_active(world: World, proved: set[World]) -> bool:
    """With nothing more going wrong, one is active within QUIET ticks, and stays so."""
    path: list[World] = []
    for _ in range(QUIET):
        if world in proved or any(is_active(world, who) for who in (A, B)):
            proved.update(path)
            return True
        path.append(world)
        world = settle(world)
    return False


def test_after_any_single_fault_at_any_moment_somebody_is_active_in_time() -> None:
    walk = Walk()
    walk.run({steady(1, 0)})
    proved: set[World] = set()
    assert [walk.story(world) for world in walk.came if not comes_active(world, proved)] == []


def stays_off(world: World) -> bool:
    """A server that the other switched off is off though there was time to switch it on again."""
    for _ in range(QUIET):
        world = settle(world)
    return any(node.run is Run.OFF and not node.outage for node in world.nodes)


PASSING = frozenset({DEAF, "heartbeats pass"})


@pytest.mark.no_cover
@pytest.mark.parametrize("befalls", [None, PASSING], ids=["one fault", "heartbeats pass again, one crashes"])
def test_who_switched_the_other_off_switches_it_on_again(befalls: frozenset[str] | None) -> None:
    """Also when the peer is heard again meanwhile, and when the one who did it crashes then."""
    walk = Walk(befalls)
    walk.run({steady(1, 0) if befalls is None else steady(2, 1)})
    assert [walk.story(world) for world in walk.came if stays_off(world)] == []


@pytest.mark.no_cover
def test_without_owing_a_fenced_server_stays_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remedies, "owes_power", never)
    walk = Walk(frozenset({DEAF}))
    walk.run({steady(1, 0)})
    assert any(map(stays_off, walk.came))


def times_switched_off(lag: int) -> int:
    """How often A, silent, is switched off until B serves, which first has that many ticks to replay."""
    times = 0
    world = put(put(steady(0, 0)._replace(deaf=True), A, run=Run.HUNG), B, lag=lag)
    for _ in range(2 * QUIET):
        before, world = world.nodes[A].run, settle(world)
        times += before is not Run.OFF and world.nodes[A].run is Run.OFF
    assert is_active(world, B)
    return times


@pytest.mark.parametrize("lag", [0, 3, QUIET])
def test_a_standby_that_cannot_take_over_yet_leaves_the_silent_active_its_power(lag: int) -> None:
    assert times_switched_off(lag) == 1


@pytest.mark.no_cover
def test_else_it_is_switched_off_each_time_it_boots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remedies, "_is_ready", in_fencing)
    assert times_switched_off(QUIET) > 1


@pytest.mark.parametrize("who", [A, B])
def test_told_to_stop_a_server_is_not_fenced_and_somebody_serves(who: int) -> None:
    world = put(steady(0, 0), who, leaving=True)
    for _ in range(QUIET):
        world = settle(world)
        assert all(node.run is Run.UP for node in world.nodes)
    assert paired(world)
    assert is_active(world, 1 - who)


@pytest.mark.no_cover
def test_of_two_that_are_cut_apart_one_survives() -> None:
    """Every way of cutting bond and cross-over, with the consoles alive."""
    walk = Walk(frozenset({BOND, CROSS}))
    walk.run({steady(2, 0)})
    proved: set[World] = set()
    assert [walk.story(world) for world in walk.came if not comes_active(world, proved)] == []


@pytest.mark.no_cover
def test_three_faults_at_once_cannot_be_told_apart() -> None:
    """The limit of two servers, as the manual says: both see the gateway, and nothing of each other."""
    with pytest.raises(Broken):
        Walk(frozenset({SPLIT, CROSS, CONSOLE})).run({steady(3, 0)}, 40)


BLINDLY, WHOLE = "force-active, blindly", "network whole"


def forced_apart(faults: int, repairs: int, *forced: int) -> World:
    """Cut apart, and these were forced, one after the other."""
    world = steady(0, 0)._replace(cross=False, split=True, forced=True, blindly=True)
    for who in forced:
        world = put(world, who, command=OperatorCommand.FORCE_ACTIVE)
        for _ in range(4):
            world = settle(world)
    return world._replace(faults=faults, repairs=repairs)


ONE_FORCED, BOTH_FORCED = forced_apart(0, 2, B), forced_apart(0, 2, A, B)
FORCES, MEETS = frozenset({BLINDLY, WHOLE, "rejoin"}), frozenset({WHOLE, "rejoin", CRASH})


def is_told(world: World, who: int) -> bool:
    """That both servers have changes that the other has not, as the alarm says it."""
    memory = world.nodes[who].memory
    if memory is None:
        return False
    return PairAlarm.DIVERGED in alarms(Assessment(memory, evidence(world, who), 0.0, SETTINGS))


@pytest.mark.no_cover
def test_both_see_that_both_were_forced_and_nothing_goes_without_a_choice() -> None:
    walk = Walk(MEETS)
    walk.run({BOTH_FORCED}, DEPTH)
    divided = [world for world in walk.came if all(node.own for node in world.nodes) and bond(world)]
    assert divided
    for world in divided:
        after = settle(settle(settle(world)))
        chosen = any(node.record.keeps for node in after.nodes)
        if not chosen and all(node.own and node.run is Run.UP for node in after.nodes):
            assert is_told(after, A), walk.story(world)
            assert is_told(after, B), walk.story(world)


@pytest.mark.no_cover
@pytest.mark.parametrize("gives_up", [A, B])
@pytest.mark.parametrize("last", [A, B])
def test_whichever_history_an_operator_chooses_goes_on_and_a_pair_forms(gives_up: int, last: int) -> None:
    world = forced_apart(0, 0, 1 - last, last)
    assert all(node.own for node in world.nodes)
    world = world._replace(split=False)
    for _ in range(QUIET):
        world = settle(world)
    assert sum(is_active(world, who) for who in (A, B)) == 1
    assert all(node.own for node in world.nodes)
    world = put(world, gives_up, command=OperatorCommand.REJOIN)
    for _ in range(QUIET):
        world = settle(world)
    assert paired(world)
    assert is_active(world, 1 - gives_up)


@pytest.mark.no_cover
def test_the_active_dies_and_the_one_that_waits_for_a_choice_can_be_forced() -> None:
    world = forced_apart(0, 0, A, B)._replace(split=False)
    for _ in range(4):
        world = settle(world)
    assert (is_active(world, A), is_active(world, B)) == (False, True)
    world = put(power(world, B, on=False), B, outage=True)
    world = settle(settle(put(world, A, command=OperatorCommand.FORCE_ACTIVE)))
    assert is_active(settle(world), A)


def always(*_: object) -> bool:
    return True


def never(*_: object) -> bool:
    return False


def blind(rule: Rule, **believed: Any) -> Rule:
    """The rule with one kind of evidence taken for granted."""

    def mutant(case: Assessment) -> Any:
        return rule(replace(case, seen=replace(case.seen, **believed)))

    return mutant


def at_once(case: Assessment) -> bool:
    return case.me.loss_since is not None


def in_hearing(case: Assessment) -> bool:
    return case.hears_peer


def in_fencing(case: Assessment) -> bool:
    return case.me.state is PairState.FENCING


def not_on_disk(lost: Transition) -> Rule:
    recorded = arbiter._recorded

    def mutant(case: Assessment, transition: Transition) -> Record:
        return case.me.record if transition is lost else recorded(case, transition)

    return mutant


def kept_last(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Any:
    after, actions = DECIDE(me, seen, now, settings)
    return after, actions[::-1]


def was_active(case: Assessment) -> bool:
    return case.me.record.last_role is not LastRole.STANDBY


def about_to_pair(faults: int) -> World:
    """The standby follows, and is given its grant in the next tick."""
    world = first(0, 0)
    while not paired(settle(world)):
        world = settle(world)
    return world._replace(faults=faults)


def gave_up(case: Assessment) -> bool:
    return case.peer is not None and case.peer.freed == case.me.record.grant


def not_aside(*given: Any) -> Record:
    return replace(RECORDED(*given), keeps=False)


def was_later(case: Assessment) -> bool:
    """As it was once: who is outranked follows, whatever it acknowledged alone."""
    peer, ours = case.peer, case.me.record
    was_active = ours.last_role is not LastRole.STANDBY
    return was_active and peer is not None and peer.active and not rules.outranks(peer.record, ours)


DECIDE, RECORDED = arbiter.decide, arbiter._recorded
NOW = 0.0
FORCED = frozenset({DEAD, "force-active", "switched on"})
Mutant = tuple[Any, str, Rule, World, frozenset[str]]
HUNG_APART = frozenset({"arbiter hangs", SPLIT})
DEAF_APART = frozenset({DEAF, CROSS, CONSOLE})
LAGS = frozenset({CRASH, "standby lags"})
APART = steady(3, 0)._replace(cross=False)
DISOBEYED = frozenset({BOND, CONSOLE, "console disobeys"})
CRASHED = frozenset({CRASH})
FENCED_FORCED = frozenset({"arbiter hangs", "database dies", "force-active"})
MUTANTS: dict[str, Mutant] = {
    "R1: alone without asking": (rules, "may_go_alone", always, steady(2, 0), CUTS),
    "R1: the heartbeat about another grant": (rules, "standby_said_so", always, steady(2, 0), CUTS),
    "R1: alone before the lease": (rules, "looks_without_power", always, steady(3, 0), CUTS),
    "R1: the grant too early": (rules, "may_grant", in_hearing, first(1, 0), CRASHED),
    "R1: paired, not on disk": (
        arbiter, "_recorded", not_on_disk(Transition.PAIRED), about_to_pair(2)._replace(cross=False),
        HUNG_APART,
    ),
    "R1: acts before the disk": (arbiter, "decide", kept_last, steady(2, 0), CRASHED),
    "R2: the grant without a heartbeat": (rules, "is_granted", always, first(1, 0), frozenset({DEAD})),
    "R2: fenced, not read back": (rules, "fenced", always, steady(2, 0), CUTS),
    "R2: before it has replayed": (rules, "has_replayed", always, steady(2, 0), LAGS),
    "R2: another grant was let go": (rules, "peer_let_go", always, first(1, 0), CRASHED),
    "R2: power not looked at": (
        rules, "looks_without_power", blind(rules.looks_without_power, power=Reading(Power.SILENT, NOW)),
        steady(4, 0), frozenset({SPLIT, CROSS, "console disobeys"}),
    ),
    "R2: carrier not looked at": (
        rules, "looks_without_power", blind(rules.looks_without_power, carrier=Reading(value=False, at=NOW)),
        steady(3, 0), frozenset({SPLIT, DEAF, CONSOLE}),
    ),
    "R2: own console network not looked at": (
        rules, "looks_without_power", blind(rules.looks_without_power, console=Reading(value=True, at=NOW)),
        steady(3, 0), frozenset({SPLIT, CROSS, "consoles' network down"}),
    ),
    "R2: address not looked at": (rules, "address_is_free", always, steady(3, 0), DEAF_APART),
    "R2: own gateway not looked at": (Assessment, "has_gateway", property(always), APART, DISOBEYED),
    "R3: no self-fence": (rules, "is_cut_off", never, steady(3, 0), CUTS),
    "R3: no deadline": (rules, "waited_out", at_once, steady(3, 0), CUTS),
    "R4: resumes, whatever it was": (rules, "may_resume_alone", always, first(1, 0), CRASHED),
    "R4: resumes without a heartbeat": (rules, "may_resume_by_heartbeat", was_active, steady(1, 1), FORCED),
    "R4: heard from one that was forced": (rules, "standby_said_so", gave_up, steady(2, 1), FENCED_FORCED),
    "R4: the higher epoch is nothing": (rules, "outranks", never, first(1, 2), FORCED),
    "R7: two histories are one": (rules, "are_divided", never, BOTH_FORCED, MEETS),
    "R7: only the later one sees it": (rules, "has_diverged", was_later, ONE_FORCED, FORCES),
    "R7: given up, not kept aside": (arbiter, "_recorded", not_aside, BOTH_FORCED, MEETS),
    "R5: serves in any state": (rules, "may_serve", always, first(0, 0), frozenset()),
}  # fmt: skip
"""What is taken away, from which world, under which faults it is missed."""


@pytest.mark.no_cover
@pytest.mark.parametrize("name", MUTANTS)
def test_without_the_rule_an_invariant_breaks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, function, mutant, start, befalls = MUTANTS[name]
    monkeypatch.setattr(owner, function, mutant)
    with pytest.raises(Broken):
        Walk(befalls).run({start}, DEPTH)


SLOW = put(steady(1, 1)._replace(deaf=True), A, shown=(Power.ON, Power.ON))
"""A's console tells what was two ticks ago, and heartbeats are lost; a server dies and is switched on."""
SLOW_BEFALLS = frozenset({DEAD, "switched on", "heartbeats pass", CRASH})

WALKED = list(dict.fromkeys((start, befalls) for *_, start, befalls in MUTANTS.values()))
WALKED.append((SLOW, SLOW_BEFALLS))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("start", "befalls"), WALKED, ids=[f"{w.faults}-{'+'.join(sorted(b))}" for w, b in WALKED]
)
def test_with_all_rules_none_breaks(start: World, befalls: frozenset[str]) -> None:
    Walk(befalls).run({start}, DEPTH)
