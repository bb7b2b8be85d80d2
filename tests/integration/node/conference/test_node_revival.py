"""Proves that the conference of a dead Asterisk, or of a dead server, is called together again (C11)."""

import sqlite3
from contextlib import closing

from sqlalchemy import make_url

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage
from workbench.parts.process import until


async def test_a_conference_survives_the_death_of_asterisk() -> None:
    async with stage("[conference]\nrevive = true\n") as parts:
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))
        parts.usn.asterisk.kill()
        await parts.usn.until_event("voice lost", 5)
        told = await parts.smsc.next_text(SUBSCRIBER, 10)
        assert "called again" in told.body
        for number in EVERYBODY.values():  # the switch still believes in the calls of the dead one
            if await parts.switch.state(number) != "idle":
                await parts.switch.hang_up(number)
        await parts.usn.asterisk.start()
        await parts.usn.until_event("call joined", 20, 2 * len(EVERYBODY))
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        assert parts.usn.count("conference ended") == 0
        assert [cdr["outcome"] for cdr in parts.usn.cdrs()] == ["voice-lost"] * 4
        assert len(parts.switch.invites) == 2 * len(EVERYBODY)


def seen(parts: Stage) -> list[tuple[str]]:
    with closing(sqlite3.connect(str(make_url(parts.usn.store_url).database))) as database:
        return database.execute("SELECT at FROM calls_seen").fetchall()


async def test_a_conference_survives_the_death_of_its_server() -> None:
    """The next life knows until when the calls were up, which is before it began. They are called again."""
    async with stage("[conference]\nrevive = true\n") as parts:
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))
        before = seen(parts)
        assert await until(lambda: seen(parts) != before, 30, 0.2)
        parts.usn.process.kill()
        parts.usn.asterisk.kill()
        for number in EVERYBODY.values():
            if await parts.switch.state(number) != "idle":
                await parts.switch.hang_up(number)
        await parts.usn.asterisk.start()
        await parts.usn.start_daemon()
        await parts.usn.until_event("call joined", 20, 2 * len(EVERYBODY))
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        cdrs = parts.usn.cdrs()
        assert [(cdr["outcome"], cdr["reconciled"]) for cdr in cdrs] == [("voice-lost", True)] * 4
        assert len(parts.switch.invites) == 2 * len(EVERYBODY)
