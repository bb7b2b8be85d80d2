import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from usnd.store import migrate
from usnd.store.writer import Store
from workbench import postgres
from workbench.postgres import Postgres, Programs

Admin = Callable[[str, str], list[Any]]
Opened = Callable[..., AbstractAsyncContextManager[Store]]


@pytest.fixture(scope="session")
def programs() -> Programs:
    return postgres.installed() or postgres.unpacked()


@pytest.fixture(scope="session")
def server(programs: Programs) -> Iterator[Postgres]:
    """One PostgreSQL for all tests that do it no harm."""
    part = Postgres(programs, "store")
    try:
        asyncio.run(part.create())
        asyncio.run(part.start())
        yield part
    finally:
        asyncio.run(part.stop())


@pytest.fixture
async def frail(programs: Programs) -> AsyncIterator[Postgres]:
    """A PostgreSQL of the test's own, to be killed."""
    async with Postgres(programs, "frail") as part:
        migrate.upgrade(part.url())
        yield part


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path, numbers: Iterator[int], admin: Admin) -> str:
    """A database without a table, a new one for each test."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/usnd.db"
    server, name = request.getfixturevalue("server"), f"t{next(numbers)}"
    admin(server.url(), f"CREATE DATABASE {name}")
    return server.url(name)


@pytest.fixture
def url(empty_url: str) -> str:
    migrate.upgrade(empty_url)
    return empty_url


@asynccontextmanager
async def _opened(url: str, **settings: Any) -> AsyncIterator[Store]:
    store = Store.open(url, **settings)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
def opened() -> Opened:
    return _opened


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with _opened(url) as store:
        yield store


@pytest.fixture
def admin() -> Admin:
    """The database operator at the server: one statement, committed at once; gives its rows."""

    options = "-c synchronous_commit=off -c default_transaction_read_only=off"

    def run(url: str, statement: str) -> list[Any]:
        address = make_url(url).set(drivername="postgresql").render_as_string()
        with psycopg.connect(address, autocommit=True, options=options) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    return run
