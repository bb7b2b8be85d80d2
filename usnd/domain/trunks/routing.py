"""Takes conferences over the trunks: each call gets one before it is committed, or is refused (C10).

domain/conference/decide.py asks for each event, services/trunks/channel_pool.py for each launch. A call is on
a trunk from the moment that it is planned; one that a trunk had no way for goes over the next.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from usnd.domain.conference.call import (
    Call,
    CallEvent,
    CallNews,
    CallOutcome,
    CallState,
    Direction,
    Role,
    follow,
)
from usnd.domain.conference.call_plan import attempts, changed_calls, next_attempt, placing, with_call
from usnd.domain.conference.commands import ConferenceCommand, PlaceCall, Step
from usnd.domain.conference.events import Event
from usnd.domain.conference.model import Conference, Rules
from usnd.domain.conference.unreached import somebody_reached
from usnd.domain.trunks.trunk import Load, Pool, TrunkVerdict, verdict


@dataclass(frozen=True, slots=True)
class TrunkNews:
    """What a call says of its trunk. `cause`: the Q.850 cause of its end, if it was never answered."""

    trunk: str
    carried: bool | None
    """It got through to the called number, or failed on the way; None: neither."""
    cause: int | None = None
    refused: str = ""
    """The number that it refused, where that may be the trunk's own word."""
    contradicted: bool = False
    """Another trunk got through to the number that this one had refused."""


_BEFORE_ALERTING = frozenset({CallState.PLANNED, CallState.DIALLING})
_MAYBE_THE_TRUNK = frozenset({TrunkVerdict.DOUBTFUL, TrunkVerdict.UNFIT})
_GOT_THROUGH = frozenset({CallState.RINGING, CallState.ANSWERED, CallState.JOINED})


def load_of(conference: Conference) -> Load:
    """The channels that its calls have on each trunk."""
    used: Counter[str] = Counter()
    waiting = 0
    for call in conference.calls:
        if call.live:
            waiting += call.state is CallState.PLANNED
            if call.trunk:
                used[call.trunk] += 1
    return Load(used, waiting)


def admit(launch: Step, pool: Pool) -> Step | None:
    """The launch with a trunk for each call; None if any gets none: then nothing is dialled.

    A call by which the subscriber is in already has its channel: the pool does not know of it yet.
    """
    if pool.crowded:
        return None
    used = Counter(pool.load.used) + Counter(load_of(launch.conference).used)
    conference, refused = _assign(launch.conference, replace(pool, load=Load(used, pool.load.waiting)))
    return None if refused else _on_trunks(Step(conference, launch.commands))


def with_channels(step: Step, pool: Pool) -> tuple[Step, set[str]]:
    """The step with a trunk for each new call, and the ids of calls for which there is none: not dialled."""
    assigned, refused = _assign(step.conference, pool)
    if not (step.changes(assigned) or refused):
        return step, refused
    commands = [command for command in step.commands if getattr(command, "call", None) not in refused]
    return _on_trunks(Step(assigned, tuple(commands))), refused


def heard_of(before: Conference, after: Conference) -> list[TrunkNews]:
    """What has become of calls says something of their trunks."""
    heard = []
    for was, call in changed_calls(before, after):
        if was is None or was.state is call.state or not call.trunk or call.direction is Direction.IN:
            continue
        if call.state in _GOT_THROUGH:
            heard.append(TrunkNews(call.trunk, carried=True))
        elif not call.live and call.answered_at is None and not call.told_to_end:
            heard.append(_word(was, call))
        else:
            continue
        if heard[-1].carried and was.state in _BEFORE_ALERTING:
            heard += [TrunkNews(trunk, carried=None, contradicted=True) for trunk in _refusing(after, call)]
    return heard


def _word(was: Call, call: Call) -> TrunkNews:
    """What the end of a call says that was never answered."""
    if call.cause is None:
        failed = call.outcome in (CallOutcome.FAILED, CallOutcome.OVERFLOWED)
        return TrunkNews(call.trunk, carried=False if failed else None)
    if was.state not in _BEFORE_ALERTING or call.outcome is CallOutcome.NO_CREDIT:
        return TrunkNews(call.trunk, carried=True, cause=call.cause)
    said = verdict(call.cause)
    carried = {TrunkVerdict.REACHED: True, TrunkVerdict.FAULT: False}.get(said)
    number = call.number if said in _MAYBE_THE_TRUNK else ""
    return TrunkNews(call.trunk, carried, call.cause, refused=number)


def _refusing(conference: Conference, call: Call) -> Iterator[str]:
    """The trunks that had refused the call before."""
    for attempt in attempts(conference, call):
        if attempt.id != call.id and attempt.cause is not None and verdict(attempt.cause) in _MAYBE_THE_TRUNK:
            yield attempt.trunk


def over_the_next_trunk(
    conference: Conference, event: Event, rules: Rules, pool: Pool, now: datetime
) -> Step | None:
    """The call over the next trunk, if this one had no way for it; each trunk is tried once."""
    call = conference.call(event.call) if isinstance(event, CallNews) else None
    if call is None or not _found_no_way(call, event, rules, pool):
        return None
    tried = frozenset(attempt.trunk for attempt in attempts(conference, call))
    trunk = pool.pick(call.number, tried)
    if trunk is None:
        return None
    assert isinstance(event, CallNews)
    over = replace(follow(call, event, rules.no_credit_causes, now), outcome=CallOutcome.OVERFLOWED)
    again = next_attempt(conference, call, trunk, now)
    conference = with_call(conference, over)
    conference = replace(conference, calls=(*conference.calls, again))
    return Step(conference, (placing(conference, again, rules),))


def congested(conference: Conference) -> bool:
    """Somebody is in, and somebody else could not be called, since no trunk of the route had a way.

    Whose own call failed, or who reached nobody, reads that in another text (domain/conference/unreached.py).
    """
    return somebody_reached(conference) and any(
        call.outcome is CallOutcome.CONGESTED
        and call.direction is Direction.OUT
        and call.role is Role.PARTICIPANT
        for call in conference.calls
    )


def _found_no_way(call: Call, event: Event, rules: Rules, pool: Pool) -> bool:
    """It ended before it rang, by no fault of the called number, as far as that can be told."""
    if call.direction is Direction.IN or call.state not in _BEFORE_ALERTING:
        return False
    match event:
        case CallNews(_, CallEvent.ENDED, int(cause)):
            return cause not in rules.no_credit_causes and _is_asked_again(call, verdict(cause), pool)
        case CallNews(_, CallEvent.REFUSED):  # of a call with a channel it is about another Originate
            return call.state is CallState.PLANNED
    return False


def _is_asked_again(call: Call, said: TrunkVerdict, pool: Pool) -> bool:
    """The next trunk is asked too: always about the subscriber, who waits for that call."""
    if said is TrunkVerdict.DOUBTFUL:
        return call.role is Role.SUBSCRIBER or pool.doubts(call.trunk, call.number)
    return said is not TrunkVerdict.REACHED


def _assign(conference: Conference, pool: Pool) -> tuple[Conference, set[str]]:
    """Trunks for the calls without one; the ids of those for whom there is none."""
    calls: list[Call] = []
    refused: set[str] = set()
    if all(call.trunk or call.state is not CallState.PLANNED for call in conference.calls):
        return conference, refused
    for call in conference.calls:
        if call.state is not CallState.PLANNED or call.trunk:
            calls.append(call)
            continue
        trunk = pool.pick(call.number)
        if trunk is None:
            refused.add(call.id)
            calls.append(call)
        else:
            pool = pool.taking(trunk)
            calls.append(replace(call, trunk=trunk))
    if all(now is was for now, was in zip(calls, conference.calls, strict=True)):
        return conference, refused
    return replace(conference, calls=tuple(calls)), refused


def _on_trunks(step: Step) -> Step:
    """The orders to dial, each with the trunk of its call."""
    trunks = {call.id: call.trunk for call in step.conference.calls}

    def on_trunk(command: ConferenceCommand) -> ConferenceCommand:
        return replace(command, trunk=trunks[command.call]) if isinstance(command, PlaceCall) else command

    return Step(step.conference, tuple(map(on_trunk, step.commands)))
