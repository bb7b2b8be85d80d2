"""What a state asks of the machine and is not so yet. Pure: asked anew at each step until it is.

Owns the order of acts within a step. Refuses to turn states.
"""

from collections.abc import Iterator

from usnd.domain.pair import rules
from usnd.domain.pair.evidence import (
    NEVER,
    Action,
    Arbiter,
    Database,
    Evidence,
    MachineAction,
    PairSettings,
    Power,
    Store,
)
from usnd.domain.pair.states import ACTIVE, PairState


def wanted(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> tuple[Action, ...]:
    """The acts of this step, in order. Without a fresh figure of the database nothing is asked of it."""
    store = seen.store.fresh(now, settings.fresh)
    return (*_own(me, seen, store, now, settings), *_of_peer(me, seen, store, now, settings))


def _own(
    me: Arbiter, seen: Evidence, store: Store | None, now: float, settings: PairSettings
) -> Iterator[Action]:
    looked = (
        me.state is not PairState.BOOT or seen.serving.at > NEVER
    )  # a first look decides what is to be done
    is_open = store is not None and store.database is Database.PRIMARY
    held = is_open or (looked and seen.serving.fresh(now, settings.fresh) is not False)
    if me.state in (PairState.BOOT, PairState.HANDOVER, PairState.FAULT, PairState.CATCHUP) and held:
        yield MachineAction.RELEASE
    if me.state is PairState.FAULT and held and not me.diverged and _had_its_time(me, seen, now, settings):
        yield MachineAction.REBOOT
    if store is not None:
        yield from _of_database(me, seen, store, now, settings)
    if rules.may_serve(me, seen, now, settings) and seen.serving.fresh(now, settings.fresh) is not True:
        yield MachineAction.SERVE
    if mends(me, seen, now, settings):
        yield MachineAction.MEND


def _had_its_time(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """To let go. Who began with a record that cannot be read comes here without having had any."""
    return seen.record_ok or now - me.since >= settings.release


def mends(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """One restart of the ill part; if that is no cure, the peer shall take over. Alone there is only this."""
    if me.state not in ACTIVE or me.maintenance or not (seen.ill and seen.remedy):
        return False
    pause = settings.rest if me.state is PairState.ACTIVE_PAIRED else settings.boot_patience
    if _is_about_to_hand_over(me, seen, now, settings):
        return False
    due = me.mended != seen.ill or now - me.mended_at >= pause
    return due and me.illness >= min(settings.mend_after, settings.damping)


def _is_about_to_hand_over(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """What only begins anew, as PostgreSQL after a crash, can be let go of in no time that a peer waits."""
    rests = seen.peer is not None and seen.peer.rests
    soon = me.state is PairState.ACTIVE_PAIRED and me.illness > settings.damping / 2 and not rests
    return soon and rules.can_hand_over(me, seen, now, settings)


def _of_database(
    me: Arbiter, seen: Evidence, store: Store, now: float, settings: PairSettings
) -> Iterator[Action]:
    follows = store.following or seen.leaving  # one that stops soon begins no copy
    if me.state is PairState.CATCHUP and not follows and rules.may_follow(me, seen):
        yield MachineAction.FOLLOW_ANEW if me.record.keeps else MachineAction.FOLLOW
    if me.state is PairState.PROMOTING or me.state in ACTIVE:
        if store.database is not Database.PRIMARY:
            yield MachineAction.OPEN
        else:
            yield from _waits(me, seen, store, now, settings)


def _waits(me: Arbiter, seen: Evidence, store: Store, now: float, settings: PairSettings) -> Iterator[Action]:
    """Commits wait for a standby that has, or is about to get, the right to take over."""
    fit = rules.hears_peer(seen, now, settings) and seen.peer is not None and seen.peer.fit
    pairing = store.streaming and fit and not me.maintenance
    waits = me.state is PairState.ACTIVE_PAIRED or (me.state is PairState.ACTIVE_SOLO and pairing)
    if waits is not store.synchronous:
        yield MachineAction.WAIT_ON if waits else MachineAction.WAIT_OFF


def _of_peer(
    me: Arbiter, seen: Evidence, store: Store | None, now: float, settings: PairSettings
) -> Iterator[Action]:
    power = rules.power(seen, now, settings)
    # A slow console's "on" may be of before somebody switched it off.
    asked_since = seen.power.at > seen.heard_at
    if asked_since and power is Power.ON and _fences(me, seen, store, now, settings):
        yield MachineAction.POWER_OFF
    if power is Power.OFF and owes_power(me, now, settings):
        yield MachineAction.POWER_ON


def owes_power(me: Arbiter, now: float, settings: PairSettings) -> bool:
    """Who told the peer to switch off switches it on again, as soon as it no longer needs it off.

    Never one that somebody else switched off: an operator may have his hands in it.
    """
    if me.off_at is None or me.maintenance:
        return False
    return me.state is PairState.ACTIVE_SOLO or now - me.off_at >= settings.boot_patience


def _fences(me: Arbiter, seen: Evidence, store: Store | None, now: float, settings: PairSettings) -> bool:
    """The standby after its delay; a paired active at once, when its commits wait for a silent standby."""
    if me.maintenance or rules.hears_peer(seen, now, settings):
        return False
    stuck = me.state is PairState.ACTIVE_PAIRED and not (store is not None and store.in_step)
    return (stuck or _is_ready(me, seen, now, settings)) and rules.may_fence(seen, now, settings)


def _is_ready(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """Only the peer's power is in the way: else it would boot, and be switched off again, for ever."""
    return me.state is PairState.FENCING and rules.has_replayed(seen, now, settings)
