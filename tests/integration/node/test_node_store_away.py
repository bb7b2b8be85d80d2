"""What usnd does when it is started while its database is away: it must not need a second start."""

import asyncio

import pytest
from node_smsc import NodeSmsc

from workbench.asterisk import asterisk_tree
from workbench.postgres import Postgres, programs
from workbench.usn import BOUND, Usn


@pytest.mark.xfail(
    strict=True, reason="usnd ends with a traceback when the database is away at its start (usnd/app.py)"
)
async def test_a_start_without_the_database_waits_for_it() -> None:
    async with NodeSmsc() as smsc, Postgres(programs(), "away") as database:
        usn = Usn(asterisk_tree(), 9, smsc.port, store_url=database.url())
        try:
            usn.command("db", "upgrade")
            database.kill()
            usn.process.start()
            await asyncio.sleep(3)
            assert usn.process.alive, usn.process.tail()
            assert "Traceback" not in usn.journal.read_text()
            await database.start()
            await usn.until_event(BOUND)
        finally:
            await usn.stop()
