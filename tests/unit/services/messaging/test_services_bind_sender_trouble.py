"""What a bind_sender does with texts that end binds, are refused for now, or that our own code fails on."""

import asyncio
from datetime import timedelta

import pytest
from bind_sender_bench import BULK, LATER, NOW, RETRY, Bench, FakeLink, Smsc, turn
from virtual_loop import run

from usnd.domain.messaging.message import MtState
from usnd.smpp.link.link import OnOutcome
from usnd.smpp.link.settings import (
    Postponed,
)
from usnd.smpp.pdu.status import CommandStatus
from usnd.smpp.text.segments import Segment


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


def test_what_is_refused_for_now_goes_when_the_smsc_is_well() -> None:
    async def work() -> None:
        bench = Bench(window=50)
        bench.link = bench.bind_sender.link = Sick(bench.link.settings)
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
        bench.bind_sender.drop_expired()
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
        monkeypatch.setattr(bench.bind_sender.pace, "accepted", lambda *_: 1 / 0)
        bench.link.take()
        monkeypatch.undo()
        bench.link.take()
        assert [one.ending for one in bench.settled] == ["set aside", None]
        assert bench.bind_sender.in_flight == 0

    run(work())
