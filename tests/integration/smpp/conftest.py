import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from node_smsc import PASSWORD, SYSTEM_ID, NodeSmsc
from smpp_daemon import Daemon, StartLink

from usnd.smpp.link.session import Timers
from usnd.smpp.link.settings import LinkSettings


@pytest.fixture
async def node_smsc() -> AsyncIterator[NodeSmsc]:
    async with NodeSmsc() as smsc:
        yield smsc


@pytest.fixture
def started() -> StartLink:
    """A link towards `port`, running; stopped at the end of the block."""

    @asynccontextmanager
    async def start(port: int, **changes: Any) -> AsyncIterator[Daemon]:
        fields = {
            "name": "peer",
            "host": "127.0.0.1",
            "port": port,
            "system_id": SYSTEM_ID,
            "password": PASSWORD,
            "timers": Timers(enquire_interval=5, response=2, bind=2, unbind=2),
            "reconnect_first": 0.01,
            **changes,
        }
        daemon = Daemon(LinkSettings(**fields))
        running = asyncio.create_task(daemon.link.run())
        try:
            yield daemon
        finally:
            await asyncio.wait_for(daemon.link.stop(), 60)
            await running

    return start
