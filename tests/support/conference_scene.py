"""A conference under test: who is in it, what happens to them, and what was ordered for it."""

from datetime import UTC, datetime, timedelta

from usnd.domain.conference.call import CallEvent, CallNews, CallOutcome, CallState
from usnd.domain.conference.commands import ConferenceCommand
from usnd.domain.conference.decide import handle
from usnd.domain.conference.events import CallsLost, Event, TimePassed
from usnd.domain.conference.model import Conference, ConferenceState, LaunchPlan, Participant, Rules
from usnd.domain.conference.transitions import launch, next_deadline

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


OWNER, BOB, EVE = "+447700900001", Participant("+447700900002", "Bob"), Participant("+447700900003", "Eve")


RULES = Rules()


E, S = CallEvent, ConferenceState


ME, HIM, HER = "usn-7-1", "usn-7-2", "usn-7-3"


class Scene:
    """A launched conference, its commands so far, and its clock in seconds."""

    def __init__(self, *others: Participant, rules: Rules = RULES) -> None:
        step = launch(7, LaunchPlan(42, OWNER, others), rules, T0)
        self.rules = rules
        self.conference: Conference = step.conference
        self.commands: tuple[ConferenceCommand, ...] = step.commands
        self.seconds = 0.0

    @property
    def now(self) -> datetime:
        return T0 + timedelta(seconds=self.seconds)

    def do(self, event: Event) -> tuple[ConferenceCommand, ...]:
        step = handle(self.conference, event, self.rules, self.now)
        self.conference = step.conference
        return step.commands

    def hear(self, call: str, *events: CallEvent, cause: int | None = None) -> tuple[ConferenceCommand, ...]:
        said: tuple[ConferenceCommand, ...] = ()
        for event in events:
            said += self.do(CallNews(call, event, cause))
        return said

    def lose(self, *calls: str, known_until: float | None = None) -> tuple[ConferenceCommand, ...]:
        """Asterisk died, or the server; known_until: seconds at which they were last known to be up."""
        until = None if known_until is None else T0 + timedelta(seconds=known_until)
        return self.do(CallsLost(tuple(CallNews(call, CallEvent.VOICE_LOST, None, until) for call in calls)))

    def at(self, seconds: float) -> tuple[ConferenceCommand, ...]:
        self.seconds = seconds
        return self.do(TimePassed())

    def due(self) -> float | None:
        due = next_deadline(self.conference, self.rules)
        return None if due is None else (due - T0).total_seconds()

    def state_of(self, call: str) -> CallState:
        found = self.conference.call(call)
        assert found is not None
        return found.state

    def outcome_of(self, call: str) -> CallOutcome | None:
        found = self.conference.call(call)
        assert found is not None
        return found.outcome
