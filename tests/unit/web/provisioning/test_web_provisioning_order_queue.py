"""Proves that orders which wait share a line, each gets its own result, and none waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from usnd.control.answers import ProvisioningResult
from usnd.control.requests import MOST_ORDERS
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.orders import OrderResult
from usnd.web.control_line import MOST_OCTETS, NoResult, NotUnderstood
from usnd.web.provisioning import order_queue
from usnd.web.provisioning.order_queue import IN_FLIGHT, MOST_WAITING, OrderQueue
from workbench.parts.process import until


class Usnd:
    """Stands for the control socket: notes each line, answers when `gate` is open."""

    def __init__(self) -> None:
        self.lines = list[list[bytes]]()
        self.gate = asyncio.Event()
        self.fails: Callable[[Sequence[bytes]], None] = lambda _orders: None

    async def carry(
        self, _path: Path, orders: Sequence[bytes], _patience: float
    ) -> tuple[ProvisioningResult, ...]:
        self.lines.append(list(orders))
        await self.gate.wait()
        self.fails(orders)
        return tuple(
            ProvisioningResult(result=OrderResult(code=1000, number=one.decode()[:40]), server="s")
            for one in orders
        )

    async def has(self, lines: int) -> bool:
        """Waits for so many."""
        return await until(lambda: len(self.lines) >= lines, 5)


@asynccontextmanager
async def queue_to(usnd: Usnd, patience: float = 20) -> AsyncIterator[OrderQueue]:
    queue = OrderQueue(Path("/nowhere"), usnd.carry, patience)
    queue.start()
    try:
        yield queue
    finally:
        usnd.gate.set()
        queue.close()


def ask(queue: OrderQueue, line: bytes) -> asyncio.Future[ProvisioningResult | NoResult]:
    found: asyncio.Future[ProvisioningResult | NoResult] = asyncio.get_running_loop().create_future()
    queue.put(line, found.set_result)
    return found


async def outcome(asked: "asyncio.Future[ProvisioningResult | NoResult]") -> str | Code:
    found = await asyncio.wait_for(asked, 20)
    return found.code if isinstance(found, NoResult) else found.result.number


async def test_what_waits_goes_together_and_each_gets_its_own() -> None:
    usnd = Usnd()
    async with queue_to(usnd) as queue:
        first = ask(queue, b"first")
        assert await usnd.has(1)
        others = [ask(queue, b"%d" % nth) for nth in range(100)]
        usnd.gate.set()
        assert await outcome(first) == "first"
        assert [await outcome(one) for one in others] == [str(nth) for nth in range(100)]
    assert usnd.lines == [[b"first"], [b"%d" % nth for nth in range(100)]]


async def test_no_line_has_more_than_usnd_takes() -> None:
    usnd = Usnd()
    usnd.gate.set()
    async with queue_to(usnd) as queue:
        asked = [ask(queue, b"%d" % nth) for nth in range(MOST_ORDERS + 1)]
        asked += [ask(queue, b"%d" % nth + b"x" * 100_000) for nth in range(32)]
        assert Code not in {type(await outcome(one)) for one in asked}
    assert all(len(line) <= MOST_ORDERS for line in usnd.lines)
    assert all(sum(map(len, line)) + len(line) <= MOST_OCTETS for line in usnd.lines)


async def test_a_line_that_does_not_come_back_holds_up_no_other() -> None:
    usnd = Usnd()
    async with queue_to(usnd) as queue:
        ask(queue, b"stuck")
        assert await usnd.has(1)
        ask(queue, b"next")
        assert await usnd.has(2), "a line of its own, after a moment"
    assert usnd.lines == [[b"stuck"], [b"next"]]


async def test_who_waits_too_long_is_told_whether_it_may_have_been_done() -> None:
    usnd = Usnd()
    async with queue_to(usnd, patience=0.3) as queue:
        sent = list[asyncio.Future[ProvisioningResult | NoResult]]()
        for nth in range(IN_FLIGHT):
            sent.append(ask(queue, b"%d" % nth))
            assert await usnd.has(nth + 1)
        waiting = ask(queue, b"waiting")
        assert await outcome(waiting) is Code.TOO_MANY_REQUESTS
        assert {await outcome(one) for one in sent} == {Code.NO_ANSWER_IN_TIME}
    assert [b"waiting"] not in usnd.lines, "what was not sent is never done"


async def test_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_queue, "MOST_WAITING", 0)
    assert MOST_WAITING > MOST_ORDERS
    async with queue_to(Usnd()) as queue:
        with pytest.raises(NoResult) as caught:
            queue.put(b"one", lambda _: None)
    assert caught.value.code is Code.TOO_MANY_REQUESTS


async def test_after_the_end_nothing_is_taken_and_nothing_waits() -> None:
    usnd = Usnd()
    async with queue_to(usnd) as queue:
        waiting = ask(queue, b"one")
        queue.close()
        assert await outcome(waiting) is Code.NOT_ACTIVE
        with pytest.raises(NoResult):
            queue.put(b"two", lambda _: None)
    assert not usnd.lines


async def test_an_order_that_usnd_cannot_read_harms_no_other() -> None:
    usnd = Usnd()

    def poison(orders: Sequence[bytes]) -> None:
        if b"poison" in orders:
            raise NotUnderstood("what?")

    usnd.fails = poison
    async with queue_to(usnd) as queue:
        ask(queue, b"first")
        assert await usnd.has(1)
        asked = [ask(queue, one) for one in [b"poison", *[b"good"] * 40]]
        usnd.gate.set()
        assert [await outcome(one) for one in asked] == [Code.FAULT, *["good"] * 40]


async def test_an_error_that_nobody_foresaw_is_told_and_the_queue_goes_on() -> None:
    usnd = Usnd()
    usnd.gate.set()

    def fail(_orders: Sequence[bytes]) -> None:
        raise ZeroDivisionError

    async with queue_to(usnd) as queue:
        usnd.fails = fail
        for _ in range(IN_FLIGHT * 2):
            assert await outcome(ask(queue, b"x")) is Code.FAULT
        usnd.fails = lambda _orders: None
        assert await outcome(ask(queue, b"y")) == "y"


async def test_a_thread_asks_too() -> None:
    usnd = Usnd()
    usnd.gate.set()
    async with queue_to(usnd) as queue:
        assert (await asyncio.to_thread(queue.result_of, b"one")).result.number == "one"
        queue.close()
        with pytest.raises(NoResult):
            await asyncio.to_thread(queue.result_of, b"two")
