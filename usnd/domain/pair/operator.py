"""Whether what an operator commands can be done now, and why not. Pure.

The arbiter's control socket (usnd/pair/control.py) asks before it passes a command on; a refusal says what
was found, and what to do first.
"""

from usnd.domain.pair import rules
from usnd.domain.pair.assessment import Assessment
from usnd.domain.pair.evidence import OperatorCommand, Power
from usnd.domain.pair.states import ACTIVE, PairState

SEEN_OFF = "add `--seen-off` only if you have seen that the other server itself has no power"


def refusal(case: Assessment, command: OperatorCommand, *, seen_off: bool = False) -> str:
    """Why the command is refused; empty when it is not. seen_off: a person has looked at the other server."""
    if command is OperatorCommand.SWITCH_OVER:
        return _no_switch_over(case)
    if command is OperatorCommand.FORCE_ACTIVE:
        return _cannot_force(case) or ("" if seen_off else _should_not_force(case))
    if command is OperatorCommand.REJOIN:
        return _no_rejoin(case)
    return ""


def _no_switch_over(case: Assessment) -> str:
    if case.me.state is not PairState.ACTIVE_PAIRED:
        return "only the active server of a pair in step can hand over: say switch-over there"
    able = rules.can_hand_over(case)
    return "" if able else "the other server cannot take over now: see its status"


def _cannot_force(case: Assessment) -> str:
    """What holds whatever a person says."""
    me = case.me
    if me.state in (PairState.BOOT, PairState.FAULT) and not case.released:
        return "this server is still letting go of what it may hold: try again in a few seconds"
    if me.state is PairState.FAULT and not me.diverged:
        return "this server needs a person first: see its alarms"
    if not rules.may_be_forced(case):
        return "this server's database is half the other's: see “On the disk” in docs/operator/pair.md"
    if me.state is PairState.ACTIVE_SOLO:
        return "this server is already active, and alone"
    peer = case.heard_peer
    if peer is not None and peer.state in ACTIVE:
        return "the other server is active: say switch-over there"
    return "" if me.state in ACTIVE else _lives(case)


def _lives(case: Assessment) -> str:
    """What shows that the other server has power, whatever a person saw."""
    store = case.store
    if store is not None and store.following:
        return "the other server is not off: its database still sends to this one. Switch it off first"
    if case.seen.silent.fresh(case.now, case.settings.fresh) is False:
        return (
            "a machine answers for the floating address, so the other server may be active: switch it off"
            " first, or whatever else has that address"
        )
    return ""


def _should_not_force(case: Assessment) -> str:
    """What a tired person may have overlooked: an active that is only not heard, or one that knows more."""
    if (peer := case.heard_peer) is not None:
        later = rules.outranks(peer.record, case.me.record)
        return (
            "the other server was active later and has changes that this one lacks: say force-active there"
            if later
            else ""
        )
    power = case.peer_power
    if power is Power.ON:
        return (
            "the other server has power, and may be active: switch it off by its console first, and"
            f" {SEEN_OFF}"
        )
    if power is Power.OFF:
        return ""
    return (
        "the other server's remote console does not answer, so that server may be on and active: go to it and"
        f" look, and {SEEN_OFF}"
    )


def _no_rejoin(case: Assessment) -> str:
    me, peer = case.me, case.heard_peer
    if not (me.diverged or rules.sees_division(case)):
        return "there is nothing to choose: the servers' histories agree"
    if peer is None:
        return "the other server is not heard: nobody would have the changes that this one gives up"
    if me.diverged and not peer.active:
        return "the other server is not active: nobody would serve with its changes"
    if not me.diverged and not (me.state is PairState.ACTIVE_SOLO and peer.state is PairState.FAULT):
        return "the other server is not waiting for this choice: see its status"
    return ""
