"""The rules of a conference: from what happened and the time, the conference after it and what to do.

decide.py calls it for each event, services/conference for launch, deadlines and restart. No I/O: the caller
commits the conference of a `Step` first, then carries out its commands. All functions are total: any event in
any state, late or repeated.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from usnd.domain.conference.call import (
    SIGNS_OF_LIFE,
    Call,
    CallEvent,
    CallNews,
    CallOutcome,
    CallState,
    Role,
    follow,
)
from usnd.domain.conference.call_plan import (
    called_in,
    end,
    join_in,
    owner_calls,
    owner_coming,
    placing,
    plan,
    revive,
    settled_if_empty,
    told_to_end,
    with_call,
)
from usnd.domain.conference.commands import (
    Admit,
    ConferenceCommand,
    HangUp,
    Step,
    TellNoCredit,
    TellNoMinutes,
    TellTimeLimit,
    TurnAway,
)
from usnd.domain.conference.events import (
    CallIn,
    CallsLost,
    Control,
    Event,
    JoinIn,
    Recall,
    StillAlone,
    TimePassed,
)
from usnd.domain.conference.features import control, on_joined, resume_mutes
from usnd.domain.conference.model import (
    ABSENT,
    CONFERENCE_TABLE,
    OVER,
    Conference,
    ConferenceState,
    EndReason,
    LaunchPlan,
    Participant,
    Rules,
    Turn,
)
from usnd.domain.conference.quota import used_up_at
from usnd.domain.conference.unreached import still_alone
from usnd.domain.recording.control import on_recorder, resume_recording
from usnd.domain.recording.files import RecorderNews

_UNANSWERED = frozenset({CallState.PLANNED, CallState.DIALLING, CallState.RINGING})


def launch(conference_id: int, launched: LaunchPlan, rules: Rules, now: datetime) -> Step:
    """Call subscriber and participants at once, each number once (REQUIREMENTS C1, S7)."""
    number, caller = launched.number, launched.caller
    there = {number, caller.number if caller is not None else None}
    people = {person.number: person for person in launched.participants if person.number not in there}
    conference = Conference(
        conference_id,
        launched.subscriber_id,
        number,
        ConferenceState.GATHERING,
        now,
        (),
        press_one=rules.press_one,
        instant=launched.instant,
        talk_seconds=launched.talk_seconds,
        most_calls=launched.most_calls,
        away_seconds=launched.away_seconds,
        most_call_backs=launched.most_call_backs,
        launched_by=launched.launched_by,
    )
    commands: list[ConferenceCommand] = []
    if caller is None:
        conference, first = plan(conference, Participant(number, ""), Role.SUBSCRIBER, rules, now)
        commands.append(first)
    else:
        step = _on_call_in(conference, caller, now)
        conference, commands = step.conference, [*step.commands]
    for person in people.values():
        conference, command = plan(conference, person, Role.PARTICIPANT, rules, now)
        commands.append(command)
    return Step(conference, tuple(commands))


def transition(conference: Conference, event: Event, rules: Rules, now: datetime) -> Step:
    """What the event does by itself: decide.py adds what follows from it."""
    match event:
        case CallNews():
            return _on_call(conference, event, rules, now)
        case CallsLost(calls):
            return _on_lost(conference, calls, rules, now)
        case TimePassed():
            return _on_time(conference, rules, now)
        case CallIn():
            return _on_call_in(conference, event, now)
        case JoinIn():
            return join_in(conference, event, rules, now)
        case Control():
            return control(conference, event, rules, now)
        case RecorderNews():
            return on_recorder(conference, event, now)
        case StillAlone(call):
            return still_alone(conference, call)
        case Recall():  # pragma: no branch - mypy proves the match complete
            return _on_recall(conference, rules, now)


def next_deadline(conference: Conference, rules: Rules) -> datetime | None:
    """When `TimePassed` is due next, or None. Derived from the state, so that a restart cannot lose it."""
    waited_for = (call for call in conference.calls if call.state not in (CallState.JOINED, CallState.ENDED))
    times = [time for call in waited_for if (time := _deadline(call, rules)) is not None]
    times += [time for time in (conference.away_until, conference.call_back_at) if time is not None]
    if rules.longest is not None and conference.state not in OVER:
        times.append(conference.launched_at + rules.longest)
    used_up = used_up_at(conference)
    if used_up is not None and conference.state not in OVER:
        times.append(used_up)
    return min(times, default=None)


def resume(conference: Conference) -> tuple[ConferenceCommand, ...]:
    """What was perhaps not carried out before a crash, and is safe to do twice.

    Calls still PLANNED are not here: a survey of Asterisk tells whether they were placed, and
    `CallEvent.MISSING` places those that were not (REQUIREMENTS C11).
    """
    releases = tuple(HangUp(call.id) for call in conference.calls if call.state is CallState.LEAVING)
    return (*releases, *resume_mutes(conference), *resume_recording(conference))


def may_be_placed(conference: Conference, call_id: str, rules: Rules, now: datetime) -> bool:
    """Whether a call is still to be placed: its commit may have taken so long that its moment has passed."""
    call = conference.call(call_id)
    return call is not None and call.state is CallState.PLANNED and now < call.planned_at + rules.too_old


def _on_call(conference: Conference, news: CallNews, rules: Rules, now: datetime) -> Step:
    before = conference.call(news.call)
    if before is None:
        return Step(conference)
    if news.event is CallEvent.MISSING and before.state is CallState.PLANNED:
        return _place_again(conference, before, rules, now)
    if news.event is CallEvent.VOICE_LOST:
        return _on_lost(conference, (news,), rules, now)
    after = follow(before, news, rules.no_credit_causes, now)
    # A call that we gave up shows life: its release was lost on the way, or overtook its placing.
    undead = (before.told_to_end or not before.live) and news.event in SIGNS_OF_LIFE
    release = (HangUp(before.id),) if undead else ()
    if after is before:
        return Step(conference, release)
    conference = with_call(conference, after)
    if after.outcome is CallOutcome.NO_CREDIT:  # never of a call in an ENDING conference: that is cancelled
        ending = end(conference, EndReason.NO_CREDIT, now)
        return Step(ending.conference, (*ending.commands, TellNoCredit(conference.subscriber_number)))
    replaced, commands = _take_over(conference, before, after, now)
    return Step(_settle(replaced, rules, now), (*release, *commands, *on_joined(conference, before, after)))


def _on_lost(conference: Conference, calls: Iterable[CallNews], rules: Rules, now: datetime) -> Step:
    lost = list[Call]()
    for news in calls:
        before = conference.call(news.call)
        if before is not None and before.live:
            lost.append(follow(before, news, rules.no_credit_causes, now))
            conference = with_call(conference, lost[-1])
    if not lost or any(call.live for call in conference.calls):
        return Step(_settle(conference, rules, now) if lost else conference)
    again = revive(conference, lost, rules, now)
    if again is not None:
        return again
    reason = conference.end_reason or EndReason.VOICE_LOST
    return Step(settled_if_empty(replace(conference, end_reason=reason), now))


def _take_over(
    conference: Conference, before: Call, after: Call, now: datetime
) -> tuple[Conference, tuple[ConferenceCommand, ...]]:
    """The subscriber is in by a new call: an older one of the same telephone is dead, or left behind."""
    if after.role is not Role.SUBSCRIBER or before.in_room or not after.in_room:
        return conference, ()
    theirs = [call for call in owner_calls(conference) if call.in_room and call.number == after.number]
    return _released(conference, [call for call in theirs if call.id != after.id], now)


def _released(
    conference: Conference, calls: Iterable[Call], now: datetime
) -> tuple[Conference, tuple[ConferenceCommand, ...]]:
    released = tuple(calls)
    for call in released:
        conference = with_call(conference, told_to_end(call, now))
    return conference, tuple(HangUp(call.id) for call in released)


def _place_again(conference: Conference, call: Call, rules: Rules, now: datetime) -> Step:
    """A call that was planned and that Asterisk never saw: place it, unless it is too late."""
    deadline = _deadline(call, rules)
    if deadline is not None and deadline <= now:
        return _on_call(conference, CallNews(call.id, CallEvent.OVERDUE), rules, now)
    return Step(conference, (placing(conference, call, rules),))


def _on_time(conference: Conference, rules: Rules, now: datetime) -> Step:
    commands: list[ConferenceCommand] = []
    for call in conference.calls:
        deadline = _deadline(call, rules)
        if deadline is not None and deadline <= now:
            step = _on_call(conference, CallNews(call.id, CallEvent.OVERDUE), rules, now)
            conference = step.conference
            commands += [HangUp(call.id), *step.commands]
    if rules.longest is not None and conference.launched_at + rules.longest <= now:
        ending = end(conference, EndReason.TIME_LIMIT, now)
        ended = ending.conference is not conference
        told = (TellTimeLimit(conference.subscriber_number),) if ended else ()
        return Step(ending.conference, (*commands, *ending.commands, *told))
    used_up = used_up_at(conference)
    if used_up is not None and used_up <= now and conference.state not in OVER:
        ending = end(conference, EndReason.NO_MINUTES, now)
        told_used_up = TellNoMinutes(conference.subscriber_number)
        return Step(ending.conference, (*commands, *ending.commands, told_used_up))
    if conference.call_back_at is not None and conference.call_back_at <= now:
        conference, call_back = _call_back(conference, rules, now)
        return Step(conference, (*commands, call_back))
    if conference.away_until is not None and conference.away_until <= now:
        ending = end(conference, EndReason.SUBSCRIBER_AWAY, now)
        return Step(ending.conference, (*commands, *ending.commands))
    return Step(conference, tuple(commands))


def _on_call_in(conference: Conference, event: CallIn, now: datetime) -> Step:
    """The subscriber is there by that call, which takes the place of older ones (REQUIREMENTS C5, C13).

    One that still rings is given up for it, and one in the room too if it is with the same telephone, which
    can talk by one only: the older is dead. Another telephone in the room stays. Who comes in then with the
    Activation PIN from elsewhere is a participant (REQUIREMENTS C4).
    """
    if conference.call(event.call) is not None:
        return Step(conference)
    if conference.state in OVER:
        return Step(conference, (TurnAway(event.call, "not-running"),))
    own = conference.subscriber_number
    number = own if event.number is None else event.number
    older = [call for call in owner_calls(conference) if call.live]
    given_up = [call for call in older if not call.in_room or (number and call.number == number)]
    another = any(call.in_room for call in older if call not in given_up)
    role = Role.PARTICIPANT if another and number != own else Role.SUBSCRIBER
    conference, releases = _released(conference, given_up, now)
    back = called_in(event, number, role, now)
    conference = replace(conference, calls=(*conference.calls, back), call_back_at=None)
    return Step(conference, (*releases, Admit(event.call, conference.room)))


def _on_recall(conference: Conference, rules: Rules, now: datetime) -> Step:
    """Also of a subscriber who is in by all that is known: once they answer, that call takes over."""
    by_text = conference.state in ABSENT or conference.state is ConferenceState.RUNNING
    if not by_text or any(_comes(call) for call in owner_calls(conference)):
        return Step(conference)
    conference, command = _call_back(conference, rules, now)
    return Step(conference, (command,))


def _comes(call: Call) -> bool:
    """On its way into the room."""
    return call.live and call.state not in (CallState.JOINED, CallState.LEAVING)


def _call_back(conference: Conference, rules: Rules, now: datetime) -> tuple[Conference, ConferenceCommand]:
    subscriber = Participant(conference.subscriber_number, "")
    conference, command = plan(conference, subscriber, Role.SUBSCRIBER, rules, now)
    tried = conference.call_backs + (conference.state is ConferenceState.RECALLING)
    return replace(conference, call_backs=tried, call_back_at=None), command


def _settle(conference: Conference, rules: Rules, now: datetime) -> Conference:
    """Turn the conference as its calls now stand: is any left, is the subscriber in, or still coming?"""
    if not any(call.live for call in conference.calls):
        return settled_if_empty(conference, now)
    if any(call.in_room for call in owner_calls(conference)):
        after = CONFERENCE_TABLE[conference.state, Turn.SUBSCRIBER_IN]
        if after is conference.state and conference.away_until is conference.call_back_at is None:
            return conference
        return replace(conference, state=after, away_until=None, call_back_at=None)
    if owner_coming(conference):
        return conference
    return _without_subscriber(conference, rules, now)


def _without_subscriber(conference: Conference, rules: Rules, now: datetime) -> Conference:
    """The subscriber is not in and not coming: the next call-back is set, or the time away begins."""
    tried = conference.call_backs
    if conference.state is ConferenceState.RUNNING and _was_steady(conference, rules, now):
        tried = 0
    turn = Turn.SUBSCRIBER_DROPPED if tried < rules.call_backs else Turn.SUBSCRIBER_OUT
    after = CONFERENCE_TABLE[conference.state, turn]
    if after is ConferenceState.RECALLING:
        due = conference.call_back_at or now + rules.call_back_pause
        return replace(conference, state=after, call_backs=tried, call_back_at=due)
    if after is conference.state:
        return conference
    return replace(conference, state=after, away_until=now + rules.away, call_back_at=None)


def _was_steady(conference: Conference, rules: Rules, now: datetime) -> bool:
    joined = [call.joined_at for call in owner_calls(conference) if call.joined_at is not None]
    return bool(joined) and now - max(joined) >= rules.steady


def _deadline(call: Call, rules: Rules) -> datetime | None:
    """When we stop waiting for news of the call; a call in the room has no limit of its own."""
    if call.state in _UNANSWERED:
        return call.planned_at + rules.too_old
    if call.state is CallState.ANSWERED and call.answered_at is not None:
        return call.answered_at + rules.grace + (rules.answer if call.asked else timedelta())
    if call.state is CallState.LEAVING and call.leaving_since is not None:
        return call.leaving_since + rules.goodbye
    return None
