"""How a batch is taken apart when units of it fail: in order, everything once, few commits."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, cast

import pytest

from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, _Job
from usnd.store.core.writer_connection import Refused, StoreTaken, Unit, WriterConnection


class FakeSession:
    """A database that keeps what units return. `poisoned`: units that fail only at the end of the batch."""

    def __init__(self, poisoned: frozenset[int] = frozenset()) -> None:
        self.poisoned = poisoned
        self.commits: list[list[int]] = []

    def carry_out(self, units: Sequence[Unit]) -> list[int]:
        results: list[int] = []
        for position, unit in enumerate(units):
            try:
                results.append(unit(cast("Transaction", None)))
            except Exception as error:
                raise Refused(position) from error
        if self.poisoned & set(results):
            raise Refused(None) from LookupError()
        self.commits.append(results)
        return results


def good(number: int) -> Unit:
    return lambda _tx: number


def bad(_number: int) -> Unit:
    def unit(_tx: Transaction) -> int:
        raise ArithmeticError

    return unit


async def settled(session: FakeSession, units: Sequence[Unit]) -> list[Any]:
    store = Store(cast("WriterConnection", session), 1000, 500)
    store._loop = asyncio.get_running_loop()
    jobs = [_Job(unit, asyncio.get_running_loop().create_future()) for unit in units]
    store._settle(jobs)
    return await asyncio.gather(*(job.future for job in jobs), return_exceptions=True)


@pytest.mark.parametrize("seed", range(20))
async def test_each_unit_fails_or_is_committed_alone_in_order(seed: int) -> None:
    dice = random.Random(seed)
    failing = {number for number in range(30) if dice.random() < 0.3}
    poisoned = frozenset(number for number in range(30) if dice.random() < 0.1) - failing
    session = FakeSession(poisoned)
    units = [bad(number) if number in failing else good(number) for number in range(30)]
    results = await settled(session, units)
    for number, result in enumerate(results):
        if number in failing:
            assert isinstance(result, ArithmeticError)
        elif number in poisoned:
            assert isinstance(result, LookupError)
        else:
            assert result == number
    done = [number for batch in session.commits for number in batch]
    assert done == [number for number in range(30) if number not in failing | poisoned]


async def test_one_failure_costs_one_more_commit_and_not_one_for_each_unit() -> None:
    session = FakeSession()
    await settled(session, [*map(good, range(10)), bad(10), *map(good, range(11, 20))])
    assert session.commits == [list(range(10)), list(range(11, 20))]


async def test_a_store_that_is_taken_refuses_the_whole_batch_at_once() -> None:
    tries: list[int] = []

    class Taken(FakeSession):
        def carry_out(self, units: Sequence[Unit]) -> list[int]:
            tries.append(len(units))
            raise Refused(None) from StoreTaken("usnd")

    results = await settled(Taken(), [good(1), good(2), good(3)])
    assert [type(result) for result in results] == [StoreTaken] * 3
    assert tries == [3]
