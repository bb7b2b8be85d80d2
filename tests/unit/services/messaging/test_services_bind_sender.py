"""A bind_sender keeps its order and loses nothing, whatever becomes of the segments it sends."""

import asyncio
import random
from collections import defaultdict

import pytest
from bind_sender_bench import BULK, LATER, NOW, REPLY, Bench, turn
from virtual_loop import run

from usnd.domain.messaging.message import MtState, OutgoingText, Priority
from usnd.domain.messaging.sending import SendState
from usnd.services.messaging.bind_sender import MOST_IN_MEMORY
from usnd.smpp.link.settings import (
    LinkLost,
    Rejected,
    Throttled,
)
from usnd.smpp.pdu.status import CommandStatus


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


def test_what_the_store_has_settled_does_not_go_any_more() -> None:
    """Its subscriber was removed. What is under way ends by itself, and what is parked behind it may go."""

    async def work() -> None:
        bench = Bench(window=1)
        for number, recipient in ((1, "+441"), (2, "+441"), (3, "+442"), (4, "+441")):
            bench.add(number, recipient)
        await turn()
        assert bench.open() == ["1"]
        bench.bind_sender.drop({1, 2, 3, 9})
        while bench.link.open:
            bench.link.take()
            await turn()
        assert bench.bodies() == ["1", "4"]
        assert bench.bind_sender.waiting == 0

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
        assert bench.bind_sender.throttled == 1

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
        bench.bind_sender.drop_expired()
        assert [(one.text_id, one.state) for one in bench.settled] == [(1, MtState.EXPIRED)]
        bench.link.session = "bind-2"
        bench.add(2)
        await turn()
        assert [(one.text_id, one.state) for one in bench.settled[1:]] == [(2, MtState.EXPIRED)]
        assert bench.bind_sender.waiting == bench.bind_sender.in_flight == 0

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
        assert bench.bind_sender.waiting == MOST_IN_MEMORY
        queue = bench.bind_sender.queues[BULK]
        assert (queue.more_in_store, queue.read_to) == (True, MOST_IN_MEMORY)
        await turn()
        assert bench.pages == []
        while queue.waiting > 400:
            bench.link.take()
            await turn()
        assert bench.pages[0] is bench.bind_sender

    run(work())


def test_what_is_read_twice_is_sent_once() -> None:
    async def work() -> None:
        bench = Bench()
        bench.add(1)
        await turn()
        text = OutgoingText(1, "smsc", "52272", "+441", "1", NOW, LATER)
        bench.link.take()
        bench.bind_sender.add_page(REPLY, [text], whole=True)  # read before its settlement was committed
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
        self.bench.bind_sender.pump_soon()

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
        assert bench.bind_sender.waiting == bench.bind_sender.in_flight == 0
        assert bench.link.most_open <= bench.link.settings.window

    run(work())


async def test_of_what_is_taken_back_only_what_was_begun_is_sent() -> None:
    bench = Bench(window=1)
    for number in range(1, 5):
        bench.add(number, priority=BULK)
    await turn()
    assert sorted(bench.bind_sender.held) == [2, 3, 4]
    assert bench.bind_sender.drop({1, 2, 4, 99}) == 2
    assert bench.bind_sender.ends[SendState.WITHDRAWN] == 2
    assert bench.bind_sender.waiting == 2
    while bench.link.open:
        bench.link.take()
        await turn()
    assert bench.bodies() == ["1", "3"]
    assert bench.bind_sender.waiting == 0
