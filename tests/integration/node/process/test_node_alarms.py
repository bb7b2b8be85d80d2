"""An alarm outlives a killed usnd and a database that is away, is raised once, and ends when it is mended."""

import asyncio
import json
from typing import Any

from node_smsc import NodeSmsc

from usnd.monitoring.snapshot import FILE
from workbench.parts.postgres import Postgres, programs
from workbench.parts.usn import BOUND, Usn
from workbench.parts.voice.asterisk import asterisk_tree

RAISED = "alarm raised: Asterisk cannot be reached, no calls can be made"
CLEARED = RAISED.replace("raised", "cleared")


async def alarms(usn: Usn, *words: str) -> list[dict[str, Any]]:
    shown = await asyncio.to_thread(usn.command, "alarms", "--json", *words)
    return [json.loads(line) for line in shown.splitlines()]


async def until_shown(usn: Usn, names: list[str]) -> list[dict[str, Any]]:
    """usnd writes down once a second what is raised."""
    for _ in range(20):
        shown = await alarms(usn)
        if [one["name"] for one in shown] == names:
            break
        await asyncio.sleep(0.3)
    assert [one["name"] for one in shown] == names
    return shown


async def test_an_alarm_outlives_a_kill_and_ends_when_it_is_mended() -> None:
    async with NodeSmsc() as smsc:
        usn = Usn(asterisk_tree(), 9, smsc.port)
        try:
            usn.command("db", "upgrade")
            assert await alarms(usn) == []
            usn.process.start()
            await usn.until_event(RAISED, 20)
            await usn.until_event(BOUND, 20)
            (before,) = await until_shown(usn, ["asterisk-down"])
            assert (before["severity"], before["cleared"]) == ("critical", "")
            usn.process.kill()
            (usn.home / FILE).unlink()  # as five seconds later
            assert await alarms(usn) == [before], "the store has it"
            usn.process.start()
            await usn.until_event(BOUND, 20, 2)
            await usn.until_event("voice lost", 20, 2)
            assert await until_shown(usn, ["asterisk-down"]) == [before], "since when it was raised first"
            screen = (await asyncio.to_thread(usn.command, "status")).splitlines()
            assert screen[1] == "alarms: 1"
            assert "critical  Asterisk: Asterisk cannot be reached" in screen[2]
            assert (usn.count(RAISED), usn.count(CLEARED)) == (1, 0)
            await usn.asterisk.start()
            await usn.until_event(CLEARED, 40)
            assert await until_shown(usn, []) == []
            (over,) = await alarms(usn, "--history")
            assert over["since"] == before["since"]
            assert over["cleared"] > over["since"]
            whole = json.loads(await asyncio.to_thread(usn.command, "status", "--json"))
            assert (whole["asterisk"]["state"], whole["database"]["reachable"]) == ("up", True)
        finally:
            await usn.stop()


async def test_a_database_that_is_away_is_an_alarm_that_is_shown_without_it() -> None:
    async with NodeSmsc() as smsc, Postgres(programs(), "alarms") as database:
        usn = Usn(asterisk_tree(), 9, smsc.port, store_url=database.url())
        try:
            usn.command("db", "upgrade")
            usn.process.start()
            await usn.until_event(BOUND, 20)
            await until_shown(usn, ["asterisk-down"])
            database.kill()
            await usn.until_event("alarm raised: the database cannot be reached", 20)
            _, away = await until_shown(usn, ["asterisk-down", "database-unreachable"])
            assert away["facts"].startswith("reason=")
            await database.start()
            await usn.until_event("alarm cleared: the database cannot be reached", 20)
            await until_shown(usn, ["asterisk-down"])
            over, _ = await alarms(usn, "--history")
            assert (over["name"], over["since"]) == ("database-unreachable", away["since"])
        finally:
            await usn.stop()
