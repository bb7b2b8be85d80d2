"""What an operator may order now, and why not: each order is checked before it is obeyed. Pure.

Owns the words of a refusal: what was found, and what to do first. Called by the arbiter's control socket.
"""

from usnd.domain.pair import arbiter as arbiters
from usnd.domain.pair import rules
from usnd.domain.pair.evidence import Arbiter, Evidence, OperatorCommand, PairSettings, Power
from usnd.domain.pair.states import ACTIVE, PairState

SEEN_OFF = "add `--seen-off` only if you have seen that the other server itself has no power"


def refusal(
    me: Arbiter,
    seen: Evidence,
    now: float,
    settings: PairSettings,
    order: OperatorCommand,
    *,
    seen_off: bool = False,
) -> str:
    """Why the order is not obeyed; empty when it is. seen_off: a person has looked at the other server."""
    if order is OperatorCommand.SWITCH_OVER:
        return _no_switch_over(me, seen, now, settings)
    if order is OperatorCommand.FORCE_ACTIVE:
        return _cannot_force(me, seen, now, settings) or (
            "" if seen_off else _should_not_force(me, seen, now, settings)
        )
    if order is OperatorCommand.REJOIN:
        return _no_rejoin(me, seen, now, settings)
    return ""


def _no_switch_over(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> str:
    if me.state is not PairState.ACTIVE_PAIRED:
        return "only the active of a pair in step hands over; ask it there"
    able = rules.can_hand_over(me, seen, now, settings)
    return "" if able else "the other server cannot take over now: see its status"


def _cannot_force(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> str:
    """What no word of a person changes."""
    if me.state in (PairState.BOOT, PairState.FAULT) and not arbiters.released(seen, now, settings):
        return "this server still lets go of what it may hold: ask again in a few seconds"
    if me.state is PairState.FAULT and not me.diverged:
        return "this server needs a person first: see its alarms"
    if not rules.may_be_forced(seen):
        return "this server's database is half the other's: docs/operator/pair.md, “On the disk”"
    if me.state is PairState.ACTIVE_SOLO:
        return "this server is active alone already"
    heard = rules.hears_peer(seen, now, settings) and seen.peer is not None
    if heard and seen.peer is not None and seen.peer.state in ACTIVE:
        return "the other server is active: use switch-over there"
    return "" if me.state in ACTIVE else _lives(seen, now, settings)


def _lives(seen: Evidence, now: float, settings: PairSettings) -> str:
    """What shows that the other server has power, whatever a person saw."""
    store = seen.store.fresh(now, settings.fresh)
    if store is not None and store.following:
        return "the other server is not off: its database still sends to this one. Switch it off first"
    if seen.silent.fresh(now, settings.fresh) is False:
        return (
            "somebody answers for the floating address, so the other server may be active: switch it off"
            " first, or whatever else has that address"
        )
    return ""


def _should_not_force(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> str:
    """What a tired person may have overlooked: an active that is only not heard, or one that knows more."""
    if seen.peer is not None and rules.hears_peer(seen, now, settings):
        later = rules.outranks(seen.peer.record, me.record)
        return (
            "the other server was active later and has changes that this one has not: force it there"
            if later
            else ""
        )
    power = rules.power(seen, now, settings)
    if power is Power.ON:
        return (
            "the other server has power, and may be active: switch it off by its console first, and"
            f" {SEEN_OFF}"
        )
    if power is Power.OFF:
        return ""
    return (
        "the other server's remote console does not answer, so nobody knows whether that server is off: go to"
        f" it and look, and {SEEN_OFF}"
    )


def _no_rejoin(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> str:
    if not (me.diverged or rules.sees_division(me, seen)):
        return "there is nothing to choose: the servers' histories agree"
    if seen.peer is None or not rules.hears_peer(seen, now, settings):
        return "the other server is not heard: nobody would have what this one gives up"
    if me.diverged and not seen.peer.active:
        return "the other server is not active: nobody would serve with its changes"
    if not me.diverged and not (me.state is PairState.ACTIVE_SOLO and seen.peer.state is PairState.FAULT):
        return "the other server does not wait for this choice: see its status"
    return ""
