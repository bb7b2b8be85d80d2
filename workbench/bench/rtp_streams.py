"""What was sent on the wire, from a capture: each stream's packets in time, and its gaps.

The benchmark of conferences calls it with what tcpdump wrote of the loopback: Ethernet, A-law. A gap is how
long a listener hears no loud sample who has no jitter buffer, but plays what came, at most the two packets
that a room sends at once. A tone is loud at least every other sample.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

import dpkt

from workbench.demo.tones import RATE, present

_ETHERNET = 14
_ADDRESSED = struct.Struct(">HHH2x2xH8x")
"""UDP and RTP: ports from and to, length from here on, sequence number; no CSRC, no extension, as Asterisk
sends. dpkt's own classes for them take six times as long, and there are 25,000 a second.
"""
_LEAST = _ETHERNET + 20 + _ADDRESSED.size
_HALF = 0x8000  # of the sequence numbers
_SAMPLE_MS = 1000 / RATE
PACKET_MS = 20.0
AT_ONCE_MS = 40.0
"""`mixing_interval` in usnd's confbridge-usn.conf."""
_CHECKED = RATE // 5
LOUD = 256
"""Of 32768: far above A-law's idle noise of 8, far below a tone."""


def alaw(octet: int) -> int:
    """The sample of an octet, signed, 16 bit. ITU-T G.711."""
    value = octet ^ 0x55
    segment, step = value >> 4 & 7, value & 15
    size = (step << 4) + 8 if segment == 0 else (step * 16 + 264) << (segment - 1)
    return size if value & 0x80 else -size


_SAMPLES = [alaw(octet) for octet in range(256)]
_IS_LOUD = bytes(abs(sample) >= LOUD for sample in _SAMPLES)


@dataclass(slots=True)
class Stream:
    """What goes from one port to another. Times in seconds since the epoch, gaps in ms."""

    first: float
    last: float
    sequence: int
    packets: int = 0
    lost: int = 0
    longest_wait: float = 0.0
    """Between two packets."""
    longest_gap: float = 0.0
    over: list[float] = field(default_factory=list)
    """When each gap came to be longer than what was asked for."""
    start: bytearray = field(default_factory=bytearray)
    """The first 0.2 s, A-law."""
    silent: float = 0.0
    """Of the end of what has come, ms."""
    plays_until: float = 0.0
    """The end of what has come, seconds since the epoch."""

    def take(self, at: float, sequence: int, payload: bytes, limit: float) -> None:
        """One more packet."""
        if self.packets:
            ahead = (sequence - self.sequence) & 0xFFFF
            if ahead == 0 or ahead > _HALF:  # twice, or late: it was counted as lost
                return
            self.lost += ahead - 1
            self.longest_wait = max(self.longest_wait, (at - self.last) * 1000)
            self._quiet(max(0.0, at - self.plays_until) * 1000, limit, at)
        self.packets += 1
        self.last, self.sequence = at, sequence
        self.plays_until = min(max(self.plays_until, at) + PACKET_MS / 1000, at + AT_ONCE_MS / 1000)
        loud = payload.translate(_IS_LOUD)
        begin = loud.find(1)
        if begin < 0:
            self._quiet(len(loud) * _SAMPLE_MS, limit, at)
        else:
            self._quiet(begin * _SAMPLE_MS, limit, at)
            self.silent = (len(loud) - 1 - loud.rfind(1)) * _SAMPLE_MS
        if len(self.start) < _CHECKED:
            self.start += payload

    def _quiet(self, milliseconds: float, limit: float, at: float) -> None:
        before, self.silent = self.silent, self.silent + milliseconds
        self.longest_gap = max(self.longest_gap, self.silent)
        if before <= limit < self.silent:
            self.over.append(at)

    def tones(self) -> set[int]:
        """The frequencies in its first 0.2 s, of `tones.TONES`."""
        return present([_SAMPLES[octet] for octet in self.start])


Packet = tuple[float, tuple[int, int], int, bytes]
"""When, the ports from and to, the sequence number, the payload."""


def streams(sent: Iterable[Packet], limit: float) -> Mapping[tuple[int, int], Stream]:
    """By ports; `limit`: ms above which a gap is counted."""
    found: dict[tuple[int, int], Stream] = {}
    for at, ports, sequence, payload in sent:
        stream = found.get(ports)
        if stream is None:
            stream = found[ports] = Stream(at, at, sequence)
        stream.take(at, sequence, payload, limit)
    return found


def packets(capture: BinaryIO) -> Iterator[Packet]:
    """The RTP packets of a pcap file, in order; a last one that is cut off is left out. Raises ValueError."""
    reader = dpkt.pcap.Reader(capture)
    with suppress(dpkt.NeedData):
        for at, frame in reader:
            if len(frame) < _LEAST:
                continue
            udp = _ETHERNET + (frame[_ETHERNET] & 15) * 4
            source, target, length, sequence = _ADDRESSED.unpack_from(frame, udp)
            if len(frame) >= min(udp + length, reader.snaplen):
                yield at, (source, target), sequence, frame[udp + _ADDRESSED.size :]


def longest_gap(stream: Stream, begun: float, ended: float) -> float:
    """In ms, between these two times, also before its first packet and after its last."""
    before, after = stream.first - begun, ended - stream.plays_until
    return max(stream.longest_gap, before * 1000, after * 1000)
