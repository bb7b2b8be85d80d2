"""An alarm outlives a killed usnd, is not raised again by its next life, and ends when it is mended."""

import asyncio
import json
from typing import Any

from node_smsc import NodeSmsc

from workbench.parts.usn import BOUND, Usn
from workbench.parts.voice.asterisk import asterisk_tree

RAISED = "alarm raised: Asterisk cannot be reached, no calls can be made"
CLEARED = RAISED.replace("raised", "cleared")


async def alarms(usn: Usn, *words: str) -> list[dict[str, Any]]:
    shown = await asyncio.to_thread(usn.command, "alarms", "--json", *words)
    return [json.loads(line) for line in shown.splitlines()]


async def test_an_alarm_outlives_a_kill_and_ends_when_it_is_mended() -> None:
    async with NodeSmsc() as smsc:
        usn = Usn(asterisk_tree(), 9, smsc.port)
        try:
            usn.command("db", "upgrade")
            assert await alarms(usn) == []
            usn.process.start()
            await usn.until_event(RAISED, 20)
            await usn.until_event(BOUND, 20)
            (before,) = await alarms(usn)
            assert (before["name"], before["severity"], before["cleared"]) == (
                "asterisk-down",
                "critical",
                "",
            )
            usn.process.kill()
            assert await alarms(usn) == [before], "the store has it"
            usn.process.start()
            await usn.until_event(BOUND, 20, 2)
            await usn.until_event("voice lost", 20, 2)
            assert await alarms(usn) == [before], "since when it was raised first"
            assert (usn.count(RAISED), usn.count(CLEARED)) == (1, 0)
            await usn.asterisk.start()
            await usn.until_event(CLEARED, 40)
            await asyncio.sleep(1.5)
            assert await alarms(usn) == []
            (over,) = await alarms(usn, "--history")
            assert over["since"] == before["since"]
            assert over["cleared"] > over["since"]
        finally:
            await usn.stop()
