"""A whole node on PostgreSQL as the CRM sees it, one for the tests of a file."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from crm.outside import Here, outside

from workbench.parts.postgres import Postgres


@pytest.fixture(scope="module")
def here(
    server: Postgres,
    admin: Callable[[str, str], list[Any]],
    current_database: str,
    numbers: Iterator[int],
) -> Iterator[Here]:
    name = f"crm{next(numbers)}"
    admin(server.url(), f"CREATE DATABASE {name} TEMPLATE {current_database}")
    url = server.url(name)
    parts = outside(url)
    with asyncio.Runner() as runner:
        node, crm = runner.run(parts.__aenter__())
        try:
            yield Here(node, crm, lambda statement: admin(url, statement))
        finally:
            written = node.journal.read_text() + node.front.journal.read_text()
            runner.run(parts.__aexit__(None, None, None))
            admin(server.url(), f"DROP DATABASE {name} WITH (FORCE)")
    assert "Traceback" not in written, written[-5000:]
