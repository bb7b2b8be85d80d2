"""What a server of the pair can be, and the table between. Owns the nouns; arbiter.py owns the verbs.

Refuses what the table does not know. The rules that permit a turn are in rules.py.
"""

from enum import Enum


class PairState(Enum):
    """BOOT: holds nothing, knows nothing. CATCHUP: follows, may not take over. STANDBY: has the right to.

    SUSPECT: the active is silent. FENCING: it is being switched off. PROMOTING: opens the database.
    HANDOVER: was active, lets go of everything. FAULT: needs a person.
    """

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
    """What can turn a server from one state to the next; the words are those of the journal."""

    PEER_ACTIVE = "the peer is active"
    RESUMES = "may be active without asking"
    ORDERED = "an operator says so"
    GRANTED = "got the right to take over"
    RIGHT_LOST = "gave up the right to take over"
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

RIGHTFUL = frozenset({PairState.STANDBY, PairState.SUSPECT, PairState.FENCING})
"""Has the right to take over."""

_T, _P = Transition, PairState
_LOSES = {_T.RIGHT_LOST: _P.CATCHUP}
_GAINS = {_T.TAKES_OVER: _P.PROMOTING, _T.ORDERED: _P.PROMOTING}
_DROPS = {_T.CUT_OFF: _P.BOOT, _T.OUTRANKED: _P.BOOT}
_ROWS: dict[PairState, dict[Transition, PairState]] = {
    _P.BOOT: {
        _T.PEER_ACTIVE: _P.CATCHUP,
        _T.RESUMES: _P.PROMOTING,
        _T.ORDERED: _P.PROMOTING,
        _T.BROKEN: _P.FAULT,
    },
    _P.CATCHUP: {_T.GRANTED: _P.STANDBY, _T.ORDERED: _P.PROMOTING},
    _P.STANDBY: {**_LOSES, **_GAINS, _T.PEER_SILENT: _P.SUSPECT},
    _P.SUSPECT: {**_LOSES, **_GAINS, _T.PEER_HEARD: _P.STANDBY, _T.FENCE: _P.FENCING},
    _P.FENCING: {**_LOSES, **_GAINS, _T.PEER_HEARD: _P.STANDBY},
    _P.PROMOTING: {**_DROPS, _T.PRIMARY: _P.ACTIVE_SOLO},
    _P.ACTIVE_SOLO: {**_DROPS, _T.PAIRED: _P.ACTIVE_PAIRED, _T.GIVES_UP: _P.BOOT},
    _P.ACTIVE_PAIRED: {
        **_DROPS,
        _T.ALONE: _P.ACTIVE_SOLO,
        _T.ORDERED: _P.ACTIVE_SOLO,
        _T.HAND_OVER: _P.HANDOVER,
    },
    _P.HANDOVER: {
        _T.PEER_ACTIVE: _P.CATCHUP,
        _T.RESUMES: _P.PROMOTING,
        _T.ORDERED: _P.PROMOTING,
        _T.WITHDRAWN: _P.ACTIVE_PAIRED,
        _T.BROKEN: _P.FAULT,
    },
    _P.FAULT: {_T.REPAIRED: _P.BOOT, _T.ORDERED: _P.PROMOTING},
}
PAIR_TABLE: dict[tuple[PairState, Transition], PairState] = {
    (state, turn): after for state, row in _ROWS.items() for turn, after in row.items()
}

STATE_WORDS: dict[PairState, str] = {
    _P.BOOT: "holds nothing; waits until it is sure what it may be",
    _P.CATCHUP: "fetches what the active has; cannot take over yet",
    _P.STANDBY: "has everything the active has, and takes over when the active is gone",
    _P.SUSPECT: "no longer hears the active",
    _P.FENCING: "tries to switch the silent active off, and serves when its console says that it is",
    _P.PROMOTING: "opens the database, then takes the address and the trunks",
    _P.ACTIVE_SOLO: "serves alone: the other server cannot take over",
    _P.ACTIVE_PAIRED: "serves; each change is on both servers before it is acknowledged",
    _P.HANDOVER: "lets go of trunks, address and database for the other server",
    _P.FAULT: "needs a person: see the alarms",
}
"""What the night shift reads beside the state."""
