"""Whether a call ties: its leg in the switch's log, its records, their lines in files, their receipt. Pure.

services/billing/reconcile.py gathers what there is of each call; here it is said what of it does not fit.
Whatever is no fault, but would look like one, has a name too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.switch_log import Leg

TOLERANCE = timedelta(seconds=2)
"""By which the talk of a leg and of its records may differ: usnd hears of both ends a moment later."""


class Finding(Enum):
    """What is said of a call. The first ones are differences, the others are in order."""

    NO_RECORD = "no-record"
    NO_LEG = "no-leg"
    ANSWER_DIFFERS = "answer-differs"
    LENGTH_DIFFERS = "length-differs"
    LINE_MISSING = "line-missing"
    LINE_DIFFERS = "line-differs"
    LINE_UNKNOWN = "line-unknown"
    NOT_CONFIRMED = "not-confirmed"
    TIED = "tied"
    STILL_UP = "still-up"
    RECONCILED = "reconciled"
    OTHER_NODE = "other-node"
    BEFORE_LOG = "before-log"
    NOT_PLACED = "not-placed"
    OTHER_TRUNK = "other-trunk"
    NO_CONFERENCE = "no-conference"
    NOT_DUE = "not-due"

    @property
    def differs(self) -> bool:
        """Somebody has to look."""
        return self in _DIFFERENCES


_DIFFERENCES = frozenset(list(Finding)[: list(Finding).index(Finding.TIED)])

SAYS = {
    Finding.NO_RECORD: "the switch had this call, and there is no CDR of it",
    Finding.NO_LEG: "there is a CDR of an answered call, and the switch did not have it",
    Finding.ANSWER_DIFFERS: "switch and CDR do not agree on whether it was answered",
    Finding.LENGTH_DIFFERS: "switch and CDRs do not agree on how long it was",
    Finding.LINE_MISSING: "the file that is to have the CDR has no such line",
    Finding.LINE_DIFFERS: "the line in the file says something else than the CDR",
    Finding.LINE_UNKNOWN: "a file has a line for which there is no CDR",
    Finding.NOT_CONFIRMED: "the destination has not confirmed the file with the CDR",
    Finding.TIED: "all agree",
    Finding.STILL_UP: "it goes on",
    Finding.RECONCILED: "nobody reported its end: the CDR ends when it was last known to be up",
    Finding.OTHER_NODE: "the other server had it: its log is there",
    Finding.BEFORE_LOG: "it was before the switch's log begins",
    Finding.NOT_PLACED: "it was never answered, and never came to the switch",
    Finding.OTHER_TRUNK: "it was tried again over another trunk: that attempt has the CDR",
    Finding.NO_CONFERENCE: "it came in and reached no conference: such a call has no CDR",
    Finding.NOT_DUE: "its hour is not closed yet",
}


@dataclass(frozen=True, slots=True)
class Call:
    """What there is of one call. records: all of it, the interim ones first. live: usnd says that it goes on.

    retried: it was given up for another trunk.
    """

    id: str
    leg: Leg | None
    records: Sequence[tuple[int, Cdr]]
    live: bool = False
    retried: bool = False

    @property
    def charged(self) -> timedelta:
        """By all its records."""
        return sum((cdr.charged for _, cdr in self.records), timedelta(0))


@dataclass(frozen=True, slots=True)
class Switch:
    """Whose log it is. node: the server's name in CDRs. since: when the log begins; None: it is empty."""

    node: str
    since: datetime | None


def judge_call(call: Call, switch: Switch) -> Finding:
    """Whether leg and records agree."""
    if call.live:
        return Finding.STILL_UP
    final = next((cdr for _, cdr in reversed(call.records) if cdr.interim_of is None), None)
    if call.leg is None:
        return _without_leg(call, final, switch)
    if final is None:
        return _without_record(call, call.leg)
    if call.leg.ended is None:
        return Finding.RECONCILED if final.reconciled else Finding.LENGTH_DIFFERS
    if (call.leg.answered is None) != (final.answer is None):
        return Finding.ANSWER_DIFFERS
    if final.reconciled and call.charged <= call.leg.talked + TOLERANCE:
        return Finding.RECONCILED
    return Finding.TIED if abs(call.charged - call.leg.talked) <= TOLERANCE else Finding.LENGTH_DIFFERS


def _without_leg(call: Call, final: Cdr | None, switch: Switch) -> Finding:
    cdr = call.records[-1][1] if final is None else final
    if cdr.node not in {"", switch.node}:
        return Finding.OTHER_NODE
    if cdr.answer is None:
        return Finding.NOT_PLACED
    if switch.since is None or cdr.stop < switch.since:
        return Finding.BEFORE_LOG
    return Finding.NO_LEG


def _without_record(call: Call, leg: Leg) -> Finding:
    if leg.outside:
        return Finding.NO_CONFERENCE
    if call.retried:
        return Finding.OTHER_TRUNK
    return Finding.NO_RECORD


@dataclass(frozen=True, slots=True)
class Holding:
    """Where a record is to be for one destination. line: what the file has; None: no such line.

    closed: its file is. here: the file is on this server's disk; otherwise its digest stands for its lines.
    """

    closed: bool
    confirmed: bool = False
    here: bool = False
    line: bytes | None = None
    wanted: bytes = b""


def judge_line(holding: Holding) -> Finding:
    """Whether the record is in its file, and the file was received."""
    if not holding.closed:
        return Finding.NOT_DUE
    if holding.here and holding.line is None:
        return Finding.LINE_MISSING
    if holding.here and holding.line != holding.wanted:
        return Finding.LINE_DIFFERS
    return Finding.TIED if holding.confirmed else Finding.NOT_CONFIRMED
