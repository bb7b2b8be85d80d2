"""The count of lines in use and the state of each trunk, as launches and events come (V1, C10)."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from config_samples import GOOD
from structlog.testing import capture_logs

from usnd.asterisk.technology.interface import Account, Contact
from usnd.config.load import parse
from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import TRUNK_DAMPED, TRUNK_DOWN, TRUNK_NOT_REGISTERED
from usnd.domain.conference.call import CallEvent, CallNews
from usnd.domain.conference.commands import Step
from usnd.domain.conference.events import CallIn, JoinIn
from usnd.domain.conference.model import Conference, Participant, Rules
from usnd.domain.directory.model import Subscriber
from usnd.domain.replies.catalogue import Say, reply
from usnd.domain.sms.decision import Decision
from usnd.domain.trunks.registration import Registration
from usnd.domain.trunks.trunk import Health, Routing, Trunk, TrunkState
from usnd.services.alarms.alarms import Alarms
from usnd.services.conference.launch import admitted
from usnd.services.trunks.trunks import Trunks

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME = Subscriber(42, "+447700900001")
CALL_BOB = Decision(reply(Say.LAUNCHED), launch=(Participant("+447700900002", "Bob"),), talk_seconds=60)
ROUTING = Routing((Trunk("a", 2), Trunk("b", 2)), failures=2)


class Bench:
    def __init__(self) -> None:
        self.alarms = Alarms(lambda: NOW)
        self.trunks = Trunks(ROUTING, self.alarms)
        self.now = NOW

    def launch(self, conference: int, caller: CallIn | None = None) -> Step | None:
        """Launched and committed, as services/conference/launch.py does."""
        with self.trunks.reservation() as channels:
            step = admitted(channels, conference, ME, CALL_BOB, Rules(), self.now, caller)
            channels.keep()
        return step

    def running(self, conference: int) -> Conference:
        step = self.launch(conference)
        assert step is not None
        self.trunks.adopt(step.conference)
        return step.conference

    def hear(
        self, conference: Conference, call: int, *events: CallEvent, cause: int | None = None
    ) -> Conference:
        for event in events:
            news = CallNews(f"usn-{conference.id}-{call}", event, cause)
            conference = self.trunks.decide(conference, news, Rules(), self.now).conference
        return conference

    def rows(self) -> list[tuple[str, int]]:
        return [(row.state, row.in_use) for row in self.trunks.figures(self.now).trunks]


def test_lines_are_taken_at_the_launch_and_given_back_when_calls_end() -> None:
    bench = Bench()
    first = bench.running(1)
    assert first.talk_seconds == 60
    assert bench.launch(2) is not None, "four lines, two each"
    assert bench.rows() == [("up", 2), ("up", 2)]
    assert bench.launch(3) is None
    first = bench.hear(first, 2, CallEvent.PLACED, CallEvent.ENDED, cause=17)
    assert bench.rows() == [("up", 1), ("up", 2)]
    bench.hear(first, 1, CallEvent.PLACED, CallEvent.ENDED, cause=17)
    assert bench.rows() == [("up", 0), ("up", 2)]
    row = bench.trunks.figures(NOW).trunks[0]
    assert (row.calls, row.unanswered, row.causes) == (2, 2, {"17": 2})


def test_a_call_that_comes_in_holds_a_line_until_it_is_gone_or_in_a_conference() -> None:
    bench = Bench()
    trunks = bench.trunks
    conference = bench.running(1)
    for call in ("in-1", "in-2", "in-3"):
        assert trunks.came_in(call, "PJSIP/b-0000002a") == "b"
    assert trunks.came_in("in-4", "PJSIP/elsewhere-0000002a") == ""
    assert bench.rows() == [("up", 2), ("up", 3)]
    assert trunks.waiting == {"in-1", "in-2", "in-3"}
    assert bench.launch(2) is None, "strangers have the lines"
    trunks.gone("in-3")
    trunks.gone("in-3")
    conference = trunks.decide(conference, JoinIn("in-1", "1", "", trunk="b"), Rules(), NOW).conference
    assert bench.rows() == [("up", 2), ("up", 2)]
    assert trunks.waiting == {"in-2"}
    conference = replace(conference, locked=True)
    trunks.decide(conference, JoinIn("in-2", "1", "", trunk="b"), Rules(), NOW)
    assert trunks.waiting == {"in-2"}, "turned away, it hears why"
    trunks.gone("in-2")
    assert bench.rows() == [("up", 2), ("up", 1)]


def test_a_call_that_launches_takes_its_line_along() -> None:
    bench = Bench()
    caller = CallIn("in-1", "1", trunk="b")
    for call, trunk in (("in-1", "b"), ("in-2", "a"), ("in-3", "a"), ("in-4", "b")):
        bench.trunks.came_in(call, f"PJSIP/{trunk}-0000002a")
    assert bench.launch(1, caller) is None
    assert bench.rows() == [("up", 2), ("up", 2)], "refused, it still has its line"
    bench.trunks.gone("in-4")
    assert bench.launch(1, caller) is not None, "one line for Bob, none for the caller"
    assert bench.rows() == [("up", 2), ("up", 2)]
    assert bench.trunks.waiting == {"in-2", "in-3"}


def test_a_trunk_whose_calls_fail_is_damped_for_a_time() -> None:
    bench = Bench()
    conference = bench.running(1)
    conference = bench.hear(conference, 1, CallEvent.PLACED, CallEvent.ENDED, cause=41)
    bench.hear(conference, 2, CallEvent.PLACED, CallEvent.ENDED, cause=102)
    assert bench.rows() == [("damped", 0), ("up", 2)]
    bench.now += timedelta(seconds=31)
    assert bench.rows() == [("suspect", 0), ("up", 2)]


@pytest.mark.parametrize("cause", [21, 58, 127])
def test_a_trunk_that_refuses_everything_is_told_apart_by_what_the_other_carries(cause: int) -> None:
    """SIP 403 and 603; 488 and 606; 413."""
    bench = Bench()
    conference = bench.running(1)
    refused = [call.id for call in conference.calls if call.trunk == "a"]
    for call in refused:
        news = (CallNews(call, CallEvent.PLACED), CallNews(call, CallEvent.ENDED, cause))
        for event in news:
            conference = bench.trunks.decide(conference, event, Rules(), bench.now).conference
    assert bench.rows() == [("suspect", 0), ("up", 2)], "all go on over the other"
    for again in (call for call in conference.calls if "." in call.id):
        event = CallNews(again.id, CallEvent.RINGING)
        conference = bench.trunks.decide(conference, event, Rules(), bench.now).conference
    assert bench.rows() == [("damped", 0), ("up", 2)]
    bench.now += timedelta(seconds=31)
    assert bench.rows()[0][0] == "suspect", "on trial"


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_refusals_a_moment_apart_are_counted_as_they_come(order: tuple[int, ...]) -> None:
    """Three 403 in 40 ms, none committed yet: from the second on, the next trunk is asked."""
    trunks = Trunks(
        parse(GOOD + '[[trunk]]\nname = "a"\n[[trunk]]\nname = "b"\n').routing(), Alarms(lambda: NOW)
    )
    people = (Participant("+447700900002", ""), Participant("+447700900003", ""))
    with trunks.reservation() as channels:
        step = admitted(channels, 1, ME, replace(CALL_BOB, launch=people), Rules(), NOW)
        channels.keep()
    assert step is not None
    conference = step.conference
    trunks.adopt(conference)
    for number, call in enumerate(order):
        at = NOW + timedelta(milliseconds=number * 15)
        for news in (CallEvent.PLACED, CallEvent.ENDED):
            event = CallNews(f"usn-1-{call}", news, 21 if news is CallEvent.ENDED else None)
            conference = trunks.decide(conference, event, Rules(), at).conference
    again = {call.id for call in conference.calls if call.trunk == "b"}
    assert again >= {f"usn-1-{call}.2" for call in order[1:]}


def test_a_trunk_is_down_when_none_of_its_addresses_answers() -> None:
    bench = Bench()
    for uri, answers in (("sip:1", False), ("sip:2", True)):
        bench.trunks.contact(Contact("a", uri, answers), NOW)
    assert bench.rows()[0][0] == "up"
    bench.trunks.contact(Contact("a", "sip:2", answers=False), NOW)
    assert bench.rows()[0][0] == "down"
    bench.trunks.contact(Contact("other", "sip:3", answers=False), NOW)
    bench.trunks.forget_contacts()
    bench.trunks.contact(Contact("a", "sip:1", answers=True), NOW)
    assert bench.rows()[0][0] == "up"


def test_a_channel_names_its_trunk() -> None:
    trunks = Bench().trunks
    assert trunks.of_channel("PJSIP/a-0000002a") == "a"
    assert trunks.of_channel("PJSIP/elsewhere-0000002a") == ""
    assert trunks.of_channel("") == ""


def test_a_trunk_that_is_not_registered_is_used_only_where_no_other_has_a_line() -> None:
    bench = Bench()
    bench.trunks = Trunks(ROUTING, bench.alarms, {"sip:acc@a": "a"})
    assert bench.trunks.registers
    assert [row.registration for row in bench.trunks.figures(NOW).trunks] == ["waiting", ""]
    assert {call.trunk for call in bench.running(1).calls} == {"b"}
    bench.trunks.account(Account("sip:acc@a", Registration.REFUSED))
    assert {call.trunk for call in bench.running(2).calls} == {"a"}, "b is full"
    bench.trunks.account(Account("sip:acc@elsewhere", Registration.REGISTERED))
    assert bench.trunks.figures(NOW).trunks[0].registration == "refused"


def test_a_registered_trunk_is_used_in_its_order() -> None:
    bench = Bench()
    bench.trunks = Trunks(ROUTING, bench.alarms, {"sip:acc@a": "a"})
    with capture_logs() as logs:
        for registration in (Registration.REGISTERED, Registration.REGISTERED):
            bench.trunks.account(Account("sip:acc@a", registration))
    assert [(log["event"], log["trunk"]) for log in logs] == [("trunk registered", "a")]
    assert {call.trunk for call in bench.running(1).calls} == {"a"}


def raised(alarms: Alarms) -> list[tuple[str, str]]:
    return [alarm.key for alarm in alarms.raised]


def test_a_trunk_has_the_alarm_of_its_state_and_no_other() -> None:
    bench = Bench()
    contact = partial(Contact, "a", "sip:a")
    with capture_logs() as logs:
        bench.trunks.contact(contact(answers=False), NOW)
        assert raised(bench.alarms) == [("trunk-down", "a")]
        bench.trunks.contact(contact(answers=True), NOW)
    assert raised(bench.alarms) == []
    assert [(log["event"], log["log_level"], log["trunk"]) for log in logs] == [
        ("alarm raised: trunk down", "error", "a"),
        ("alarm cleared: trunk down", "info", "a"),
    ]
    bench.trunks._become("b", Health(TrunkState.DAMPED, damped_until=NOW))
    assert raised(bench.alarms) == [("trunk-damped", "b")]
    bench.trunks.figures(NOW)
    assert raised(bench.alarms) == [("trunk-suspect", "b")]


def test_a_trunk_that_a_registrar_refuses_is_an_alarm_until_it_is_registered() -> None:
    bench = Bench()
    bench.trunks = Trunks(ROUTING, bench.alarms, {"sip:acc@a": "a"})
    bench.trunks.account(Account("sip:acc@a", Registration.WAITING))
    assert raised(bench.alarms) == []
    for _ in range(2):
        bench.trunks.account(Account("sip:acc@a", Registration.REFUSED))
        assert raised(bench.alarms) == [("trunk-not-registered", "a")]
    bench.trunks.account(Account("sip:acc@a", Registration.REGISTERED))
    assert raised(bench.alarms) == []


def test_alarms_of_a_former_life_end_once_asterisk_has_said_how_the_trunks_are() -> None:
    alarms = Alarms(lambda: NOW)
    former = (
        Alarm(TRUNK_DOWN, "a", NOW), Alarm(TRUNK_DOWN, "b", NOW), Alarm(TRUNK_DAMPED, "gone", NOW),
        Alarm(TRUNK_NOT_REGISTERED, "a", NOW), Alarm(TRUNK_NOT_REGISTERED, "b", NOW),
    )  # fmt: skip
    alarms.take_over(former)
    trunks = Trunks(ROUTING, alarms, {"sip:acc@a": "a"})
    trunks.contact(Contact("a", "sip:a", answers=False), NOW)
    assert len(alarms.raised) == len(former), "the listing is not complete"
    trunks.looked()
    assert raised(alarms) == [("trunk-down", "a"), ("trunk-not-registered", "a")]
    trunks.account(Account("sip:acc@a", Registration.REGISTERED))
    assert raised(alarms) == [("trunk-down", "a")]
