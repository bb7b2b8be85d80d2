"""A database that dies, fills up or hides: what was answered is there once, what was not is done once."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text
from structlog.testing import capture_logs

from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreClosed
from usnd.store.migrations import migrate
from usnd.store.schema import subscribers
from workbench.parts.postgres import Postgres
from workbench.parts.process import PartError

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def adding(number: str) -> Any:
    return lambda tx: tx.subscribers.add(number, NOW).number


def numbers_in(url: str) -> list[str]:
    with engine_for(url).connect() as connection:
        return list(connection.execute(select(subscribers.c.number)).scalars())


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 -- another process's state has no event
        await asyncio.sleep(0.02)


async def back(server: Postgres) -> None:
    """Start again; the dead server's children may hold its memory for a moment longer."""
    for _ in range(20):
        try:
            await server.start()
        except PartError:
            await asyncio.sleep(0.2)
        else:
            return
    raise AssertionError(server.log())


async def test_nothing_is_lost_or_doubled_when_the_server_is_killed(frail: Postgres, opened: Any) -> None:
    """Texts have no unique key: one that was added twice would show."""
    dice = random.Random(20)
    answered: list[int] = []

    def unit(number: int) -> Any:
        def work(tx: Transaction) -> None:
            mo = "INSERT INTO mo_texts (smsc, session, sender, recipient, body, fingerprint, received_at)"
            tx.execute(text(f"{mo} VALUES ('', '', '', '', '', :print, now())"), {"print": str(number)})

        return work

    async with opened(frail.url()) as store:

        async def customer(first: int) -> None:
            for number in range(first, first + 60):
                await store.run(unit(number))
                answered.append(number)

        crowd = asyncio.gather(*(customer(1000 * each) for each in range(20)))
        for _ in range(5):
            target = len(answered) + dice.randrange(20, 150)
            await until(lambda target=target: len(answered) >= target)
            await asyncio.sleep(dice.random() / 50)
            frail.kill()
            known = list(answered)
            await back(frail)
            kept = fingerprints(frail.url())
            assert all(kept.count(str(number)) == 1 for number in known)
        await crowd
    kept = fingerprints(frail.url())
    assert sorted(map(int, kept)) == sorted(answered)
    assert len(answered) == len(set(answered)) == 1200


def fingerprints(url: str) -> list[str]:
    with engine_for(url).connect() as connection:
        return list(connection.execute(text("SELECT fingerprint FROM mo_texts")).scalars())


async def test_a_cut_connection_is_told_once_and_healed(frail: Postgres, opened: Any, admin: Any) -> None:
    async with opened(frail.url()) as store:
        await store.run(adding("+1"))
        with capture_logs() as logs:
            admin(frail.url(), CUT)
            assert await store.run(adding("+2")) == "+2"
            await store.run(adding("+3"))
    assert [entry["event"] for entry in logs] == ["store unreachable", "store reachable again"]
    assert numbers_in(frail.url()) == ["+1", "+2", "+3"]


@pytest.fixture
def waiting(frail: Postgres, opened: Any, admin: Any) -> Callable[..., Any]:
    """A commit that waits for a standby that is not there."""

    @asynccontextmanager
    async def wait_for_standby() -> AsyncIterator[tuple[asyncio.Task[str], Callable[[], Any]]]:
        async with opened(frail.url()) as store:
            await store.run(adding("+1"))
            admin(frail.url(), "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            admin(frail.url(), "SELECT pg_reload_conf()")
            await until(lambda: admin(frail.url(), "SHOW synchronous_standby_names") == [("nobody",)])
            task = asyncio.ensure_future(store.run(adding("+2")))

            def waiters() -> Any:
                return admin(frail.url(), "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")

            await until(waiters)
            yield task, waiters
            admin(frail.url(), "ALTER SYSTEM RESET synchronous_standby_names")
            admin(frail.url(), "SELECT pg_reload_conf()")
            assert await asyncio.wait_for(task, 60) == "+2"
            assert await store.run(adding("+3")) == "+3"
        assert numbers_in(frail.url()) == ["+1", "+2", "+3"]

    return wait_for_standby


@pytest.mark.parametrize("ending", ["pg_cancel_backend", "pg_terminate_backend"])
async def test_a_cancelled_wait_for_the_standby_is_neither_done_nor_refused(
    frail: Postgres, admin: Any, waiting: Any, ending: str
) -> None:
    """It is committed here, but perhaps not at the standby: no answer until it is, and no second go."""
    async with waiting() as (task, waiters):
        for _ in range(2):
            ((pid,),) = waiters()
            admin(frail.url(), f"SELECT {ending}({pid})")
            await until(lambda pid=pid: waiters() not in ([], [(pid,)]))
            assert not task.done()
        assert "+2" in numbers_in(frail.url())


async def test_a_server_that_dies_while_the_commit_waits_has_done_it_once(
    frail: Postgres, waiting: Any
) -> None:
    async with waiting() as (task, waiters):
        frail.kill()
        await back(frail)
        await until(waiters)
        assert not task.done()


async def test_a_commit_that_never_arrived_is_done_again(frail: Postgres, opened: Any, admin: Any) -> None:
    async with opened(frail.url()) as store:
        await store.run(adding("+1"))
        cuts: list[str] = []

        def cut(_connection: object) -> None:
            if not cuts:
                cuts.append("at the last moment before COMMIT")
                admin(frail.url(), CUT)

        event.listen(store._session._engine, "commit", cut)
        assert await store.run(adding("+2")) == "+2"
        assert await store.run(adding("+3")) == "+3"
    assert len(cuts) == 1
    assert numbers_in(frail.url()) == ["+1", "+2", "+3"]


async def test_a_server_that_is_a_standby_is_waited_for(frail: Postgres, opened: Any, admin: Any) -> None:
    admin(frail.url(), "ALTER DATABASE postgres SET default_transaction_read_only = on")
    async with opened(frail.url()) as store:
        task = asyncio.ensure_future(store.run(adding("+1")))
        await asyncio.sleep(0.3)
        assert not task.done()
        admin(frail.url(), "ALTER DATABASE postgres RESET default_transaction_read_only")
        assert await asyncio.wait_for(task, 60) == "+1"


async def test_closing_gives_up_on_a_server_that_is_away(frail: Postgres) -> None:
    frail.kill()
    store = Store.open(frail.url())
    task = asyncio.ensure_future(store.run(adding("+1")))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(store.close(), 60)
    with pytest.raises(StoreClosed):
        await task


async def test_a_sqlite_file_that_comes_later_is_waited_for(tmp_path: Path, opened: Any) -> None:
    (tmp_path / "away").mkdir()
    migrate.upgrade(f"sqlite:///{tmp_path}/away/usnd.db")
    async with opened(f"sqlite:///{tmp_path}/here/usnd.db") as store:
        task = asyncio.ensure_future(store.run(adding("+1")))
        await asyncio.sleep(0.2)
        assert not task.done()
        (tmp_path / "away").rename(tmp_path / "here")
        assert await asyncio.wait_for(task, 60) == "+1"


async def test_a_full_disk_is_waited_out(tmp_path: Path, opened: Any) -> None:
    url = f"sqlite:///{tmp_path}/usnd.db"
    migrate.upgrade(url)
    tries: list[str] = []

    def unit(tx: Transaction) -> str:
        if not tries:  # of this connection only: the next one finds space again
            tx.execute(text("PRAGMA max_page_count = 1"))
        tries.append("")
        return tx.subscribers.add("+" + "1" * 100_000, NOW).number

    async with opened(url) as store:
        with capture_logs() as logs:
            assert len(await store.run(unit)) == 100_001
    assert [entry["event"] for entry in logs] == ["store unreachable", "store reachable again"]
    assert "full" in logs[0]["reason"]
    assert len(tries) == 2
    assert len(numbers_in(url)) == 1


async def test_a_lock_of_another_program_is_waited_out(tmp_path: Path, opened: Any) -> None:
    url = f"sqlite:///{tmp_path}/usnd.db"
    migrate.upgrade(url)
    async with opened(url) as store:
        await store.run(lambda tx: tx.execute(text("PRAGMA busy_timeout = 1")).close())
        other = sqlite3.connect(tmp_path / "usnd.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with capture_logs() as logs:
            task = asyncio.ensure_future(store.run(adding("+1")))
            await until(lambda: logs)
            assert not task.done()
            other.execute("ROLLBACK")
            other.close()
            assert await asyncio.wait_for(task, 60) == "+1"
    assert [entry["event"] for entry in logs] == ["store unreachable", "store reachable again"]
