"""A month's minutes: how they are counted, and when a conference has used them up (REQUIREMENTS C10)."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from conference_scene import BOB, EVE, HER, HIM, ME, OWNER, T0, E, S, Scene

from usnd.domain.conference.commands import Goodbye, TellNoMinutes
from usnd.domain.conference.model import EndReason
from usnd.domain.conference.quota import month_of, seconds_left, talked_seconds
from usnd.domain.directory.model import Subscriber
from usnd.domain.replies.catalogue import Say
from usnd.domain.sms.decision import Situation, TextRules
from usnd.domain.sms.interpreter import interpret

SUBSCRIBER = Subscriber(42, OWNER, minutes=10)


def limited(seconds: int | None) -> Scene:
    scene = Scene(BOB, EVE)
    scene.conference = replace(scene.conference, talk_seconds=seconds)
    return scene


@pytest.mark.parametrize(
    ("minutes", "used", "left"), [(None, 9, None), (10, 0, 600), (10, 599, 1), (10, 601, 0)]
)
def test_what_is_left_of_a_month(minutes: int | None, used: int, left: int | None) -> None:
    assert seconds_left(minutes, used) == left


def test_the_month_is_utc() -> None:
    assert month_of(datetime(2026, 4, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2026-03"


def test_only_answered_calls_that_ended_count_and_begun_seconds_are_whole() -> None:
    scene = limited(None)
    scene.hear(HIM, E.PLACED, E.JOINED)
    scene.seconds = 10.2
    scene.hear(HIM, E.ENDED, cause=16)
    scene.hear(HER, E.PLACED, E.ENDED, cause=17)
    assert [talked_seconds(call) for call in scene.conference.calls] == [0, 11, 0]


def test_all_calls_use_minutes_at_once_and_the_conference_ends_when_they_are_used_up() -> None:
    """Two talk from 0 s, a third from 10 s to 20 s, in all 120 s: at 55 s."""
    scene = limited(120)
    why = EndReason.NO_MINUTES
    for call in (ME, HIM):
        scene.hear(call, E.PLACED, E.JOINED)
    scene.seconds = 10
    scene.hear(HER, E.PLACED, E.JOINED)
    assert scene.due() == pytest.approx(10 + 100 / 3)
    scene.seconds = 20
    scene.hear(HER, E.ENDED, cause=16)
    assert scene.due() == 55
    assert scene.at(54) == ()
    assert scene.at(55) == (Goodbye(ME, why), Goodbye(HIM, why), TellNoMinutes(OWNER))
    assert scene.conference.state is S.ENDING
    assert scene.conference.end_reason is why
    assert scene.due() == 70, "only the goodbye is waited for"
    assert scene.at(56) == ()


def test_without_a_limit_or_anybody_who_talks_nothing_is_due() -> None:
    waiting, free = limited(60), limited(None)
    free.hear(ME, E.PLACED, E.JOINED)
    assert waiting.conference.calls[0].planned_at == T0
    assert waiting.due() == 60, "the calls that ring"
    assert free.due() == 60, "the others that ring"


def test_a_launch_without_minutes_is_refused_and_one_with_some_may_use_them() -> None:
    rules = TextRules("GB")
    none = interpret("IC +447700900002", Situation(SUBSCRIBER, seconds_left=0), rules)
    some = interpret("IC +447700900002", Situation(SUBSCRIBER, seconds_left=5), rules)
    assert (none.reply.say, none.launch) == (Say.NO_MINUTES, ())
    assert (some.reply.say, some.talk_seconds) == (Say.LAUNCHED, 5)
