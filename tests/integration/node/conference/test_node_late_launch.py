"""Proves that a launch at the console is done while its asker waits, or not at all: the database is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import msgspec

from usnd.control.requests import Launch, socket_of
from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage
from workbench.parts.postgres import Postgres, programs

PATIENCE = 20  # seconds: the control server's
GONE = "it took too long: nothing was done"
LAUNCH = Launch(subscriber=SUBSCRIBER, members=tuple(GROUP.values()), request="ticket-1")


@asynccontextmanager
async def outage() -> AsyncIterator[tuple[Stage, Postgres]]:
    """The database is away, and usnd has noticed."""
    async with Postgres(programs(), "late") as database, stage(store_url=database.url()) as parts:
        database.kill()
        await parts.usn.until_event("store unreachable", 10)
        yield parts, database


@asynccontextmanager
async def asking(parts: Stage) -> AsyncIterator[asyncio.StreamReader]:
    """The connection on which a launch was asked for."""
    reader, writer = await asyncio.open_unix_connection(str(socket_of(parts.usn.home)))
    with closing(writer):
        writer.write(msgspec.json.encode(LAUNCH) + b"\n")
        await writer.drain()
        await asyncio.sleep(0.5)
        yield reader


async def nothing_is_dialled_but_by_the_next(parts: Stage) -> None:
    """Whoever asks again, by the same key, launches: nothing of the first is left."""
    await parts.usn.until_event("store reachable again", 20)
    async with asking(parts) as reader:
        assert b"launched: calling" in await reader.readline()
    await parts.usn.until_event("call joined", 20, len(EVERYBODY))
    assert len(parts.switch.invites) == len(EVERYBODY)


async def test_a_launch_whose_asker_has_hung_up_is_dropped() -> None:
    async with outage() as (parts, database):
        async with asking(parts):
            pass  # the command was interrupted
        await database.start()
        await parts.usn.until_event("asked at the console: launch", 20, outcome=GONE)
        await nothing_is_dialled_but_by_the_next(parts)


async def test_a_launch_that_was_answered_as_timed_out_is_not_done_later() -> None:
    async with outage() as (parts, database):
        async with asking(parts) as reader, asyncio.timeout(10 * PATIENCE):
            assert b"timed out" in await reader.readline()
        await database.start()
        await parts.usn.until_event("late at the console: launch", 20, outcome=GONE)
        await nothing_is_dialled_but_by_the_next(parts)
