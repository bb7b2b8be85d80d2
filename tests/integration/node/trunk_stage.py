"""A node with trunks to two switches, as the product's own pjsip.conf has them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from workbench.asterisk import asterisk_tree
from workbench.ports import HOST
from workbench.smsc import Smsc
from workbench.stage import EVERYBODY, SUBSCRIBER, Stage
from workbench.switch import Handset, Switch
from workbench.tones import TONES
from workbench.usn import Usn

SECOND_HOST = "127.0.0.2"  # calls that come in are told apart by address


@dataclass(frozen=True)
class TwoTrunks:
    """`parts.switch` is at the trunk `first`, `second` at the trunk of that name."""

    parts: Stage
    second: Switch


@asynccontextmanager
async def two_trunks(first: str = "", second: str = "", settings: str = "") -> AsyncIterator[TwoTrunks]:
    """Each trunk with further keys of its section."""
    tree = asterisk_tree()
    tones = dict(zip(EVERYBODY.values(), TONES, strict=False))
    smsc = Smsc(time.monotonic)
    await smsc.start()
    try:
        async with Switch(tree, "first") as one, Switch(tree, "second") as two:
            for switch in (one, two):
                await switch.put(*(Handset(number, tone) for number, tone in tones.items()))
            usn = Usn(tree, 9, smsc.port, settings=settings)
            trunks = (("first", one.port, HOST, first), ("second", two.port, SECOND_HOST, second))
            text = usn.config.read_text()
            text += f'\n[trunks]\nbind = "{HOST}"\nbind_port = {usn.asterisk.ports.sip}\nfailures = 2\n'
            for name, port, match, keys in trunks:
                text += f'[[trunk]]\nname = "{name}"\nhost = "{HOST}"\nport = {port}\nmatch = ["{match}"]\n'
                text += f"qualify = 1\n{keys}\n"
            usn.config.write_text(text)
            usn.asterisk.add_files({"pjsip.conf": usn.command("trunk", "pjsip")})
            async with usn:
                await smsc.bound()
                usn.command("subscriber", "add", SUBSCRIBER)
                yield TwoTrunks(Stage(smsc, one, usn, tones), two)
    finally:
        await smsc.stop()
