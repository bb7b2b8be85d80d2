"""What a server of the pair can be, and the table of its transitions. Pure data.

arbiter.py looks up where a transition leads, and raises KeyError for one that is not in the table; the rules
that permit a transition are in rules.py. docs/pair-states.md is drawn from here.
"""

from dataclasses import dataclass
from enum import Enum


class PairState(Enum):
    """STATE_WORDS says what each does."""

    BOOT = "boot"
    CATCHUP = "catchup"
    STANDBY = "standby"
    SUSPECT = "suspect"
    FENCING = "fencing"
    PROMOTING = "promoting"
    ACTIVE_SOLO = "active_solo"
    ACTIVE_PAIRED = "active_paired"
    HANDOVER = "handover"
    FAULT = "fault"


class Transition(Enum):
    """What takes a server from one state to the next; the words are those of the diagram."""

    PEER_ACTIVE = "the peer is active"
    RESUMES = "may be active without a grant"
    FORCED = "an operator says force-active"
    GRANTED = "was granted the take-over"
    GRANT_LOST = "gave up its grant"
    PEER_SILENT = "the peer is silent"
    PEER_HEARD = "the peer is heard again"
    FENCE = "the peer stays silent"
    TAKES_OVER = "the peer is gone"
    PRIMARY = "the database is open"
    PAIRED = "the standby has everything"
    ALONE = "the standby cannot take over"
    HAND_OVER = "the peer shall take over"
    WITHDRAWN = "the peer cannot take over now"
    CUT_OFF = "hears neither peer nor gateway"
    OUTRANKED = "the peer is active with a higher epoch"
    GIVES_UP = "an operator gives up what only it has"
    BROKEN = "needs a person"
    REPAIRED = "repaired"


ACTIVE = frozenset({PairState.ACTIVE_SOLO, PairState.ACTIVE_PAIRED})
"""Holds the address and the trunks; its database is open."""

GRANTED = frozenset({PairState.STANDBY, PairState.SUSPECT, PairState.FENCING})
"""Holds the grant to take over."""


@dataclass(frozen=True, slots=True)
class Row:
    """`on` that transition a server in `state` becomes what is named there."""

    state: PairState
    on: Transition
    becomes: PairState


ROWS = (
    Row(state=PairState.BOOT, on=Transition.PEER_ACTIVE, becomes=PairState.CATCHUP),
    Row(state=PairState.BOOT, on=Transition.RESUMES, becomes=PairState.PROMOTING),
    Row(state=PairState.BOOT, on=Transition.FORCED, becomes=PairState.PROMOTING),
    Row(state=PairState.BOOT, on=Transition.BROKEN, becomes=PairState.FAULT),
    Row(state=PairState.CATCHUP, on=Transition.GRANTED, becomes=PairState.STANDBY),
    Row(state=PairState.CATCHUP, on=Transition.FORCED, becomes=PairState.PROMOTING),
    Row(state=PairState.STANDBY, on=Transition.GRANT_LOST, becomes=PairState.CATCHUP),
    Row(state=PairState.STANDBY, on=Transition.TAKES_OVER, becomes=PairState.PROMOTING),
    Row(state=PairState.STANDBY, on=Transition.FORCED, becomes=PairState.PROMOTING),
    Row(state=PairState.STANDBY, on=Transition.PEER_SILENT, becomes=PairState.SUSPECT),
    Row(state=PairState.SUSPECT, on=Transition.GRANT_LOST, becomes=PairState.CATCHUP),
    Row(state=PairState.SUSPECT, on=Transition.TAKES_OVER, becomes=PairState.PROMOTING),
    Row(state=PairState.SUSPECT, on=Transition.FORCED, becomes=PairState.PROMOTING),
    Row(state=PairState.SUSPECT, on=Transition.PEER_HEARD, becomes=PairState.STANDBY),
    Row(state=PairState.SUSPECT, on=Transition.FENCE, becomes=PairState.FENCING),
    Row(state=PairState.FENCING, on=Transition.GRANT_LOST, becomes=PairState.CATCHUP),
    Row(state=PairState.FENCING, on=Transition.TAKES_OVER, becomes=PairState.PROMOTING),
    Row(state=PairState.FENCING, on=Transition.FORCED, becomes=PairState.PROMOTING),
    Row(state=PairState.FENCING, on=Transition.PEER_HEARD, becomes=PairState.STANDBY),
    Row(state=PairState.PROMOTING, on=Transition.CUT_OFF, becomes=PairState.BOOT),
    Row(state=PairState.PROMOTING, on=Transition.OUTRANKED, becomes=PairState.BOOT),
    Row(state=PairState.PROMOTING, on=Transition.PRIMARY, becomes=PairState.ACTIVE_SOLO),
    Row(state=PairState.ACTIVE_SOLO, on=Transition.CUT_OFF, becomes=PairState.BOOT),
    Row(state=PairState.ACTIVE_SOLO, on=Transition.OUTRANKED, becomes=PairState.BOOT),
    Row(state=PairState.ACTIVE_SOLO, on=Transition.PAIRED, becomes=PairState.ACTIVE_PAIRED),
    Row(state=PairState.ACTIVE_SOLO, on=Transition.GIVES_UP, becomes=PairState.BOOT),
    Row(state=PairState.ACTIVE_PAIRED, on=Transition.CUT_OFF, becomes=PairState.BOOT),
    Row(state=PairState.ACTIVE_PAIRED, on=Transition.OUTRANKED, becomes=PairState.BOOT),
    Row(state=PairState.ACTIVE_PAIRED, on=Transition.ALONE, becomes=PairState.ACTIVE_SOLO),
    Row(state=PairState.ACTIVE_PAIRED, on=Transition.FORCED, becomes=PairState.ACTIVE_SOLO),
    Row(state=PairState.ACTIVE_PAIRED, on=Transition.HAND_OVER, becomes=PairState.HANDOVER),
    Row(state=PairState.HANDOVER, on=Transition.PEER_ACTIVE, becomes=PairState.CATCHUP),
    Row(state=PairState.HANDOVER, on=Transition.RESUMES, becomes=PairState.PROMOTING),
    Row(state=PairState.HANDOVER, on=Transition.FORCED, becomes=PairState.PROMOTING),
    Row(state=PairState.HANDOVER, on=Transition.WITHDRAWN, becomes=PairState.ACTIVE_PAIRED),
    Row(state=PairState.HANDOVER, on=Transition.BROKEN, becomes=PairState.FAULT),
    Row(state=PairState.FAULT, on=Transition.REPAIRED, becomes=PairState.BOOT),
    Row(state=PairState.FAULT, on=Transition.FORCED, becomes=PairState.PROMOTING),
)
PAIR_TABLE = {(row.state, row.on): row.becomes for row in ROWS}

STATE_WORDS: dict[PairState, str] = {
    PairState.BOOT: "holds nothing yet; waits until it is sure what it may be",
    PairState.CATCHUP: "copies what the active has; cannot take over yet",
    PairState.STANDBY: "has everything the active has, and takes over when the active is gone",
    PairState.SUSPECT: "no longer hears the active",
    PairState.FENCING: "is switching the silent active off; serves once the active's console reports it off",
    PairState.PROMOTING: "is opening the database; then takes the address and the trunks",
    PairState.ACTIVE_SOLO: "serves alone: the other server cannot take over",
    PairState.ACTIVE_PAIRED: "serves; each change is on both servers before it is acknowledged",
    PairState.HANDOVER: "is letting go of trunks, address and database, for the other server to take",
    PairState.FAULT: "needs a person: see the alarms",
}
"""What the night shift reads beside the state."""
