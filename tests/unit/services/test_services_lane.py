"""A lane keeps its order and loses nothing, whatever becomes of the segments it sends."""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from virtual_loop import run

from usnd.domain.messages import Attempt, MtState, OutgoingText, Priority, Settlement
from usnd.domain.sending import RetryRules, SendState
from usnd.services.lane import MOST_IN_MEMORY, Lane
from usnd.smpp.link import OnOutcome
from usnd.smpp.segments import Segment
from usnd.smpp.settings import (
    Late,
    LinkLost,
    LinkSettings,
    NotBound,
    Postponed,
    Rejected,
    Submitted,
    Throttled,
)
from usnd.smpp.status import CommandStatus

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BULK, REPLY = Priority.BULK, Priority.REPLY


@dataclass
class FakeLink:
    """Keeps what was submitted until the test says what becomes of it."""

    settings: LinkSettings
    session: str | None = "bind-1"
    open: list[tuple[str, Segment, OnOutcome]] = field(default_factory=list)
    how: list[dict[str, object]] = field(default_factory=list)
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    most_open: int = 0

    def submit(self, sender: str, recipient: str, segment: Segment, done: OnOutcome, **how: object) -> None:
        if self.session is None:
            raise NotBound("down")
        self.open.append((recipient, segment, done))
        self.how.append(how)
        self.most_open = max(self.most_open, len(self.open))

    def take(self, place: int = 0) -> None:
        recipient, segment, done = self.open.pop(place)
        self.accepted.append((recipient, segment.octets))
        done(Submitted(f"id-{len(self.accepted)}", str(self.session)))

    def refuse(self, error: Rejected | Throttled | Postponed | LinkLost, place: int = 0) -> None:
        self.open.pop(place)[2](error)

    def lose(self) -> None:
        self.session = None
        while self.open:
            self.refuse(LinkLost("lost"))


class Bench:
    def __init__(self, window: int = 10, **settings: object) -> None:
        fields = {"name": "smsc", "host": "", "port": 1, "system_id": "", "password": "", "window": window}
        self.link = FakeLink(LinkSettings(**{**fields, **settings}))
        self.settled: list[Settlement] = []
        self.attempts: list[Attempt] = []
        self.commits = True
        self.pages: list[Lane] = []
        self.now = NOW
        self.lane = Lane(self.link, self.note, self.pages.append, lambda: self.now)
        for priority in Priority:
            self.lane.add_page(priority, [], whole=True)

    def note(self, what: Settlement | Attempt) -> None:
        """In place of the store: an attempt is committed a turn later, if the test does not say otherwise."""
        if isinstance(what, Settlement):
            self.settled.append(what)
            return
        self.attempts.append(what)
        if self.commits:
            asyncio.get_running_loop().call_soon(self.lane.recorded, what.text_id)

    def add(self, number: int, recipient: str = "", priority: Priority = REPLY, body: str = "") -> None:
        to = recipient or f"+44{number}"
        self.lane.add(OutgoingText(number, "smsc", "52272", to, body or str(number), NOW, LATER, priority))

    def bodies(self) -> list[str]:
        return [octets.decode("latin-1") for _, octets in self.link.accepted]

    def open(self) -> list[str]:
        return [segment.octets.decode("latin-1") for _, segment, _ in self.link.open]


async def turn(times: int = 3) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


def test_replies_go_before_blasts_and_each_in_order() -> None:
    async def work() -> None:
        bench = Bench(window=2)
        for number in range(1, 5):
            bench.add(number, priority=BULK)
        bench.add(5)
        await turn()
        assert bench.open() == ["5", "1"]
        bench.add(6)
        bench.link.take()
        await turn()
        assert bench.open() == ["1", "6"]
        while bench.link.open:
            bench.link.take()
            await turn()
        assert bench.bodies() == ["5", "1", "6", "2", "3", "4"]
        assert [one.state for one in bench.settled] == [MtState.SENT] * 6

    run(work())


def test_one_recipients_texts_wait_for_each_other() -> None:
    async def work() -> None:
        bench = Bench()
        for number in range(1, 4):
            bench.add(number, "+441")
        bench.add(4, "+442")
        await turn()
        assert bench.open() == ["1", "4"]
        bench.link.refuse(LinkLost("no response"))
        await turn()
        assert sorted(bench.open()) == ["1", "4"]
        while bench.link.open:
            bench.link.take()
            await turn()
        assert [body for body in bench.bodies() if body != "4"] == ["1", "2", "3"]

    run(work())


def test_a_throttled_segment_goes_again_and_not_those_before_it() -> None:
    async def work() -> None:
        bench = Bench()
        bench.add(1, body="x" * 400)
        await turn()
        assert len(bench.link.open) == 3
        bench.link.take()
        bench.link.refuse(Throttled(CommandStatus.ESME_RTHROTTLED))
        bench.link.take()
        assert bench.settled == []
        await asyncio.sleep(2)
        assert len(bench.link.open) == 1
        bench.link.take()
        parts = [octets[5] for _, octets in bench.link.accepted]
        assert parts == [1, 3, 2]
        (done,) = bench.settled
        assert (done.state, done.smsc_message_id) == (MtState.SENT, "id-2")  # of the last segment
        assert bench.lane.throttled == 1

    run(work())


def test_a_rejected_segment_ends_the_text_when_nothing_of_it_is_under_way() -> None:
    async def work() -> None:
        bench = Bench(window=2)
        bench.add(1, "+441", body="x" * 600)
        bench.add(2, "+441")
        await turn()
        bench.link.refuse(Rejected(CommandStatus.ESME_RINVDSTADR))
        assert bench.settled == []
        bench.link.take()
        await turn()
        (done,) = bench.settled
        assert (done.text_id, done.state, done.error) == (1, MtState.REJECTED, "ESME_RINVDSTADR")
        assert bench.open() == ["2"]

    run(work())


def test_what_expires_is_settled_and_not_sent() -> None:
    async def work() -> None:
        bench = Bench()
        bench.link.session = None
        bench.add(1)
        bench.now = LATER
        bench.lane.drop_expired()
        assert [(one.text_id, one.state) for one in bench.settled] == [(1, MtState.EXPIRED)]
        bench.link.session = "bind-2"
        bench.add(2)
        await turn()
        assert [(one.text_id, one.state) for one in bench.settled[1:]] == [(2, MtState.EXPIRED)]
        assert bench.lane.waiting == bench.lane.in_flight == 0

    run(work())


def test_receipts_and_validity_are_asked_for_as_configured() -> None:
    async def work() -> None:
        bench = Bench()
        bench.add(1)
        bench.add(2, priority=BULK)
        await turn()
        assert [how["receipt"] for how in bench.link.how] == [False, True]
        assert bench.link.how[0]["validity_period"] == "000000010000000R"  # an hour
        bench.link.take()
        bench.link.take()
        assert [one.receipts_due for one in bench.settled] == [(), ("id-2",)]

        quiet = Bench(receipts=frozenset(Priority), validity_period=False)
        quiet.add(1)
        await turn()
        assert quiet.link.how == [{"receipt": True, "validity_period": ""}]

    run(work())


def test_memory_is_bounded_and_the_rest_is_read_when_there_is_room() -> None:
    async def work() -> None:
        bench = Bench(window=1)
        for number in range(1, MOST_IN_MEMORY + 500):
            bench.add(number, priority=BULK)
        assert bench.lane.waiting == MOST_IN_MEMORY
        queue = bench.lane.queues[BULK]
        assert (queue.more_in_store, queue.read_to) == (True, MOST_IN_MEMORY)
        await turn()
        assert bench.pages == []
        while queue.waiting > 400:
            bench.link.take()
            await turn()
        assert bench.pages[0] is bench.lane

    run(work())


def test_what_is_read_twice_is_sent_once() -> None:
    async def work() -> None:
        bench = Bench()
        bench.add(1)
        await turn()
        text = OutgoingText(1, "smsc", "52272", "+441", "1", NOW, LATER)
        bench.link.take()
        bench.lane.add_page(REPLY, [text], whole=True)  # read before its settlement was committed
        await turn()
        assert bench.open() == []
        assert len(bench.settled) == 1

    run(work())


REFUSALS = (
    Throttled(CommandStatus.ESME_RMSGQFUL),
    Rejected(CommandStatus.ESME_RSUBMITFAIL),
    LinkLost("no response"),
)


class Chaos:
    """Seeded texts to few recipients, and outcomes in any order."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.bench = Bench(window=self.rng.randint(1, 8))
        self.given: dict[tuple[str, Priority], list[int]] = defaultdict(list)
        self.count = 0

    def text(self) -> None:
        self.count += 1
        to, priority = f"+44{self.rng.randint(1, 6)}", self.rng.choice(list(Priority))
        self.given[to, priority].append(self.count)
        self.bench.add(self.count, to, priority, body=f"{self.count} " + "x" * self.rng.choice([0, 0, 200]))

    def outcome(self) -> None:
        link = self.bench.link
        if link.open:
            place = self.rng.randrange(len(link.open))
            if self.rng.random() < 0.25:
                link.refuse(self.rng.choice(REFUSALS), place)
            else:
                link.take(place)

    def bind(self) -> None:
        self.bench.link.session = "another"
        self.bench.lane.pump_soon()

    async def go(self) -> None:
        steps = (self.text, self.outcome, self.bench.link.lose, self.bind)
        for _ in range(600):
            self.rng.choices(steps, (40, 45, 3, 12))[0]()
            await asyncio.sleep(self.rng.choice([0, 0, 0.3]))
        self.bind()
        for _ in range(5000):
            await asyncio.sleep(1.1)
            while self.bench.link.open:
                self.bench.link.take()


@pytest.mark.parametrize("seed", range(25))
def test_any_run_of_outcomes_keeps_order_and_loses_nothing(seed: int) -> None:
    async def work() -> None:
        chaos = Chaos(seed)
        await chaos.go()
        bench = chaos.bench
        order = [one.text_id for one in bench.settled]
        assert sorted(order) == list(range(1, chaos.count + 1))
        for texts in chaos.given.values():
            assert [one for one in order if one in texts] == texts
        assert bench.lane.waiting == bench.lane.in_flight == 0
        assert bench.link.most_open <= bench.link.settings.window

    run(work())


RETRY = RetryRules(most=4, pause=30)


class Smsc:
    """Of a bench: what becomes of each text, by the text; time passes in the virtual loop."""

    def __init__(self, bench: Bench, fates: dict[str, str]) -> None:
        self.bench, self.fates = bench, fates
        self.seen: list[str] = []
        self.closings = 0

    async def serve(self, seconds: float) -> None:
        loop, link = asyncio.get_running_loop(), self.bench.link
        ends = loop.time() + seconds
        while loop.time() < ends:
            while link.open:
                _, segment, done = link.open[0]
                body = segment.octets.decode("latin-1")
                self.seen.append(body)
                fate = self.fates.get(body, "take")
                if fate == "close":
                    await self._close()
                    continue
                link.open.pop(0)
                if fate == "silent":
                    loop.call_later(10, done, Late())
                elif fate == "late":
                    loop.call_later(10, done, Late())
                    loop.call_later(11, done, Submitted("late", "bind-1"))
                else:
                    link.accepted.append(("", segment.octets))
                    done(Submitted("id", "bind-1"))
                await asyncio.sleep(0)
            await asyncio.sleep(0.1)

    async def _close(self) -> None:
        self.closings += 1
        self.bench.link.lose()
        await asyncio.sleep(1)
        self.bench.link.session = f"bind-{self.closings + 1}"
        self.bench.lane.pump_soon()

    def ends(self) -> dict[int, MtState]:
        return {one.text_id: one.state for one in self.bench.settled}


def test_an_answer_after_eleven_seconds_settles_its_text_and_nothing_goes_twice() -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        smsc = Smsc(bench, {str(number): "late" for number in range(1, 31)})
        for number in range(1, 31):
            bench.add(number, priority=BULK)
        await smsc.serve(75)
        assert sorted(smsc.seen, key=int) == [str(number) for number in range(1, 31)]
        assert set(smsc.ends().values()) == {MtState.SENT}
        assert bench.lane.overdue == bench.lane.in_flight == bench.lane.waiting == 0

    run(work())


def test_an_answer_that_never_comes_makes_few_repetitions_and_then_the_end_is_unknown() -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        smsc = Smsc(bench, {"1": "silent"})
        bench.add(1)
        for number in range(2, 40):
            bench.add(number)
        await smsc.serve(3000)
        assert smsc.seen.count("1") == 4
        assert len(smsc.seen) == 4 + 38
        (lost,) = [one for one in bench.settled if one.text_id == 1]
        assert (lost.state, lost.ending) == (MtState.EXPIRED, "unknown")
        assert [one.attempts for one in bench.attempts] == [1, 2, 3, 4]
        assert bench.lane.ends[SendState.UNKNOWN] == 1

    run(work())


def test_nothing_goes_again_before_its_attempt_is_committed() -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        bench.commits = False
        smsc = Smsc(bench, {"1": "silent"})
        bench.add(1)
        await smsc.serve(500)
        assert smsc.seen == ["1"]
        bench.lane.recorded(1)
        await smsc.serve(5)
        assert smsc.seen == ["1", "1"]

    run(work())


@pytest.mark.parametrize(("attempts", "sends"), [(0, 4), (1, 3), (3, 1), (4, 0), (9, 0)])
def test_a_restart_goes_on_counting(attempts: int, sends: int) -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        smsc = Smsc(bench, {"1": "silent"})
        due_at = NOW + timedelta(seconds=20) if attempts else None
        text = OutgoingText(1, "smsc", "52272", "+441", "1", NOW, LATER, REPLY, attempts, due_at)
        bench.lane.add_page(REPLY, [text], whole=True)
        bench.add(2, "+441")
        await smsc.serve(19)
        assert smsc.seen == ["1"] * (not attempts)
        await smsc.serve(2000)
        assert smsc.seen == ["1"] * sends + ["2"]
        assert bench.settled[0].ending == "unknown"

    run(work())


def test_a_text_on_which_the_smsc_closes_is_set_aside_and_others_go_on() -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        smsc = Smsc(bench, {"5": "close"})
        for number in range(1, 30):
            bench.add(number)
        await smsc.serve(30)
        assert len(smsc.ends()) == 28  # all others, while the one waits
        assert smsc.closings == 3
        bench.add(30)
        await smsc.serve(400)
        assert (smsc.closings, len(smsc.ends())) == (4, 30)
        (poison,) = [one for one in bench.settled if one.text_id == 5]
        assert (poison.state, poison.ending) == (MtState.REJECTED, "set aside")
        assert {one.state for one in bench.settled if one is not poison} == {MtState.SENT}
        assert max(map(smsc.seen.count, smsc.seen)) == 4

    run(work())


def test_an_smsc_that_closes_on_everything_takes_each_text_a_few_times_only() -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        smsc = Smsc(bench, {str(number): "close" for number in range(1, 21)})
        for number in range(1, 21):
            bench.add(number)
        await smsc.serve(4000)
        assert len(smsc.ends()) == 20
        assert max(map(smsc.seen.count, smsc.seen)) <= 4

    run(work())


class Sick(FakeLink):
    """Refuses everything for now, until `well`."""

    def answer(self, *, well: bool) -> int:
        refused = 0
        while self.open:
            if well:
                self.take()
            else:
                self.refuse(Postponed(CommandStatus.ESME_RSYSERR))
                refused += 1
        return refused


def test_what_is_refused_for_now_goes_when_the_smsc_is_well() -> None:
    async def work() -> None:
        bench = Bench(window=50)
        bench.link = bench.lane.link = Sick(bench.link.settings)
        for number in range(1, 401):
            bench.add(number, f"+44{number % 40}", priority=BULK)
        refused = 0
        for tick in range(200):
            await asyncio.sleep(0.1)
            refused += bench.link.answer(well=tick >= 30)
        assert {one.state for one in bench.settled} == {MtState.SENT}
        assert len(bench.settled) == 400
        assert refused < 100  # in 3 s: the bind pauses while all is refused
        for number in range(40):
            order = [one.text_id for one in bench.settled if one.text_id % 40 == number]
            assert order == sorted(order)

    run(work())


def test_one_text_that_is_always_refused_for_now_holds_nobody_up_and_expires() -> None:
    async def work() -> None:
        bench = Bench()
        bench.add(1)
        tries = 0
        for second in range(3600):
            bench.now = NOW + timedelta(seconds=second)
            if second < 1000:
                bench.add(10 + second)
            await asyncio.sleep(1)
            while bench.link.open:
                if bench.open()[0] == "1":
                    bench.link.refuse(Postponed(CommandStatus.ESME_RX_T_APPN))
                    tries += 1
                else:
                    bench.link.take()
                await turn()
        assert len(bench.settled) == 1000
        bench.now = LATER
        bench.lane.drop_expired()
        assert (bench.settled[-1].state, bench.settled[-1].error) == (MtState.EXPIRED, "ESME_RX_T_APPN")
        assert bench.settled[-1].ending == "expired"
        assert 30 < tries < 80

    run(work())


def test_a_text_that_our_own_code_fails_on_is_set_aside_at_once() -> None:
    async def work() -> None:
        bench = Bench()
        submit = bench.link.submit

        def failing(sender: str, recipient: str, segment: Segment, done: OnOutcome, **how: object) -> None:
            if segment.octets == b"1":
                raise IndexError
            submit(sender, recipient, segment, done, **how)

        bench.link.submit = failing
        bench.add(1, "+441")
        bench.add(2, "+441")
        await turn()
        assert bench.open() == ["2"]
        (faulty,) = bench.settled
        assert (faulty.state, faulty.ending, faulty.error) == (MtState.REJECTED, "set aside", "IndexError")

    run(work())


def test_an_answer_that_our_own_code_fails_on_does_not_stop_the_bind(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        bench = Bench()
        bench.add(1)
        bench.add(2)
        await turn()
        monkeypatch.setattr(bench.lane.pace, "accepted", lambda *_: 1 / 0)
        bench.link.take()
        monkeypatch.undo()
        bench.link.take()
        assert [one.ending for one in bench.settled] == ["set aside", None]
        assert bench.lane.in_flight == 0

    run(work())


def test_what_expires_in_doubt_is_unknown() -> None:
    async def work() -> None:
        bench = Bench()
        smsc = Smsc(bench, {"1": "silent"})
        bench.add(1)
        await smsc.serve(20)
        bench.now = LATER
        bench.lane.drop_expired()
        assert [(one.state, one.ending) for one in bench.settled] == [(MtState.EXPIRED, "unknown")]
        assert bench.lane.waiting == 0

    run(work())


def test_a_late_part_keeps_only_itself_from_going_again() -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        bench.add(1, body="x" * 400)
        await turn()
        tries = list(bench.link.open)
        bench.link.open.clear()
        for _, _, done in tries:
            done(Late())
        tries[0][2](Submitted("a", "bind-1"))
        tries[2][2](Submitted("c", "bind-1"))
        await asyncio.sleep(31)
        assert [segment.octets[5] for _, segment, _ in bench.link.open] == [2]
        tries[1][2](Submitted("b", "bind-1"))  # later still: also this settles it
        (done,) = bench.settled
        assert (done.state, done.smsc_message_id) == (MtState.SENT, "c")
        bench.link.take()  # the answer to the repetition changes nothing
        assert len(bench.settled) == 1
        assert bench.lane.in_flight == bench.lane.overdue == 0

    run(work())


def test_a_text_that_waits_to_go_again_is_handed_over_as_well() -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        smsc = Smsc(bench, {"1": "silent"})
        bench.add(1, "+441")
        bench.add(2, "+441")
        await smsc.serve(15)
        bench.link.session = None
        bench.lane.hand_over()
        assert bench.lane.known == set()
        await asyncio.sleep(100)
        assert bench.settled == []

    run(work())
