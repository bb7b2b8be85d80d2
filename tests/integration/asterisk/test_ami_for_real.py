"""The link to a real Asterisk that freezes, dies and comes back."""

import asyncio

import pytest
from listener import listening, until
from voice_network import VoiceNetwork

from usnd.asterisk.ami import AmiDown, AmiFailed, AmiSettings, AmiTimeout
from usnd.asterisk.technology.pjsip import PJSIP
from workbench.parts.voice.asterisk import TRUNK
from workbench.parts.voice.switch import Handset

ORDER = {
    "ChannelId": "usn-1",
    "Channel": PJSIP.dial_string("+441", TRUNK),
    "Context": "usn-join",
    "Exten": "c1",
    "Variable": "USN_ROOM=c1",
    "Priority": "1",
    "Async": "true",
}


async def test_a_frozen_asterisk_is_noticed(network: VoiceNetwork) -> None:
    async with listening(network.settings) as listener:
        network.node.freeze()
        await until(lambda: listener.downs)
        assert listener.reasons() == ["frozen"]
        await asyncio.sleep(1)
        network.node.thaw()
        await until(lambda: len(listener.ups) == 2)
        assert listener.ups[1].same is True
        assert not any(down.refused for down in listener.downs)


async def test_a_killed_asterisk_is_noticed_and_nothing_is_dialled_again(
    network: VoiceNetwork,
) -> None:
    await network.switch.put(Handset("+441", 500))
    async with listening(network.settings) as listener:
        network.node.freeze()
        unanswered = asyncio.create_task(listener.link.action("Originate", within_s=2, **ORDER))
        await asyncio.sleep(0.1)
        network.node.kill()
        await until(lambda: len(listener.downs) == 2)
        assert listener.reasons() == ["cut", "refused"]
        with pytest.raises(AmiTimeout):
            await unanswered
        with pytest.raises(AmiDown):
            await listener.link.action("Originate", **ORDER)
        await asyncio.sleep(1)  # so that the start, told in seconds, is another one
        await network.node.start()
        await until(lambda: len(listener.ups) == 2)
        assert listener.ups[1].same is False
        await asyncio.sleep(0.5)
        assert await listener.link.listing("CoreShowChannels") == []
        assert network.switch.invites == []


async def test_a_wrong_password_is_told_apart(network: VoiceNetwork) -> None:
    right = network.settings
    wrong = AmiSettings(right.host, right.port, right.username, "wrong")
    async with listening(wrong, up=False) as listener:
        await until(lambda: listener.downs)
        assert listener.reasons() == ["denied"]
        assert listener.downs[0].detail == "user usnd: Authentication failed"


async def test_a_listing_of_nothing_ends(network: VoiceNetwork) -> None:
    async with listening(network.settings) as listener:
        assert await listener.link.listing("DBGetTree", Family="usn") == []
        with pytest.raises(AmiFailed):
            await listener.link.listing("ConfbridgeList", Conference="c1")


async def test_the_longest_line_that_is_allowed_arrives_whole(network: VoiceNetwork) -> None:
    value = "x" * (1000 - len("Value: "))
    async with listening(network.settings) as listener:
        await listener.link.action("Setvar", Variable="LONG", Value=value)
        assert (await listener.link.action("Getvar", Variable="LONG"))["value"] == value
