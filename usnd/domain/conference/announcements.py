"""What a room, or one call in it, is told by voice, and by text where people are missing.

Here are the notices, and the commands to give them. When one is given is decided in features.py, unreached.py
and domain/recording/control.py; services/conference carries it out. The words of each, under the name that is
its value, are in usnd/asterisk/prompts.py.
"""

from dataclasses import dataclass
from enum import Enum

from usnd.domain.conference.call import CallOutcome


class Notice(Enum):
    """What everybody in the room is told, or one call alone."""

    MUTED = "muted"
    UNMUTED = "unmuted"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    COUNT = "count"
    WRONG_NUMBER = "wrong-number"
    SUBSCRIBER_AWAY = "subscriber-away"
    MUTED_YOU = "muted-you"
    UNMUTED_YOU = "unmuted-you"
    RECORDING = "recording"
    RECORDING_STOPPED = "recording-stopped"
    NOT_RECORDED = "not-recorded"
    HOST_NOT_REACHED = "host-not-reached"
    HOST_CALLED_AGAIN = "host-called-again"
    FIRST_IN = "first-in"
    ALONE = "alone"
    NOBODY_REACHED = "nobody-reached"
    CALLING = "calling"
    NUMBER_BUSY = "number-busy"
    NUMBER_NO_ANSWER = "number-no-answer"
    NUMBER_UNREACHABLE = "number-unreachable"
    ALREADY_IN = "already-in"
    FULL = "conference-full"
    SUSPENDED = "suspended"
    DROPPED = "dropped"
    NOBODY_TO_DROP = "nobody-to-drop"
    WRONG_KEY = "wrong-key"
    HOST_ONLY = "host-only"
    MUTED_BY_HOST = "muted-by-host"
    KEYS_SENT = "keys-sent"


@dataclass(frozen=True, slots=True)
class Announce:
    """Say it into the room. `count`: the number in it, where there is one."""

    room: str
    notice: Notice
    count: int = 0


@dataclass(frozen=True, slots=True)
class Tell:
    """Say it to this call alone; the others in its room do not hear it."""

    call: str
    notice: Notice
    count: int = 0


@dataclass(frozen=True, slots=True)
class CheckAlone:
    """Ask `StillAlone` in a moment. Lost with usnd's process, since it is soon too late to say."""

    call: str


@dataclass(frozen=True, slots=True)
class TellNotReached:
    """Text the subscriber that their own telephone was not reached at the launch.

    `live`: the conference goes on without them; `again`: they are called again.
    """

    number: str
    outcome: CallOutcome
    live: bool
    again: bool


@dataclass(frozen=True, slots=True)
class TellNobodyReached:
    """Text the subscriber that nobody could be called in: who, by name or number, and what came of it.

    `host`: what came of the subscriber's own call, if that failed too.
    """

    number: str
    people: tuple[tuple[str, CallOutcome], ...]
    host: CallOutcome | None = None
