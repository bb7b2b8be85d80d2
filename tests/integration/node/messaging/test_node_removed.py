"""Proves that what waits for a removed subscriber does not reach who has the number next (S4, P1)."""

import time
from asyncio import to_thread

from workbench.demo.stage import SUBSCRIBER
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import BOUND, SHORT_CODE, Usn
from workbench.parts.voice.asterisk import asterisk_tree

NOBODY = 9
"""The discard port, in the place of Asterisk's: nobody listens."""


async def test_a_reply_that_waits_in_memory_is_not_sent_to_the_next_subscriber() -> None:
    smsc = Smsc(time.monotonic)
    await smsc.start()
    usn = Usn(asterisk_tree(), NOBODY, smsc.port)
    try:
        usn.command("db", "upgrade")
        usn.command("subscriber", "add", SUBSCRIBER)
        usn.process.start()
        await usn.until_event(BOUND, 20)
        smsc.faults.messages_per_second = 0  # everything is throttled: the reply waits in usnd
        assert await smsc.deliver(SUBSCRIBER, SHORT_CODE, "UC secret 07700900002") == 0
        await usn.until_event("smsc throttles", 10)
        await to_thread(usn.command, "subscriber", "remove", SUBSCRIBER)
        await to_thread(usn.command, "subscriber", "add", SUBSCRIBER)
        await usn.until_event("texts withdrawn", 10)
        smsc.faults.messages_per_second = None
        assert await smsc.deliver(SUBSCRIBER, SHORT_CODE, "UL") == 0
        answer = await smsc.next_text(SUBSCRIBER, 20)
        assert "secret" not in answer.body
        assert [text.body for text in smsc.texts] == [answer.body]
    finally:
        await usn.stop()
        await smsc.stop()
