"""Proves the operator's view: `usnd smpp status` shows the binds of a running daemon, and of no other."""

import asyncio
import json

import pytest
from node_smsc import NodeSmsc

from workbench.demo.stage import SUBSCRIBER
from workbench.parts.process import PartError
from workbench.parts.usn import SHORT_CODE, Usn
from workbench.parts.voice.asterisk import asterisk_tree


async def test_the_status_of_the_binds() -> None:
    async with NodeSmsc() as smsc:
        usn = Usn(asterisk_tree(), 9, smsc.port)
        usn.config.write_text(usn.config.read_text() + "[texts]\noldest_alarm = 1\n")
        try:
            usn.command("db", "upgrade")
            usn.command("subscriber", "add", SUBSCRIBER)
            with pytest.raises(PartError, match="is not running"):
                usn.command("smpp", "status")
            usn.process.start()
            await usn.until_event("smsc link bound")
            # The answer to a text finds no response, then no bind, then both.
            await smsc.tell("mute", count=1)
            mo = {"source_addr_ton": 1, "source_addr": SUBSCRIBER.removeprefix("+")}
            assert await smsc.deliver(**mo, destination_addr=SHORT_CODE, short_message="?") == 0
            await smsc.until_pdu("submit_sm")
            for _ in range(100):  # usnd writes it down once a second
                line = await asyncio.to_thread(usn.command, "smpp", "status", "--json")
                if (bind := json.loads(line))["oldest_s"] > 1:
                    break
                await asyncio.sleep(0.2)
            assert (bind["bind"], bind["kind"], bind["state"]) == ("smsc", "transceiver", "bound")
            assert (bind["texts"], bind["in_flight"], bind["queue"], bind["sent"]) == (1, 1, 1, 0)
            assert bind["oldest_s"] > 1
            await usn.until_event("alarm raised: texts wait too long")
            await smsc.tell("drop")
            await usn.until_event("text sent")
            await usn.until_event("alarm cleared: texts wait too long")
            shown = usn.command("smpp", "status").splitlines()
            assert shown[0].split()[:3] == ["bind", "kind", "state"]
            await usn.process.stop()
            with pytest.raises(PartError, match="is not running"):
                usn.command("smpp", "status")
        finally:
            await usn.stop()
