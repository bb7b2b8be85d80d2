"""Proves that a crowd's handsets do to a real Asterisk what their numbers say."""

import re
from pathlib import Path

import pytest

from usnd.asterisk.technology.pjsip import PJSIP
from workbench.bench.handsets import Crowd, Kind, number
from workbench.bench.load_field import conferees, until_so_many
from workbench.parts.process import PartError
from workbench.parts.voice.asterisk import TRUNK, Asterisk, channels, render, usn_asterisk

STAY = [number(kind, 0) for kind in (Kind.SPEAKER, Kind.LISTENER, Kind.MUTE)]
BRIEF, BUSY = number(Kind.BRIEF, 0), number(Kind.BUSY, 0)
HALF_A_SECOND = 25  # packets


async def call(asterisk: Asterisk, called: str) -> bool:
    """Whether it answered."""
    channel = PJSIP.dial_string(called, TRUNK)
    return (await asterisk.act("Originate", Channel=channel, Context="stock", Exten="c1", Priority="1")).good


async def senders(asterisk: Asterisk) -> int:
    """Channels that are sent to, and go on to be."""
    said = await asterisk.cli("pjsip show channelstats")
    return sum(int(received) > HALF_A_SECOND for received in re.findall(r" alaw +(\d+) ", said))


async def test_handsets_do_what_their_numbers_say(tree: Path) -> None:
    async with (
        Crowd(STAY, 20) as crowd,
        usn_asterisk(tree, crowd.port, render("stock", {}), name="stock", timers=False) as asterisk,
    ):
        assert [await call(asterisk, called) for called in STAY] == [True] * 3
        await until_so_many(lambda: conferees(asterisk), 3)
        await until_so_many(lambda: senders(asterisk), 2)  # all but the mute one
        assert not await call(asterisk, BUSY)
        assert await call(asterisk, BRIEF)
        assert await conferees(asterisk) == 4
        await until_so_many(lambda: conferees(asterisk), 3, 2)
        await crowd.hang_up_all()
        await until_so_many(lambda: channels(asterisk), 0, 2)
        assert [invite.called for invite in crowd.invites] == [*STAY, BUSY, BRIEF]
        assert len({crowd.media_port(called) for called in STAY}) == 3
        with pytest.raises(PartError, match="no port"):
            crowd.media_port(BRIEF)
    assert not crowd.sipp.process.alive
    assert not crowd.media.process.alive
