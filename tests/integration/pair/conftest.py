"""The two databases, fresh and following."""

from collections.abc import AsyncIterator

import pytest
from database_pair import Pair, until

from workbench.parts.postgres import programs


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    pair = Pair(programs())
    try:
        await pair.create()
        yield pair
    finally:
        await pair.end()


@pytest.fixture
async def following(pair: Pair) -> Pair:
    """A is open, B follows."""
    await pair.a.open()
    await until(pair.a, "PRIMARY")
    pair.execute("a", "create table kept (n int)")
    await pair.b.follow()
    await until(pair.a, "streaming")
    return pair
