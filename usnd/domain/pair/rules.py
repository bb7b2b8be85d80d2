"""The rules by which two servers never become two actives, and nothing is lost (R1 to R7). Pure.

Each is a function that permits or not; arbiter.py asks before a transition, remedies.py before an action.
Every rule is needed: tests take each away and find the world in which it was missed. All rests on one grant
to take over: the active gives it to the standby, and is not alone before that grant is gone; the standby uses
it once, or gives it up for good.
"""

from usnd.domain.pair.assessment import Assessment
from usnd.domain.pair.evidence import Database, LastRole, OperatorCommand, Power, Record
from usnd.domain.pair.states import ACTIVE, PairState


def fenced(case: Assessment) -> bool:
    """The peer's console says that it is off: its memory, and with it any grant, is gone.

    Asked after the peer was last heard: an answer that took long may be of a boot before.
    """
    off = case.peer_power is Power.OFF
    return case.settings.fencing and off and case.seen.power.at >= case.seen.heard_at


def looks_without_power(case: Assessment) -> bool:
    """The signature of a power loss that took the console with it.

    Without a cross-over it is never seen. The active answers for the floating address itself.
    """
    seen, now, fresh = case.seen, case.now, case.settings.fresh
    return (
        case.settings.fencing
        and not case.hears_peer
        and seen.carrier is not None
        and seen.carrier.fresh(now, fresh) is False
        and seen.power.fresh(now, fresh) is Power.SILENT
        and seen.console.fresh(now, fresh) is True
        and case.has_gateway
        and address_is_free(case)
    )


def address_is_free(case: Assessment) -> bool:
    """Nobody else answers for the floating address."""
    silent = case.seen.silent.fresh(case.now, case.settings.fresh)
    return case.me.state in ACTIVE or silent is True


def may_fence(case: Assessment) -> bool:
    """Who is cut off itself must not switch the other off.

    The gateway must have answered when the peer was silent already: both may have been lost together.
    """
    later = case.seen.reached_at - case.seen.heard_at >= case.settings.suspect_after
    return case.settings.fencing and later and case.has_gateway


def standby_said_so(case: Assessment) -> bool:
    """R1: the peer gave up just this grant, and never takes it again: the heartbeat may be of any age.

    Unless an operator made it active without one.
    """
    peer, ours = case.peer, case.me.record
    return peer is not None and peer.freed == ours.grant and not outranks(peer.record, ours)


def may_go_alone(case: Assessment) -> bool:
    """R1: commits may go on without the standby: its grant is gone."""
    if standby_said_so(case) or fenced(case):
        return True
    return case.me.loss_since is not None and case.now - case.me.loss_since >= case.settings.lease


def may_grant(case: Assessment) -> bool:
    """R1: each commit waits for the standby, and it has all earlier ones."""
    store, peer = case.store, case.heard_peer
    return (
        store is not None
        and store.synchronous
        and store.in_step
        and peer is not None
        and peer.fit
        and peer.record.last_role is LastRole.STANDBY
        and peer.record.grant.epoch == case.me.record.grant.epoch
    )


def is_granted(case: Assessment) -> bool:
    """R2: the active says that this boot of this server may take over; never by a grant that was given up."""
    peer = case.peer
    return peer is not None and peer.grantee == case.me.boot and peer.record.grant != case.me.freed


def has_replayed(case: Assessment) -> bool:
    """R2: the database has replayed all it received. Without a fresh figure it has not."""
    store = case.store
    return store is not None and store.database is Database.STANDBY and store.replayed


def peer_let_go(case: Assessment) -> bool:
    """R2: the peer holds nothing and waits for our heartbeat; that stays true until we send it."""
    peer = case.peer
    return peer is not None and peer.inactive and peer.record.grant == case.me.grant


def waited_out(case: Assessment) -> bool:
    """R2, R3: the signature of a power loss has stood longer than an active could live cut off."""
    return case.me.loss_since is not None and case.now - case.me.loss_since >= case.settings.deadline


def may_take_over(case: Assessment) -> bool:
    """R2: all of it."""
    if case.me.grant is None or not has_replayed(case):
        return False
    if peer_let_go(case):
        return True
    alone = not case.hears_peer and case.has_gateway
    return alone and (fenced(case) or waited_out(case))


def can_hand_over(case: Assessment) -> bool:
    """The peer is heard, well, and holds the grant."""
    peer = case.heard_peer
    return peer is not None and peer.well and peer.holds == case.me.record.grant


def is_cut_off(case: Assessment) -> bool:
    """R3: neither the peer nor the gateway for a whole lease: somebody else may become active."""
    reached = max(case.seen.heard_at, case.seen.reached_at)
    return case.now - reached >= case.settings.lease


def may_resume_alone(case: Assessment) -> bool:
    """R4: was SOLO, so nobody else can have become active but by an operator's command.

    Looks for the peer first, and for whoever answers for the floating address.
    """
    if case.me.record.last_role is not LastRole.SOLO or not address_is_free(case):
        return False
    if (peer := case.heard_peer) is not None:
        return not outranks(peer.record, case.me.record)
    return case.has_gateway and case.in_state_for >= case.settings.boot_patience


def may_resume_by_heartbeat(case: Assessment) -> bool:
    """R4: was PAIRED, and the peer says that it did not take over and never will.

    Fencing the peer proves nothing here: it may have taken over before.
    """
    paired = case.me.record.last_role is LastRole.PAIRED
    return paired and case.hears_peer and standby_said_so(case)


def may_be_forced(case: Assessment) -> bool:
    """An operator may have all opened but a database that is half the other server's."""
    return case.seen.store.value.database is not Database.HALF


def is_forced(case: Assessment) -> bool:
    """An operator's command, in place of R2 and R4."""
    return case.seen.command is OperatorCommand.FORCE_ACTIVE and may_be_forced(case)


def outranks(theirs: Record, ours: Record) -> bool:
    """The other was active later. Epochs are of two colours, so that they are never equal."""
    return theirs.last_role is not LastRole.STANDBY and theirs.grant.epoch > ours.grant.epoch


def may_serve(case: Assessment) -> bool:
    """R5: address and trunks only beside an open database, and never because of VRRP."""
    return case.me.state in ACTIVE and case.database is Database.PRIMARY


def may_follow(case: Assessment) -> bool:
    """R6: an old active gives up its history only for a later active, and is a standby on disk before."""
    peer = case.peer
    return peer is not None and peer.active and case.me.record.last_role is LastRole.STANDBY


def are_divided(ours: Record, theirs: Record) -> bool:
    """R7: each has changes that the other never had. Both see it, since it stands in the records.

    Whoever was active earlier ended it alone: it had granted nobody the take-over, so the other was forced.
    """
    earlier, later = sorted((ours, theirs), key=lambda record: record.grant.epoch)
    both = LastRole.STANDBY not in (ours.last_role, theirs.last_role)
    return both and earlier.grant.epoch != later.grant.epoch and earlier.last_role is LastRole.SOLO


def sees_division(case: Assessment) -> bool:
    """R7: by the peer's last heartbeat."""
    return case.peer is not None and are_divided(case.me.record, case.peer.record)


def has_diverged(case: Assessment) -> bool:
    """R7: has changes that the active has not: an operator chooses which ones are given up.

    Also where it was active later, whatever the records say of the way there.
    """
    peer, ours = case.peer, case.me.record
    if peer is None or not peer.active:
        return False
    was_active = ours.last_role is not LastRole.STANDBY
    return sees_division(case) or (was_active and not outranks(peer.record, ours))


def may_give_up(case: Assessment) -> bool:
    """R7: an operator says so, and the other, which keeps its changes, is there to serve."""
    peer = case.heard_peer
    if case.seen.command is not OperatorCommand.REJOIN or peer is None:
        return False
    if case.me.state is PairState.FAULT:
        return case.me.diverged and peer.active
    return peer.state is PairState.FAULT and sees_division(case)


def peer_gave_up(case: Assessment) -> bool:
    """R7: an operator chose this server's changes: the peer waits to follow."""
    peer = case.heard_peer
    return peer is not None and not peer.active and peer.record.keeps
