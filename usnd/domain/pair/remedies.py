"""What a state asks of the machine and is not so yet. Pure: asked anew at each step until it is.

arbiter.py calls `wanted` at the end of each step; usnd/pair/runner.py does what it gives, in that order.
"""

from collections.abc import Iterator

from usnd.domain.pair import rules
from usnd.domain.pair.assessment import Assessment
from usnd.domain.pair.evidence import NEVER, Action, Database, MachineAction, Power, Store
from usnd.domain.pair.states import ACTIVE, PairState

_HOLDS_NOTHING = (PairState.BOOT, PairState.HANDOVER, PairState.FAULT, PairState.CATCHUP)


def wanted(case: Assessment) -> tuple[Action, ...]:
    """The actions of this step, in order. Without a fresh figure of the database nothing is asked of it."""
    return (*_own(case), *_of_peer(case))


def _own(case: Assessment) -> Iterator[Action]:
    me = case.me
    # A first look decides what is to be done.
    looked = me.state is not PairState.BOOT or case.seen.serving.at > NEVER
    held = case.database is Database.PRIMARY or (looked and case.serving is not False)
    if me.state in _HOLDS_NOTHING and held:
        yield MachineAction.RELEASE
    if me.state is PairState.FAULT and held and not me.diverged and _had_its_time(case):
        yield MachineAction.REBOOT
    if (store := case.store) is not None:
        yield from _of_database(case, store)
    if rules.may_serve(case) and case.serving is not True:
        yield MachineAction.SERVE
    if mends(case):
        yield MachineAction.MEND


def _had_its_time(case: Assessment) -> bool:
    """To let go. Who began with a record that cannot be read comes here without having had any."""
    return case.seen.record_ok or case.in_state_for >= case.settings.release


def mends(case: Assessment) -> bool:
    """One restart of the ill part; if that is no cure, the peer shall take over. Alone there is only this."""
    me, seen, settings = case.me, case.seen, case.settings
    if me.state not in ACTIVE or me.maintenance or not (seen.ill and seen.remedy):
        return False
    pause = settings.rest if me.state is PairState.ACTIVE_PAIRED else settings.boot_patience
    if _is_about_to_hand_over(case):
        return False
    due = me.mended != seen.ill or case.now - me.mended_at >= pause
    return due and me.illness >= min(settings.mend_after, settings.damping)


def _is_about_to_hand_over(case: Assessment) -> bool:
    """What only begins anew, as PostgreSQL after a crash, can be let go of in no time that a peer waits."""
    me = case.me
    rests = case.peer is not None and case.peer.rests
    soon = me.state is PairState.ACTIVE_PAIRED and me.illness > case.settings.damping / 2 and not rests
    return soon and rules.can_hand_over(case)


def _of_database(case: Assessment, store: Store) -> Iterator[Action]:
    me = case.me
    follows = store.following or case.seen.leaving  # one that stops soon begins no copy
    if me.state is PairState.CATCHUP and not follows and rules.may_follow(case):
        yield MachineAction.FOLLOW_ANEW if me.record.keeps else MachineAction.FOLLOW
    if me.state is PairState.PROMOTING or me.state in ACTIVE:
        if store.database is not Database.PRIMARY:
            yield MachineAction.OPEN
        else:
            yield from _waits(case, store)


def _waits(case: Assessment, store: Store) -> Iterator[Action]:
    """Commits wait for a standby that has, or is about to get, the grant to take over."""
    me, peer = case.me, case.heard_peer
    pairing = store.streaming and peer is not None and peer.fit and not me.maintenance
    waits = me.state is PairState.ACTIVE_PAIRED or (me.state is PairState.ACTIVE_SOLO and pairing)
    if waits is not store.synchronous:
        yield MachineAction.WAIT_ON if waits else MachineAction.WAIT_OFF


def _of_peer(case: Assessment) -> Iterator[Action]:
    power = case.peer_power
    # A slow console's "on" may be of before somebody switched it off.
    asked_since = case.seen.power.at > case.seen.heard_at
    if asked_since and power is Power.ON and _fences(case):
        yield MachineAction.POWER_OFF
    if power is Power.OFF and owes_power(case):
        yield MachineAction.POWER_ON


def owes_power(case: Assessment) -> bool:
    """Who told the peer to switch off switches it on again, as soon as it no longer needs it off.

    Never one that somebody else switched off: an operator may have his hands in it.
    """
    me = case.me
    if me.off_at is None or me.maintenance:
        return False
    return me.state is PairState.ACTIVE_SOLO or case.now - me.off_at >= case.settings.boot_patience


def _fences(case: Assessment) -> bool:
    """The standby after its delay; a paired active at once, when its commits wait for a silent standby."""
    if case.me.maintenance or case.hears_peer:
        return False
    store = case.store
    stuck = case.me.state is PairState.ACTIVE_PAIRED and not (store is not None and store.in_step)
    return (stuck or _is_ready(case)) and rules.may_fence(case)


def _is_ready(case: Assessment) -> bool:
    """Only the peer's power is in the way: else it would boot, and be switched off again, for ever."""
    return case.me.state is PairState.FENCING and rules.has_replayed(case)
