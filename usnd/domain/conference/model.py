"""What a conference is: its states and the table between them, what happens to it and what it asks for.

Owns the nouns; transitions.py owns the verbs. Refuses I/O.
The subscriber's presence drives a conference (REQUIREMENTS C5); the table below is the whole of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from usnd.domain.conference.announcements import Announce, CheckAlone, Tell, TellNobodyReached, TellNotReached
from usnd.domain.conference.call import Call, CallNews
from usnd.domain.numbers.e164 import ANY_NUMBER, NumberPlan
from usnd.domain.recording.files import RecordAction, RecorderNews, RecordingPart, RecordState


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


_NEW, _IN, _BACK, _OUT, _BYE, _END = ConferenceState
_ROWS: dict[ConferenceState, tuple[ConferenceState, ...]] = {
    #      IN    DROPPED OUT   EMPTY REVIVED TIME_UP END   NO_CREDIT
    _NEW:  (_IN,  _BACK, _OUT, _END, _NEW,   _NEW,   _BYE, _BYE),
    _IN:   (_IN,  _BACK, _OUT, _END, _NEW,   _IN,    _BYE, _BYE),
    _BACK: (_IN,  _BACK, _OUT, _END, _NEW,   _BACK,  _BYE, _BYE),
    _OUT:  (_IN,  _OUT,  _OUT, _END, _NEW,   _BYE,   _BYE, _BYE),
    _BYE:  (_BYE, _BYE,  _BYE, _END, _BYE,   _BYE,   _BYE, _BYE),
    _END:  (_END, _END,  _END, _END, _END,   _END,   _END, _END),
}  # fmt: skip
CONFERENCE_TABLE: dict[tuple[ConferenceState, Turn], ConferenceState] = {
    (state, turn): after for state, row in _ROWS.items() for turn, after in zip(Turn, row, strict=True)
}


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

    def of(self, *, press_one: bool) -> "Rules":
        """The rules of a subscriber of whom this is set."""
        return self if self.press_one or not press_one else replace(self, press_one=True)


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
    call, and its telephone is not called.
    """

    subscriber_id: int
    number: str
    participants: tuple[Participant, ...]
    instant: int | None = None
    caller: "CallIn | None" = None
    talk_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A deadline given by `next_deadline` is here."""


@dataclass(frozen=True, slots=True)
class End:
    """Somebody with the right to it ends the conference."""


@dataclass(frozen=True, slots=True)
class CallIn:
    """The subscriber calls in, by that channel, while the conference goes on (REQUIREMENTS C5).

    `number`: of the telephone, empty if withheld; None: the subscriber's own.
    """

    call: str
    dnis: str
    activation_pin: str = ""
    trunk: str = ""
    number: str | None = None


@dataclass(frozen=True, slots=True)
class JoinIn:
    """Somebody calls in with a PIN, as a participant (REQUIREMENTS C4). `number`: empty if withheld."""

    call: str
    dnis: str
    number: str
    activation_pin: str = ""
    trunk: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """The subscriber asks by text to be called back: they are away, or their call has died unnoticed."""


@dataclass(frozen=True, slots=True)
class StillAlone:
    """A moment ago that call was the only one in the room: see `CheckAlone`."""

    call: str


class Feature(Enum):
    """What can be done in a live conference, by DTMF or from the portal (REQUIREMENTS C6, C8)."""

    END = "end"
    MUTE_ALL = "mute-all"
    MUTE_ME = "mute-me"
    LOCK = "lock"
    COUNT = "count"
    ADD = "add"
    DROP_LAST = "drop-last"
    RECORD = "record"
    HELP = "help"
    DROP = "drop"
    MUTE = "mute"
    WRONG_KEY = "wrong-key"
    """Keys that mean nothing: who pressed them hears so."""


@dataclass(frozen=True, slots=True)
class Control:
    """Somebody asks for a feature: the call it was asked from, None for the subscriber's portal.

    `number`: whom to add, as E.164; empty if what was written is no number. `name`: of whom is added.
    `target`: the participant's call that DROP and MUTE are about. `on`: of MUTE, MUTE_ALL, MUTE_ME and LOCK,
    None to turn what is into its opposite, as a key does.
    """

    feature: Feature
    call: str | None
    number: str = ""
    name: str = ""
    target: str = ""
    on: bool | None = None


Event = CallNews | TimePassed | End | CallIn | JoinIn | Recall | StillAlone | Control | RecorderNews


# Commands: what the edges do once the conference is committed.
@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Call this number into the room; the calling number is always the subscriber's (REQUIREMENTS C2)."""

    call: str
    number: str
    calling_number: str
    room: str
    ring: timedelta
    ask: bool = False
    """Let who answers press 1 first."""
    trunk: str = ""


@dataclass(frozen=True, slots=True)
class Admit:
    """Answer a call that came in and put it into the room."""

    call: str
    room: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Release the call."""

    call: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Take the call out of the room, say why, release it."""

    call: str
    reason: EndReason


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Tell a call that came in why it may not join, and release it. `reason`: of `dial_in.Denial`."""

    call: str
    reason: str


@dataclass(frozen=True, slots=True)
class TellNoCredit:
    """Text the subscriber that the launch ended for lack of credit (REQUIREMENTS C2)."""

    number: str


@dataclass(frozen=True, slots=True)
class Mute:
    """Let the others hear the call no more, or again."""

    call: str
    on: bool


@dataclass(frozen=True, slots=True)
class TellMenu:
    """Text the subscriber what the keys do."""

    number: str


@dataclass(frozen=True, slots=True)
class TellRevived:
    """Text the subscriber why the conference broke off, and that all are called again."""

    number: str


@dataclass(frozen=True, slots=True)
class TellTimeLimit:
    """Text the subscriber that the conference had lasted as long as it may (REQUIREMENTS C10)."""

    number: str


@dataclass(frozen=True, slots=True)
class TellNotRecorded:
    """Text the subscriber that the conference is not recorded, though that was asked for."""

    number: str


@dataclass(frozen=True, slots=True)
class TellNoMinutes:
    """Text the subscriber that the minutes of this month are used up (REQUIREMENTS C10)."""

    number: str


@dataclass(frozen=True, slots=True)
class TellNoLine:
    """Text the subscriber that somebody could not be called: all lines were busy (REQUIREMENTS C10)."""

    number: str


CallAction = PlaceCall | Admit | HangUp | Goodbye | TurnAway
RoomAction = Mute | Announce | Tell
ConferenceAction = CallAction | RoomAction | RecordAction | CheckAlone
Text = (
    TellNoCredit
    | TellMenu
    | TellRevived
    | TellTimeLimit
    | TellNotRecorded
    | TellNoMinutes
    | TellNoLine
    | TellNotReached
    | TellNobodyReached
)
ConferenceCommand = ConferenceAction | Text


@dataclass(frozen=True, slots=True)
class Step:
    """A conference after an event, and what to do once it is committed."""

    conference: Conference
    commands: tuple[ConferenceCommand, ...] = ()
