"""What of the pair an operator must know, with what to do. Pure.

Owns the alarms and their words; docs/operator/pair.md repeats them.
"""

from collections.abc import Iterator
from enum import Enum

from usnd.domain.pair import rules
from usnd.domain.pair.evidence import NEVER, Arbiter, Evidence, LastRole, PairSettings, Power
from usnd.domain.pair.states import ACTIVE, RIGHTFUL, PairState


class PairAlarm(Enum):
    """The sentence that stands in the journal and the status."""

    PEER_SILENT = "the other server is not heard"
    PATH_SILENT = "one path to the other server is silent"
    NOT_COVERED = "nobody can take over from this server"
    CANNOT_TAKE_OVER = "this server cannot take over"
    COMMITS_WAIT = "changes wait for the standby"
    WAITS_FOR_PEER = "waits for the other server: only it knows whether it was active later; switch it on"
    CUT_OFF = "nobody serves: this server hears neither the other nor the gateway"
    NOBODY_SERVES = "neither server serves, though they hear each other"
    STRANGER = (
        "another machine answers for the floating address, so that texts and calls may go to it: find it by"
        " the MAC address in the status, and take it off the network"
    )
    NO_GATEWAY = "the gateway does not answer"
    BOND_BY_LINKS = "no target of the bond answers: its links decide"
    FIREWALL = "the firewall is not as it was given"
    NO_CONSOLE = "the other server's remote console does not answer"
    NOT_FENCED = "fencing is not configured and tested: nobody takes over by itself"
    SLOW_CONSOLE = "the other server's remote console is slow"
    ILL = "this server should not serve"
    UNABLE = "this server could not serve if it had to"
    RECORD = "the pair's record cannot be read or written"
    DIVERGED = "both servers were active alone: each has changes that the other has not"
    NOT_KEPT = (
        "what only this server has cannot be put aside, so that it does not follow the other: `unkept` in the"
        " status says why; mend that, it is tried again by itself"
    )
    STUCK = "this server cannot let go of its role"
    MAINTENANCE = "maintenance is on: nothing happens by itself"


AT_ONCE = frozenset({PairAlarm.RECORD, PairAlarm.NOT_FENCED, PairAlarm.DIVERGED, PairAlarm.MAINTENANCE})
"""Rest on the record and the configuration. All else is first looked at for a moment after a start."""

TOLD_BY = {
    PairAlarm.CUT_OFF: {PairAlarm.PEER_SILENT, PairAlarm.CANNOT_TAKE_OVER, PairAlarm.NO_GATEWAY},
    PairAlarm.NOT_KEPT: {PairAlarm.CANNOT_TAKE_OVER},
}
"""What follows from another alarm, which says more."""


def alarms(
    me: Arbiter, seen: Evidence, now: float, settings: PairSettings, started: float = NEVER
) -> tuple[PairAlarm, ...]:
    """Those that are raised, in the order of their Enum. started: when this arbiter began to look."""
    looks = now - started >= settings.fresh
    raised = {
        alarm for alarm, is_so in _judged(me, seen, now, settings) if is_so and (looks or alarm in AT_ONCE)
    }
    for more, less in TOLD_BY.items():
        raised -= less if more in raised else set()
    return tuple(alarm for alarm in PairAlarm if alarm in raised)


# A decision rests on what is known now; what rings at night must stay so for seconds on a busy server.
def _judged(
    me: Arbiter, seen: Evidence, now: float, settings: PairSettings
) -> Iterator[tuple[PairAlarm, bool]]:
    heard = rules.hears_peer(seen, now, settings)
    silent = any(now - at >= settings.fresh for at in seen.heard.values())
    latest = settings.console_patience + 2 * seen.console_took
    console = seen.power.value is not Power.SILENT and now - seen.power.at <= latest
    active, waiting = me.state in ACTIVE, me.state in (PairState.BOOT, PairState.HANDOVER)
    slow = console and seen.console_took > settings.console_answer / 2
    for_long = now - me.since >= settings.damping  # a planned hand-over is no alarm
    hindered = me.state is PairState.FENCING and now - me.since >= settings.deadline
    yield PairAlarm.PEER_SILENT, not heard
    yield PairAlarm.PATH_SILENT, heard and silent
    yield PairAlarm.NOT_COVERED, me.state is PairState.ACTIVE_SOLO and for_long
    yield PairAlarm.CANNOT_TAKE_OVER, hindered or (for_long and not (active or me.state in RIGHTFUL))
    yield PairAlarm.COMMITS_WAIT, me.stalled_since is not None and now - me.stalled_since >= settings.stall
    yield PairAlarm.WAITS_FOR_PEER, waiting and me.record.standing is not LastRole.SOLO and not heard
    yield PairAlarm.CUT_OFF, _is_kept_from_serving(me, seen, now, settings)
    yield PairAlarm.NOBODY_SERVES, _is_idle_pair(me, seen, now, settings)
    yield PairAlarm.STRANGER, _is_claimed(me, seen, now, settings)
    yield PairAlarm.NO_GATEWAY, now - seen.gateway_at >= settings.fresh
    yield PairAlarm.BOND_BY_LINKS, seen.by_links
    yield PairAlarm.FIREWALL, not seen.firewall_ok
    yield PairAlarm.NO_CONSOLE, not console
    yield PairAlarm.NOT_FENCED, not settings.fencing
    yield PairAlarm.SLOW_CONSOLE, slow
    yield PairAlarm.ILL, _is_ill(me, seen, settings)
    yield PairAlarm.UNABLE, bool(seen.unable) and for_long  # its parts are tried first
    yield PairAlarm.RECORD, not seen.record_ok
    yield PairAlarm.DIVERGED, me.diverged or rules.sees_division(me, seen)
    yield PairAlarm.NOT_KEPT, me.record.keeps and bool(seen.unkept) and for_long
    yield PairAlarm.STUCK, me.state is PairState.FAULT and not me.diverged and seen.record_ok
    yield PairAlarm.MAINTENANCE, me.maintenance


def _is_kept_from_serving(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """It was active alone, so that nobody else can serve, and does not itself: R3 and R4."""
    alone = me.record.standing is LastRole.SOLO and me.state is PairState.BOOT
    waited = now - me.since >= settings.boot_patience
    cut_off = not rules.hears_peer(seen, now, settings) and not rules.has_gateway(seen, now, settings)
    return alone and waited and cut_off


def _is_claimed(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """Another answers for the address that this server holds, or that it waits for to serve with."""
    if seen.claim is None or seen.claim.lasted < settings.damping:
        return False
    if me.state in ACTIVE:
        return seen.claim.held
    waited = now - me.since
    resumes = me.state is PairState.BOOT and me.record.standing is LastRole.SOLO
    waits = resumes and waited >= settings.boot_patience
    hindered = me.state is PairState.FENCING and waited >= settings.deadline
    return (waits or hindered) and not seen.claim.held


def _is_idle_pair(me: Arbiter, seen: Evidence, now: float, settings: PairSettings) -> bool:
    """For longer than any hand-over or take-over lasts."""
    peer = seen.peer if rules.hears_peer(seen, now, settings) else None
    idle = peer is not None and not peer.active and me.state not in ACTIVE
    return idle and now - me.since >= settings.deadline


def _is_ill(me: Arbiter, seen: Evidence, settings: PairSettings) -> bool:
    """A start takes a moment. A standby is not given time: nothing of it starts."""
    return me.illness >= min(settings.fresh, settings.damping) if me.state in ACTIVE else bool(seen.ill)


def particulars(alarm: PairAlarm, seen: Evidence) -> dict[str, str]:
    """What the journal says beside the sentence: which machine, which part, why."""
    known = {
        PairAlarm.STRANGER: {"mac": seen.claim.mac if seen.claim is not None else ""},
        PairAlarm.ILL: {"ill": seen.ill},
        PairAlarm.UNABLE: {"unable": seen.unable},
        PairAlarm.NOT_KEPT: {"unkept": seen.unkept},
    }
    return known.get(alarm, {})
