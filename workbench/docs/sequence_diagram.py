"""One call flow, told to the domain and drawn as a sequence diagram (Mermaid).

Called by call_flows.py, which has the stories. It tells the domain what people and the network do, and draws
the events, the commits and the commands that the domain decides. It does not know what should happen.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from usnd.asterisk.prompts import TEXTS
from usnd.domain.billing.cdr import cdr_of, has_record
from usnd.domain.conference.announcements import Announce, CheckAlone, Notice, Tell
from usnd.domain.conference.call import Call, CallEvent, CallNews, CallState, Direction
from usnd.domain.conference.commands import (
    Admit,
    ConferenceCommand,
    Goodbye,
    HangUp,
    Mute,
    PlaceCall,
    Text,
    TurnAway,
)
from usnd.domain.conference.decide import decide
from usnd.domain.conference.dtmf_menu import Menu, Typed, press
from usnd.domain.conference.events import CallIn, CallsLost, Control, Event, JoinIn, Recall, TimePassed
from usnd.domain.conference.launch import InstantConference, decide_launch, lines_busy
from usnd.domain.conference.model import Conference, EndReason, LaunchPlan, Rules
from usnd.domain.conference.transitions import launch, next_deadline
from usnd.domain.dial_in.admission import (
    AskPin,
    Denial,
    Deny,
    DialInNumbers,
    Join,
    LaunchInstant,
    Pin,
    PinKind,
    Rejoin,
    Way,
    enter,
    route,
)
from usnd.domain.dial_in.wrong_pins import Guesses, GuessRules, after_wrong_pin, wrong_pin
from usnd.domain.directory.model import Directory, Subscriber, changed
from usnd.domain.recording.files import RecorderNews, RecordEvent, StartRecording, StopRecording, recorder_of
from usnd.domain.replies.catalogue import Reply, render
from usnd.domain.replies.conference import message_of
from usnd.domain.sms.decision import Decision, Situation, TextRules
from usnd.domain.sms.interpreter import interpret
from usnd.domain.trunks.routing import admit, load_of
from usnd.domain.trunks.trunk import Pool, Routing, Trunk

OWNER = "+447700900001"
PEOPLE = {"subscriber": OWNER, "bob": "+447700900002", "eve": "+447700900003", "zoe": "+447700900004"}
NAMES = {number: name for name, number in PEOPLE.items()}
COMMON, THIRD = "443001234500", "443001234503"
NUMBERS = DialInNumbers(COMMON, tuple(f"4430012345{number:02}" for number in range(1, 31)))
ACTIVATION, USER = "4812736", "9053127"
PINS = {
    ACTIVATION: Pin(ACTIVATION, PinKind.ACTIVATION, 1, 3),
    USER: Pin(USER, PinKind.USER, 1, 3),
}
ONE_TRUNK = Pool(Routing((Trunk("msc"),)))
TEXT_RULES = TextRules("GB", numbers=NUMBERS)
SETTING = ("UC bob 07700900002", "UC eve 07700900003", "CC3 bob eve")
CAUSES = {
    16: "hangs up",
    17: "is busy",
    19: "does not answer",
    21: "rejects the call",
    34: "has no circuit",
    50: "refuses, no credit",
}
SIGN = CallEvent.PLACED, CallEvent.RINGING, CallEvent.ANSWERED, CallEvent.JOINED
USND, ROOM = "usnd", "room"


class Flow:
    """A conference from its launch to its end, as its diagram's lines."""

    def __init__(self, rules: Rules | None = None, pool: Pool = ONE_TRUNK) -> None:
        self._rules = rules or Rules()
        self._pool = pool
        self._now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self._lines: list[str] = []
        self._conference: Conference | None = None
        self._came_in: dict[str, str] = {}
        self._subscriber = Subscriber(1, OWNER)
        self._directory = Directory()
        for body in SETTING:
            self._directory = changed(self._directory, self._decide(body).changes)

    def diagram(self) -> str:
        """The whole diagram; those who take part from left to right."""
        order = ("subscriber", USND, ROOM, "bob", "eve", "zoe")
        drawn = " ".join(self._lines)
        actors = [f"    participant {name}" for name in order if f"{name}:" in drawn or f"{name}->" in drawn]
        return "\n".join(["sequenceDiagram", "    autonumber", *actors, *self._lines])

    # What people and the network do.

    def text(self, body: str) -> None:
        """The subscriber texts."""
        self._draw("subscriber", USND, f"texts: {body}")
        decision = self._decide(body)
        if decision.launch:
            self._launch(decision)
        else:
            self._reply(decision.reply)
        if decision.recall:
            self._apply(Recall())

    def talk(self) -> None:
        """It was launched as in the first flow, and all three are in: how is not drawn again."""
        self.text("IC bob eve")
        self.joins("subscriber", "bob", "eve")
        self._lines = [f"    Note over {USND}: subscriber, bob and eve talk"]

    def joins(self, *who: str) -> None:
        """Their handsets ring, they answer and are put into the room."""
        for name in who:
            came_in = self._call_of(name).direction is Direction.IN
            self._draw(name, USND, "is in the room" if came_in else "rings, answers, is in the room")
            self._hear(name, *SIGN)

    def answers(self, name: str) -> None:
        """Answers, and does not press 1."""
        self._draw(name, USND, "rings, answers, is asked to press 1")
        self._hear(name, *SIGN[:-1])

    def ends(self, name: str, cause: int = 16) -> None:
        """The call is over, with that Q.850 cause."""
        call = self._call_of(name)
        words = CAUSES[cause] if call.state is not CallState.ANSWERED else "presses nothing, is released"
        over = f" (over {call.trunk})" if cause in (34, 50) else ""
        self._draw(name, USND, f"{words}{over}, cause {cause}")
        left = (CallEvent.LEFT,) if call.in_room else ()
        self._hear(name, *left, CallEvent.ENDED, cause=cause)

    def leave(self) -> None:
        """Those who were told goodbye, or were released, are gone."""
        leaving = [call for call in self._live if call.state is CallState.LEAVING or call.told_to_end]
        for call in leaving:
            self._draw(self._name(call.id), USND, "is released, cause 16")
            self._apply(CallNews(call.id, CallEvent.ENDED, 16))

    def calls(self, name: str, dnis: str, *pins: str) -> None:
        """Calls the node, and types these PINs when asked."""
        self._draw(name, USND, f"calls {dnis}")
        call = f"{name}-{len(self._came_in) + 1}"
        self._came_in[call] = name
        guesses = Guesses()
        way = route(PEOPLE[name], dnis, NUMBERS, self._all_live, barred=False)
        self._go(call, way, dnis)
        for count, digits in enumerate(pins, start=1):
            self._draw(name, USND, f"types {digits}")
            pin = PINS.get(digits)
            if pin is None:
                guesses = wrong_pin(guesses, GuessRules(), self._now)
                self._go(call, after_wrong_pin(count, guesses, GuessRules(), self._now), dnis)
            else:
                self._go(call, enter(pin, self._all_live), dnis, pin)

    def press(self, name: str, keys: str) -> None:
        """Presses keys, one a second."""
        self._draw(name, USND, f"presses {keys}")
        typed = Typed()
        for key in keys:
            self._now += timedelta(seconds=1)
            typed, choice = press(Menu(), typed, key, self._now)
            if choice is not None:
                self._apply(Control(choice.feature, self._call_of(name).id, choice.number))

    def recorder(self, event: RecordEvent) -> None:
        """What Asterisk says of the newest recorder."""
        part = self._must_be.recording_parts[-1]
        self._draw(ROOM, USND, f"recorder {event.value}")
        self._apply(RecorderNews(recorder_of(self._must_be.id, part.number), event))

    def waits(self) -> None:
        """Nothing happens until the next deadline."""
        due = next_deadline(self._must_be, self._rules)
        assert due is not None, "nothing is due"
        minutes, seconds = divmod(round((due - self._now).total_seconds()), 60)
        self._lines.append(f"    Note over {USND}: {minutes}:{seconds:02} later")
        self._now = due
        self._apply(TimePassed())

    def loses_asterisk(self) -> None:
        """It dies, with all calls, and is there again."""
        self._lines.append(f"    Note over {USND}: Asterisk dies and starts again")
        self._apply(CallsLost(tuple(CallNews(call.id, CallEvent.VOICE_LOST) for call in self._live)))

    # What the domain makes of it.

    @property
    def _situation(self) -> Situation:
        state = self._conference.state if self._conference is not None and self._conference.live else None
        return Situation(self._subscriber, self._directory, state)

    def _decide(self, body: str) -> Decision:
        return interpret(body, self._situation, TEXT_RULES)

    def _launch(self, decision: Decision, caller: CallIn | None = None) -> bool:
        plan = LaunchPlan(self._subscriber.id, OWNER, decision.launch, decision.instant, caller)
        step = launch(7, plan, self._rules, self._now)
        admitted = admit(step, self._pool)
        if admitted is None:
            self._reply(lines_busy(self._subscriber).reply)
            return False
        self._conference = admitted.conference
        self._note([f"conference {admitted.conference.state.value}", "a call to each"])
        if caller is None:
            self._reply(decision.reply)
        self._act(admitted.commands)
        return True

    def _go(self, call: str, way: Way, dnis: str, pin: Pin | None = None) -> None:
        name = self._came_in[call]
        activation = pin.digits if pin is not None and pin.kind is PinKind.ACTIVATION else ""
        match way:
            case Rejoin():
                self._apply(CallIn(call, dnis, activation, "msc", PEOPLE[name]))
            case Join():
                self._apply(JoinIn(call, dnis, PEOPLE[name], activation, "msc"))
            case LaunchInstant(instant):
                decision = decide_launch(
                    InstantConference(instant), self._situation, self._subscriber, TEXT_RULES
                )
                if not self._launch(decision, CallIn(call, dnis, activation, "msc", PEOPLE[name])):
                    self._draw(USND, name, _why(Denial.BUSY.value))
            case AskPin(again):
                words = [TEXTS["wrong-pin"]] if again else []
                self._draw(USND, name, f"says: {' '.join([*words, TEXTS['enter-pin']])}")
            case Deny(why):
                self._draw(USND, name, _why(why.value))

    def _hear(self, name: str, *events: CallEvent, cause: int | None = None) -> None:
        call = self._call_of(name)
        for event in events:
            self._apply(CallNews(call.id, event, cause))

    def _apply(self, event: Event) -> None:
        before = self._must_be
        pool = replace(self._pool, load=load_of(before))
        step = decide(before, event, self._rules, pool, self._now)
        self._conference = step.conference
        self._note(self._committed(before, step.conference))
        self._act(step.commands)

    @property
    def _must_be(self) -> Conference:
        assert self._conference is not None, "nothing was launched"
        return self._conference

    @property
    def _all_live(self) -> list[Conference]:
        return [self._conference] if self._conference is not None and self._conference.live else []

    @property
    def _live(self) -> list[Call]:
        return [call for call in self._must_be.calls if call.live]

    def _call_of(self, name: str) -> Call:
        return next(call for call in reversed(self._live) if self._name(call.id) == name)

    def _name(self, call_id: str) -> str:
        """Who holds the handset: who types the Activation PIN counts as the subscriber."""
        call = self._must_be.call(call_id)
        if call is None or call_id in self._came_in:
            return self._came_in[call_id]
        return NAMES[call.number]

    def _committed(self, before: Conference, after: Conference) -> Iterator[str]:
        for call in after.calls:
            was = before.call(call.id)
            if call.live or (was is not None and not was.live):
                continue
            if has_record(call):
                yield f"CDR of {self._name(call.id)} {cdr_of(after, call).outcome.value}"
            else:
                yield f"{self._name(call.id)} over {call.trunk} overflowed"
        for part in after.recording_parts:
            if part not in before.recording_parts:
                yield f"recording {part.state.value}"
        if after.locked is not before.locked:
            yield "locked" if after.locked else "open"
        if after.muted is not before.muted:
            yield "all muted" if after.muted else "all heard"
        if after.state is not before.state:
            because = f", {after.end_reason.value}" if after.end_reason and not after.live else ""
            yield f"conference {after.state.value}{because}"

    # How it is drawn.

    def _draw(self, source: str, target: str, words: str) -> None:
        # To Mermaid `;` ends a line and `#` begins a character's code.
        clean = words.replace(";", ",").replace("#", "#35;")
        self._lines.append(f"    {source}->>{target}: {clean}")

    def _note(self, committed: Iterable[str]) -> None:
        words = "<br/>".join(committed)
        if words:
            self._lines.append(f"    Note over {USND}: commits: {words}")

    def _reply(self, message: Reply) -> None:
        self._draw(USND, "subscriber", f"texts: {render(message)}")

    def _act(self, commands: Iterable[ConferenceCommand]) -> None:
        for command in commands:
            if isinstance(command, CheckAlone):  # in these stories somebody comes
                continue
            target, words = self._deed(command)
            self._draw(USND, target, words)

    def _deed(self, command: ConferenceCommand) -> tuple[str, str]:
        match command:
            case PlaceCall(call, _, cli, _, _, ask, trunk):
                asked = ", to press 1" if ask else ""
                return self._name(call), f"calls over {trunk} as {cli}{asked}"
            case Admit(call, room):
                return self._name(call), f"answers, puts into room {room}"
            case HangUp(call):
                return self._name(call), "releases"
            case Goodbye(call, reason):
                why = [TEXTS["subscriber-left"]] if reason is EndReason.SUBSCRIBER_AWAY else []
                return self._name(call), f"says: {' '.join([*why, TEXTS['conference-ended']])} Releases"
            case TurnAway(call, reason):
                return self._name(call), _why(reason)
        return self._room_deed(command)

    def _room_deed(self, command: ConferenceCommand) -> tuple[str, str]:
        match command:
            case Mute(call, on):
                return self._name(call), "mutes" if on else "unmutes"
            case Announce(_, notice):
                return ROOM, f"says: {TEXTS[notice.value]}"
            case Tell(call, notice, count):
                return self._name(call), f"says to nobody else: {_said(notice, count)}"
            case StartRecording(_, _, file):
                return ROOM, f"starts a recorder, into {file}"
            case StopRecording():
                return ROOM, "stops the recorder"
        assert isinstance(command, Text), "drawn by _deed"
        return "subscriber", f"texts: {render(message_of(command, Menu()))}"


def _why(reason: str) -> str:
    """What the dialplan does with a call that may not join."""
    names = (f"conference-{reason}", f"lines-{reason}", f"number-{reason}", reason)
    words = [TEXTS[name] for name in names if name in TEXTS]
    return f"says: {words[0]} Releases" if words else "releases"


def _said(notice: Notice, count: int) -> str:
    return f"{count - 1} others are in it." if notice is Notice.COUNT else TEXTS[notice.value]
