"""What comes during a commit makes the next lot; what fails, fails alone."""

import asyncio
from collections.abc import Sequence

import pytest

from usnd.services.transactions.batches import Batcher
from usnd.store.core.writer import StoreBusy


class Commits:
    def __init__(self) -> None:
        self.lots: list[list[int]] = []
        self.gate = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.lots.append(list(items))
        await self.gate.wait()
        if 13 in items:
            raise ValueError("thirteen")
        if 99 in items:
            raise StoreBusy
        return [-item for item in items]


async def test_a_lone_item_goes_at_once_and_those_behind_it_together() -> None:
    commits = Commits()
    batcher = Batcher(commits, most_together=3, most_waiting=10)
    tasks = [asyncio.create_task(batcher.do(number)) for number in range(6)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    late = asyncio.create_task(batcher.do(6))
    commits.gate.set()
    assert await asyncio.gather(*tasks, late) == [0, -1, -2, -3, -4, -5, -6]
    assert commits.lots == [[0, 1, 2], [3, 4, 5], [6]]


async def test_one_that_fails_fails_alone() -> None:
    commits = Commits()
    commits.gate.set()
    batcher = Batcher(commits, most_together=10, most_waiting=10)
    results = await asyncio.gather(*(batcher.do(number) for number in (1, 13, 2)), return_exceptions=True)
    assert [results[0], results[2]] == [-1, -2]
    assert isinstance(results[1], ValueError)
    assert commits.lots == [[1, 13, 2], [1], [13], [2]]


async def test_a_busy_store_refuses_the_lot_without_asking_again() -> None:
    commits = Commits()
    commits.gate.set()
    batcher = Batcher(commits, most_together=10, most_waiting=10)
    results = await asyncio.gather(batcher.do(1), batcher.do(99), return_exceptions=True)
    assert [type(result) for result in results] == [StoreBusy, StoreBusy]
    assert len(commits.lots) == 1


async def test_what_waits_is_bounded() -> None:
    commits = Commits()
    batcher = Batcher(commits, most_together=1, most_waiting=2)
    tasks = [asyncio.create_task(batcher.do(number)) for number in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreBusy):
        await batcher.do(3)
    commits.gate.set()
    await asyncio.gather(*tasks)


async def test_who_is_cancelled_harms_nobody() -> None:
    commits = Commits()
    batcher = Batcher(commits, most_together=5, most_waiting=5)
    tasks = [asyncio.create_task(batcher.do(number)) for number in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    commits.gate.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [done[0], done[2]] == [0, -2]


async def test_sizes_bound_a_lot_and_the_queue() -> None:
    commits = Commits()
    batcher = Batcher(commits, most_together=10, most_waiting=20, size=lambda item: item)
    tasks = [asyncio.create_task(batcher.do(size)) for size in (4, 6, 1, 9)]
    await asyncio.sleep(0)
    with pytest.raises(StoreBusy):
        await batcher.do(1)
    commits.gate.set()
    assert await asyncio.gather(*tasks) == [-4, -6, -1, -9]
    assert commits.lots == [[4, 6], [1, 9]]


async def test_what_is_withdrawn_before_its_lot_begins_is_not_done() -> None:
    commits = Commits()
    batcher = Batcher(commits, most_together=1, most_waiting=2)
    begun, waiting = (asyncio.create_task(batcher.do(number)) for number in (1, 2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    batcher.withdraw(1)
    batcher.withdraw(2)
    last = asyncio.create_task(batcher.do(3))
    await asyncio.sleep(0)
    commits.gate.set()
    assert await asyncio.gather(begun, last) == [-1, -3], "what has begun goes on, and there is room again"
    assert waiting.cancelled()
    assert commits.lots == [[1], [3]]
