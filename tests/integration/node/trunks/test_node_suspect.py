"""Proves that a trunk that refuses whoever is called is told from people, on a whole node (V1, V4, C10)."""

import asyncio
import time
from pathlib import Path

import pytest
from trunk_stage import SCENARIOS, SECOND_HOST, put_trunks

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage
from workbench.demo.tones import TONES
from workbench.parts.ports import HOST
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import Usn
from workbench.parts.voice.asterisk import asterisk_tree
from workbench.parts.voice.sipp import Sipp
from workbench.parts.voice.switch import Handset, Switch


@pytest.mark.parametrize("status", [403, 603])
async def test_what_a_trunk_refuses_to_all_goes_by_the_next_one(status: int, tmp_path: Path) -> None:
    """A person may give these, too; here sipp refuses whoever is called."""
    scenario = tmp_path / "refuse.xml"
    scenario.write_text((SCENARIOS / "refuse-all.xml").read_text().replace("STATUS", str(status)))
    tree, tones = asterisk_tree(), dict(zip(EVERYBODY.values(), TONES, strict=False))
    smsc = Smsc(time.monotonic)
    await smsc.start()
    try:
        async with Sipp(scenario) as sipp, Switch(tree) as switch:
            await switch.put(*(Handset(number, tone) for number, tone in tones.items()))
            usn = Usn(tree, 9, smsc.port)
            put_trunks(
                usn, ("first", sipp.port, SECOND_HOST, "qualify = 0"), ("second", switch.port, HOST, "")
            )
            async with usn:
                await smsc.bound()
                await asyncio.to_thread(usn.command, "subscriber", "add", SUBSCRIBER)
                parts = Stage(smsc, switch, usn, tones)
                await parts.text("IC " + " ".join(GROUP.values()))
                await parts.usn.until_event("call joined", 20, len(EVERYBODY) - 1)
                await parts.usn.until_event("alarm raised: trunk damped", 10, trunk="first")
                await parts.switch.press(SUBSCRIBER, "**")
                await parts.usn.until_event("conference ended", 20)
                before = len(usn.cdrs())
                await parts.text("IC " + " ".join(GROUP.values()))
                await parts.usn.until_event("call joined", 20, 2, number=GROUP["charlie"])
                await parts.switch.press(SUBSCRIBER, "**")
                await parts.usn.until_event("conference ended", 20, 2)
                assert {cdr["trunk"] for cdr in usn.cdrs()[before:]} == {"second"}, "asked at once"
    finally:
        await smsc.stop()
