"""What people may do in a live conference, and what each feature does (REQUIREMENTS C6, C8).

transitions.py calls it when a feature is asked for, by key or by command. The subscriber may use all
features, participants a few. Which keys mean which feature: dtmf_menu.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from usnd.domain.conference.announcements import Announce, Notice, Tell
from usnd.domain.conference.call import Call, CallState, Role
from usnd.domain.conference.call_plan import end, plan, told_to_end, with_call
from usnd.domain.conference.commands import ConferenceCommand, HangUp, Mute, Step, TellMenu
from usnd.domain.conference.events import Control, Feature
from usnd.domain.conference.model import OVER, Conference, EndReason, Participant, Rules
from usnd.domain.recording.control import is_recorded, record

FOR_EVERYBODY = frozenset({Feature.MUTE_ME, Feature.WRONG_KEY})
FOR_HANDSETS = frozenset({Feature.MUTE_ME, Feature.WRONG_KEY})
"""Which mean the call that they are asked from, and so nothing from the portal."""


def control(conference: Conference, event: Control, rules: Rules, now: datetime) -> Step:
    """The conference after the feature, if who asks for it may, and is in the room."""
    if conference.state in OVER:
        return Step(conference)
    if not _may(conference, event):
        call = conference.call(event.call or "")
        told = (Tell(call.id, Notice.HOST_ONLY),) if call is not None and call.in_room else ()
        return Step(conference, told)
    return _DOES[event.feature](conference, event, rules, now)


def on_joined(conference: Conference, before: Call, after: Call) -> Iterator[Mute]:
    """Who joins a conference of which all are muted is muted too."""
    if after.in_room and not before.in_room and silenced(conference, after):
        yield Mute(after.id, on=True)


def resume_mutes(conference: Conference) -> tuple[Mute, ...]:
    """The mutes of all in the room, again: one may be lost with a link. None if nobody ever muted."""
    return tuple(
        Mute(call.id, on=silenced(conference, call))
        for call in conference.calls
        if call.in_room and (call.muted is not None or conference.muted is not None)
    )


def _may(conference: Conference, event: Control) -> bool:
    if event.call is None:
        return event.feature not in FOR_HANDSETS
    call = conference.call(event.call)
    if call is None or not call.in_room:
        return False
    return call.role is Role.SUBSCRIBER or event.feature in FOR_EVERYBODY


def silenced(conference: Conference, call: Call) -> bool:
    """The others do not hear the call: it is muted, or all are."""
    return bool(call.muted) or (bool(conference.muted) and call.role is Role.PARTICIPANT)


def _end(conference: Conference, _event: Control, _rules: Rules, now: datetime) -> Step:
    return end(conference, EndReason.TOLD, now)


def _mute_all(conference: Conference, event: Control, _rules: Rules, _now: datetime) -> Step:
    if _is_so(event, was=bool(conference.muted)):
        return Step(conference)
    after = replace(conference, muted=not conference.muted)
    notice = Notice.MUTED if after.muted else Notice.UNMUTED
    return Step(after, (*_mutes(conference, after), Announce(after.room, notice)))


def _mute_me(conference: Conference, event: Control, _rules: Rules, _now: datetime) -> Step:
    call = conference.call(event.call or "")
    if call is not None and conference.muted and call.role is Role.PARTICIPANT:
        return Step(conference, (Tell(call.id, Notice.MUTED_BY_HOST),))
    return _mute_call(conference, event, event.call)


def _mute(conference: Conference, event: Control, _rules: Rules, _now: datetime) -> Step:
    return _mute_call(conference, event, event.target)


def _mute_call(conference: Conference, event: Control, call_id: str | None) -> Step:
    call = conference.call(call_id or "")
    if call is None or not call.live or _is_so(event, was=bool(call.muted)):
        return Step(conference)
    after = with_call(conference, replace(call, muted=not call.muted))
    mutes = tuple(_mutes(conference, after))
    told = (Tell(mute.call, Notice.MUTED_YOU if mute.on else Notice.UNMUTED_YOU) for mute in mutes)
    return Step(after, (*mutes, *told))


def _is_so(event: Control, *, was: bool) -> bool:
    """What is asked for is so already: asked twice it is done once."""
    return event.on is was


def _mutes(before: Conference, after: Conference) -> Iterator[Mute]:
    for was, call in zip(before.calls, after.calls, strict=True):
        if call.in_room and silenced(before, was) is not silenced(after, call):
            yield Mute(call.id, on=silenced(after, call))


def _lock(conference: Conference, event: Control, _rules: Rules, _now: datetime) -> Step:
    if _is_so(event, was=conference.locked):
        return Step(conference)
    after = replace(conference, locked=not conference.locked)
    return Step(after, (Announce(after.room, Notice.LOCKED if after.locked else Notice.UNLOCKED),))


def _count(conference: Conference, event: Control, _rules: Rules, _now: datetime) -> Step:
    count = sum(call.in_room for call in conference.calls)
    return Step(conference, (_say(conference, event, Notice.COUNT, count),))


def _add(conference: Conference, event: Control, rules: Rules, now: datetime) -> Step:
    """One more participant, unless that number is in the conference already or there is no room left.

    Not for who is suspended: their conference goes on with those who are called (REQUIREMENTS S4).
    """
    if event.suspended:
        return Step(conference, _answer(event, Notice.SUSPENDED))
    if not event.number or not rules.plan.permits(event.number):
        return Step(conference, (_say(conference, event, Notice.WRONG_NUMBER),))
    live = [call for call in conference.calls if call.live]
    known = {conference.subscriber_number, *(call.number for call in live)}
    if event.number in known or len(live) >= rules.most_calls:
        return Step(conference, _answer(event, Notice.ALREADY_IN if event.number in known else Notice.FULL))
    person = Participant(event.number, event.name)
    conference, command = plan(conference, person, Role.PARTICIPANT, rules, now)
    return Step(conference, (command, *_answer(event, Notice.CALLING)))


def _drop_last(conference: Conference, event: Control, _rules: Rules, now: datetime) -> Step:
    newest = next((call for call in reversed(conference.calls) if _droppable(call)), None)
    step = _dropped(conference, newest, now)
    told = _answer(event, Notice.NOBODY_TO_DROP if newest is None else Notice.DROPPED)
    return Step(step.conference, (*step.commands, *told))


def _drop(conference: Conference, event: Control, _rules: Rules, now: datetime) -> Step:
    call = conference.call(event.target)
    return _dropped(conference, call if call is not None and _droppable(call) else None, now)


def _droppable(call: Call) -> bool:
    """The subscriber is not dropped, but ends the conference."""
    return call.role is Role.PARTICIPANT and call.live and call.state is not CallState.LEAVING


def _dropped(conference: Conference, call: Call | None, now: datetime) -> Step:
    if call is None:
        return Step(conference)
    return Step(with_call(conference, told_to_end(call, now)), (HangUp(call.id),))


def _record(conference: Conference, event: Control, _rules: Rules, now: datetime) -> Step:
    return Step(conference) if _is_so(event, was=is_recorded(conference)) else record(conference, now)


def _say(conference: Conference, event: Control, notice: Notice, count: int = 0) -> ConferenceCommand:
    """To who asked; all hear what the portal asks for, where nobody else could."""
    if event.call is None:
        return Announce(conference.room, notice, count)
    return Tell(event.call, notice, count)


def _answer(event: Control, notice: Notice) -> tuple[ConferenceCommand, ...]:
    """To the handset that asked; who asks from the portal sees it."""
    return () if event.call is None else (Tell(event.call, notice),)


def _help(conference: Conference, event: Control, _rules: Rules, _now: datetime) -> Step:
    return Step(conference, (TellMenu(conference.subscriber_number), *_answer(event, Notice.KEYS_SENT)))


def _wrong_key(conference: Conference, event: Control, _rules: Rules, _now: datetime) -> Step:
    return Step(conference, _answer(event, Notice.WRONG_KEY))


_DOES: dict[Feature, Callable[[Conference, Control, Rules, datetime], Step]] = {
    Feature.END: _end,
    Feature.MUTE_ALL: _mute_all,
    Feature.MUTE_ME: _mute_me,
    Feature.LOCK: _lock,
    Feature.COUNT: _count,
    Feature.ADD: _add,
    Feature.DROP_LAST: _drop_last,
    Feature.RECORD: _record,
    Feature.HELP: _help,
    Feature.DROP: _drop,
    Feature.MUTE: _mute,
    Feature.WRONG_KEY: _wrong_key,
}
