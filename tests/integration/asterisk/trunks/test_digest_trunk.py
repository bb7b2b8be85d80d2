"""Proves a trunk whose switch asks for a password, and a node that is not in service (REQUIREMENTS V1, V2).

Speech goes by opus, which neither end speaks inside.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

from listener import listening, until

from usnd.asterisk.ami import AmiSettings
from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.progress import News
from usnd.config.pjsip_conf import pjsip_conf
from usnd.config.trunks import TrunkConfig, TrunksConfig
from usnd.config_file.values import Secret
from usnd.domain.conference.call import CallEvent, CallNews
from usnd.domain.network.hosts import Host, Network, OwnAddress
from workbench.demo.tones import RATE, TONES, present
from workbench.parts import process
from workbench.parts.ports import HOST
from workbench.parts.usn import product_dialplan
from workbench.parts.voice.asterisk import Asterisk, asterisk_tree, usn_asterisk
from workbench.parts.voice.switch import Handset, Switch

ANNA, BEN = "+447900000001", "+447900000002"
FLOATING = "127.0.0.3"
PASSWORD = "S3cretOfTheTrunk"


def trunks_to(switch: Switch) -> list[TrunkConfig]:
    """The same switch, with the right password and with a wrong one."""

    def trunk(name: str, password: str) -> TrunkConfig:
        return TrunkConfig(
            name=name,
            host=Host(HOST),
            port=switch.asterisk.ports.sip,
            username="usn",
            password=Secret(password),
            codecs=("opus",),
            qualify=0,
        )

    return [trunk("right", PASSWORD), trunk("wrong", "Guessed")]


def lock(switch: Switch) -> None:
    """Who calls over this switch's trunk is asked for the password."""
    own = TrunkConfig(name="usn", host=Host(HOST), match=(Network(HOST),), codecs=("opus",), qualify=0)
    text = pjsip_conf([own], TrunksConfig(bind=OwnAddress(HOST), bind_port=switch.asterisk.ports.sip))
    text = text.replace("usn-incoming", "from-usn").replace("direct_media", "auth = lock\ndirect_media")
    auth = f"\n[lock]\ntype = auth\nauth_type = digest\nusername = usn\npassword = {PASSWORD}\n"
    switch.asterisk.add_files({"pjsip.conf": text + auth})


def hears(switch: Switch, listener: str, tone: int) -> bool:
    return tone in present(switch.heard(listener)[-RATE:], [tone])


def ends(news: Sequence[News]) -> dict[str, int | None]:
    return {one.call: one.cause for one in news if isinstance(one, CallNews) and one.event is CallEvent.ENDED}


async def test_the_right_password_carries_speech_and_a_wrong_one_is_told_apart() -> None:
    tree = asterisk_tree()
    switch, node = Switch(tree), usn_asterisk(tree, 9, product_dialplan())
    lock(switch)
    common = TrunksConfig(bind=OwnAddress(HOST), bind_port=node.ports.sip)
    node.add_files({"pjsip.conf": pjsip_conf(trunks_to(switch), common)})
    news: list[News] = []
    async with switch, node:
        await switch.put(Handset(ANNA, TONES[0]), Handset(BEN, TONES[1]))
        account = node.usnd_account
        async with listening(AmiSettings(HOST, account.port, account.user, account.secret)) as listener:
            calls = Calls(listener.link, CallSettings(), news.append, time.monotonic)
            listener.on_event = calls.hear
            ring = timedelta(seconds=10)
            for call, number, trunk in (("1", ANNA, "right"), ("2", BEN, "right"), ("3", BEN, "wrong")):
                await calls.place(f"usn-1-{call}", number, ANNA, "c1", ring, trunk=trunk)
            await until(lambda: ends(news), 10)
            assert ends(news) == {"usn-1-3": 47}
            both = await process.until(
                lambda: hears(switch, ANNA, TONES[1]) and hears(switch, BEN, TONES[0]), 15, 0.5
            )
            assert both
            codec = await node.act("Getvar", Channel="usn-1-1", Variable="CHANNEL(audionativeformat)")
            assert "opus" in codec.fields["Value"]


async def reachable(switch: Asterisk) -> dict[str, str]:
    """What the switch's OPTIONS found of each node: `Avail` or `Unavail`."""
    shown = await switch.cli("pjsip show contacts")
    rows = (line.split() for line in shown.splitlines() if line.strip().startswith("Contact:"))
    return {row[1].partition("/")[0]: row[-2] for row in rows if "sip:" in row[1]}


async def state_is(switch: Asterisk, wanted: dict[str, str]) -> bool:
    for _ in range(300):
        if await reachable(switch) == wanted:
            return True
        await asyncio.sleep(0.1)
    return False


async def test_the_switch_finds_only_the_node_that_is_in_service() -> None:
    """Main trunk to A, alternate to B: who runs answers OPTIONS, on the address that it is bound to only."""
    tree = asterisk_tree()
    switch = Asterisk(tree, "msc", {"trunk": "usn", "context": "none", "peer_port": "9", "qualify": "0"}, {})
    nodes = {"main": usn_asterisk(tree, 9, {}, "main"), "alternate": usn_asterisk(tree, 9, {}, "alternate")}
    own = TrunksConfig(bind=OwnAddress(HOST), bind_port=switch.ports.sip)
    trunks = [
        TrunkConfig(name=name, host=Host(FLOATING), port=node.ports.sip, match=(Network(HOST),), qualify=1)
        for name, node in nodes.items()
    ]
    # Also asked on an address of A that is not the floating one.
    trunks.append(
        TrunkConfig(
            name="beside", host=Host(HOST), port=nodes["main"].ports.sip, match=(Network(HOST),), qualify=1
        )
    )
    switch.add_files({"pjsip.conf": pjsip_conf(trunks, own)})
    for node in nodes.values():
        towards = TrunkConfig(name="msc", host=Host(HOST), port=switch.ports.sip, qualify=0)
        common = TrunksConfig(bind=OwnAddress(FLOATING), bind_port=node.ports.sip)
        node.add_files({"pjsip.conf": pjsip_conf([towards], common)})
    silent = dict.fromkeys(("main", "alternate", "beside"), "Unavail")
    async with AsyncExitStack() as parts:
        await parts.enter_async_context(switch)
        for node in nodes.values():
            parts.push_async_callback(node.stop)
        await nodes["main"].start()
        assert await state_is(switch, {**silent, "main": "Avail"})
        # Killed, not stopped: what is stopped gives its ports back, and another test's part may answer there.
        nodes["main"].kill()
        await nodes["alternate"].start()
        assert await state_is(switch, {**silent, "alternate": "Avail"})
