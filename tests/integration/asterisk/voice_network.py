"""Real Asterisks on loopback: the node's with the product's dialplan, and the switch with its handsets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files

from usnd.asterisk.ami import AmiSettings
from workbench.parts.voice.asterisk import Asterisk, asterisk_tree, usn_asterisk
from workbench.parts.voice.switch import Switch


@dataclass(frozen=True)
class VoiceNetwork:
    node: Asterisk
    switch: Switch

    @property
    def settings(self) -> AmiSettings:
        account = self.node.usnd_account
        return AmiSettings("127.0.0.1", self.node.ports.manager, account.user, account.secret)


@asynccontextmanager
async def voice_network() -> AsyncIterator[VoiceNetwork]:
    tree = asterisk_tree()
    conf = files("usnd.asterisk") / "conf"
    shipped = {
        "extensions.conf": (conf / "extensions-usn.conf").read_text(),
        "confbridge.conf": (conf / "confbridge-usn.conf").read_text(),
    }
    async with Switch(tree) as switch, usn_asterisk(tree, switch.port, shipped) as node:
        yield VoiceNetwork(node, switch)
