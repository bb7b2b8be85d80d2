"""The arbiter of one server: `(arbiter, evidence, now) → (arbiter, actions)`, and what it says to its peer.

Owns the order: note what the evidence means, turn at most once, keep the record, then ask for what the
state needs and is not yet so. The caller keeps the record first, does the rest, and only then speaks.
Refuses I/O. What permits a turn is in rules.py.
"""

from collections.abc import Callable
from dataclasses import replace

from usnd.domain.pair import rules
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
    Record,
    Store,
    TakeoverGrant,
    Write,
)
from usnd.domain.pair.remedies import wanted
from usnd.domain.pair.states import ACTIVE, PAIR_TABLE, RIGHTFUL, PairState, Transition

HEALS = 20.0
"""Seconds of health that make one of illness good."""

Choose = Callable[[Arbiter, Evidence, float, PairSettings], Transition | None]


def decide(
    me: Arbiter, seen: Evidence, now: float, settings: PairSettings
) -> tuple[Arbiter, tuple[Action, ...]]:
    """One step. The record, when it changes, is the first action; all else only if it was kept."""
    noted = _followed(_noted(me, seen, now, settings), seen, now, settings)
    turn = _CHOICES[noted.state](noted, seen, now, settings)
    after = noted if turn is None else _turned(noted, turn, seen, now, settings)
    acts = wanted(after, seen, now, settings)
    if MachineAction.POWER_OFF in acts:
        after = replace(after, off_at=now, record=replace(after.record, owes_power=True))
    if MachineAction.MEND in acts:
        after = replace(after, mended=seen.ill, mended_at=now)
    kept = (Write(after.record),) if after.record != me.record else ()
    return after, (*kept, *acts)


def word(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Heartbeat:
    """What to tell the peer after a step."""
    peer = seen.peer
    idle = me.let_go or (me.state in (PairState.BOOT, PairState.FAULT) and released(seen, now, settings))
    paired = me.record.standing is LastRole.PAIRED
    gives = me.state is PairState.ACTIVE_PAIRED and rules.may_give_right(me, seen, now, settings)
    return Heartbeat(
        boot=me.boot,
        state=me.state,
        record=me.record,
        active=me.state in ACTIVE,
        inactive=idle and paired,
        grants=peer.boot if gives and peer is not None else None,
        asks=_stalled_for(me, now) >= settings.stall,
        holds=me.right,
        freed=me.freed,
        well=_well(me, seen),
        fit=_fit(me, seen, now, settings) and not seen.unable,
        rests=me.rests_since is not None,
    )


def may_end(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """Told to stop: the peer counts on this server no more, or cannot do without. The caller bounds it."""
    peer = seen.peer
    if me.state is PairState.ACTIVE_PAIRED:
        return me.maintenance or not rules.can_hand_over(me, seen, now, settings)
    if me.state in RIGHTFUL or me.state in (PairState.HANDOVER, PairState.PROMOTING):
        return False
    counts_on_us = peer is not None and peer.state is PairState.ACTIVE_PAIRED
    return not (counts_on_us and rules.hears_peer(seen, now, settings))


def stood_still(me: Arbiter, seconds: float) -> Arbiter:
    """After a standstill, in which nothing was looked at or let go of: `release` is counted without it.

    The watchdog bounds a standstill, and `deadline` counts on both.
    """
    lets_go = me.state in (PairState.BOOT, PairState.HANDOVER)
    return replace(me, since=me.since + seconds) if lets_go else me


def released(seen: Evidence, now: float, settings: PairSettings) -> bool:
    """Nothing is held here: no address, no trunks, no open database; measured lately."""
    store = seen.store.fresh(now, settings.fresh)
    idle = seen.serving.fresh(now, settings.fresh) is False
    return idle and store is not None and store.database is not Database.PRIMARY


def _noted(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Arbiter:
    """The clocks, the operator's maintenance, and a right that is given up."""
    owes = me.record.owes_power and not _has_power(me, seen, settings)
    lost = rules.looks_without_power(me, seen, now, settings)
    maintenance = me.maintenance
    if seen.order in (OperatorCommand.MAINTENANCE_ON, OperatorCommand.MAINTENANCE_OFF):
        maintenance = seen.order is OperatorCommand.MAINTENANCE_ON
    return replace(
        me,
        loss_since=(now if me.loss_since is None else me.loss_since) if lost else None,
        stalled_since=_stalled_since(me, seen, now, settings),
        maintenance=maintenance,
        freed=_freed(me, seen, now, settings),
        let_go=me.let_go or (me.state is PairState.HANDOVER and released(seen, now, settings)),
        off_at=(now if me.off_at is None else me.off_at) if owes else None,
        record=me.record if owes is me.record.owes_power else replace(me.record, owes_power=owes),
        rests_since=None if _has_rested(me, now, settings) else me.rests_since,
        illness=(illness := _illness(me, seen, now, settings)),
        looked_at=now if seen.ill or illness else None,
    )


def _illness(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> float:
    """Seconds. Each is made good by HEALS of health: what comes and goes does not begin at nothing."""
    passed = 0.0 if me.looked_at is None else min(now - me.looked_at, settings.fresh)
    if seen.ill:
        return min(settings.damping, me.illness + passed)
    return max(0.0, me.illness - passed / HEALS)


def _has_power(me: Arbiter, seen: Evidence, settings: PairSettings) -> bool:
    """Read on, after any order to switch it off has had its effect."""
    late = me.off_at is not None and seen.power.at - me.off_at >= settings.console_patience
    return late and seen.power.value is Power.ON


def _has_rested(me: Arbiter, now: float, settings: PairSettings) -> bool:
    return me.rests_since is not None and now - me.rests_since >= settings.rest


def _followed(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Arbiter:
    """Who follows keeps the epoch it follows: after `force-active` the same peer has a later one.

    What it had to keep aside is aside, once it follows.
    """
    peer, store = seen.peer, seen.store.fresh(now, settings.fresh)
    if me.state is not PairState.CATCHUP or peer is None or not peer.active:
        return me
    record = replace(me.record, keeps=me.record.keeps and not (store is not None and store.following))
    if peer.record.right.epoch > record.right.epoch:
        record = replace(record, right=TakeoverGrant(peer.record.right.epoch))
    return me if record == me.record else replace(me, record=record)


def _stalled_since(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> float | None:
    """Since when commits of a paired active wait; a closed or silent database says nothing of them."""
    store = seen.store.fresh(now, settings.fresh)
    if me.state is not PairState.ACTIVE_PAIRED or (store is not None and store.in_step):
        return None
    waits = store is not None and store.database is Database.PRIMARY
    return now if waits and me.stalled_since is None else me.stalled_since


def _stalled_for(me: Arbiter, now: float) -> float:
    return 0.0 if me.stalled_since is None else now - me.stalled_since


def _freed(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> TakeoverGrant | None:
    """Who has no right says so, when asked or when the peer waits for it; then never takes that one."""
    peer = seen.peer
    if me.right is not None or me.record.standing is not LastRole.STANDBY or peer is None:
        return me.freed
    waits = rules.hears_peer(seen, now, settings) and (peer.asks or peer.inactive)
    return peer.record.right if waits and seen.record_ok else me.freed


def _well(me: Arbiter, seen: Evidence) -> bool:
    idle = seen.record_ok and not me.maintenance and not seen.leaving
    return idle and not seen.ill and not seen.unable


def _fit(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """Could take over: its own database follows or has followed."""
    store = seen.store.fresh(now, settings.fresh)
    follows = store is not None and store.database is Database.STANDBY
    return follows and seen.record_ok and not me.maintenance and not seen.leaving


def _boot(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    if not seen.record_ok:
        return Transition.BROKEN
    if not released(seen, now, settings):
        return Transition.BROKEN if now - me.since >= settings.release else None
    if rules.is_forced(seen):
        return Transition.ORDERED
    if rules.hears_peer(seen, now, settings) and seen.peer is not None and seen.peer.active:
        return Transition.BROKEN if rules.has_diverged(me, seen) else Transition.PEER_ACTIVE
    return _resumes(me, seen, now, settings)


def _resumes(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    alone = rules.may_resume_alone(me, seen, now, settings)
    return Transition.RESUMES if alone or rules.may_resume_by_word(me, seen, now, settings) else None


def _catchup(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    if rules.is_forced(seen):
        return Transition.ORDERED
    if seen.unable or not rules.hears_peer(seen, now, settings) or not _fit(me, seen, now, settings):
        return None
    return Transition.GRANTED if rules.is_granted(me, seen) else None


def _rightful(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    """STANDBY, SUSPECT and FENCING: what ends the right, and what uses it."""
    peer, heard = seen.peer, rules.hears_peer(seen, now, settings)
    if rules.is_forced(seen):
        return Transition.ORDERED
    if not _fit(me, seen, now, settings):
        return Transition.RIGHT_LOST
    if heard and seen.unable:  # of a dead active's standby nobody asks how well it could serve
        return Transition.RIGHT_LOST
    if heard and peer is not None and (peer.asks or peer.record.right != me.right):
        return Transition.RIGHT_LOST
    if rules.may_take_over(me, seen, now, settings):
        return Transition.TAKES_OVER
    return _watching(me, seen, now, settings)


def _watching(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    heard = rules.hears_peer(seen, now, settings)
    if me.state is PairState.STANDBY:
        return None if heard else Transition.PEER_SILENT
    if heard:
        return Transition.PEER_HEARD
    due = now - me.since >= settings.fence_delay
    fences = me.state is PairState.SUSPECT and due and rules.may_fence(seen, now, settings)
    return Transition.FENCE if fences else None


def _drops(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    """What an active, or one about to be, lets go for."""
    if rules.is_cut_off(seen, now, settings):
        return Transition.CUT_OFF
    peer = seen.peer
    if peer is None or not rules.hears_peer(seen, now, settings) or not peer.active:
        return None
    return Transition.OUTRANKED if rules.outranks(peer.record, me.record) else None


def _promoting(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    store = seen.store.fresh(now, settings.fresh)
    is_open = store is not None and store.database is Database.PRIMARY
    return _drops(me, seen, now, settings) or (Transition.PRIMARY if is_open else None)


def _solo(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    dropped = _drops(me, seen, now, settings)
    if dropped:
        return dropped
    if rules.may_give_up(me, seen, now, settings):
        return Transition.GIVES_UP
    paired = not me.maintenance and rules.may_give_right(me, seen, now, settings)
    return Transition.PAIRED if paired else None


def _paired(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    dropped = _drops(me, seen, now, settings)
    if dropped:
        return dropped
    if rules.is_forced(seen):
        return Transition.ORDERED
    if _stalled_for(me, now) > 0 or rules.standby_said_so(me, seen):
        return Transition.ALONE if rules.may_go_alone(me, seen, now, settings) else None
    wanted_away = _gives_away(me, seen, settings) or seen.order is OperatorCommand.SWITCH_OVER
    return Transition.HAND_OVER if wanted_away and rules.can_hand_over(me, seen, now, settings) else None


def _gives_away(me: Arbiter, seen: Evidence, settings: PairSettings) -> bool:
    """By itself: told to stop, or ill for so long and the peer was not ill itself lately."""
    rests = seen.peer is not None and seen.peer.rests
    ill = bool(seen.ill) and me.illness >= settings.damping and not rests
    return (ill or seen.leaving) and not me.maintenance


def _handover(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    if not me.let_go:
        if not rules.can_hand_over(me, seen, now, settings):
            return Transition.WITHDRAWN
        return Transition.BROKEN if now - me.since >= settings.release else None
    if rules.is_forced(seen):
        return Transition.ORDERED
    if rules.hears_peer(seen, now, settings) and seen.peer is not None and seen.peer.active:
        return Transition.PEER_ACTIVE
    return _resumes(me, seen, now, settings)


def _fault(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> Transition | None:
    if not (seen.record_ok and released(seen, now, settings)):
        return None
    if me.diverged and rules.is_forced(seen):
        return Transition.ORDERED
    chosen = rules.may_give_up(me, seen, now, settings) or rules.peer_gave_up(seen, now, settings)
    return Transition.REPAIRED if chosen or not me.diverged else None


_CHOICES: dict[PairState, Choose] = {
    PairState.BOOT: _boot,
    PairState.CATCHUP: _catchup,
    PairState.STANDBY: _rightful,
    PairState.SUSPECT: _rightful,
    PairState.FENCING: _rightful,
    PairState.PROMOTING: _promoting,
    PairState.ACTIVE_SOLO: _solo,
    PairState.ACTIVE_PAIRED: _paired,
    PairState.HANDOVER: _handover,
    PairState.FAULT: _fault,
}


def _turned(me: Arbiter, turn: Transition, seen: Evidence, now: float, settings: PairSettings) -> Arbiter:
    """The arbiter after the turn: its state, its record, and the right it got or gave up."""
    state = PAIR_TABLE[me.state, turn]
    store = seen.store.fresh(now, settings.fresh) or Store()
    after = replace(
        me,
        state=state,
        since=now,
        record=_recorded(me, turn, seen, store),
        stalled_since=me.stalled_since if state is PairState.ACTIVE_PAIRED else None,
        rests_since=now if turn is Transition.HAND_OVER and seen.ill else me.rests_since,
        let_go=False,
        illness=me.illness if state in ACTIVE else 0.0,
        diverged=turn is Transition.BROKEN and released(seen, now, settings) and rules.has_diverged(me, seen),
    )
    if turn is Transition.GRANTED and seen.peer is not None:
        return replace(after, right=seen.peer.record.right)
    if turn is Transition.RIGHT_LOST:
        return replace(after, right=None, freed=me.right)
    return replace(after, right=None) if state is PairState.PROMOTING else after


def _recorded(me: Arbiter, turn: Transition, seen: Evidence, store: Store) -> Record:
    """Each turn that changes who may be active next changes the record."""
    epoch, pairing = me.record.right.epoch, me.record.right.pairing
    peer_epoch = seen.peer.record.right.epoch if seen.peer is not None else 0

    def record(standing: LastRole, right: TakeoverGrant) -> Record:
        return Record(standing, right, store.timeline, store.confirmed or store.lsn, me.record.owes_power)

    if turn is Transition.PEER_ACTIVE:
        # Where it was alone from stays, until what it has alone is kept aside.
        since = replace(me.record, standing=LastRole.STANDBY, right=TakeoverGrant(peer_epoch))
        return since if me.record.keeps else record(LastRole.STANDBY, TakeoverGrant(peer_epoch))
    gives_up = (
        me.diverged and seen.order is OperatorCommand.REJOIN and seen.peer is not None and seen.peer.active
    )
    if turn is Transition.GIVES_UP or (turn is Transition.REPAIRED and gives_up):
        return replace(me.record, standing=LastRole.STANDBY, right=TakeoverGrant(peer_epoch), keeps=True)
    if turn is Transition.PAIRED:
        return record(LastRole.PAIRED, TakeoverGrant(epoch, pairing + 1))
    resumes = turn is Transition.RESUMES and me.record.standing is LastRole.PAIRED
    goes_alone = me.state is PairState.ACTIVE_PAIRED and turn in (Transition.ALONE, Transition.ORDERED)
    if resumes or goes_alone:
        return record(LastRole.SOLO, TakeoverGrant(epoch, pairing + 1))
    if turn in (Transition.TAKES_OVER, Transition.ORDERED):
        return record(LastRole.SOLO, TakeoverGrant(_next_epoch(max(epoch, peer_epoch), me.colour)))
    return me.record


def _next_epoch(epoch: int, colour: int) -> int:
    """The first epoch of the own colour above `epoch`."""
    return epoch + 1 + (epoch + 1 + colour) % 2
