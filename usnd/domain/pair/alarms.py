"""The pair's alarms: which are raised, and the sentence of each. Pure.

usnd/pair/runner.py asks at each step, and writes what is new to the journal; `usnd pair status` shows what
stands. docs/operator/pair.md has each sentence with what to do.
"""

from collections.abc import Iterator
from enum import Enum

from usnd.domain.pair import rules
from usnd.domain.pair.assessment import Assessment
from usnd.domain.pair.evidence import NEVER, Evidence, LastRole, Power
from usnd.domain.pair.states import ACTIVE, GRANTED, PairState


class PairAlarm(Enum):
    """The sentence that stands in the journal and the status."""

    PEER_SILENT = "no heartbeat from the other server"
    PATH_SILENT = "no heartbeat over one of the paths to the other server"
    NOT_COVERED = "this server serves alone: no standby could take over"
    CANNOT_TAKE_OVER = "this server cannot take over"
    COMMITS_WAIT = "database commits wait for the standby"
    WAITS_FOR_PEER = "waiting for the other server, which may have been active later: switch it on"
    CUT_OFF = "no server is active: this one reaches neither the other server nor the gateway"
    NOBODY_SERVES = "neither server is active, although they hear each other"
    STRANGER = (
        "another machine answers ARP for the floating address and may receive texts and calls: find it by its"
        " MAC address in the status, and take it off the network"
    )
    NO_GATEWAY = "the gateway does not answer"
    BOND_BY_LINKS = "no ARP target of the bond answers: the bond goes by link state alone"
    FIREWALL = "the firewall in force is not the configured one"
    NO_CONSOLE = "the other server's remote console does not answer"
    NOT_FENCED = "fencing is not configured and tested: no automatic take-over"
    SLOW_CONSOLE = "the other server's remote console is slow"
    ILL = "local health check failed"
    UNABLE = "this server could not serve if it took over"
    RECORD = "the pair's record cannot be read or written"
    DIVERGED = "both servers were active alone: each has changes that the other lacks"
    NOT_KEPT = (
        "this server cannot save its own changes aside, so it does not follow the other server: fix what"
        " `unkept` in the status names; it is retried automatically"
    )
    STUCK = "this server cannot let go of the active role"
    MAINTENANCE = "maintenance is on: no automatic take-over, hand-over or restart"


AT_ONCE = frozenset({PairAlarm.RECORD, PairAlarm.NOT_FENCED, PairAlarm.DIVERGED, PairAlarm.MAINTENANCE})
"""Rest on the record and the configuration. All else is first looked at for a moment after a start."""

TOLD_BY = {
    PairAlarm.CUT_OFF: {PairAlarm.PEER_SILENT, PairAlarm.CANNOT_TAKE_OVER, PairAlarm.NO_GATEWAY},
    PairAlarm.NOT_KEPT: {PairAlarm.CANNOT_TAKE_OVER},
}
"""What follows from another alarm, which says more."""


def alarms(case: Assessment, started: float = NEVER) -> tuple[PairAlarm, ...]:
    """Those that are raised, in the order of their Enum. started: when this arbiter began to look."""
    looks = case.now - started >= case.settings.fresh
    raised = {alarm for alarm, is_so in _judged(case) if is_so and (looks or alarm in AT_ONCE)}
    for more, less in TOLD_BY.items():
        raised -= less if more in raised else set()
    return tuple(alarm for alarm in PairAlarm if alarm in raised)


# A decision rests on what is known now; what rings at night must stay so for seconds on a busy server.
def _judged(case: Assessment) -> Iterator[tuple[PairAlarm, bool]]:
    me, seen, settings = case.me, case.seen, case.settings
    silent = any(case.now - at >= settings.fresh for at in seen.heard.values())
    active, waiting = me.state in ACTIVE, me.state in (PairState.BOOT, PairState.HANDOVER)
    for_long = case.in_state_for >= settings.damping  # a planned hand-over is no alarm
    hindered = me.state is PairState.FENCING and case.in_state_for >= settings.deadline
    console = _console_answers(case)
    yield PairAlarm.PEER_SILENT, not case.hears_peer
    yield PairAlarm.PATH_SILENT, case.hears_peer and silent
    yield PairAlarm.NOT_COVERED, me.state is PairState.ACTIVE_SOLO and for_long
    yield PairAlarm.CANNOT_TAKE_OVER, hindered or (for_long and not (active or me.state in GRANTED))
    yield PairAlarm.COMMITS_WAIT, me.stalled_since is not None and case.stalled_for >= settings.stall
    not_alone = me.record.last_role is not LastRole.SOLO
    yield PairAlarm.WAITS_FOR_PEER, waiting and not_alone and not case.hears_peer
    yield PairAlarm.CUT_OFF, _is_kept_from_serving(case)
    yield PairAlarm.NOBODY_SERVES, _is_idle_pair(case)
    yield PairAlarm.STRANGER, _is_claimed(case)
    yield PairAlarm.NO_GATEWAY, case.now - seen.gateway_at >= settings.fresh
    yield PairAlarm.BOND_BY_LINKS, seen.by_links
    yield PairAlarm.FIREWALL, not seen.firewall_ok
    yield PairAlarm.NO_CONSOLE, not console
    yield PairAlarm.NOT_FENCED, not settings.fencing
    yield PairAlarm.SLOW_CONSOLE, console and seen.console_took > settings.console_answer / 2
    yield PairAlarm.ILL, _is_ill(case)
    yield PairAlarm.UNABLE, bool(seen.unable) and for_long  # its parts are tried first
    yield PairAlarm.RECORD, not seen.record_ok
    yield PairAlarm.DIVERGED, me.diverged or rules.sees_division(case)
    yield PairAlarm.NOT_KEPT, me.record.keeps and bool(seen.unkept) and for_long
    yield PairAlarm.STUCK, me.state is PairState.FAULT and not me.diverged and seen.record_ok
    yield PairAlarm.MAINTENANCE, me.maintenance


def _console_answers(case: Assessment) -> bool:
    """The peer's. What was asked last may take twice as long as the question before."""
    latest = case.settings.console_patience + 2 * case.seen.console_took
    power = case.seen.power
    return power.value is not Power.SILENT and case.now - power.at <= latest


def _is_kept_from_serving(case: Assessment) -> bool:
    """It was active alone, so that nobody else can serve, and does not itself: R3 and R4."""
    alone = case.me.record.last_role is LastRole.SOLO and case.me.state is PairState.BOOT
    waited = case.in_state_for >= case.settings.boot_patience
    return alone and waited and not case.hears_peer and not case.has_gateway


def _is_claimed(case: Assessment) -> bool:
    """Another answers for the address that this server holds, or that it waits for to serve with."""
    me, claim, settings = case.me, case.seen.claim, case.settings
    if claim is None or claim.lasted < settings.damping:
        return False
    if me.state in ACTIVE:
        return claim.held
    resumes = me.state is PairState.BOOT and me.record.last_role is LastRole.SOLO
    waits = resumes and case.in_state_for >= settings.boot_patience
    hindered = me.state is PairState.FENCING and case.in_state_for >= settings.deadline
    return (waits or hindered) and not claim.held


def _is_idle_pair(case: Assessment) -> bool:
    """For longer than any hand-over or take-over lasts."""
    peer = case.heard_peer
    idle = peer is not None and not peer.active and case.me.state not in ACTIVE
    return idle and case.in_state_for >= case.settings.deadline


def _is_ill(case: Assessment) -> bool:
    """A start takes a moment. A standby is not given time: nothing of it starts."""
    if case.me.state not in ACTIVE:
        return bool(case.seen.ill)
    return case.me.illness >= min(case.settings.fresh, case.settings.damping)


def sentence(alarm: PairAlarm, seen: Evidence) -> str:
    """For the status: the alarm, and of a failed health check the part: `database`, `disk`, …"""
    named = alarm is PairAlarm.ILL and seen.ill
    return f"{alarm.value}: {seen.ill}" if named else alarm.value


def particulars(alarm: PairAlarm, seen: Evidence) -> dict[str, str]:
    """What the journal says beside the alarm: which machine, which part, why."""
    known = {
        PairAlarm.STRANGER: {"mac": seen.claim.mac if seen.claim is not None else ""},
        PairAlarm.ILL: {"ill": seen.ill},
        PairAlarm.UNABLE: {"unable": seen.unable},
        PairAlarm.NOT_KEPT: {"unkept": seen.unkept},
    }
    return known.get(alarm, {})
