"""Proves which gaps a capture of the wire shows, and that none is seen where none is."""

import io
import math
import struct
from collections.abc import Iterable, Sequence

import pytest

from workbench.bench.rtp_streams import Packet, Stream, alaw, longest_gap, packets, streams
from workbench.demo.tones import RATE

LIMIT = 60.0
PORTS = (20000, 10000)
OCTETS = 160
SILENCE = bytes([0xD5]) * OCTETS


def encode(samples: Iterable[int]) -> bytes:
    nearest = sorted((alaw(octet), octet) for octet in range(256))
    return bytes(min(nearest, key=lambda one: abs(one[0] - sample))[1] for sample in samples)


# 1750 Hz is whole in a packet of 20 ms: each packet is the same.
TONE = encode(int(6000 * math.sin(2 * math.pi * 1750 * n / RATE)) for n in range(OCTETS))


def sent(payloads: Sequence[bytes | None], first: int = 0) -> list[Packet]:
    """One each 20 ms; None is lost."""
    return [
        (index * 0.02, PORTS, (first + index) & 0xFFFF, payload)
        for index, payload in enumerate(payloads)
        if payload is not None
    ]


def stream(payloads: Sequence[bytes | None], first: int = 0) -> Stream:
    return streams(sent(payloads, first), LIMIT)[PORTS]


def paired(payloads: Sequence[bytes], late: float = 0.0) -> Stream:
    """Two each 40 ms, as a room sends them; from the tenth on they come so much later (seconds)."""
    at = ((index // 2 * 0.04 + (late if index >= 10 else 0.0), one) for index, one in enumerate(payloads))
    return streams([(when, PORTS, index, one) for index, (when, one) in enumerate(at)], LIMIT)[PORTS]


def test_a_tone_without_a_gap() -> None:
    for heard in (stream([TONE] * 50), paired([TONE] * 50)):
        assert longest_gap(heard, 0.0, 1.0) < 2
        assert (heard.packets, heard.lost, heard.over) == (50, 0, [])
        assert heard.tones() == {1750}


def test_lost_packets_are_a_gap() -> None:
    heard = stream([TONE] * 10 + [None] * 4 + [TONE] * 10)
    assert heard.longest_wait == pytest.approx(100)
    assert heard.longest_gap == pytest.approx(80, abs=2)
    assert (heard.lost, heard.over) == (4, [pytest.approx(0.28)])


@pytest.mark.parametrize(("late", "over"), [(0.055, []), (0.065, [0.265])])
def test_packets_that_come_late_are_a_gap_once_what_came_is_played(late: float, over: list[float]) -> None:
    heard = paired([TONE] * 20, late)
    assert heard.longest_wait == pytest.approx(40 + 1000 * late)
    assert heard.longest_gap == pytest.approx(1000 * late, abs=2)
    assert heard.over == pytest.approx(over)


def test_many_packets_at_once_do_not_cover_a_later_gap() -> None:
    times = [0.0] * 10 + [0.14]
    heard = streams([(at, PORTS, index, TONE) for index, at in enumerate(times)], LIMIT)[PORTS]
    assert heard.longest_gap == pytest.approx(100, abs=2)


def test_silence_is_a_gap_though_packets_come() -> None:
    half = TONE[: OCTETS // 2] + SILENCE[OCTETS // 2 :]
    heard = stream([TONE] * 10 + [half] + [SILENCE] * 3 + [TONE] * 10)
    assert heard.longest_gap == pytest.approx(70, abs=2)
    assert heard.over == [pytest.approx(0.26)]
    short = stream([TONE] * 10 + [SILENCE] * 2 + [TONE] * 10)
    assert short.longest_gap == pytest.approx(40, abs=2)
    assert short.over == []


def test_silence_and_a_pause_of_packets_are_one_gap() -> None:
    heard = stream([TONE] * 10 + [SILENCE] * 2 + [None] * 2 + [TONE] * 10)
    assert heard.longest_gap == pytest.approx(80, abs=2)


def test_a_stream_that_comes_late_or_ends_early_has_a_gap() -> None:
    heard = stream([TONE] * 50)
    assert longest_gap(heard, -0.5, 1.0) == pytest.approx(500)
    assert longest_gap(heard, 0.0, 2.0) == pytest.approx(1000)


def test_sequence_numbers_begin_again_and_copies_are_left_out() -> None:
    heard = stream([TONE] * 20, first=0xFFF8)
    assert (heard.packets, heard.lost) == (20, 0)
    twice = [one for packet in sent([TONE] * 5) for one in (packet, packet)]
    assert streams(twice, LIMIT)[PORTS].packets == 5


def record(at: float, source: int, target: int, sequence: int, payload: bytes) -> bytes:
    rtp = struct.pack(">BBHII", 0x80, 8, sequence, 160 * sequence, 7) + payload
    udp = struct.pack(">HHHH", source, target, 8 + len(rtp), 0) + rtp
    frame = bytes(12) + b"\x08\x00" + b"\x45" + bytes(19) + udp
    return struct.pack("<IIII", int(at), round(at % 1 * 1e6), len(frame), len(frame)) + frame


def test_a_capture_is_read_and_what_is_cut_off_is_left_out() -> None:
    whole = record(5.25, 20000, 10000, 1, TONE) + record(5.27, 30000, 10002, 2, SILENCE)
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 256, 1)
    last = record(6.0, 1, 2, 3, TONE)
    for cut in range(1, len(last) + 1):
        found = list(packets(io.BytesIO(head + whole + last[:-cut])))
        assert found == [(5.25, (20000, 10000), 1, TONE), (5.27, (30000, 10002), 2, SILENCE)]
    with pytest.raises(ValueError, match="invalid tcpdump header"):
        list(packets(io.BytesIO(bytes(30))))


def test_samples_are_those_of_the_standard() -> None:
    """ITU-T G.711, table 1a: the smallest and the greatest of each sign."""
    assert [alaw(octet) for octet in (0xD5, 0x55, 0xAA, 0x2A)] == [8, -8, 32256, -32256]
