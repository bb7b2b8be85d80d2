"""What a conference asks for: carried out once the conference of the `Step` is committed, in this order."""

from dataclasses import dataclass
from datetime import timedelta

from usnd.domain.conference.announcements import Announce, CheckAlone, Tell, TellNobodyReached, TellNotReached
from usnd.domain.conference.model import Conference, EndReason
from usnd.domain.recording.files import RecordAction


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

    def changes(self, before: Conference) -> bool:
        """Whether it is another conference than before. What changes nothing gives the very same object."""
        return self.conference is not before

    @property
    def tells(self) -> bool:
        """A text is among the commands: that is queued in the transaction."""
        return any(isinstance(command, Text) for command in self.commands)
