"""Reads AMI events and surveys, and says in the domain's words what became of a call. No I/O.

calls.py gives it every event. Only our channels count: those with a call id that we gave, and those that
`usn-incoming` announced. All others are ignored.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote

from usnd.asterisk.technology.interface import Technology
from usnd.asterisk.technology.pjsip import PJSIP
from usnd.domain.conference.call import CallEvent, CallNews, CallState
from usnd.domain.trunks.sip_uri import Identity, Signalling

DIALPLAN = "usn-"
"""What the names of our contexts begin with (conf/extensions-usn.conf)."""
INCOMING = "usn-incoming"
"""The context of calls that come in."""
RECORDER = "rec-"
"""What the ids of recorders begin with (domain/recording/files.py)."""
IN_ROOM = "-room"
"""What the id of a recorder's other half, the one in the conference, ends with."""
RECORDS = "usn"
"""The AstDB family of our call records."""
EVENTS = frozenset(
    {
        "Newchannel",
        "Newstate",
        "ConfbridgeJoin",
        "ConfbridgeLeave",
        "ConfbridgeTalking",
        "DTMFBegin",
        "DTMFEnd",
        "HangupRequest",
        "Hangup",
        "UserEvent",
        "OriginateResponse",
    }
)
"""All that `Progress` reads."""

_RINGING_IN, _UP = "4", "6"
_EVENT_OF_CHANNEL_STATE = {"5": CallEvent.RINGING, _UP: CallEvent.ANSWERED}
_STATE_OF_CHANNEL_STATE = {_RINGING_IN: CallState.RINGING, "5": CallState.RINGING, "6": CallState.ANSWERED}

_PRIVACY = ("privacy", "privacy2", "privacy3")
_HEADERS = {
    "from": Identity.FROM,
    "asserted": Identity.ASSERTED,
    "asserted2": Identity.ASSERTED,
    "preferred": Identity.PREFERRED,
    "remote": Identity.REMOTE_PARTY,
    "remote2": Identity.REMOTE_PARTY,
}


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call waits in `usn-incoming`, at most 5 s, to be admitted or hung up.

    Numbers as Asterisk read them; where the call came by SIP, `signalling` has what the INVITE said.
    """

    call: str
    channel: str
    cli: str | None
    dnis: str
    signalling: Signalling | None = None


@dataclass(frozen=True, slots=True)
class Digit:
    """A DTMF digit from a call of ours: 0-9, *, #, A-D.

    `at`: when Asterisk heard it, UTC, if it says so. `begun`: it heard the key go down as well.
    """

    call: str
    digit: str
    at: datetime | None = field(default=None, compare=False)
    begun: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class PinEntered:
    """A call in `usn-pin` typed this, perhaps nothing, and waits 5 s for the answer.

    A key that was told twice is in it twice.
    """

    call: str
    pin: str


@dataclass(frozen=True, slots=True)
class Talking:
    """A call in a room is heard to speak, or no more."""

    call: str
    on: bool


News = CallNews | IncomingCall | Digit | PinEntered | Talking


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that Asterisk has now. `room` is where it is (JOINED) or is about to be."""

    channel: str
    state: CallState
    room: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Settled:
    """A call that is over. `ended_at` and `cause` are None where Asterisk died with it; times are UTC."""

    answered_at: datetime | None
    ended_at: datetime | None
    cause: int | None
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """Every call of ours that Asterisk knows of, by call id; one in neither left no trace."""

    live: Mapping[str, LiveCall]
    settled: Mapping[str, Settled]
    recorders: Mapping[str, bool] = field(default_factory=dict)
    """By id: whether it is in its room already."""
    heard: frozenset[str] = frozenset()
    """Calls of which there was news meanwhile: they are not missing."""


class Progress:
    """Reads events in their order. Remembers which calls are ours and which have a channel."""

    def __init__(self, prefix: str, technology: Technology = PJSIP) -> None:
        """`prefix`: what the ids of the calls we place begin with."""
        self._prefix = prefix
        self._technology = technology
        self._channels: set[str] = set()
        self._expected: set[str] = set()
        self._refusals: dict[str, str] = {}
        self._begun: dict[str, str] = {}
        self._readers: dict[str, Callable[[str, Mapping[str, str]], News | None]] = {
            "Newchannel": self._placed,
            "Newstate": self._state,
            "ConfbridgeJoin": lambda call, _: CallNews(call, CallEvent.JOINED),
            "ConfbridgeLeave": lambda call, _: CallNews(call, CallEvent.LEFT),
            "ConfbridgeTalking": lambda call, event: Talking(call, event.get("talkingstatus") == "on"),
            "DTMFBegin": self._presses,
            "DTMFEnd": self._pressed,
            "HangupRequest": self._asked_to_end,
            "Hangup": self._ended,
        }

    def expect(self, call: str) -> None:
        """An Originate for the call is being sent."""
        self._expected.add(call)

    @property
    def expected(self) -> frozenset[str]:
        """The calls of which an Originate was sent, and neither a channel nor a refusal was seen."""
        return frozenset(self._expected)

    def forget(self, call: str) -> None:
        """The Originate was refused, or not sent."""
        self._expected.discard(call)

    @property
    def known(self) -> frozenset[str]:
        """All calls that news is taken of."""
        return frozenset(self._expected | self._channels)

    def found(self, before: frozenset[str], live: Iterable[str]) -> None:
        """A survey found these calls: of what was `known` before it, no others are left."""
        self._expected -= before
        self._channels = (self._channels - before) | set(live)
        self._refusals.clear()

    def is_ours(self, event: Mapping[str, str]) -> bool:
        """Whether the event is about a call that news is taken of."""
        call = event.get("uniqueid", "")
        return call.startswith(self._prefix) or call in self._channels

    def read(self, event: Mapping[str, str]) -> News | None:
        """What one AMI event says about a call of ours, if anything."""
        name = event.get("event", "")
        if name == "UserEvent":
            return self._incoming(event)
        if name == "OriginateResponse":
            return self._originated(event)
        call = event.get("uniqueid", "")
        reader = self._readers.get(name)
        if reader is None or not self.is_ours(event):
            return None
        return reader(call, event)

    def _placed(self, call: str, event: Mapping[str, str]) -> CallNews | None:
        if (
            event.get("channelstate") == _RINGING_IN
        ):  # an incoming call whose id looks like ours, by systemname
            return None
        self._channels.add(call)
        self._expected.discard(call)
        return CallNews(call, CallEvent.PLACED)

    def _state(self, call: str, event: Mapping[str, str]) -> CallNews | None:
        reached = _EVENT_OF_CHANNEL_STATE.get(event.get("channelstate", ""))
        return CallNews(call, reached) if reached else None

    def _presses(self, call: str, event: Mapping[str, str]) -> None:
        if event.get("direction") == "Received":
            self._begun[call] = event.get("digit", "")

    def _pressed(self, call: str, event: Mapping[str, str]) -> Digit | None:
        digit = event.get("digit", "")
        if event.get("direction") != "Received" or len(digit) != 1:
            return None
        begun = self._begun.pop(call, "") == digit
        return Digit(call, digit, _moment(event.get("timestamp", "")), begun)

    def _asked_to_end(self, call: str, event: Mapping[str, str]) -> None:
        # Of a call that was answered, or came in, it is made of the cause in the Reason of BYE or CANCEL.
        refuses = call.startswith(self._prefix) and event.get("channelstate") != _UP
        if refuses and (said := self._technology.refusal(event)):
            self._refusals[call] = said

    def _ended(self, call: str, event: Mapping[str, str]) -> CallNews:
        self._channels.discard(call)
        self._expected.discard(call)
        self._begun.pop(call, None)
        cause = self._technology.cause(event.get("cause", ""), self._refusals.pop(call, ""))
        return CallNews(call, CallEvent.ENDED, cause)

    def _originated(self, event: Mapping[str, str]) -> CallNews | None:
        # The ActionID is the call id. A call that has, or had, a channel ends with its Hangup: this refuses
        # a second one with the same id, and says nothing of the first.
        call = event.get("actionid", "")
        if event.get("response") != "Failure" or call not in self._expected:
            return None
        self._expected.discard(call)
        return None if call in self._channels else CallNews(call, CallEvent.REFUSED)

    def _incoming(self, event: Mapping[str, str]) -> IncomingCall | PinEntered | None:
        call, channel = event.get("uniqueid"), event.get("channel")
        if event.get("userevent") == "UsnPin" and call in self._channels:
            return PinEntered(call, event.get("pin", ""))
        if event.get("userevent") != "UsnIncoming" or not call or not channel:
            return None
        self._channels.add(call)
        numbers = (event.get("cli") or None, event.get("dnis", ""))
        return IncomingCall(call, channel, *numbers, _signalling(event))


def _signalling(event: Mapping[str, str]) -> Signalling | None:
    """The dialplan encodes each header like a URI, so that none becomes a header of the event."""
    said = {name: unquote(event.get(name, "")) for name in ("request", "to", *_PRIVACY, *_HEADERS)}
    if said["from"] and not said["to"]:
        # To is the last: Asterisk cut off what was too long, perhaps what takes the number back.
        return Signalling("", privacy="id")
    if not said["request"]:
        return None
    headers = tuple((identity, said[name]) for name, identity in _HEADERS.items() if said[name])
    privacy = ", ".join(said[name] for name in _PRIVACY if said[name])
    return Signalling(said["request"], said["to"], headers, privacy)


def survey(
    channels: Iterable[Mapping[str, str]],
    records: Iterable[Mapping[str, str]],
    prefix: str,
    technology: Technology = PJSIP,
) -> Survey:
    """Reads the items of CoreShowChannels and, asked after it, of DBGetTree.

    The order matters: the record of a call is complete before its channel is gone.
    """
    kept = {
        item["key"].removeprefix(f"/{RECORDS}/"): _record(item.get("val", ""), technology) for item in records
    }
    live = {}
    recorders: dict[str, bool] = {}
    for item in channels:
        call = item.get("uniqueid", "")
        if call.startswith(RECORDER):
            in_room = call.endswith(IN_ROOM) and bool(item.get("bridgeid"))
            recorder = call.removesuffix(IN_ROOM)
            recorders[recorder] = recorders.get(recorder, False) or in_room
        record = kept.get(call)
        over = record is not None and record.ended_at is not None
        if not over and (call.startswith(prefix) or item.get("context", "").startswith(DIALPLAN)):
            live[call] = _live(item, record.answered_at if record else None)
    return Survey(live, {call: record for call, record in kept.items() if call not in live}, recorders)


def _live(item: Mapping[str, str], answered_at: datetime | None) -> LiveCall:
    context, state = item.get("context"), item.get("channelstate", "")
    room = item.get("exten") or None if context == f"{DIALPLAN}join" and state == "6" else None
    reached = _STATE_OF_CHANNEL_STATE.get(state, CallState.DIALLING)
    if room and item.get("bridgeid"):
        reached = CallState.JOINED
    if context == f"{DIALPLAN}goodbye":
        reached = CallState.LEAVING
    return LiveCall(item.get("channel", ""), reached, room, answered_at)


def _record(text: str, technology: Technology) -> Settled:
    answered, ended, cause, refusal, joined = [*text.split(","), "", "", "", ""][:5]
    return Settled(_time(answered), _time(ended), technology.cause(cause, refusal), _time(joined))


def _moment(seconds: str) -> datetime | None:
    """Of an event: seconds with microseconds."""
    whole, _, part = seconds.partition(".")
    if not (whole.isdecimal() and (part or "0").isdecimal()):
        return None
    return datetime.fromtimestamp(float(seconds), UTC)


def _time(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() else None
