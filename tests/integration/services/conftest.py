import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from usnd.store import migrate
from usnd.store.engine import engine_for
from usnd.store.transaction import Transaction
from workbench.postgres import Postgres, programs

DATABASES = count(1)


@pytest.fixture(scope="session")
def database_server() -> Iterator[Postgres]:
    part = Postgres(programs(), "services")
    try:
        asyncio.run(part.create())
        asyncio.run(part.start())
        yield part
    finally:
        asyncio.run(part.stop())


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of this release, a new one for each test."""
    made = f"sqlite:///{tmp_path}/usnd.db"
    if request.param == "postgresql":
        server = request.getfixturevalue("database_server")
        name = f"services{next(DATABASES)}"
        address = make_url(server.url()).set(drivername="postgresql").render_as_string()
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        made = server.url(name)
    migrate.upgrade(made)
    return made


@pytest.fixture
def tx(url: str) -> Iterator[Transaction]:
    with engine_for(url).connect() as connection, connection.begin():
        yield Transaction(connection)
