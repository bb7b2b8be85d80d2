"""The ground of the browser's tests: Debian's Chromium before nginx, site, usnd, PostgreSQL and Asterisk."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from portal.ground import Ground
from portal.node import portal_database
from portal.person import WAYS, Way

from workbench.demo.portal import furnish, portal_stage
from workbench.parts.chromium import chromium
from workbench.parts.postgres import Postgres

expect.set_options(timeout=60_000)  # ms; what comes at all comes, however busy the machine is


@pytest.fixture(scope="module")
def databases(
    server: Postgres, admin: Callable[[str, str], list[Any]], current_database: str, numbers: Iterator[int]
) -> Iterator[tuple[str, str]]:
    with portal_database(server, admin, current_database, f"browser{next(numbers)}") as urls:
        yield urls


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground(databases: tuple[str, str], admin: Callable[[str, str], list[Any]]) -> AsyncIterator[Ground]:
    async with AsyncExitStack() as stack:
        stage = portal_stage(*databases, tries_per_minute=600, requests_per_second=200)
        parts, front = await stack.enter_async_context(stage)
        await furnish(parts)
        browser = await stack.enter_async_context(chromium())
        made = Ground(parts, front, browser, partial(admin, databases[0]))
        await made.sign_in()
        yield made
        written = front.journal.read_text() + front.nginx.error_log.read_text()
    assert "Traceback" not in written, written[-5000:]


@pytest_asyncio.fixture(loop_scope="module")
async def quiet(ground: Ground) -> AsyncIterator[Ground]:
    """No conference runs, all handsets answer; afterwards too, and no page complained."""
    yield ground
    await ground.calm()
    assert ground.complaints == []


@pytest_asyncio.fixture(loop_scope="module")
async def page(quiet: Ground) -> AsyncIterator[Page]:
    """The live page, signed in."""
    page = await quiet.page()
    await page.goto("/live")
    await expect(page.locator("#link")).to_have_class("link live")
    yield page
    await page.context.close()


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """By pointer, telephone, without script, by keyboard alone: a test of it is done in each."""
    chosen: Way = request.param
    return chosen
