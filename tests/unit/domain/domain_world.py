"""A model of the world around one conference: an Asterisk that is slow, unordered, refuses and crashes.

Owns the invariants of `usnd.domain.conducting` and checks them at every step. A `World` is a value: the same
model is walked at random (test_domain_races.py) and exhaustively (test_domain_exhaustive.py).
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from usnd.domain import conducting
from usnd.domain.calls import Call, CallEvent, CallNews, CallState, Outcome, Role
from usnd.domain.cdr import cdr_of, has_record
from usnd.domain.conference import (
    Admit,
    CallAction,
    CallIn,
    Command,
    Conference,
    ConferenceState,
    End,
    EndReason,
    Event,
    Goodbye,
    HangUp,
    JoinIn,
    Participant,
    PlaceCall,
    Recall,
    Rules,
    Step,
    TellNoCredit,
    TimePassed,
    TurnAway,
)
from usnd.domain.planning import attempts
from usnd.domain.routing import admit, conduct
from usnd.domain.trunks import Pool, Route, Routing, Trunk

RULES = Rules()
ONE_TRUNK = Pool(Routing((Trunk("msc"),)))
TRUNKS = (Trunk("msc"), Trunk("backup"))
TWO_TRUNKS = Pool(Routing(TRUNKS))
T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER = "+447700900001"
OTHERS = tuple(Participant(f"+44770090001{n}", f"P{n}") for n in range(4))
OVERFLOW_OF_OTHERS = Pool(Routing(TRUNKS, (Route(("msc", "backup")), Route(("msc",), (OWNER,)))))
OVER = (ConferenceState.ENDING, ConferenceState.ENDED)


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


@dataclass(frozen=True, slots=True)
class World:
    """One moment. `news` keeps its order for each call only; `commands` keep none."""

    conference: Conference
    now: datetime
    commands: tuple[Command, ...]
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

    def phase(self, call: str) -> Phase | None:
        return dict(self.channels).get(call)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for worlds that can only go on alike: times count from now."""
        conf, now = self.conference, self.now
        return (
            conf.state.value,
            conf.end_reason and conf.end_reason.value,
            conf.away_until and conf.away_until - now,
            (conf.call_backs, conf.call_back_at and conf.call_back_at - now),
            self.away_since and self.away_since - now,
            tuple((c.id, c.trunk, c.state.value, c.told_to_end, _waits_since(c, now)) for c in conf.calls),
            any(c.outcome is Outcome.VOICE_LOST for c in conf.calls),
            frozenset((type(c).__name__, c.call) for c in self.commands if isinstance(c, CallAction)),
            tuple(sorted(((n.call, n.event.value, n.cause) for n in self.news), key=lambda news: news[0])),
            frozenset((call, phase.value) for call, phase in self.channels),
            frozenset(c.id for c in conf.calls if c.live and c.id in self.heard_voice),
        )


def _waits_since(call: Call, now: datetime) -> timedelta | None:
    if call.state in (CallState.PLANNED, CallState.DIALLING, CallState.RINGING):
        return call.planned_at - now
    since = {CallState.ANSWERED: call.answered_at, CallState.LEAVING: call.leaving_since}.get(call.state)
    return since and since - now


def start(others: int, rules: Rules = RULES, pool: Pool = ONE_TRUNK) -> World:
    step = admit(conducting.launch(7, (42, OWNER), OTHERS[:others], rules, T0), pool)
    assert step is not None
    return World(step.conference, T0, step.commands, rules=rules, pool=pool)


# What the world can do: each gives the world after it.


def carry_out(world: World, index: int, *, refuse: bool = False) -> World:
    """Asterisk carries out the command; a PlaceCall whose id lives already is refused, as Asterisk does."""
    command = world.commands[index]
    world = replace(world, commands=world.commands[:index] + world.commands[index + 1 :])
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
    world = hear(replace(world, news=world.news[:index] + world.news[index + 1 :]), news)
    return hear(world, news) if again else world


def call_in(world: World, *, again: bool = False) -> World:
    """The subscriber calls in by a channel of their own."""
    channel = f"1700000000.{world.called_in}"
    world = replace(_move(world, channel, Phase.WAITING), called_in=world.called_in + 1)
    world = hear(world, CallIn(channel, "52272"))
    return hear(world, CallIn(channel, "52272")) if again else world


def join_in(world: World, number: str) -> World:
    """Somebody with the User PIN calls in, by a channel of their own."""
    channel = f"1700000000.{world.called_in}"
    world = replace(_move(world, channel, Phase.WAITING), called_in=world.called_in + 1)
    return hear(world, JoinIn(channel, "52270", number))


def wait(world: World, time: timedelta) -> World:
    """Time passes; usnd wakes at each of its deadlines."""
    until = world.now + time
    while (due := conducting.next_deadline(world.conference, world.rules)) is not None and due <= until:
        world = replace(world, now=max(due, world.now))
        world = hear(world, TimePassed())
        assert conducting.next_deadline(world.conference, world.rules) != due, "a deadline that never passes"
    return replace(world, now=until)


def crash(world: World, surveyed: int = 1000) -> World:
    """usnd dies between commit and commands, then hears a survey; after `surveyed` calls it dies again."""
    world = replace(world, commands=(), news=())
    world = replace(world, commands=_checked_commands(world, conducting.resume(world.conference), None))
    for call in world.conference.calls[:surveyed]:
        phase = world.phase(call.id)
        sign = SIGN.get(phase, CallEvent.MISSING) if phase else CallEvent.MISSING
        if call.live or sign is not CallEvent.MISSING:
            world = hear(world, CallNews(call.id, sign))
    return world if surveyed >= len(world.conference.calls) else crash(world)


def end(world: World) -> World:
    return hear(world, End())


def kill_asterisk(world: World) -> World:
    """Every channel is gone; orders not yet carried out reach the next Asterisk."""
    world = replace(world, channels=(), news=())
    for call in world.conference.calls:
        world = hear(world, CallNews(call.id, CallEvent.VOICE_LOST))
    return world


def hear(world: World, event: Event) -> World:
    """usnd handles the event and commits; the commands wait to be carried out. Checks everything."""
    step = conduct(world.conference, event, world.rules, world.pool, world.now)
    heard = world.heard_voice | _answered_by(world.conference, event)
    _check_conference(world, step, event)
    _check_event(world.conference, step, event)
    for call in step.conference.calls:
        answered = call.outcome in (Outcome.COMPLETED, Outcome.NOT_ACCEPTED)
        assert call.outcome is not Outcome.NOT_ACCEPTED or call.asked
        told = call.outcome is Outcome.VOICE_LOST or answered == (call.id in heard)
        assert call.live or told, "completed is what was answered"
    commands = world.commands + _checked_commands(world, step.commands, event, step)
    after = replace(world, conference=step.conference, commands=commands, heard_voice=heard)
    if step.conference.state is ConferenceState.AWAY:
        after = replace(after, away_since=world.away_since or world.now)
    elif step.conference.state is not ConferenceState.ENDING:
        after = replace(after, away_since=None)
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
        due = conducting.next_deadline(world.conference, world.rules)
        if due is None:
            break
        assert due <= by_when, "too late"
        world = wait(world, max(due - world.now, timedelta(0)))
    assert world.conference.state is ConferenceState.ENDED, f"stuck in {world.conference.state}"
    assert not world.channels, f"left up: {world.channels}"
    cdrs = [cdr_of(world.conference, call) for call in world.conference.calls if has_record(call)]
    assert len({cdr.call_id for cdr in cdrs}) == len(cdrs)
    people = {attempts(world.conference, call)[0].id for call in world.conference.calls}
    assert len(people) == len(cdrs), "one record a participant, however many trunks were tried"


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
    return replace(world, channels=channels if phase is None else (*channels, (call, phase)))


def _add_news(world: World, news: CallNews) -> World:
    return replace(world, news=(*world.news, news))


# The invariants.


def _check_conference(world: World, step: Step, event: Event) -> None:
    before, after, now = world.conference, step.conference, world.now
    ids = [call.id for call in after.calls]
    assert len(set(ids)) == len(ids), "one call, one id"
    assert ids[: len(before.calls)] == [call.id for call in before.calls], "no call is forgotten"
    for was, call in zip(before.calls, after.calls, strict=False):
        assert was.live or call == was, "an ended call never changes"
        assert was.answered_at in (None, call.answered_at), "answered once"
    for call in after.calls:
        tried = [attempt.trunk for attempt in attempts(after, call)]
        assert len(set(tried)) == len(tried), "no trunk is tried twice for a call"
        assert sum(attempt.live for attempt in attempts(after, call)) <= 1, "one attempt at a time"
        assert call.live == (call.ended_at is None) == (call.outcome is None)
    assert after.live == any(call.live for call in after.calls), "over when the last call is"
    assert after.live == (after.ended_at is None)
    assert (after.end_reason is not None) == (after.state in OVER)
    assert (after.state is ConferenceState.AWAY) == (after.away_until is not None)
    assert after.call_backs <= world.rules.call_backs, "called back too often"
    assert after.call_back_at is None or after.state is ConferenceState.RECALLING
    due = conducting.next_deadline(after, world.rules)
    owner_in = any(call.in_room for call in after.calls if call.role is Role.SUBSCRIBER)
    assert due is not None or owner_in or not after.live, "nothing would ever end this"
    assert after.away_until is None or after.away_until <= now + world.rules.away
    if isinstance(event, TimePassed):
        assert due is None or due > now, "the time that passed is settled"
    if before.state in OVER:
        assert after.state in OVER


def _check_event(before: Conference, step: Step, event: Event) -> None:
    refused = [
        call
        for call in step.conference.calls
        if call.outcome is Outcome.NO_CREDIT and (was := before.call(call.id)) is not None and was.live
    ]
    ends_launch = bool(refused) and before.state not in OVER
    assert len([c for c in step.commands if isinstance(c, TellNoCredit)]) == ends_launch
    assert not ends_launch or step.conference.end_reason is EndReason.NO_CREDIT
    if event == Recall() and before.state in (ConferenceState.AWAY, ConferenceState.RECALLING):
        coming = [c for c in step.conference.calls if c.role is Role.SUBSCRIBER and c.live]
        assert any(c.state is not CallState.LEAVING for c in coming), "the subscriber is called back"


def _answered_by(conference: Conference, event: Event) -> frozenset[str]:
    talking = (CallEvent.ANSWERED, CallEvent.JOINED, CallEvent.LEFT)
    if not isinstance(event, CallNews) or event.event not in talking:
        return frozenset()
    call = conference.call(event.call)
    cannot_be = call and call.state is CallState.PLANNED and event.event is CallEvent.LEFT
    return frozenset({event.call} if call and call.live and not cannot_be else ())


def _checked_commands(
    world: World, commands: tuple[Command, ...], event: Event | None, step: Step | None = None
) -> tuple[Command, ...]:
    conf = step.conference if step else world.conference
    before = world.conference
    for command in commands:
        call = conf.call(getattr(command, "call", ""))
        match command:
            case PlaceCall():
                assert call is not None
                assert call.state is CallState.PLANNED
                assert conf.state not in OVER, "nobody is called into a conference that ends"
                assert command.calling_number == OWNER
                assert command.trunk == call.trunk != "", "on the trunk that was committed"
                waiting = [c for c in world.commands if isinstance(c, PlaceCall) and c.call == call.id]
                assert not waiting, "placed twice at once"
            case Admit():
                assert conf.state not in OVER
                assert before.call(command.call) is None, "admitted once"
                assert call is not None
            case TurnAway():
                assert call is None, "who is turned away is not in it"
            case Goodbye():
                was = before.call(command.call)
                assert was is not None
                assert was.in_room
                assert conf.state is ConferenceState.ENDING
            case HangUp():
                assert call is not None or event == CallIn(command.call, "52272"), "a call of this conference"
                assert call is None or not call.in_room
    return commands
