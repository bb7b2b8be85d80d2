"""Deliveries in progress: started in order, at most so many, one work for one text."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from usnd.smpp.link.intake import Intake
from usnd.smpp.pdu.status import CommandStatus

OK = CommandStatus.ESME_ROK


class Bench:
    """Works that wait to be let go, and what was answered."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.answers: list[tuple[str, CommandStatus]] = []
        self.gate = asyncio.Event()

    def work(self, name: str) -> Callable[[], Coroutine[Any, Any, CommandStatus]]:
        async def run() -> CommandStatus:
            self.begun.append(name)
            await self.gate.wait()
            return OK

        return run

    def answer(self, name: str) -> Callable[[CommandStatus], None]:
        return lambda status: self.answers.append((name, status))


async def test_starts_in_the_order_of_arrival_and_answers_all() -> None:
    bench, intake = Bench(), Intake(64)
    names = [str(number) for number in range(50)]
    for name in names:
        intake.take(name, bench.work(name), bench.answer(name))
    await asyncio.sleep(0)
    assert bench.begun == names
    assert bench.answers == []
    bench.gate.set()
    await intake.finish(1)
    assert sorted(bench.answers) == sorted((name, OK) for name in names)


async def test_the_same_key_in_progress_is_one_work_and_two_answers() -> None:
    bench, intake = Bench(), Intake(64)
    intake.take("a", bench.work("first"), bench.answer("first"))
    intake.take("a", bench.work("again"), bench.answer("again"))
    bench.gate.set()
    await intake.finish(1)
    assert bench.begun == ["first"]
    assert bench.answers == [("first", OK), ("again", OK)]
    intake.take("a", bench.work("later"), bench.answer("later"))  # it is over: this is a new text
    await intake.finish(1)
    assert bench.begun == ["first", "later"]


async def test_room_waits_while_full_and_counts_attached_ones() -> None:
    bench, intake = Bench(), Intake(2)
    intake.take("a", bench.work("a"), bench.answer("a"))
    await intake.room()
    intake.take("a", bench.work("a"), bench.answer("a"))
    assert intake.full
    waiting = asyncio.create_task(intake.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    bench.gate.set()
    await waiting
    assert not intake.full


async def test_what_does_not_finish_is_cancelled_and_not_answered() -> None:
    bench, intake = Bench(), Intake(2)
    intake.take("a", bench.work("a"), bench.answer("a"))
    await asyncio.sleep(0)
    await intake.finish(0)
    assert bench.answers == []
    assert not intake._tasks
    assert not intake._answers
