"""What can happen to a conference: the events that the rules in this folder decide about. Times are UTC."""

from dataclasses import dataclass
from enum import Enum

from usnd.domain.conference.call import CallNews
from usnd.domain.recording.files import RecorderNews


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A deadline given by `next_deadline` is here."""


@dataclass(frozen=True, slots=True)
class CallsLost:
    """Asterisk died, or the server: nobody heard how these calls ended. VOICE_LOST of each of them.

    It is one event, as all of them together decide who is called again.
    """

    calls: tuple[CallNews, ...]


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
    `target`: the participant's call that DROP and MUTE are about. `on`: of MUTE, MUTE_ALL, MUTE_ME, LOCK and
    RECORD, None to turn what is into its opposite, as a key does. `suspended`: of ADD, the subscriber is:
    nobody is called for them any more.
    """

    feature: Feature
    call: str | None
    number: str = ""
    name: str = ""
    target: str = ""
    on: bool | None = None
    suspended: bool = False


Event = CallNews | CallsLost | TimePassed | CallIn | JoinIn | Recall | StillAlone | Control | RecorderNews
