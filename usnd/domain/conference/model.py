"""What a conference is: its states and the table between them, its rules, and who is to be called.

events.py has what happens to it, commands.py what it asks for, decide.py what follows from what.
The subscriber's presence drives a conference (REQUIREMENTS C5); the table below is the whole of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from usnd.domain.conference.call import Call
from usnd.domain.conference.events import CallIn
from usnd.domain.numbers.e164 import ANY_NUMBER, NumberPlan
from usnd.domain.recording.files import RecordingPart, RecordState
from usnd.domain.tables import every_cell


class ConferenceState(Enum):
    """GATHERING: the subscriber is not in yet. AWAY: was in, or could not be reached; a timer runs.

    RECALLING: dropped out, or was not reached at the launch; is called back, or will be after a pause (C6).
    """

    GATHERING = "gathering"
    RUNNING = "running"
    RECALLING = "recalling"
    AWAY = "away"
    ENDING = "ending"
    ENDED = "ended"


ABSENT = frozenset({ConferenceState.RECALLING, ConferenceState.AWAY})
"""The others wait for the subscriber, who can be called back by a text."""

OVER = frozenset({ConferenceState.ENDING, ConferenceState.ENDED})
"""Nobody comes in any more."""


class Turn(Enum):
    """What can turn a conference from one state to the next.

    SUBSCRIBER_DROPPED: out, with call-backs left. SUBSCRIBER_OUT: out, with none left. REVIVED: all
    calls were lost with Asterisk, and are placed again.
    """

    SUBSCRIBER_IN = "subscriber in"
    SUBSCRIBER_DROPPED = "subscriber dropped"
    SUBSCRIBER_OUT = "subscriber out"
    EMPTY = "no call left"
    REVIVED = "revived"
    TIME_UP = "time up"
    END = "told to end"
    NO_CREDIT = "no credit"


class EndReason(Enum):
    """Why a conference ended."""

    SUBSCRIBER_AWAY = "subscriber-away"
    TOLD = "told"
    NO_CREDIT = "no-credit"
    EMPTY = "empty"
    TIME_LIMIT = "time-limit"
    VOICE_LOST = "voice-lost"
    NO_MINUTES = "no-minutes"


class LaunchedBy(Enum):
    """By what a conference was launched. CALL: to its own number; PIN: an Activation PIN that was typed.

    COMMAND: an operator's.
    """

    TEXT = "text"
    PORTAL = "portal"
    CALL = "call"
    PIN = "pin"
    COMMAND = "command"


CONFERENCE_TABLE = every_cell(
    {
        ConferenceState.GATHERING: {
            Turn.SUBSCRIBER_IN: ConferenceState.RUNNING,
            Turn.SUBSCRIBER_DROPPED: ConferenceState.RECALLING,
            Turn.SUBSCRIBER_OUT: ConferenceState.AWAY,
            Turn.EMPTY: ConferenceState.ENDED,
            Turn.END: ConferenceState.ENDING,
            Turn.NO_CREDIT: ConferenceState.ENDING,
        },
        ConferenceState.RUNNING: {
            Turn.SUBSCRIBER_DROPPED: ConferenceState.RECALLING,
            Turn.SUBSCRIBER_OUT: ConferenceState.AWAY,
            Turn.EMPTY: ConferenceState.ENDED,
            Turn.REVIVED: ConferenceState.GATHERING,
            Turn.END: ConferenceState.ENDING,
            Turn.NO_CREDIT: ConferenceState.ENDING,
        },
        ConferenceState.RECALLING: {
            Turn.SUBSCRIBER_IN: ConferenceState.RUNNING,
            Turn.SUBSCRIBER_OUT: ConferenceState.AWAY,
            Turn.EMPTY: ConferenceState.ENDED,
            Turn.REVIVED: ConferenceState.GATHERING,
            Turn.END: ConferenceState.ENDING,
            Turn.NO_CREDIT: ConferenceState.ENDING,
        },
        ConferenceState.AWAY: {
            Turn.SUBSCRIBER_IN: ConferenceState.RUNNING,
            Turn.EMPTY: ConferenceState.ENDED,
            Turn.REVIVED: ConferenceState.GATHERING,
            Turn.TIME_UP: ConferenceState.ENDING,
            Turn.END: ConferenceState.ENDING,
            Turn.NO_CREDIT: ConferenceState.ENDING,
        },
        ConferenceState.ENDING: {
            Turn.EMPTY: ConferenceState.ENDED,
        },
        ConferenceState.ENDED: {},
    },
    Turn,
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator may set about conferences."""

    away: timedelta = timedelta(minutes=2)
    ring: timedelta = timedelta(seconds=45)
    goodbye: timedelta = timedelta(seconds=15)
    grace: timedelta = timedelta(seconds=15)
    no_credit_causes: frozenset[int] = frozenset({50})
    call_backs: int = 0
    """How often a subscriber who dropped out or was not reached is called back before `away` begins."""
    call_back_pause: timedelta = timedelta(seconds=5)
    """Before each call-back: the network has to notice first that the handset is free."""
    press_one: bool = False
    """Whoever is called is asked to press 1, and joins only then (REQUIREMENTS C9)."""
    answer: timedelta = timedelta(seconds=30)
    """To press 1; the dialplan asks three times."""
    revive: bool = False
    """After Asterisk's death those who were in are called together again (REQUIREMENTS C11)."""
    plan: NumberPlan = ANY_NUMBER
    """Whom to call, and whom not (REQUIREMENTS C10)."""
    longest: timedelta | None = None
    """From the launch; a conference that nobody ends costs its subscriber no more than that."""
    most_calls: int = 100
    """Up at the same time in one conference, also with those that the subscriber adds."""
    steady: timedelta = timedelta(minutes=10)
    """Who stayed in so long has all call-backs again. Less, and a voice mailbox would be called for ever."""

    @property
    def too_old(self) -> timedelta:
        """After that time a call that was planned is not placed any more, and a launch not begun."""
        return self.ring + self.grace

    def of(self, *, press_one: bool) -> "Rules":
        """The rules of a subscriber of whom this is set."""
        return self if self.press_one or not press_one else replace(self, press_one=True)

    def within(self, conference: "Conference") -> "Rules":
        """The rules of a conference that was launched, by what its subscriber had of their own then."""
        own: dict[str, Any] = {}
        if conference.most_calls is not None:
            own["most_calls"] = min(conference.most_calls, self.most_calls)
        if conference.away_seconds is not None:
            own["away"] = timedelta(seconds=conference.away_seconds)
        if conference.most_call_backs is not None:
            own["call_backs"] = conference.most_call_backs
        return replace(self, **own) if own else self


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody to be called: E.164 number, and the name the subscriber gave."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Conference:
    """A launched conference; its room in Asterisk is `room`. Times are UTC."""

    id: int
    subscriber_id: int
    subscriber_number: str
    state: ConferenceState
    launched_at: datetime
    calls: tuple[Call, ...]
    away_until: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    call_backs: int = 0
    """Call-backs placed since the subscriber was last in for long."""
    call_back_at: datetime | None = None
    muted: bool | None = None
    """Nobody but the subscriber is heard. None: was never so."""
    locked: bool = False
    """Nobody may come in who was not called."""
    press_one: bool = False
    """As of the `Rules` that it was launched with."""
    instant: int | None = None
    """Which of the subscriber's conferences it is, 1 to 30; None: of the moment only."""
    recording_parts: tuple[RecordingPart, ...] = ()
    """Of its recording, in order."""
    talk_seconds: int | None = None
    """What its calls may talk, all together; None: no limit (REQUIREMENTS C10)."""
    most_calls: int | None = None
    """Up at the same time, where the `Rules` allow more; this and the next two: None, as the `Rules` say."""
    away_seconds: int | None = None
    most_call_backs: int | None = None
    launched_by: LaunchedBy | None = None
    """None: a former release launched it, or a later one by what this one does not know."""

    @property
    def room(self) -> str:
        """The name of the bridge that its calls share."""
        return f"c{self.id}"

    def call(self, call_id: str) -> Call | None:
        """The call of that id, or None."""
        return next((call for call in self.calls if call.id == call_id), None)

    @property
    def live(self) -> bool:
        """Not ended yet."""
        return self.state is not ConferenceState.ENDED

    @property
    def recording(self) -> bool:
        """It is being recorded now, for all that is known."""
        return any(part.state is RecordState.RUNNING for part in self.recording_parts)


# Events: what `handle` takes beside CallNews.
@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """Whom a launch calls. number: the subscriber's, E.164.

    instant: which of the subscriber's conferences it is (1 to 30); None: of the moment only. talk_seconds:
    what its calls may talk, all together; None: no limit. caller: the subscriber is there already, by that
    call, and its telephone is not called. The last four as in `Conference`.
    """

    subscriber_id: int
    number: str
    participants: tuple[Participant, ...]
    instant: int | None = None
    caller: CallIn | None = None
    talk_seconds: int | None = None
    most_calls: int | None = None
    away_seconds: int | None = None
    most_call_backs: int | None = None
    launched_by: LaunchedBy | None = None
