"""What the page of a conference says of a picture: plain words, and which buttons there are. Pure.

pages/live.py shows it as a whole page, parts.py sends what changes of it to pages that are open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from usnd.domain.conference.call import CallOutcome, CallState, Role
from usnd.domain.conference.model import ABSENT, ConferenceState, EndReason
from usnd.domain.conference.picture import Person, Picture
from usnd.domain.portal.steering import Act
from usnd.domain.recording.files import RecordState
from usnd.web.portal.words import N_, Words

_STATES = {
    ConferenceState.GATHERING: N_("Your conference begins. You are not in it yet."),
    ConferenceState.RUNNING: N_("Your conference is running."),
    ConferenceState.RECALLING: N_("You are not in your conference. You are called again."),
    ConferenceState.AWAY: N_("You are not in your conference. The others wait for you."),
    ConferenceState.ENDING: N_("Your conference is ending."),
    ConferenceState.ENDED: N_("Your conference has ended."),
}
_AWAY_UNTIL = N_("You are not in your conference. The others wait for you until %(time)s.")
_REASONS = {
    EndReason.SUBSCRIBER_AWAY: N_("It ended because you were away for too long."),
    EndReason.NO_CREDIT: N_("It ended because there was no credit for your call."),
    EndReason.EMPTY: N_("It ended because nobody was left in it."),
    EndReason.TIME_LIMIT: N_("It ended because it had reached its longest time."),
    EndReason.VOICE_LOST: N_("It ended because of a fault of ours: the calls were lost."),
    EndReason.NO_MINUTES: N_("It ended because your minutes of this month are used up."),
}
_RECORDING = {
    RecordState.ORDERED: N_("Recording begins."),
    RecordState.RUNNING: N_("It is being recorded."),
    RecordState.STOPPING: N_("Recording stops."),
    RecordState.FAILED: N_("It could not be recorded."),
}
_ON = frozenset({RecordState.ORDERED, RecordState.RUNNING})
_CALLS = {
    CallState.PLANNED: N_("is being called"),
    CallState.DIALLING: N_("is being called"),
    CallState.RINGING: N_("telephone is ringing"),
    CallState.ANSWERED: N_("has answered"),
    CallState.JOINED: N_("in the conference"),
    CallState.LEAVING: N_("is leaving"),
}
_ASKED = N_("has answered, and is asked to press 1")
_LEFT = N_("has left")
_WHY_NOT = {
    CallOutcome.COMPLETED: _LEFT,
    CallOutcome.NOT_ACCEPTED: N_("answered, but did not press 1"),
    CallOutcome.BUSY: N_("not in: the line is busy"),
    CallOutcome.NO_ANSWER: N_("not in: nobody answered"),
    CallOutcome.REJECTED: N_("not in: the call was declined"),
    CallOutcome.UNREACHABLE: N_("not in: the telephone cannot be reached"),
    CallOutcome.NO_CREDIT: N_("not in: there was no credit for the call"),
    CallOutcome.CONGESTED: N_("not in: no line was free"),
    CallOutcome.OVERFLOWED: N_("not in: no line was free"),
    CallOutcome.FAILED: N_("not in: the call failed"),
    CallOutcome.CANCELLED: N_("not in: the call was taken back"),
    CallOutcome.VOICE_LOST: N_("cut off by a fault of ours"),
    CallOutcome.UNKNOWN: N_("not in: what became of the call is not known"),
}
_KINDS = {CallState.JOINED: "in", CallState.LEAVING: "out", CallState.ENDED: "out"}
_LABELS = {
    Act.MUTE: (N_("Mute"), N_("Mute %(name)s")),
    Act.UNMUTE: (N_("Unmute"), N_("Unmute %(name)s")),
    Act.DROP: (N_("Drop"), N_("Drop %(name)s")),
    Act.CALL: (N_("Call again"), N_("Call %(name)s again")),
    Act.LOCK: (N_("Lock"), N_("Lock: nobody comes in who was not called")),
    Act.UNLOCK: (N_("Unlock"), N_("Unlock: who has the PIN may come in")),
    Act.MUTE_ALL: (N_("Mute all"), N_("Mute all but you")),
    Act.UNMUTE_ALL: (N_("Unmute all"), N_("Unmute all")),
    Act.RECORD: (N_("Record"), N_("Record the conference")),
    Act.STOP_RECORDING: (N_("Stop recording"), N_("Stop recording")),
    Act.END: (N_("End for everybody"), N_("End for everybody")),
}
_YOURS = {
    Act.MUTE: (N_("Mute"), N_("Mute yourself")),
    Act.UNMUTE: (N_("Unmute"), N_("Unmute yourself")),
    Act.CALL: (N_("Call me"), N_("Call me into the conference")),
}


@dataclass(frozen=True, slots=True)
class Button:
    """id: stays while it turns into its opposite, so that the focus does. value: for `pages/live.py`."""

    id: str
    value: str
    label: str
    title: Words | str


@dataclass(frozen=True, slots=True)
class Row:
    """A person. name: empty where the number says more. since: the time of day; at: the same for machines."""

    id: str
    kind: str
    is_you: bool
    name: str
    number: str
    what: str
    at: str
    since: str
    muted: bool
    talking: bool
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """What is above the people. is_on: something can be done in the conference."""

    conference: int
    instant: int | None
    says: tuple[Words | str, ...]
    since: str
    at: str
    is_on: bool
    buttons: tuple[Button, ...]
    end: Button


def head_of(picture: Picture, zone: tzinfo) -> Head:
    """Of a conference."""
    at = picture.launched.astimezone(zone)
    return Head(
        conference=picture.conference,
        instant=picture.instant,
        says=tuple(_says(picture, zone)),
        since=_time(picture.launched, zone),
        at=at.isoformat(timespec="seconds"),
        is_on=not picture.over,
        buttons=() if picture.over else tuple(_of_all(picture)),
        end=_button(Act.END, picture.conference, "end"),
    )


def row_of(picture: Picture, nth: int, zone: tzinfo) -> Row:
    """Of its nth person, from 0."""
    person = picture.people[nth]
    place = f"p{picture.conference}-{nth}"
    return Row(
        id=place,
        kind=_KINDS.get(person.state, "called"),
        is_you=person.role is Role.SUBSCRIBER,
        name=person.name,
        number=person.number,
        what=_what(person),
        at=person.since.astimezone(zone).isoformat(timespec="seconds"),
        since=_time(person.since, zone),
        muted=person.muted and person.state is CallState.JOINED,
        talking=person.talking,
        buttons=() if picture.over else tuple(_of_person(picture, person, place)),
    )


def _says(picture: Picture, zone: tzinfo) -> Iterator[Words | str]:
    if picture.state is ConferenceState.AWAY and picture.away_until is not None:
        yield Words(_AWAY_UNTIL, {"time": _time(picture.away_until, zone)})
    else:
        yield _STATES[picture.state]
    if picture.over and picture.end_reason in _REASONS:
        yield _REASONS[picture.end_reason]
    if picture.over:
        return
    if picture.recording in _RECORDING:
        yield _RECORDING[picture.recording]
    if picture.locked:
        yield N_("It is locked: nobody comes in who was not called.")
    if picture.muted:
        yield N_("All but you are muted.")


def _what(person: Person) -> str:
    if person.state is CallState.ENDED:
        if person.was_in and person.outcome is not CallOutcome.VOICE_LOST:
            return _LEFT
        return _WHY_NOT[person.outcome or CallOutcome.UNKNOWN]
    if person.state is CallState.ANSWERED and person.asked:
        return _ASKED
    return _CALLS[person.state]


def _of_all(picture: Picture) -> Iterator[Button]:
    yield _button(Act.UNMUTE_ALL if picture.muted else Act.MUTE_ALL, picture.conference, "mute")
    yield _button(Act.UNLOCK if picture.locked else Act.LOCK, picture.conference, "lock")
    recording = picture.recording in _ON
    yield _button(Act.STOP_RECORDING if recording else Act.RECORD, picture.conference, "record")


def _of_person(picture: Picture, person: Person, place: str) -> Iterator[Button]:
    def one(act: Act, what: str) -> Button:
        value = f"{act.value} {picture.conference} {person.call}"
        if is_subscriber:
            return Button(f"{place}-{what}", value, *_YOURS[act])
        label, title = _LABELS[act]
        name = person.name or person.number
        return Button(f"{place}-{what}", value, label, Words(title, {"name": name}) if name else label)

    is_subscriber = person.role is Role.SUBSCRIBER
    if person.state is CallState.JOINED:
        yield one(Act.UNMUTE if person.muted else Act.MUTE, "mute")
    if person.state is CallState.ENDED:
        if person.number and (not is_subscriber or picture.state in ABSENT):
            yield one(Act.CALL, "call")
    elif person.state is not CallState.LEAVING and not is_subscriber:
        yield one(Act.DROP, "drop")


def _button(act: Act, conference: int, place: str) -> Button:
    return Button(place, f"{act.value} {conference}", *_LABELS[act])


def _time(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%H:%M:%S")
