"""What was sent on the wire, from a capture: each stream's packets in time, and its gaps.

Owns reading pcap files (microseconds, Ethernet, as tcpdump writes them of the loopback) and the definition of
a gap: so long hears a listener no loud sample who has no jitter buffer, but plays what came, at most the two
packets that a room sends at once. A tone is loud at least every other sample. Refuses codecs other than
A-law.
"""

import mmap
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.demo.tones import RATE, present

_FILE_HEADER = 24
_MAGIC = 0xA1B2C3D4
_RECORD = struct.Struct("<IIII")
_ETHERNET = 14
_ADDRESSED = struct.Struct(">HH4x2xH8x")
"""UDP and RTP: ports from and to, sequence number; no CSRC, no extension, as Asterisk sends."""
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


def packets_in(path: Path) -> Iterator[Packet]:
    """The RTP packets of a pcap file, in order; a last one that is cut off is left out. Raises ValueError."""
    with path.open("rb") as file:
        if path.stat().st_size < _FILE_HEADER:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield from packets(data)


def packets(data: bytes | mmap.mmap) -> Iterator[Packet]:
    """The same of a file's content."""
    if int.from_bytes(data[:4], "little") != _MAGIC:
        raise ValueError("no capture of tcpdump on a little-endian machine")
    offset, end = _FILE_HEADER, len(data)
    record, addressed = _RECORD.unpack_from, _ADDRESSED.unpack_from
    while offset + _RECORD.size <= end:
        seconds, micros, size, _ = record(data, offset)
        offset += _RECORD.size
        following = offset + size
        udp = offset + _ETHERNET + (data[offset + _ETHERNET] & 15) * 4
        if following > end:
            return
        if following > udp + _ADDRESSED.size:
            source, target, sequence = addressed(data, udp)
            yield seconds + micros / 1e6, (source, target), sequence, data[udp + _ADDRESSED.size : following]
        offset = following


def longest_gap(stream: Stream, begun: float, ended: float) -> float:
    """In ms, between these two times, also before its first packet and after its last."""
    before, after = stream.first - begun, ended - stream.plays_until
    return max(stream.longest_gap, before * 1000, after * 1000)
