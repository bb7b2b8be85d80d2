"""The count of lines in use and the state of each trunk, as launches and events come (V1, C10)."""

from datetime import UTC, datetime, timedelta

from usnd.asterisk.contacts import Contact
from usnd.domain.calls import CallEvent, CallNews
from usnd.domain.conference import Conference, Participant, Rules, Step
from usnd.domain.decision import Decision
from usnd.domain.directory import Subscriber
from usnd.domain.replies import Say, reply
from usnd.domain.trunks import Routing, Trunk
from usnd.services.trunks import Trunks

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME = Subscriber(42, "+447700900001")
CALL_BOB = Decision(reply(Say.LAUNCHED), launch=(Participant("+447700900002", "Bob"),), talk_seconds=60)
ROUTING = Routing((Trunk("a", 2), Trunk("b", 2)), failures=2)


class Bench:
    def __init__(self) -> None:
        self.trunks = Trunks(ROUTING)
        self.now = NOW

    def launch(self, conference: int) -> Step | None:
        return self.trunks.launch(conference, ME, CALL_BOB, Rules(), self.now)

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
            conference = self.trunks.conduct(conference, news, Rules(), self.now).conference
        return conference

    def rows(self) -> list[tuple[str, int]]:
        return [(row["state"], row["in_use"]) for row in self.trunks.snapshot(self.now)["trunks"]]


def test_lines_are_taken_at_the_launch_and_given_back_when_calls_end() -> None:
    bench = Bench()
    first = bench.running(1)
    assert first.talk_seconds == 60
    assert bench.launch(2) is not None, "four lines, two each"
    assert bench.rows() == [("up", 2), ("up", 2)]
    assert bench.launch(3) is None
    assert bench.launch(2) is not None, "a unit of work that runs again takes its own lines"
    first = bench.hear(first, 2, CallEvent.PLACED, CallEvent.ENDED, cause=17)
    assert bench.rows() == [("up", 1), ("up", 2)]
    bench.hear(first, 1, CallEvent.PLACED, CallEvent.ENDED, cause=17)
    assert bench.rows() == [("up", 0), ("up", 2)]
    row = bench.trunks.snapshot(NOW)["trunks"][0]
    assert (row["calls"], row["unanswered"], row["causes"]) == (2, 2, {"17": 2})


def test_a_trunk_whose_calls_fail_is_damped_for_a_time() -> None:
    bench = Bench()
    conference = bench.running(1)
    conference = bench.hear(conference, 1, CallEvent.PLACED, CallEvent.ENDED, cause=41)
    bench.hear(conference, 2, CallEvent.PLACED, CallEvent.ENDED, cause=102)
    assert bench.rows() == [("damped", 0), ("up", 2)]
    bench.now += timedelta(seconds=31)
    assert bench.rows() == [("up", 0), ("up", 2)]


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
