"""What a bind_sender does with texts of which it is not known whether the SMSC took them."""

import asyncio
from datetime import timedelta

import pytest
from bind_sender_bench import BULK, LATER, NOW, REPLY, RETRY, Bench, Smsc, turn
from virtual_loop import run

from usnd.domain.messaging.message import MtState, OutgoingText
from usnd.domain.messaging.sending import SendState
from usnd.smpp.link.settings import (
    Late,
    Submitted,
)


def test_an_answer_after_eleven_seconds_settles_its_text_and_nothing_goes_twice() -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        smsc = Smsc(bench, {str(number): "late" for number in range(1, 31)})
        for number in range(1, 31):
            bench.add(number, priority=BULK)
        await smsc.serve(75)
        assert sorted(smsc.seen, key=int) == [str(number) for number in range(1, 31)]
        assert set(smsc.ends().values()) == {MtState.SENT}
        assert bench.bind_sender.overdue == bench.bind_sender.in_flight == bench.bind_sender.waiting == 0

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
        assert bench.bind_sender.ends[SendState.UNKNOWN] == 1

    run(work())


def test_nothing_goes_again_before_its_attempt_is_committed() -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        bench.commits = False
        smsc = Smsc(bench, {"1": "silent"})
        bench.add(1)
        await smsc.serve(500)
        assert smsc.seen == ["1"]
        bench.bind_sender.recorded(1)
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
        bench.bind_sender.add_page(REPLY, [text], whole=True)
        bench.add(2, "+441")
        await smsc.serve(19)
        assert smsc.seen == ["1"] * (not attempts)
        await smsc.serve(2000)
        assert smsc.seen == ["1"] * sends + ["2"]
        assert bench.settled[0].ending == "unknown"

    run(work())


def test_what_expires_in_doubt_is_unknown() -> None:
    async def work() -> None:
        bench = Bench()
        smsc = Smsc(bench, {"1": "silent"})
        bench.add(1)
        await smsc.serve(20)
        bench.now = LATER
        bench.bind_sender.drop_expired()
        assert [(one.state, one.ending) for one in bench.settled] == [(MtState.EXPIRED, "unknown")]
        assert bench.bind_sender.waiting == 0

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
        assert bench.bind_sender.in_flight == bench.bind_sender.overdue == 0

    run(work())


def test_a_text_that_waits_to_go_again_is_handed_over_as_well() -> None:
    async def work() -> None:
        bench = Bench(retry=RETRY)
        smsc = Smsc(bench, {"1": "silent"})
        bench.add(1, "+441")
        bench.add(2, "+441")
        await smsc.serve(15)
        bench.link.session = None
        bench.bind_sender.hand_over()
        assert bench.bind_sender.known == set()
        await asyncio.sleep(100)
        assert bench.settled == []

    run(work())
