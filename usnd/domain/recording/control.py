"""Recording of a live conference: begun and ended by its subscriber, told to all (REQUIREMENTS C7).

transitions.py, features.py and decide.py call it: when a part begins and ends, who is told, and whose calls
count as recorded. What is recorded is what Asterisk says is recorded, and nobody is told before. Files of
parts, and the states of a part, are in files.py.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from usnd.domain.conference.announcements import Announce, Notice, Tell
from usnd.domain.conference.commands import ConferenceCommand, Step, TellNotRecorded
from usnd.domain.conference.model import OVER, Conference
from usnd.domain.recording.files import (
    OPEN,
    RecorderNews,
    RecordEvent,
    RecordingPart,
    RecordState,
    StartRecording,
    StopRecording,
    file_of,
    follow_recorder,
    part_of_recorder,
    recorder_of,
)

_ON = frozenset({RecordState.ORDERED, RecordState.RUNNING})


def is_recorded(conference: Conference) -> bool:
    """It is recorded, or will be as soon as Asterisk does."""
    return any(part.state in _ON for part in conference.recording_parts)


def record(conference: Conference, now: datetime) -> Step:
    """Ends the part that is being recorded; where none is, begins the next one."""
    for part in conference.recording_parts:
        if part.state in _ON:
            stopping = follow_recorder(part, RecordEvent.STOP, now)
            return Step(_with(conference, stopping), (_stop(conference, part),))
    part = RecordingPart(len(conference.recording_parts) + 1, RecordState.ORDERED, now)
    conference = replace(conference, recording_parts=(*conference.recording_parts, part))
    return Step(conference, (_start(conference, part),))


def on_recorder(conference: Conference, news: RecorderNews, now: datetime) -> Step:
    """The conference after news of one of its recorders."""
    at = part_of_recorder(news.recorder)
    before = next((one for one in conference.recording_parts if at == (conference.id, one.number)), None)
    alive = news.event is RecordEvent.BEGUN
    if before is None:
        return Step(conference, (StopRecording(news.recorder),) if alive else ())
    if news.event is RecordEvent.MISSING and before.state is RecordState.ORDERED:
        return Step(conference, (_start(conference, before),))
    after = follow_recorder(before, news.event, now)
    # A recorder that was told to stop, or that we gave up, shows life: it is told again.
    if after is before:
        undead = alive and before.state is not RecordState.RUNNING
        return Step(conference, (_stop(conference, before),) if undead else ())
    return Step(_with(conference, after), tuple(_told(conference, after)))


def with_recording(before: Conference, step: Step, now: datetime) -> Step:
    """The step, when what it means for the recording is done too."""
    conference = step.conference
    if not (step.changes(before) and conference.recording_parts):
        return step
    if conference.state in OVER:
        return _untaped(step, now)
    if not conference.recording:
        return step
    was_recording = before.recording
    came_in = {call.id for call in conference.calls if call.in_room} - {
        call.id for call in before.calls if call.in_room
    }
    calls = tuple(
        replace(call, recorded=True) if call.in_room and not call.recorded else call
        for call in conference.calls
    )
    told = tuple(Tell(call.id, Notice.RECORDING) for call in calls if call.id in came_in and was_recording)
    return Step(replace(conference, calls=calls), (*step.commands, *told))


def resume_recording(conference: Conference) -> tuple[ConferenceCommand, ...]:
    """The stops that were perhaps not carried out, again."""
    stopping = (one for one in conference.recording_parts if one.state is RecordState.STOPPING)
    return tuple(_stop(conference, one) for one in stopping)


def open_recorders(conference: Conference) -> tuple[str, ...]:
    """The recorders that Asterisk should have, or may have."""
    return tuple(
        recorder_of(conference.id, one.number) for one in conference.recording_parts if one.state in OPEN
    )


def _untaped(step: Step, now: datetime) -> Step:
    """A conference that is over is recorded no more: whatever becomes of its recorders is no news."""
    open_ones = [one for one in step.conference.recording_parts if one.state in OPEN]
    conference = step.conference
    for part in open_ones:
        conference = _with(conference, follow_recorder(part, RecordEvent.ENDED, now))
    return Step(conference, (*step.commands, *(_stop(conference, part) for part in open_ones)))


def _told(conference: Conference, part: RecordingPart) -> Iterator[ConferenceCommand]:
    if not any(call.in_room for call in conference.calls):
        return
    notice = {
        RecordState.RUNNING: Notice.RECORDING,
        RecordState.CLOSED: Notice.RECORDING_STOPPED,
        RecordState.FAILED: Notice.NOT_RECORDED,
    }[part.state]
    yield Announce(conference.room, notice)
    if part.state is RecordState.FAILED:
        yield TellNotRecorded(conference.subscriber_number)


def _start(conference: Conference, part: RecordingPart) -> StartRecording:
    recorder = recorder_of(conference.id, part.number)
    return StartRecording(recorder, conference.room, file_of(conference.id, part.number))


def _stop(conference: Conference, part: RecordingPart) -> StopRecording:
    return StopRecording(recorder_of(conference.id, part.number))


def _with(conference: Conference, changed: RecordingPart) -> Conference:
    recording_parts = tuple(
        changed if one.number == changed.number else one for one in conference.recording_parts
    )
    return replace(conference, recording_parts=recording_parts)
