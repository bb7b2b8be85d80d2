"""Databases for tests: one PostgreSQL for all, for each a database of its own, copied from a current one.

And the programs of a CRM's people, first in PATH.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from usnd.store.migrations import migrate
from workbench.parts import postgres
from workbench.parts.crm.programs import write_commands
from workbench.parts.postgres import Postgres, Programs

Admin = Callable[[str, str], list[Any]]
CURRENT = "current"


@pytest.fixture(scope="session", autouse=True)
def crm_programs(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("programs")
    write_commands(place)
    os.environ["PATH"] = f"{place}:{os.environ['PATH']}"


@pytest.fixture(scope="session")
def programs() -> Programs:
    return postgres.programs()


@pytest.fixture(scope="session")
def server(programs: Programs) -> Iterator[Postgres]:
    """One PostgreSQL for all tests that do it no harm."""
    part = Postgres(programs, "tests")
    try:
        asyncio.run(part.create())
        asyncio.run(part.start())
        yield part
    finally:
        asyncio.run(part.stop())


@pytest.fixture(scope="session")
def admin() -> Admin:
    """The database operator at the server: one statement, committed at once; gives its rows."""

    options = "-c synchronous_commit=off -c default_transaction_read_only=off"

    def run(url: str, statement: str) -> list[Any]:
        address = make_url(url).set(drivername="postgresql").render_as_string()
        with psycopg.connect(address, autocommit=True, options=options) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture(scope="session")
def current_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database of this release, to be copied."""
    path = tmp_path_factory.mktemp("current") / "usnd.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def current_database(server: Postgres, admin: Admin) -> str:
    """The name of a PostgreSQL database of this release, to be copied."""
    admin(server.url(), f"CREATE DATABASE {CURRENT}")
    migrate.upgrade(server.url(CURRENT))
    return CURRENT


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def own_database(server: Postgres, admin: Admin, numbers: Iterator[int]) -> Iterator[Callable[[str], str]]:
    """Makes the test's PostgreSQL database from a template; gives its URL."""
    name = f"t{next(numbers)}"

    def make(template: str) -> str:
        admin(server.url(), f"CREATE DATABASE {name} TEMPLATE {template}")
        return server.url(name)

    yield make
    admin(server.url(), f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of this release, a new one for each test."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("current_file"), tmp_path / "usnd.db")
        return f"sqlite:///{tmp_path}/usnd.db"
    template = request.getfixturevalue("current_database")
    return str(request.getfixturevalue("own_database")(template))


@pytest.fixture
def tx(url: str) -> Iterator[Transaction]:
    with engine_for(url).connect() as connection, connection.begin():
        yield Transaction(connection)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = Store.open(url)
    try:
        yield opened
    finally:
        await opened.close()
