"""A whole node on PostgreSQL as a browser sees it; its site has the account that role web gives it."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from portal.node import PortalNode, portal_database, portal_node

from workbench.parts.postgres import Postgres


@pytest.fixture(scope="module")
def node(
    server: Postgres,
    admin: Callable[[str, str], list[Any]],
    current_database: str,
    numbers: Iterator[int],
) -> Iterator[PortalNode]:
    name = f"portal{next(numbers)}"
    with (
        portal_database(server, admin, current_database, name) as (url, site_url),
        asyncio.Runner() as runner,
    ):
        parts = portal_node(url, site_url, lambda statement: admin(url, statement))
        made = runner.run(parts.__aenter__())
        try:
            yield made
        finally:
            written = made.written()
            runner.run(parts.__aexit__(None, None, None))
    assert "Traceback" not in written, written[-5000:]
