"""Group commit on both databases: nothing is answered before its commit, and a failure stays one unit's."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy, StoreClosed
from usnd.store.core.writer_connection import StoreTaken
from usnd.store.schema import commit_mark, subscribers

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def numbers_in(url: str) -> list[str]:
    """What another connection reads: only what is committed."""
    with engine_for(url).connect() as connection:
        return list(connection.execute(select(subscribers.c.number).order_by(subscribers.c.id)).scalars())


def mark_in(url: str) -> int:
    with engine_for(url).connect() as connection:
        return connection.execute(select(commit_mark.c.number)).scalar_one()


def adding(number: str) -> Any:
    return lambda tx: tx.subscribers.add(number, NOW).number


@asynccontextmanager
async def busy(store: Store) -> AsyncIterator[None]:
    """Keep the writer in a unit meanwhile, so that what comes now waits, for one batch."""
    entered, go = threading.Event(), threading.Event()

    def hold(_tx: Transaction) -> None:
        entered.set()
        go.wait(10)

    task = asyncio.ensure_future(store.run(hold))
    await asyncio.to_thread(entered.wait, 10)
    try:
        yield
        await asyncio.sleep(0)
    finally:
        go.set()
        await asyncio.wait([task])
        task.exception()


async def together(store: Store, *units: Any) -> list[Any]:
    """Run the units as one batch; gives results and exceptions."""
    async with busy(store):
        tasks = [asyncio.ensure_future(store.run(unit)) for unit in units]
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_answered_unit_is_committed(store: Store, url: str) -> None:
    assert await store.run(adding("+1")) == "+1"
    assert numbers_in(url) == ["+1"]


async def test_waiting_units_share_one_commit_in_the_order_they_came(store: Store, url: str) -> None:
    await store.run(adding("+first"))
    before = mark_in(url)
    wanted = [f"+{number}" for number in range(50)]
    assert await together(store, *map(adding, wanted)) == wanted
    assert numbers_in(url) == ["+first", *wanted]
    assert mark_in(url) == before + 1


async def test_a_unit_sees_the_work_of_those_before_it(store: Store) -> None:
    results = await together(store, adding("+1"), lambda tx: len(tx.subscribers.page("", 9)))
    assert results == ["+1", 1]


async def test_a_unit_that_raises_fails_alone(store: Store, url: str) -> None:
    def late(tx: Transaction) -> None:
        tx.subscribers.add("+9", NOW)
        raise LookupError("after its work")

    def stop(_tx: Transaction) -> None:
        raise StopIteration

    first, twice, raised, stopped, last = await together(
        store, adding("+1"), adding("+1"), late, stop, adding("+2")
    )
    assert (first, last) == ("+1", "+2")
    assert isinstance(twice, IntegrityError)
    assert isinstance(raised, LookupError)
    assert isinstance(stopped, RuntimeError)
    assert numbers_in(url) == ["+1", "+2"]


async def test_values_do_not_show_in_errors(store: Store) -> None:
    await store.run(adding("+447700900123"))
    with pytest.raises(IntegrityError) as caught:
        await store.run(adding("+447700900123"))
    assert caught.value.params is None


async def test_a_swallowed_error_is_not_reported_as_done(store: Store, url: str) -> None:
    """PostgreSQL would answer the COMMIT of such a transaction with a rollback, and no error."""

    def careless(tx: Transaction) -> str:
        tx.subscribers.add("+7", NOW)
        with suppress(DBAPIError):
            tx.execute(insert(subscribers), {"number": "+7", "created_at": NOW})
        return "done"

    before, outcome, after = await together(store, adding("+1"), careless, adding("+2"))
    assert (before, after) == ("+1", "+2")
    assert ("+7" in numbers_in(url)) == (outcome == "done")
    assert {"+1", "+2"} <= set(numbers_in(url))


async def test_reading_costs_no_commit(store: Store, url: str) -> None:
    await store.run(adding("+1"))
    before = mark_in(url)
    assert await store.run(lambda tx: tx.subscribers.by_number("+1")) is not None
    assert mark_in(url) == before


async def test_a_unit_reads_and_writes_in_one_transaction(store: Store, url: str, opened: Any) -> None:
    """What it read still holds when it writes: another writer waits, or is run again."""

    def read_then_write(tx: Transaction) -> int:
        last: int = tx.execute(text("SELECT last FROM counters WHERE name = 'cdr'")).scalar_one()
        tx.execute(text("UPDATE counters SET last = :new WHERE name = 'cdr'"), {"new": last + 1})
        return last

    async with opened(url, writer="other") as other:
        found = await asyncio.gather(*(one.run(read_then_write) for _ in range(20) for one in (store, other)))
    assert sorted(found) == list(range(40))


async def test_a_full_queue_refuses_at_once(url: str, opened: Any) -> None:
    async with opened(url, most_waiting=3) as store:
        async with busy(store):
            tasks = [asyncio.ensure_future(store.run(adding(f"+{number}"))) for number in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(StoreBusy):
                await store.run(adding("+9"))
        await asyncio.gather(*tasks)
        assert await store.run(adding("+3")) == "+3"


async def test_a_cancelled_caller_does_not_take_the_unit_back(store: Store, url: str) -> None:
    async with busy(store):
        task = asyncio.ensure_future(store.run(adding("+1")))
        await asyncio.sleep(0)
        task.cancel()
    assert await store.run(adding("+2")) == "+2"
    assert task.cancelled()
    assert numbers_in(url) == ["+1", "+2"]


async def test_closing_finishes_what_waits_and_takes_nothing_more(url: str) -> None:
    store = Store.open(url)
    async with busy(store):
        task = asyncio.ensure_future(store.run(adding("+1")))
    await store.close()
    assert await task == "+1"
    with pytest.raises(StoreClosed):
        await store.run(adding("+2"))
    assert numbers_in(url) == ["+1"]


async def test_closing_does_not_wait_for_ever(url: str) -> None:
    store = Store.open(url)
    async with busy(store):
        task = asyncio.ensure_future(store.run(adding("+1")))
        await asyncio.sleep(0)
        await store.close(patience=0.05)
        with pytest.raises(StoreClosed):
            await task
    await store.close()


async def test_who_opens_under_a_name_takes_it_over(store: Store, url: str, opened: Any) -> None:
    await store.run(adding("+1"))
    async with opened(url) as successor:
        await successor.run(adding("+2"))
        results = await together(store, adding("+3"), adding("+4"))
        assert [type(result) for result in results] == [StoreTaken, StoreTaken]
        with pytest.raises(StoreTaken):
            await store.run(adding("+5"))
        assert await successor.run(adding("+6")) == "+6"
    assert numbers_in(url) == ["+1", "+2", "+6"]


async def test_an_old_schema_is_told_and_not_waited_for(empty_url: str, opened: Any) -> None:
    async with opened(empty_url) as store:
        with pytest.raises(DBAPIError, match="commit_mark"):
            await asyncio.wait_for(store.run(adding("+1")), 5)


async def test_another_database_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        Store.open("mysql://localhost/x")
