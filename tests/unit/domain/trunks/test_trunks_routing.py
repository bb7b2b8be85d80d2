"""Conferences over trunks: admission before dialling, overflow, what calls say of trunks (V1, C2, C10)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from conference_scene import BOB, EVE, HER, HIM, ME, OWNER, RULES, T0, E

from usnd.domain.billing.cdr import cdr_of, has_record
from usnd.domain.conference.announcements import TellNobodyReached, TellNotReached
from usnd.domain.conference.call import CONGESTION, CallEvent, CallNews, CallOutcome
from usnd.domain.conference.commands import (
    Admit,
    ConferenceCommand,
    PlaceCall,
    Step,
    TellNoCredit,
    TellNoLine,
)
from usnd.domain.conference.decide import decide
from usnd.domain.conference.events import CallIn, Control, Event, Feature, JoinIn
from usnd.domain.conference.launch import lines_busy
from usnd.domain.conference.model import Conference, LaunchPlan
from usnd.domain.conference.transitions import launch
from usnd.domain.directory.model import Subscriber
from usnd.domain.numbers.e164 import NumberPlan
from usnd.domain.replies.catalogue import Say
from usnd.domain.sms.decision import Decision
from usnd.domain.trunks.routing import TrunkNews, admit, heard_of, load_of
from usnd.domain.trunks.trunk import Load, Pool, Route, Routing, Trunk, TrunkState

TWO = Pool(Routing((Trunk("a"), Trunk("b"))))
CALLED_IN = "1700000000.1"


def limited(*channels: int | None) -> Pool:
    return Pool(Routing(tuple(Trunk(name, most) for name, most in zip("abc", channels, strict=False))))


class Scene:
    """A launched conference over trunks; the pool counts what the conference itself has in use."""

    def __init__(self, pool: Pool = TWO) -> None:
        self.pool = pool
        step = admit(launch(7, LaunchPlan(42, OWNER, (BOB, EVE)), RULES, T0), pool)
        assert step is not None
        self.conference: Conference = step.conference
        self.commands: tuple[ConferenceCommand, ...] = step.commands
        self.heard: list[TrunkNews] = []

    def do(self, event: Event) -> tuple[ConferenceCommand, ...]:
        pool = replace(self.pool, load=load_of(self.conference))
        step = decide(self.conference, event, RULES, pool, T0)
        self.heard += heard_of(self.conference, step.conference)
        self.conference = step.conference
        return step.commands

    def hear(self, call: str, *events: CallEvent, cause: int | None = None) -> tuple[ConferenceCommand, ...]:
        said: tuple[ConferenceCommand, ...] = ()
        for event in events:
            said += self.do(CallNews(call, event, cause))
        return said

    def calls(self) -> list[tuple[str, str, str]]:
        return [
            (call.id, call.trunk, call.outcome.value if call.outcome else call.state.value)
            for call in self.conference.calls
        ]


def placed(call: str, number: str, trunk: str) -> PlaceCall:
    return PlaceCall(call, number, OWNER, "c7", RULES.ring, trunk=trunk)


def test_a_launch_by_a_call_that_came_in_counts_that_call_too() -> None:
    caller = CallIn(CALLED_IN, "52201", trunk="a")
    by_call = launch(7, LaunchPlan(42, OWNER, (BOB, EVE), 1, caller), RULES, T0)
    assert admit(by_call, limited(2)) is None
    step = admit(by_call, limited(2, 1))
    assert step is not None
    assert [call.trunk for call in step.conference.calls] == ["a", "a", "b"]


def test_a_launch_has_a_trunk_for_each_call_before_it_is_committed() -> None:
    scene = Scene(limited(2, 5))
    assert scene.commands == (
        placed(ME, OWNER, "a"),
        placed(HIM, BOB.number, "a"),
        placed(HER, EVE.number, "b"),
    )
    assert load_of(scene.conference) == Load({"a": 2, "b": 1}, 3)


@pytest.mark.parametrize("pool", [limited(2), limited(0, 0), replace(TWO, load=Load(waiting=601))])
def test_a_launch_for_which_lines_are_missing_dials_nobody(pool: Pool) -> None:
    assert admit(launch(7, LaunchPlan(42, OWNER, (BOB, EVE)), RULES, T0), pool) is None


def test_its_subscriber_is_told_that_all_lines_are_busy() -> None:
    decision = lines_busy(Subscriber(42, OWNER, language="de"))
    assert decision == Decision(decision.reply)
    assert (decision.reply.say, decision.reply.language) == (Say.NO_LINE, "de")


@pytest.mark.parametrize("cause", sorted(CONGESTION))
@pytest.mark.parametrize("before", [(), (E.PLACED,)])
def test_a_congested_call_goes_on_over_the_next_trunk_once(cause: int, before: tuple[CallEvent, ...]) -> None:
    scene = Scene()
    scene.hear(HIM, *before)
    assert scene.hear(HIM, E.ENDED, cause=cause) == (placed("usn-7-2.2", BOB.number, "b"),)
    assert scene.hear("usn-7-2.2", E.PLACED, E.ENDED, cause=cause) == (), "perhaps nobody comes"
    assert scene.calls()[1:] == [
        (HIM, "a", "overflowed"),
        (HER, "a", "planned"),
        ("usn-7-2.2", "b", "congested"),
    ]


def test_who_is_congested_everywhere_is_told_of_once_a_conference() -> None:
    scene = Scene(limited(None))
    assert scene.hear(HIM, E.PLACED, E.ENDED, cause=34) == ()
    assert TellNoLine(OWNER) in scene.hear(HER, E.JOINED)
    assert scene.hear(HIM, E.ENDED, cause=34) == ()
    assert TellNoLine(OWNER) not in scene.hear(ME, E.PLACED, E.ENDED, cause=41)


def test_who_reached_nobody_reads_that_once_and_not_of_lines_as_well() -> None:
    scene = Scene(limited(None))
    texts = [
        command
        for call in (ME, HIM, HER)
        for command in scene.hear(call, E.PLACED, E.ENDED, cause=41)
        if isinstance(command, TellNoLine | TellNotReached | TellNobodyReached)
    ]
    people = (("Bob", CallOutcome.CONGESTED), ("Eve", CallOutcome.CONGESTED))
    assert texts == [TellNobodyReached(OWNER, people, host=CallOutcome.CONGESTED)]


def test_a_caller_who_gives_up_is_no_congestion() -> None:
    scene = Scene()
    scene.do(JoinIn(CALLED_IN, "52201", ""))
    assert scene.hear(CALLED_IN, E.ENDED, cause=41) == ()


def test_one_record_tells_of_the_call_and_the_trunk_that_carried_it() -> None:
    scene = Scene()
    scene.hear(HIM, E.PLACED, E.ENDED, cause=34)
    again = scene.conference.call("usn-7-2.2")
    assert again is not None
    later = replace(again, planned_at=datetime(2027, 1, 1, tzinfo=UTC))
    calls = tuple(later if call is again else call for call in scene.conference.calls)
    scene.conference = replace(scene.conference, calls=calls)
    scene.hear("usn-7-2.2", E.PLACED, E.JOINED, E.ENDED, cause=16)
    records = [cdr_of(scene.conference, call) for call in scene.conference.calls if has_record(call)]
    assert [(cdr.call_id, cdr.trunk, cdr.outcome, cdr.start) for cdr in records] == [
        ("usn-7-2.2", "b", CallOutcome.COMPLETED, T0)
    ]


@pytest.mark.parametrize("cause", [1, 3, 16, 17, 18, 19, 20, 21, 23, 27, 28, 50, None])
def test_what_the_called_number_says_is_not_asked_of_another_trunk(cause: int | None) -> None:
    scene = Scene()
    scene.hear(HIM, E.PLACED)
    scene.hear(HIM, E.ENDED, cause=cause)
    assert len(scene.conference.calls) == 3


@pytest.mark.parametrize("cause", [29, 57, 58, 63, 65, 79, 88, 127])
def test_what_no_person_says_is_asked_of_the_next_trunk(cause: int) -> None:
    scene = Scene()
    scene.hear(HIM, E.PLACED)
    assert scene.hear(HIM, E.ENDED, cause=cause) == (placed("usn-7-2.2", BOB.number, "b"),)


@pytest.mark.parametrize("cause", [1, 3, 21, 28])
def test_a_doubtful_refusal_is_asked_of_the_next_trunk_where_the_trunk_is_doubted(cause: int) -> None:
    scene = Scene(replace(TWO, refused={"a": frozenset({EVE.number})}))
    assert scene.hear(HIM, E.PLACED, E.ENDED, cause=cause) == (placed("usn-7-2.2", BOB.number, "b"),)
    rang = Scene(replace(TWO, states={"a": TrunkState.SUSPECT}))
    rang.hear(HIM, E.RINGING)
    rang.hear(HIM, E.ENDED, cause=cause)
    assert len(rang.conference.calls) == 3, "who was rung has refused"


@pytest.mark.parametrize("cause", [1, 3, 21, 28])
def test_a_doubtful_refusal_of_the_subscriber_who_waits_for_that_call_is_always(cause: int) -> None:
    scene = Scene()
    assert scene.hear(ME, E.PLACED, E.ENDED, cause=cause) == (placed("usn-7-1.2", OWNER, "b"),)
    scene.hear("usn-7-1.2", E.RINGING, E.ANSWERED)
    assert scene.heard == [
        TrunkNews("a", carried=None, cause=cause, refused=OWNER),
        TrunkNews("b", carried=True),
        TrunkNews("a", carried=None, contradicted=True),
        TrunkNews("b", carried=True),
    ]


def test_a_trunk_that_is_full_is_not_contradicted_by_the_next_and_agreement_tells_against_none() -> None:
    scene = Scene()
    scene.hear(HIM, E.PLACED, E.ENDED, cause=34)
    scene.hear("usn-7-2.2", E.PLACED, E.RINGING)
    assert [news.contradicted for news in scene.heard] == [False, False]
    scene = Scene()
    scene.hear(HIM, E.PLACED, E.ENDED, cause=58)
    scene.hear("usn-7-2.2", E.PLACED, E.ENDED, cause=21)
    assert [news.refused for news in scene.heard] == [BOB.number, BOB.number]
    assert not any(news.contradicted for news in scene.heard)


def test_lack_of_credit_ends_the_launch_on_any_trunk() -> None:
    scene = Scene()
    scene.hear(HIM, E.PLACED, E.ENDED, cause=34)
    assert TellNoCredit(OWNER) in scene.hear("usn-7-2.2", E.PLACED, E.ENDED, cause=50)


def test_a_call_that_rang_or_was_told_to_end_does_not_overflow() -> None:
    scene = Scene()
    scene.hear(HIM, E.RINGING)
    assert scene.hear(HIM, E.ENDED, cause=41) == ()
    scene.hear(HER, E.HANG_UP)
    assert scene.hear(HER, E.ENDED, cause=34) == ()
    assert len(scene.conference.calls) == 3


def test_an_order_that_asterisk_refuses_overflows_unless_the_call_has_a_channel() -> None:
    scene = Scene()
    assert scene.hear(HIM, E.REFUSED) == (placed("usn-7-2.2", BOB.number, "b"),)
    scene.hear(HER, E.PLACED)
    assert scene.hear(HER, E.REFUSED) == ()
    assert scene.hear(HER, E.LEFT) == ()
    assert scene.hear("usn-9-9", E.ENDED, cause=34) == ()


def test_an_added_number_without_a_line_is_over_at_once_and_told() -> None:
    scene = Scene(limited(3))
    scene.hear(ME, E.PLACED, E.JOINED)
    assert scene.do(Control(Feature.ADD, ME, "+447700900077"))[-1] == TellNoLine(OWNER)
    assert scene.calls()[-1] == ("usn-7-4", "", "congested")
    assert scene.conference.calls[-1].cause == 34


def test_calls_that_come_in_use_a_line_and_need_no_other() -> None:
    scene = Scene()
    step = launch(8, LaunchPlan(42, OWNER, (BOB,), 3, CallIn(CALLED_IN, "52203", trunk="b")), RULES, T0)
    admitted = admit(step, limited(1, 0))
    assert admitted is not None
    assert admitted.commands[0] == Admit(CALLED_IN, "c8")
    assert load_of(admitted.conference).used == {"a": 1, "b": 1}
    scene.do(JoinIn(CALLED_IN, "52270", "+447700900099", trunk="b"))
    scene.hear(CALLED_IN, E.ENDED, cause=34)
    assert scene.calls()[-1] == (CALLED_IN, "b", "congested")
    assert cdr_of(scene.conference, scene.conference.calls[-1]).trunk == "b"
    assert scene.heard == []


def test_a_call_of_an_earlier_release_gets_its_trunk_when_it_is_placed() -> None:
    """It was committed as planned, without one."""
    scene = Scene()
    bare = tuple(replace(call, trunk="") for call in scene.conference.calls)
    scene.conference = replace(scene.conference, calls=bare)
    assert scene.hear(ME, E.MISSING) == (placed(ME, OWNER, "a"),)


def test_an_event_that_changes_nothing_gives_the_same_conference() -> None:
    scene = Scene()
    scene.hear(ME, E.PLACED)
    step = decide(scene.conference, CallNews(ME, E.PLACED), RULES, TWO, T0)
    assert step == Step(scene.conference)
    assert step.conference is scene.conference


@pytest.mark.parametrize(
    ("events", "news"),
    [
        ((E.RINGING,), TrunkNews("a", carried=True)),
        ((E.PLACED, E.ENDED), TrunkNews("a", carried=True, cause=17)),
        ((E.PLACED, E.ENDED), TrunkNews("a", carried=True, cause=50)),
        ((E.PLACED, E.ENDED), TrunkNews("a", carried=None, cause=34)),
        ((E.PLACED, E.ENDED), TrunkNews("a", carried=False, cause=41)),
        ((E.PLACED, E.ENDED), TrunkNews("a", carried=False, cause=102)),
        ((E.PLACED, E.ENDED), TrunkNews("a", carried=None, cause=21, refused=BOB.number)),
        ((E.PLACED, E.ENDED), TrunkNews("a", carried=None, cause=127, refused=BOB.number)),
        ((E.REFUSED,), TrunkNews("a", carried=False)),
        ((E.VOICE_LOST,), TrunkNews("a", carried=None)),
    ],
)
def test_what_a_call_says_of_its_trunk(events: tuple[CallEvent, ...], news: TrunkNews) -> None:
    scene = Scene(limited(5))
    scene.hear(HIM, *events, cause=news.cause)
    assert scene.heard == [news]


def test_a_call_that_we_ended_says_nothing() -> None:
    scene = Scene()
    scene.hear(HIM, E.HANG_UP, E.ENDED, cause=41)
    assert scene.heard == []


def test_the_route_of_the_number_decides_and_a_silent_trunk_is_passed_by() -> None:
    routes = (Route(("a",)), Route(("b", "a"), ("+4477009000",)))
    routing = Routing((Trunk("a"), Trunk("b")), routes)
    assert [trunk for _, trunk, _ in Scene(Pool(routing)).calls()] == ["b", "b", "b"]
    silent = Pool(routing, states={"b": TrunkState.DOWN})
    assert [trunk for _, trunk, _ in Scene(silent).calls()] == ["a", "a", "a"]


def test_our_own_numbers_are_not_called() -> None:
    plan = NumberPlan(own=frozenset({"+442079460000"}))
    assert not plan.permits("+442079460000")
    assert plan.permits("+442079460001")
