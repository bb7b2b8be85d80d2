"""The arbiter of one server: `(arbiter, evidence, now, settings) → (arbiter, actions)`. Pure.

usnd/pair/runner.py calls it ten times a second. A step notes what the evidence means, makes at most one
transition, keeps the record, then asks for what the state needs and is not yet so. The caller writes the
record first, does the rest, and only then sends the heartbeat. What permits a transition is in rules.py.
"""

from collections.abc import Callable
from dataclasses import replace

from usnd.domain.pair import rules
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
    Record,
    Store,
    TakeoverGrant,
    Write,
)
from usnd.domain.pair.remedies import wanted
from usnd.domain.pair.states import ACTIVE, GRANTED, PAIR_TABLE, PairState, Transition

HEALS = 20.0
"""Seconds of health that make one of illness good."""

Choose = Callable[[Assessment], Transition | None]


def decide(
    me: Arbiter, seen: Evidence, now: float, settings: PairSettings
) -> tuple[Arbiter, tuple[Action, ...]]:
    """One step. The record, when it changes, is the first action; all else only if it was kept."""
    case = Assessment(me, seen, now, settings)
    case = case.of(_noted(case))
    case = case.of(_followed(case))
    transition = _CHOICES[case.me.state](case)
    after = case.me if transition is None else _changed(case, transition)
    actions = wanted(case.of(after))
    if MachineAction.POWER_OFF in actions:
        after = replace(after, off_at=now, record=replace(after.record, owes_power=True))
    if MachineAction.MEND in actions:
        after = replace(after, mended=seen.ill, mended_at=now)
    kept = (Write(after.record),) if after.record != me.record else ()
    return after, (*kept, *actions)


def heartbeat(case: Assessment) -> Heartbeat:
    """What to tell the peer after a step."""
    me, peer = case.me, case.peer
    idle = me.let_go or (me.state in (PairState.BOOT, PairState.FAULT) and case.released)
    paired = me.record.last_role is LastRole.PAIRED
    gives = me.state is PairState.ACTIVE_PAIRED and rules.may_grant(case)
    return Heartbeat(
        boot=me.boot,
        state=me.state,
        record=me.record,
        active=me.state in ACTIVE,
        inactive=idle and paired,
        grantee=peer.boot if gives and peer is not None else None,
        asks=case.stalled_for >= case.settings.stall,
        holds=me.grant,
        freed=me.freed,
        well=_well(case),
        fit=_fit(case) and not case.seen.unable,
        rests=me.rests_since is not None,
    )


def may_end(case: Assessment) -> bool:
    """Told to stop: the peer counts on this server no more, or cannot do without. The caller bounds it."""
    me = case.me
    if me.state is PairState.ACTIVE_PAIRED:
        return me.maintenance or not rules.can_hand_over(case)
    if me.state in GRANTED or me.state in (PairState.HANDOVER, PairState.PROMOTING):
        return False
    peer = case.heard_peer
    return peer is None or peer.state is not PairState.ACTIVE_PAIRED  # that one counts on us


def stood_still(me: Arbiter, seconds: float) -> Arbiter:
    """After a standstill, in which nothing was looked at or let go of: `release` is counted without it.

    The watchdog bounds a standstill, and `deadline` counts on both.
    """
    lets_go = me.state in (PairState.BOOT, PairState.HANDOVER)
    return replace(me, since=me.since + seconds) if lets_go else me


def _noted(case: Assessment) -> Arbiter:
    """The clocks, the operator's maintenance, and a grant that is given up."""
    me, seen, now = case.me, case.seen, case.now
    owes = me.record.owes_power and not _has_power(case)
    lost = rules.looks_without_power(case)
    maintenance = me.maintenance
    if seen.command in (OperatorCommand.MAINTENANCE_ON, OperatorCommand.MAINTENANCE_OFF):
        maintenance = seen.command is OperatorCommand.MAINTENANCE_ON
    return replace(
        me,
        loss_since=(now if me.loss_since is None else me.loss_since) if lost else None,
        stalled_since=_stalled_since(case),
        maintenance=maintenance,
        freed=_freed(case),
        let_go=me.let_go or (me.state is PairState.HANDOVER and case.released),
        off_at=(now if me.off_at is None else me.off_at) if owes else None,
        record=me.record if owes is me.record.owes_power else replace(me.record, owes_power=owes),
        rests_since=None if _has_rested(case) else me.rests_since,
        illness=(illness := _illness(case)),
        looked_at=now if seen.ill or illness else None,
    )


def _illness(case: Assessment) -> float:
    """Seconds. Each is made good by HEALS of health: what comes and goes does not begin at nothing."""
    me, settings = case.me, case.settings
    passed = 0.0 if me.looked_at is None else min(case.now - me.looked_at, settings.fresh)
    if case.seen.ill:
        return min(settings.damping, me.illness + passed)
    return max(0.0, me.illness - passed / HEALS)


def _has_power(case: Assessment) -> bool:
    """Read on, after whatever was to switch it off has had its effect."""
    power, off_at = case.seen.power, case.me.off_at
    late = off_at is not None and power.at - off_at >= case.settings.console_patience
    return late and power.value is Power.ON


def _has_rested(case: Assessment) -> bool:
    return case.me.rests_since is not None and case.now - case.me.rests_since >= case.settings.rest


def _followed(case: Assessment) -> Arbiter:
    """Who follows keeps the epoch it follows: after `force-active` the same peer has a later one.

    What it had to keep aside is aside, once it follows.
    """
    me, peer, store = case.me, case.peer, case.store
    if me.state is not PairState.CATCHUP or peer is None or not peer.active:
        return me
    record = replace(me.record, keeps=me.record.keeps and not (store is not None and store.following))
    if peer.record.grant.epoch > record.grant.epoch:
        record = replace(record, grant=TakeoverGrant(peer.record.grant.epoch))
    return me if record == me.record else replace(me, record=record)


def _stalled_since(case: Assessment) -> float | None:
    """Since when commits of a paired active wait; a closed or silent database says nothing of them."""
    me, store = case.me, case.store
    if me.state is not PairState.ACTIVE_PAIRED or (store is not None and store.in_step):
        return None
    waits = store is not None and store.database is Database.PRIMARY
    return case.now if waits and me.stalled_since is None else me.stalled_since


def _freed(case: Assessment) -> TakeoverGrant | None:
    """Who has no grant says so, when asked or when the peer waits for it; then never takes that one."""
    me, peer = case.me, case.heard_peer
    if me.grant is not None or me.record.last_role is not LastRole.STANDBY or peer is None:
        return me.freed
    waits = peer.asks or peer.inactive
    return peer.record.grant if waits and case.seen.record_ok else me.freed


def _well(case: Assessment) -> bool:
    seen = case.seen
    idle = seen.record_ok and not case.me.maintenance and not seen.leaving
    return idle and not seen.ill and not seen.unable


def _fit(case: Assessment) -> bool:
    """Could take over: its own database follows or has followed."""
    follows = case.database is Database.STANDBY
    return follows and case.seen.record_ok and not case.me.maintenance and not case.seen.leaving


def _boot(case: Assessment) -> Transition | None:
    if not case.seen.record_ok:
        return Transition.BROKEN
    if not case.released:
        return Transition.BROKEN if case.in_state_for >= case.settings.release else None
    if rules.is_forced(case):
        return Transition.FORCED
    if case.hears_active:
        return Transition.BROKEN if rules.has_diverged(case) else Transition.PEER_ACTIVE
    return _resumes(case)


def _resumes(case: Assessment) -> Transition | None:
    resumes = rules.may_resume_alone(case) or rules.may_resume_by_heartbeat(case)
    return Transition.RESUMES if resumes else None


def _catchup(case: Assessment) -> Transition | None:
    if rules.is_forced(case):
        return Transition.FORCED
    if case.seen.unable or not case.hears_peer or not _fit(case):
        return None
    return Transition.GRANTED if rules.is_granted(case) else None


def _granted(case: Assessment) -> Transition | None:
    """STANDBY, SUSPECT and FENCING: what ends the grant, and what uses it."""
    peer = case.heard_peer
    if rules.is_forced(case):
        return Transition.FORCED
    if not _fit(case):
        return Transition.GRANT_LOST
    if peer is not None and case.seen.unable:  # while the active is dead, any standby is better than none
        return Transition.GRANT_LOST
    if peer is not None and (peer.asks or peer.record.grant != case.me.grant):
        return Transition.GRANT_LOST
    if rules.may_take_over(case):
        return Transition.TAKES_OVER
    return _watching(case)


def _watching(case: Assessment) -> Transition | None:
    me = case.me
    if me.state is PairState.STANDBY:
        return None if case.hears_peer else Transition.PEER_SILENT
    if case.hears_peer:
        return Transition.PEER_HEARD
    due = case.in_state_for >= case.settings.fence_delay
    fences = me.state is PairState.SUSPECT and due and rules.may_fence(case)
    return Transition.FENCE if fences else None


def _drops(case: Assessment) -> Transition | None:
    """What an active, or one about to be, lets go for."""
    if rules.is_cut_off(case):
        return Transition.CUT_OFF
    peer = case.heard_peer
    if peer is None or not peer.active:
        return None
    return Transition.OUTRANKED if rules.outranks(peer.record, case.me.record) else None


def _promoting(case: Assessment) -> Transition | None:
    is_open = case.database is Database.PRIMARY
    return _drops(case) or (Transition.PRIMARY if is_open else None)


def _solo(case: Assessment) -> Transition | None:
    dropped = _drops(case)
    if dropped:
        return dropped
    if rules.may_give_up(case):
        return Transition.GIVES_UP
    paired = not case.me.maintenance and rules.may_grant(case)
    return Transition.PAIRED if paired else None


def _paired(case: Assessment) -> Transition | None:
    dropped = _drops(case)
    if dropped:
        return dropped
    if rules.is_forced(case):
        return Transition.FORCED
    if case.stalled_for > 0 or rules.standby_said_so(case):
        return Transition.ALONE if rules.may_go_alone(case) else None
    wanted_away = _gives_away(case) or case.seen.command is OperatorCommand.SWITCH_OVER
    return Transition.HAND_OVER if wanted_away and rules.can_hand_over(case) else None


def _gives_away(case: Assessment) -> bool:
    """By itself: told to stop, or ill for so long and the peer was not ill itself lately."""
    seen = case.seen
    rests = seen.peer is not None and seen.peer.rests
    ill = bool(seen.ill) and case.me.illness >= case.settings.damping and not rests
    return (ill or seen.leaving) and not case.me.maintenance


def _handover(case: Assessment) -> Transition | None:
    if not case.me.let_go:
        if not rules.can_hand_over(case):
            return Transition.WITHDRAWN
        return Transition.BROKEN if case.in_state_for >= case.settings.release else None
    if rules.is_forced(case):
        return Transition.FORCED
    if case.hears_active:
        return Transition.PEER_ACTIVE
    return _resumes(case)


def _fault(case: Assessment) -> Transition | None:
    if not (case.seen.record_ok and case.released):
        return None
    if case.me.diverged and rules.is_forced(case):
        return Transition.FORCED
    chosen = rules.may_give_up(case) or rules.peer_gave_up(case)
    return Transition.REPAIRED if chosen or not case.me.diverged else None


_CHOICES: dict[PairState, Choose] = {
    PairState.BOOT: _boot,
    PairState.CATCHUP: _catchup,
    PairState.STANDBY: _granted,
    PairState.SUSPECT: _granted,
    PairState.FENCING: _granted,
    PairState.PROMOTING: _promoting,
    PairState.ACTIVE_SOLO: _solo,
    PairState.ACTIVE_PAIRED: _paired,
    PairState.HANDOVER: _handover,
    PairState.FAULT: _fault,
}


def _changed(case: Assessment, transition: Transition) -> Arbiter:
    """The arbiter after the transition: its state, its record, and the grant it got or gave up."""
    me = case.me
    state = PAIR_TABLE[me.state, transition]
    after = replace(
        me,
        state=state,
        since=case.now,
        record=_recorded(case, transition),
        stalled_since=me.stalled_since if state is PairState.ACTIVE_PAIRED else None,
        rests_since=case.now if transition is Transition.HAND_OVER and case.seen.ill else me.rests_since,
        let_go=False,
        illness=me.illness if state in ACTIVE else 0.0,
        diverged=transition is Transition.BROKEN and case.released and rules.has_diverged(case),
    )
    if transition is Transition.GRANTED and case.peer is not None:
        return replace(after, grant=case.peer.record.grant)
    if transition is Transition.GRANT_LOST:
        return replace(after, grant=None, freed=me.grant)
    return replace(after, grant=None) if state is PairState.PROMOTING else after


def _recorded(case: Assessment, transition: Transition) -> Record:
    """Each transition that changes who may be active next changes the record."""
    me, peer, store = case.me, case.peer, case.store or Store()
    epoch, pairing = me.record.grant.epoch, me.record.grant.pairing
    peer_epoch = peer.record.grant.epoch if peer is not None else 0

    def record(last_role: LastRole, grant: TakeoverGrant) -> Record:
        return Record(last_role, grant, store.timeline, store.confirmed or store.lsn, me.record.owes_power)

    if transition is Transition.PEER_ACTIVE:
        # Where it was alone from stays, until what it has alone is kept aside.
        since = replace(me.record, last_role=LastRole.STANDBY, grant=TakeoverGrant(peer_epoch))
        return since if me.record.keeps else record(LastRole.STANDBY, TakeoverGrant(peer_epoch))
    commanded = case.seen.command is OperatorCommand.REJOIN
    gives_up = me.diverged and commanded and peer is not None and peer.active
    if transition is Transition.GIVES_UP or (transition is Transition.REPAIRED and gives_up):
        return replace(me.record, last_role=LastRole.STANDBY, grant=TakeoverGrant(peer_epoch), keeps=True)
    if transition is Transition.PAIRED:
        return record(LastRole.PAIRED, TakeoverGrant(epoch, pairing + 1))
    resumes = transition is Transition.RESUMES and me.record.last_role is LastRole.PAIRED
    goes_alone = me.state is PairState.ACTIVE_PAIRED and transition in (Transition.ALONE, Transition.FORCED)
    if resumes or goes_alone:
        return record(LastRole.SOLO, TakeoverGrant(epoch, pairing + 1))
    if transition in (Transition.TAKES_OVER, Transition.FORCED):
        return record(LastRole.SOLO, TakeoverGrant(_next_epoch(max(epoch, peer_epoch), me.colour)))
    return me.record


def _next_epoch(epoch: int, colour: int) -> int:
    """The first epoch of the own colour above `epoch`."""
    return epoch + 1 + (epoch + 1 + colour) % 2
