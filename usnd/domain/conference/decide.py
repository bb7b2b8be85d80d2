"""What an event does to a conference: the one place where the rules come together, in this order.

1. A call that this trunk had no way for goes over the next one; else the transition (transitions.py).
2. What that means for the recording (recording/control.py), and what people have to be told (unreached.py).
3. Each new call gets a channel (trunks/routing.py); one for which there is none is over at once.
Called by services/trunks/trunks.py, which counts the channels; the caller commits the conference of the step,
then carries out its commands.
"""

from dataclasses import replace
from datetime import datetime

from usnd.domain.conference.announcements import TellNobodyReached, TellNotReached
from usnd.domain.conference.call import NO_LINE, CallEvent, CallNews
from usnd.domain.conference.commands import Step, TellNoLine
from usnd.domain.conference.events import CallsLost, Event
from usnd.domain.conference.model import Conference, Rules
from usnd.domain.conference.transitions import transition
from usnd.domain.conference.unreached import break_silence
from usnd.domain.recording.control import with_recording
from usnd.domain.trunks.routing import congested, over_the_next_trunk, with_channels
from usnd.domain.trunks.trunk import Pool


def decide(conference: Conference, event: Event, rules: Rules, pool: Pool, now: datetime) -> Step:
    """The conference after the event, each new call with a channel of the pool, and what to do.

    The subscriber is told when somebody gets no line here, and once when somebody got none in the network
    while others are in.
    """
    step = over_the_next_trunk(conference, event, rules, pool, now) or handle(conference, event, rules, now)
    step, refused = with_channels(step, pool)
    for call in refused:
        then = handle(step.conference, CallNews(call, CallEvent.REFUSED, NO_LINE), rules, now)
        step = Step(then.conference, (*step.commands, *then.commands))
    told = any(isinstance(command, TellNobodyReached | TellNotReached) for command in step.commands)
    newly_congested = congested(step.conference) and not congested(conference)
    if (refused and not told) or newly_congested:
        step = replace(step, commands=(*step.commands, TellNoLine(conference.subscriber_number)))
    return step


def handle(conference: Conference, event: Event, rules: Rules, now: datetime) -> Step:
    """As `decide`, where channels do not matter. rules: the node's; the conference may have its own."""
    rules = rules.within(conference)
    step = with_recording(conference, transition(conference, event, rules, now), now)
    lost = isinstance(event, CallsLost) or (
        isinstance(event, CallNews) and event.event is CallEvent.VOICE_LOST
    )
    return step if lost else break_silence(conference, step)
