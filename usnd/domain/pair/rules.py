"""The rules by which two servers never become two actives, and nothing is lost (R1 to R7).

Each is a function that permits or not.
Owns what permits a turn. Refuses to act. Every rule is needed: tests take each away and find the world in
which it was missed. What a server may do rests on one right: the active gives it to the standby, and is not
alone before that right is gone; the standby uses it once, or gives it up for good.
"""

from usnd.domain.pair.evidence import (
    Arbiter,
    Database,
    Evidence,
    LastRole,
    OperatorCommand,
    PairSettings,
    Power,
    Record,
)
from usnd.domain.pair.states import ACTIVE, PairState


def hears_peer(seen: Evidence, now: float, settings: PairSettings) -> bool:
    """By any path, lately."""
    return seen.peer is not None and now - seen.heard_at < settings.suspect_after


def has_gateway(seen: Evidence, now: float, settings: PairSettings) -> bool:
    """The gateway or another fixed host answered lately."""
    return now - seen.reached_at < settings.suspect_after


def power(seen: Evidence, now: float, settings: PairSettings) -> Power | None:
    """What the peer's console said, as lately as it can: a slow one is no dead one."""
    slowest = max(settings.console_answer, 2 * seen.console_took)
    return seen.power.fresh(now, settings.fresh + slowest)


def fenced(seen: Evidence, now: float, settings: PairSettings) -> bool:
    """The peer's console says that it is off: its memory, and with it any right, is gone.

    Asked after the peer was last heard: an answer that took long may be of a boot before.
    """
    off = power(seen, now, settings) is Power.OFF
    return settings.fencing and off and seen.power.at >= seen.heard_at


def looks_without_power(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """The signature of a power loss that took the console with it.

    Without a cross-over it is never seen. The active answers for the floating address itself.
    """
    return (
        settings.fencing
        and not hears_peer(seen, now, settings)
        and seen.carrier is not None
        and seen.carrier.fresh(now, settings.fresh) is False
        and seen.power.fresh(now, settings.fresh) is Power.SILENT
        and seen.console.fresh(now, settings.fresh) is True
        and has_gateway(seen, now, settings)
        and address_is_free(me, seen, now, settings)
    )


def address_is_free(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """Nobody else answers for the floating address."""
    return me.state in ACTIVE or seen.silent.fresh(now, settings.fresh) is True


def may_fence(seen: Evidence, now: float, settings: PairSettings) -> bool:
    """Who is cut off itself must not switch the other off.

    The gateway must have answered when the peer was silent already: both may have been lost together.
    """
    later = seen.reached_at - seen.heard_at >= settings.suspect_after
    return settings.fencing and later and has_gateway(seen, now, settings)


def standby_said_so(me: Arbiter, seen: Evidence) -> bool:
    """R1: the peer gave up just this right. It never takes it again, so the age of its word is nothing.

    Unless an operator made it active without one.
    """
    peer = seen.peer
    return peer is not None and peer.freed == me.record.right and not outranks(peer.record, me.record)


def may_go_alone(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """R1: commits may go on without the standby: its right is gone."""
    if standby_said_so(me, seen) or fenced(seen, now, settings):
        return True
    return me.loss_since is not None and now - me.loss_since >= settings.lease


def may_give_right(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """R1: each commit waits for the standby, and it has all earlier ones."""
    store = seen.store.fresh(now, settings.fresh)
    return (
        store is not None
        and store.synchronous
        and store.in_step
        and hears_peer(seen, now, settings)
        and seen.peer is not None
        and seen.peer.fit
        and seen.peer.record.standing is LastRole.STANDBY
        and seen.peer.record.right.epoch == me.record.right.epoch
    )


def is_granted(me: Arbiter, seen: Evidence) -> bool:
    """R2: the active says that this boot of this server may take over; never a right that was given up."""
    peer = seen.peer
    return peer is not None and peer.grants == me.boot and peer.record.right != me.freed


def has_replayed(seen: Evidence, now: float, settings: PairSettings) -> bool:
    """R2: the database has replayed all it received. Without a fresh figure it has not."""
    store = seen.store.fresh(now, settings.fresh)
    return store is not None and store.database is Database.STANDBY and store.replayed


def peer_let_go(me: Arbiter, seen: Evidence) -> bool:
    """R2: the peer holds nothing and waits for our word; that stays true until we give it."""
    peer = seen.peer
    return peer is not None and peer.inactive and peer.record.right == me.right


def waited_out(me: Arbiter, now: float, settings: PairSettings) -> bool:
    """R2, R3: the signature of a power loss has stood longer than an active could live cut off."""
    return me.loss_since is not None and now - me.loss_since >= settings.deadline


def may_take_over(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """R2: all of it."""
    if me.right is None or not has_replayed(seen, now, settings):
        return False
    if peer_let_go(me, seen):
        return True
    alone = not hears_peer(seen, now, settings) and has_gateway(seen, now, settings)
    return alone and (fenced(seen, now, settings) or waited_out(me, now, settings))


def can_hand_over(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """The peer is heard, well, and has the right."""
    peer = seen.peer
    heard = peer is not None and hears_peer(seen, now, settings)
    return heard and peer is not None and peer.well and peer.holds == me.record.right


def is_cut_off(seen: Evidence, now: float, settings: PairSettings) -> bool:
    """R3: neither the peer nor the gateway for a whole lease: somebody else may become active."""
    return now - max(seen.heard_at, seen.reached_at) >= settings.lease


def may_resume_alone(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """R4: was SOLO, so nobody else can have become active but by an operator's word.

    Looks for the peer first, and for whoever answers for the floating address.
    """
    if me.record.standing is not LastRole.SOLO or not address_is_free(me, seen, now, settings):
        return False
    if hears_peer(seen, now, settings):
        return seen.peer is not None and not outranks(seen.peer.record, me.record)
    return has_gateway(seen, now, settings) and now - me.since >= settings.boot_patience


def may_resume_by_word(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """R4: was PAIRED, and the peer says that it did not take over and never will.

    Fencing the peer proves nothing here: it may have taken over before.
    """
    return (
        me.record.standing is LastRole.PAIRED
        and hears_peer(seen, now, settings)
        and standby_said_so(me, seen)
    )


def may_be_forced(seen: Evidence) -> bool:
    """An operator may have all opened but a database that is half the other server's."""
    return seen.store.value.database is not Database.HALF


def is_forced(seen: Evidence) -> bool:
    """An operator's word, in place of R2 and R4."""
    return seen.order is OperatorCommand.FORCE_ACTIVE and may_be_forced(seen)


def outranks(theirs: Record, ours: Record) -> bool:
    """The other was active later. Epochs are of two colours, so that they are never equal."""
    return theirs.standing is not LastRole.STANDBY and theirs.right.epoch > ours.right.epoch


def may_serve(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """R5: address and trunks only beside an open database, and never because of VRRP."""
    store = seen.store.fresh(now, settings.fresh)
    return me.state in ACTIVE and store is not None and store.database is Database.PRIMARY


def may_follow(me: Arbiter, seen: Evidence) -> bool:
    """R6: an old active gives up its history only for a later active, and is a standby on disk before."""
    return seen.peer is not None and seen.peer.active and me.record.standing is LastRole.STANDBY


def are_divided(ours: Record, theirs: Record) -> bool:
    """R7: each has changes that the other never had. Both see it, since it stands in the records.

    Whoever was active earlier ended it alone: it had given nobody the right, so the other was forced.
    """
    earlier, later = sorted((ours, theirs), key=lambda record: record.right.epoch)
    both = LastRole.STANDBY not in (ours.standing, theirs.standing)
    return both and earlier.right.epoch != later.right.epoch and earlier.standing is LastRole.SOLO


def sees_division(me: Arbiter, seen: Evidence) -> bool:
    """R7: by what the peer said last."""
    return seen.peer is not None and are_divided(me.record, seen.peer.record)


def has_diverged(me: Arbiter, seen: Evidence) -> bool:
    """R7: has changes that the active has not: an operator chooses which ones are given up.

    Also where it was active later, whatever the records say of the way there.
    """
    peer = seen.peer
    if peer is None or not peer.active:
        return False
    was_active = me.record.standing is not LastRole.STANDBY
    return sees_division(me, seen) or (was_active and not outranks(peer.record, me.record))


def may_give_up(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """R7: an operator says so, and the other, which keeps its changes, is there to serve."""
    peer = seen.peer
    if seen.order is not OperatorCommand.REJOIN or peer is None or not hears_peer(seen, now, settings):
        return False
    if me.state is PairState.FAULT:
        return me.diverged and peer.active
    return peer.state is PairState.FAULT and sees_division(me, seen)


def peer_gave_up(seen: Evidence, now: float, settings: PairSettings) -> bool:
    """R7: an operator chose this server's changes: the peer waits to follow."""
    peer = seen.peer
    if peer is None or not hears_peer(seen, now, settings):
        return False
    return not peer.active and peer.record.keeps
