"""Nodes with several trunks, as the product's own pjsip.conf has them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.demo.stage import EVERYBODY, SUBSCRIBER, Stage
from workbench.demo.tones import TONES
from workbench.parts.ports import HOST
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import Usn
from workbench.parts.voice.asterisk import asterisk_tree
from workbench.parts.voice.sipp import Sipp
from workbench.parts.voice.switch import Handset, Switch

SECOND_HOST = "127.0.0.2"  # calls that come in are told apart by address
SCENARIOS = Path(__file__).parents[1] / "peers" / "sipp"
REFUSED = ["+4477009004", "+4477009005", "+4477009006"]


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
            asked = "qualify = 1\n"
            put_trunks(
                usn,
                ("first", one.port, HOST, asked + first),
                ("second", two.port, SECOND_HOST, asked + second),
            )
            async with usn:
                await smsc.bound()
                await asyncio.to_thread(usn.command, "subscriber", "add", SUBSCRIBER)
                yield TwoTrunks(Stage(smsc, one, usn, tones), two)
    finally:
        await smsc.stop()


@asynccontextmanager
async def refusing_trunk() -> AsyncIterator[Stage]:
    """A node whose trunk for `REFUSED` numbers leads to sipp, which refuses as the last three digits say."""
    tree = asterisk_tree()
    smsc = Smsc(time.monotonic)
    await smsc.start()
    try:
        async with Switch(tree) as switch, Sipp(SCENARIOS / "refuse.xml") as sipp:
            await switch.put(Handset(SUBSCRIBER, TONES[0]))
            usn = Usn(tree, 9, smsc.port)
            put_trunks(
                usn,
                ("msc", switch.port, HOST, ""),
                ("refusing", sipp.port, SECOND_HOST, "qualify = 0"),
                routes=f'[[route]]\ntrunks = ["msc"]\n[[route]]\ntrunks = ["refusing"]\nprefixes = {REFUSED}',
            )
            async with usn:
                await smsc.bound()
                await asyncio.to_thread(usn.command, "subscriber", "add", SUBSCRIBER)
                yield Stage(smsc, switch, usn, {SUBSCRIBER: TONES[0]})
    finally:
        await smsc.stop()


def put_trunks(usn: Usn, *trunks: tuple[str, int, str, str], routes: str = "") -> None:
    """Each by name, port of the switch, the address that its calls come from, further keys of its section."""
    text = f'{usn.config.read_text()}\n[trunks]\nbind = "{HOST}"\nbind_port = {usn.asterisk.ports.sip}\n'
    text += "failures = 2\n"
    for name, port, match, keys in trunks:
        text += f'[[trunk]]\nname = "{name}"\nhost = "{HOST}"\nport = {port}\nmatch = ["{match}"]\n'
        text += f"{keys}\n"
    usn.config.write_text(text + routes)
    usn.asterisk.add_files({"pjsip.conf": usn.command("trunk", "pjsip")})
