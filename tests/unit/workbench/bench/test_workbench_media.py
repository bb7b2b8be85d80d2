"""Proves what the handsets of a crowd send, to whom, and until when."""

import random
from collections import deque
from typing import Any

import pytest

from workbench.bench.handset_media import (
    LOOK,
    QUIET,
    SLOT,
    Line,
    Sender,
    Sound,
    encode,
    lines_in,
    play,
    table,
)
from workbench.bench.handsets import Kind, number, sound, tone
from workbench.bench.rtp_streams import PACKET_MS, alaw
from workbench.demo.tones import present

USN = ("127.0.0.1", 4000)
PAYLOAD = Sound(1750).payload


class Port:
    """A socket without a network."""

    def __init__(self) -> None:
        self.came: deque[tuple[str, int]] = deque()
        self.sent: list[tuple[bytes, tuple[str, int]]] = []

    def recvfrom(self, _: int) -> tuple[bytes, tuple[str, int]]:
        if not self.came:
            raise BlockingIOError
        return b"x", self.came.popleft()

    def sendto(self, packet: bytes, to: tuple[str, int]) -> None:
        self.sent.append((bytes(packet), to))


def sender(port: Any) -> Sender:
    return Sender(port, PAYLOAD, random.Random(1))


def test_a_tone_is_whole_in_a_packet_and_silence_is_silent() -> None:
    samples = [alaw(octet) for octet in PAYLOAD]
    assert len(samples) == 160
    assert present(samples * 10) == {1750}
    assert set(Sound(0).payload) <= {0xD5, 0x55}


def test_samples_become_the_nearest_step() -> None:
    assert encode([8, -8, 32767, -32768]) == bytes([0xD5, 0x55, 0xAA, 0x2A])
    assert encode([alaw(octet) for octet in range(256)]) == bytes(range(256))


def test_the_table_is_read_as_it_was_written() -> None:
    lines = [Line("+1", 20010, Sound(1850)), Line("+2", 20012, Sound(0)), Line("+3", 20014, Sound(None))]
    assert table(lines) == "SEQUENTIAL\n+1;20010;1850\n+2;20012;0\n+3;20014;-\n"
    assert lines_in(table(lines)) == lines


def test_a_number_says_what_its_handset_sends() -> None:
    assert sound(number(Kind.SPEAKER, 17)) == Sound(tone(17)) == Sound(1850)
    assert sound(number(Kind.LISTENER, 3)) == Sound(0)
    assert sound(number(Kind.MUTE, 3)) == Sound(None)
    with pytest.raises(ValueError, match="does not stay"):
        sound(number(Kind.BRIEF, 3))


def test_it_sends_to_where_something_comes_from_until_nothing_does() -> None:
    port = Port()
    one = sender(port)
    one.look(0.0)
    one.send()
    assert port.sent == []
    port.came += [("127.0.0.1", 1), USN]
    one.look(1.0)
    one.send()
    one.send()
    one.look(1.0 + QUIET)
    one.send()
    assert [to for _, to in port.sent] == [USN] * 3
    first, second, _ = (packet for packet, _ in port.sent)
    assert first[:2] == b"\x80\x08"
    assert first[12:] == PAYLOAD
    assert int.from_bytes(second[2:4]) == (int.from_bytes(first[2:4]) + 1) & 0xFFFF
    assert int.from_bytes(second[4:8]) == (int.from_bytes(first[4:8]) + 160) & 0xFFFFFFFF
    one.look(1.1 + QUIET)
    one.send()
    assert len(port.sent) == 3


def test_all_send_each_20_ms_at_different_moments_and_late_ones_are_made_up_for() -> None:
    class Enough(Exception):
        pass

    ports = [Port() for _ in range(20)]
    for port in ports:
        port.came.append(USN)
    now = 0.0
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds + (0.05 if len(slept) == 300 else 0.0)
        if now > LOOK + 1.0:
            raise Enough

    with pytest.raises(Enough):
        play([sender(port) for port in ports], lambda: now, sleep)
    assert max(slept) == pytest.approx(SLOT)
    for port in ports:
        assert len(port.sent) == pytest.approx(1.25 * 1000 / PACKET_MS, abs=13)  # heard in the first LOOK
