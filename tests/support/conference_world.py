"""A model of the world around one conference: an Asterisk that is slow, unordered, refuses and crashes.

Checks the invariants of `usnd.domain.conference.transitions` at every step. A `World` is a value: the same
model is walked at random (test_conference_races.py) and exhaustively
(test_conference_exhaustive.py).
"""

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple

from conference_invariants import check_commands, check_conference, check_event

from usnd.domain.billing.cdr import cdr_of, has_record
from usnd.domain.conference import transitions
from usnd.domain.conference.call import Call, CallEvent, CallNews, CallOutcome, CallState, Role
from usnd.domain.conference.call_plan import attempts
from usnd.domain.conference.commands import (
    Admit,
    CallAction,
    ConferenceCommand,
    Goodbye,
    HangUp,
    PlaceCall,
    Step,
    TurnAway,
)
from usnd.domain.conference.decide import decide
from usnd.domain.conference.events import CallIn, CallsLost, Control, Event, Feature, JoinIn, TimePassed
from usnd.domain.conference.model import OVER, Conference, ConferenceState, LaunchPlan, Participant, Rules
from usnd.domain.dial_in.admission import Join, Pin, PinKind, Rejoin, enter
from usnd.domain.trunks.routing import admit
from usnd.domain.trunks.trunk import Pool, Route, Routing, Trunk

RULES = Rules()
ONE_TRUNK = Pool(Routing((Trunk("msc"),)))
TRUNKS = (Trunk("msc"), Trunk("backup"))
TWO_TRUNKS = Pool(Routing(TRUNKS))
T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER = "+447700900001"
OTHERS = tuple(Participant(f"+44770090001{n}", f"P{n}") for n in range(4))
INSTANT = 3
OVERFLOW_OF_OTHERS = Pool(Routing(TRUNKS, (Route(("msc", "backup")), Route(("msc",), (OWNER,)))))


def slack(rules: Rules, trunks: int = 1) -> timedelta:
    """Longest time to the end of a conference whose subscriber is gone, and of whom news is lost."""
    calling = (rules.ring + rules.grace) * trunks
    call_backs = rules.call_backs * (rules.call_back_pause + calling + rules.answer + rules.goodbye)
    return calling + call_backs + rules.away + rules.goodbye + rules.grace + rules.answer


class Phase(Enum):
    """Where a channel really is. ORDERED: Asterisk took the Originate, and has no channel yet."""

    ORDERED = 0
    WAITING = 1
    DIALLING = 2
    RINGING = 3
    ANSWERED = 4
    JOINED = 5
    OUTSIDE = 6


ONWARD = {
    Phase.ORDERED: (Phase.DIALLING, CallEvent.PLACED),
    Phase.DIALLING: (Phase.RINGING, CallEvent.RINGING),
    Phase.RINGING: (Phase.ANSWERED, CallEvent.ANSWERED),
    Phase.ANSWERED: (Phase.JOINED, CallEvent.JOINED),
    Phase.JOINED: (Phase.OUTSIDE, CallEvent.LEFT),
}
SIGN = {
    Phase.WAITING: CallEvent.PLACED,
    Phase.DIALLING: CallEvent.PLACED,
    Phase.RINGING: CallEvent.RINGING,
    Phase.ANSWERED: CallEvent.ANSWERED,
    Phase.JOINED: CallEvent.JOINED,
    Phase.OUTSIDE: CallEvent.LEFT,
}


class World(NamedTuple):  # which is copied with a change in a tenth of the time of a dataclass
    """One moment. `news` keeps its order for each call only; `commands` keep none."""

    conference: Conference
    now: datetime
    commands: tuple[ConferenceCommand, ...]
    channels: tuple[tuple[str, Phase], ...] = ()
    news: tuple[CallNews, ...] = ()
    away_since: datetime | None = None
    called_in: int = 0
    rules: Rules = RULES
    pool: Pool = ONE_TRUNK
    causes: tuple[int, ...] = (17, 50)
    """With which the network releases."""
    most_calls: int = 3
    """The two of the launch, and one more by which the subscriber comes back."""
    heard_voice: frozenset[str] = frozenset()
    """The calls of which usnd heard, while they lived, that they were answered."""
    records: tuple[str, ...] = ()
    """The calls whose CDR was written, in order: as services/conference/conferences.py writes them."""

    def phase(self, call: str) -> Phase | None:
        return dict(self.channels).get(call)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for worlds that can only go on alike: times count from now."""
        conf, now = self.conference, self.now
        return (
            conf.state.value,
            conf.away_until and conf.away_until - now,
            (conf.call_backs, conf.call_back_at and conf.call_back_at - now),
            self.away_since and self.away_since - now,
            tuple(self._key_of(call) for call in conf.calls),
            frozenset((type(c).__name__, c.call) for c in self.commands if isinstance(c, CallAction)),
            tuple(sorted(((n.call, n.event.value, n.cause) for n in self.news), key=lambda news: news[0])),
            frozenset((call, phase.value) for call, phase in self.channels),
        )

    def _key_of(self, call: Call) -> tuple[object, ...] | None:
        """How a call came to its end makes no difference to what can follow."""
        if not call.live:  # but it may have tried a trunk, which is not tried again
            return (call.trunk,) if call.outcome is CallOutcome.OVERFLOWED else None
        waits = _waits_since(call, self.now)
        return call.state.value, call.trunk, call.told_to_end, waits, call.id in self.heard_voice


def _waits_since(call: Call, now: datetime) -> timedelta | None:
    if call.state in (CallState.PLANNED, CallState.DIALLING, CallState.RINGING):
        return call.planned_at - now
    since = {CallState.ANSWERED: call.answered_at, CallState.LEAVING: call.leaving_since}.get(call.state)
    return None if since is None else since - now


def start(others: int, rules: Rules = RULES, pool: Pool = ONE_TRUNK) -> World:
    step = admit(transitions.launch(7, LaunchPlan(42, OWNER, OTHERS[:others], INSTANT), rules, T0), pool)
    assert step is not None
    return World(step.conference, T0, step.commands, rules=rules, pool=pool)


# What the world can do: each gives the world after it.


def carry_out(world: World, index: int, *, refuse: bool = False) -> World:
    """Asterisk carries out the command; a PlaceCall whose id lives already is refused, as Asterisk does."""
    command = world.commands[index]
    world = world._replace(commands=world.commands[:index] + world.commands[index + 1 :])
    phase = world.phase(command.call) if hasattr(command, "call") else None
    match command:
        case PlaceCall(call):
            if refuse or phase is not None:
                return _add_news(world, CallNews(call, CallEvent.REFUSED))
            return _move(world, call, Phase.ORDERED)
        case Admit(call) if phase is Phase.WAITING:
            return _add_news(_move(world, call, Phase.ANSWERED), CallNews(call, CallEvent.ANSWERED))
        case HangUp(call) if phase not in (None, Phase.ORDERED):
            return release(world, call, 16)
        case Admit(call) | HangUp(call) | Goodbye(call) if phase is None:
            return _add_news(world, CallNews(call, CallEvent.MISSING))
        case Goodbye(call) if phase is Phase.JOINED:
            return go_on(world, call)
        case TurnAway(call) if phase is Phase.WAITING:
            return release(world, call, 21)
    return world


def go_on(world: World, call: str) -> World:
    """The channel does what comes next in its life."""
    after, event = ONWARD[dict(world.channels)[call]]
    return _add_news(_move(world, call, after), CallNews(call, event))


def release(world: World, call: str, cause: int) -> World:
    ordered = world.phase(call) is Phase.ORDERED
    event = CallEvent.REFUSED if ordered else CallEvent.ENDED
    return _add_news(_move(world, call, None), CallNews(call, event, None if ordered else cause))


def deliver(world: World, call: str, *, again: bool = False) -> World:
    """usnd hears the oldest news of that call; `again`, hears it twice."""
    index, news = next((i, n) for i, n in enumerate(world.news) if n.call == call)
    world = hear(world._replace(news=world.news[:index] + world.news[index + 1 :]), news)
    return hear(world, news) if again else world


def call_in(world: World, *, again: bool = False) -> World:
    """The subscriber calls in by a channel of their own."""
    channel = f"1700000000.{world.called_in}"
    world = _move(world, channel, Phase.WAITING)._replace(called_in=world.called_in + 1)
    world = hear(world, CallIn(channel, "52272"))
    return hear(world, CallIn(channel, "52272")) if again else world


def join_in(world: World, number: str) -> World:
    """Somebody with the User PIN calls in, by a channel of their own."""
    return by_pin(world, number, PinKind.USER)


def by_pin(world: World, number: str, kind: PinKind) -> World:
    """Somebody types a PIN of the conference, at the common number."""
    way = enter(Pin("1234567", kind, 42, INSTANT), [world.conference] if world.conference.live else [])
    channel = f"1700000000.{world.called_in}"
    calling = _move(world, channel, Phase.WAITING)._replace(called_in=world.called_in + 1)
    match way:
        case Rejoin():
            return hear(calling, CallIn(channel, "52272", "1234567"))
        case Join():
            return hear(calling, JoinIn(channel, "52270", number))
    assert world.conference.state in OVER, f"a right PIN opens nothing: {way}"
    return world


def wait(world: World, time: timedelta) -> World:
    """Time passes; usnd wakes at each of its deadlines."""
    until = world.now + time
    while (due := transitions.next_deadline(world.conference, world.rules)) is not None and due <= until:
        world = world._replace(now=max(due, world.now))
        world = hear(world, TimePassed())
        assert transitions.next_deadline(world.conference, world.rules) != due, "a deadline that never passes"
    return world._replace(now=until)


def crash(world: World, surveyed: int = 1000) -> World:
    """usnd dies between commit and commands, then hears a survey; after `surveyed` calls it dies again."""
    world = world._replace(commands=(), news=())
    resumed = Step(world.conference, transitions.resume(world.conference))
    check_commands(world.conference, resumed, None, ())
    world = world._replace(commands=resumed.commands)
    for call in world.conference.calls[:surveyed]:
        phase = world.phase(call.id)
        sign = SIGN.get(phase, CallEvent.MISSING) if phase else CallEvent.MISSING
        if call.live or sign is not CallEvent.MISSING:
            world = hear(world, CallNews(call.id, sign))
    return world if surveyed >= len(world.conference.calls) else crash(world)


def end(world: World) -> World:
    return hear(world, Control(Feature.END, None))


def kill_asterisk(world: World) -> World:
    """Every channel is gone; orders not yet carried out reach the next Asterisk."""
    world = world._replace(channels=(), news=())
    lost = (CallNews(call.id, CallEvent.VOICE_LOST) for call in world.conference.calls)
    return hear(world, CallsLost(tuple(lost)))


def hear(world: World, event: Event) -> World:
    """usnd handles the event and commits; the commands wait to be carried out. Checks everything."""
    step = decide(world.conference, event, world.rules, world.pool, world.now)
    heard = world.heard_voice | _answered_by(world.conference, event)
    check_conference(world.conference, step, event, world.rules, world.now)
    check_event(world.conference, step, event)
    for call in step.conference.calls:
        assert call.outcome is not CallOutcome.NOT_ACCEPTED or call.asked
        assert (call.answered_at is not None) == (call.id in heard), "charged is what was answered"
        was_in = call.outcome in (CallOutcome.COMPLETED, CallOutcome.VOICE_LOST)
        assert was_in or call.live or call.joined_at is None, "completed is who was in the room"
    check_commands(world.conference, step, event, world.commands)
    commands = world.commands + step.commands
    records = world.records + _newly_ended(world.conference, step.conference)
    assert len(set(records)) == len(records), "one CDR a call"
    after = world._replace(conference=step.conference, commands=commands, heard_voice=heard, records=records)
    if step.conference.state is ConferenceState.AWAY:
        after = after._replace(away_since=world.away_since or world.now)
    elif step.conference.state is not ConferenceState.ENDING:
        after = after._replace(away_since=None)
    if after.away_since is not None:
        longest = world.rules.away + world.rules.goodbye + world.rules.grace
        assert world.now - after.away_since <= longest, "AWAY outlasted"
    return after


def settle(world: World) -> World:
    """Every command is carried out and all news is heard."""
    while world.commands or world.news:
        world = carry_out(world, 0) if world.commands else deliver(world, world.news[0].call)
    return world


def finish(world: World, proved: set[object] | None = None) -> None:
    """Nothing more is lost; the subscriber goes, participants never hang up: it must come to its end.

    `proved` are the keys of worlds of which this is known.
    """
    by_when = world.now + slack(world.rules, len(world.pool.routing.trunks))
    proved = set() if proved is None else proved
    while True:
        world = settle(world)
        if (key := world.key) in proved:
            return
        proved.add(key)
        world = _quiet(world)
        due = transitions.next_deadline(world.conference, world.rules)
        if due is None:
            break
        assert due <= by_when, "too late"
        world = wait(world, max(due - world.now, timedelta(0)))
    assert world.conference.state is ConferenceState.ENDED, f"stuck in {world.conference.state}"
    assert not world.channels, f"left up: {world.channels}"
    recorded = sorted(call.id for call in world.conference.calls if has_record(call))
    assert sorted(world.records) == recorded, "a CDR each"
    assert all(cdr_of(world.conference, call).call_id == call.id for call in world.conference.calls)
    people = {attempts(world.conference, call)[0].id for call in world.conference.calls}
    assert len(people) == len(recorded), "one record a participant, however many trunks were tried"


def _newly_ended(before: Conference, after: Conference) -> tuple[str, ...]:
    over = {call.id for call in before.calls if not call.live}
    return tuple(
        call.id for call in after.calls if not call.live and call.id not in over and has_record(call)
    )


def _quiet(world: World) -> World:
    owners = {call.id for call in world.conference.calls if call.role is Role.SUBSCRIBER}
    while True:
        world = settle(world)
        ordered = [call for call, phase in world.channels if phase is Phase.ORDERED]
        # The dialplan releases a call that nobody admits after 5 s, and one that left its room.
        alone = (Phase.WAITING, Phase.OUTSIDE)
        going = [call for call, phase in world.channels if phase in alone or call in owners]
        if ordered:
            world = go_on(world, ordered[0])
        elif going:
            world = release(world, going[0], 16)
        else:
            return world


def _move(world: World, call: str, phase: Phase | None) -> World:
    channels = tuple(item for item in world.channels if item[0] != call)
    return world._replace(channels=channels if phase is None else (*channels, (call, phase)))


def _add_news(world: World, news: CallNews) -> World:
    return world._replace(news=(*world.news, news))


def _answered_by(conference: Conference, event: Event) -> frozenset[str]:
    talking = (CallEvent.ANSWERED, CallEvent.JOINED, CallEvent.LEFT)
    if not isinstance(event, CallNews) or event.event not in talking:
        return frozenset()
    call = conference.call(event.call)
    cannot_be = call and call.state is CallState.PLANNED and event.event is CallEvent.LEFT
    return frozenset({event.call} if call and call.live and not cannot_be else ())
