from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from usnd.store.core.writer import Store
from usnd.store.migrations import migrate
from workbench.parts.postgres import Postgres, Programs

Opened = Callable[..., AbstractAsyncContextManager[Store]]


@pytest.fixture
async def frail(programs: Programs) -> AsyncIterator[Postgres]:
    """A PostgreSQL of the test's own, to be killed."""
    async with Postgres(programs, "frail") as part:
        migrate.upgrade(part.url())
        yield part


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table, a new one for each test."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/usnd.db"
    return str(request.getfixturevalue("own_database")("template0"))


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
