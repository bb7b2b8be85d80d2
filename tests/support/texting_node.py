"""A node that only texts, at an SMSC of another make, with one subscriber: Asterisk is away on purpose."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from node_smsc import NodeSmsc

from workbench.demo.stage import SUBSCRIBER
from workbench.parts.usn import BOUND, Usn
from workbench.parts.voice.asterisk import asterisk_tree

NOBODY = 9
"""The discard port, in the place of Asterisk's: nobody listens."""


@asynccontextmanager
async def texting_node() -> AsyncIterator[tuple[Usn, NodeSmsc]]:
    """It is bound."""
    async with NodeSmsc() as smsc:
        usn = Usn(asterisk_tree(), NOBODY, smsc.port)
        try:
            usn.command("db", "upgrade")
            usn.command("subscriber", "add", SUBSCRIBER)
            usn.process.start()
            await usn.until_event(BOUND, 20)
            yield usn, smsc
        finally:
            await usn.stop()
