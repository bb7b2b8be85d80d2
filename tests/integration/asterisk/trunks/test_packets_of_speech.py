"""Proves that a switch gets speech in packets of the length it asks for, however a room mixes (V1)."""

import asyncio
import socket
from datetime import timedelta

from listener import joined
from sipp_trunks import SCENARIOS, calls_to

from workbench.parts.ports import HOST
from workbench.parts.process import until
from workbench.parts.voice.sipp import ALONE, Sipp

TRUNK = "answer"
RTP_HEAD = 12
ASKED_FOR = 160  # octets, A-law: 20 ms
MANY = 100


async def test_a_room_s_speech_comes_in_packets_of_the_length_that_was_asked_for() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as speech:
        speech.bind((HOST, 0))
        speech.settimeout(0)
        port = str(speech.getsockname()[1])
        far = Sipp(SCENARIOS / "answer.xml", [*ALONE, "-key", "speech", port])
        async with calls_to({TRUNK: far}) as (calls, news):
            for call in ("usn-1-1", "usn-1-2"):
                await calls.place(call, "+44200", "+447", "c1", timedelta(seconds=10), trunk=TRUNK)
            assert await until(lambda: joined(news) == 2, 10)
            async with asyncio.timeout(60):
                loop = asyncio.get_running_loop()
                lengths = {len(await loop.sock_recv(speech, 2048)) - RTP_HEAD for _ in range(MANY)}
            assert lengths == {ASKED_FOR}
