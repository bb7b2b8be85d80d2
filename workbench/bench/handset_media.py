"""The media of a crowd of handsets, in one process: `python -m workbench.bench.handset_media handsets.csv`.

Started by handsets.py. It binds every handset's port. What comes in is not read: the kernel drops it where a
port's buffer is full, which costs next to nothing, and answers no ICMP. When something comes to a handset's
port, the handset sends there what the file says, 50 packets a second, until nothing has come for QUIET
seconds. So nobody has to tell it of calls. It looks at the ports twice a second. It speaks A-law only, and no
RTCP.
"""

import bisect
import gc
import itertools
import math
import os
import random
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workbench import ROOT
from workbench.bench.rtp_streams import PACKET_MS, alaw
from workbench.demo.tones import RATE
from workbench.parts.ports import HOST
from workbench.parts.process import Part, PartError, Process, until

READY = "every port is taken"
SLOTS = 10  # of a packet's time: handsets do not send all at once
SLOT = PACKET_MS / 1000 / SLOTS
LOOK = 0.5
QUIET = 2.0
LEVEL = 6000  # of 32768
_OCTETS = round(RATE * PACKET_MS / 1000)
_HEAD = struct.Struct(">BBHII")
_COUNTED = struct.Struct(">HI")
_COUNTED_AT = 2
_ALAW = 8
_BUFFER = 1  # the kernel makes its least of it, a few packets


@dataclass(frozen=True)
class Sound:
    """What a handset sends: a tone, or silence if `hz` is 0; nothing at all if it is None."""

    hz: int | None

    def __str__(self) -> str:
        return "-" if self.hz is None else str(self.hz)

    @property
    def payload(self) -> bytes:
        """Of each packet alike: tones are multiples of 50 Hz. A-law."""
        turn = 2 * math.pi * (self.hz or 0) / RATE
        return encode([round(LEVEL * math.sin(turn * sample)) for sample in range(_OCTETS)])


def sound(text: str) -> Sound:
    """The inverse of `str`. Raises ValueError."""
    return Sound(None if text == "-" else int(text))


@dataclass(frozen=True)
class Line:
    """A line of the file, which sipp reads too: `number;port;sound`."""

    number: str
    port: int
    sound: Sound


def table(lines: Iterable[Line]) -> str:
    """The file's text."""
    return "SEQUENTIAL\n" + "".join(f"{line.number};{line.port};{line.sound}\n" for line in lines)


def lines_in(text: str) -> list[Line]:
    """Of a file's text. Raises ValueError."""
    rows = (line.split(";") for line in text.splitlines()[1:])
    return [Line(number, int(port), sound(said)) for number, port, said in rows]


def encode(samples: Sequence[int]) -> bytes:
    """A-law, ITU-T G.711: the nearest step of each sample (signed, 16 bit)."""
    steps = sorted((alaw(octet), octet) for octet in range(256))
    middles = [(low + high) / 2 for (low, _), (high, _) in itertools.pairwise(steps)]
    return bytes(steps[bisect.bisect(middles, sample)][1] for sample in samples)


class Media(Part):
    """That process, of one file of handsets."""

    def __init__(self, file: Path) -> None:
        """`file`: read at `start`."""
        own = {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "workbench.bench.handset_media", str(file)]
        self.process = Process(command, file.with_suffix(".log"), environment=own)

    async def start(self) -> None:
        """Returns when every port is taken. Raises PartError."""
        self.process.start()
        if not await until(lambda: READY in self.process.tail() or not self.process.alive, 10.0):
            raise PartError(f"no media in 10 s:\n{self.process.tail()}")
        if not self.process.alive:
            raise PartError(f"no media:\n{self.process.tail()}")

    async def stop(self) -> None:
        """Ends it."""
        await self.process.stop()


class Sender:
    """One handset that sends."""

    def __init__(self, port: socket.socket, payload: bytes, rng: random.Random) -> None:
        self._socket = port
        self._sequence, self._stamp = rng.getrandbits(16), rng.getrandbits(32)
        head = _HEAD.pack(0x80, _ALAW, self._sequence, self._stamp, rng.getrandbits(32))
        self._packet = bytearray(head + payload)
        self._to: tuple[str, int] | None = None
        self._heard = -math.inf

    def look(self, now: float) -> None:
        """Whether and from where something comes, of what is in the buffer."""
        with suppress(BlockingIOError):
            while True:
                self._to = self._socket.recvfrom(1)[1]
                self._heard = now
        if now - self._heard > QUIET:
            self._to = None

    def send(self) -> None:
        """The next packet, to where the last came from."""
        if self._to is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._stamp = (self._stamp + _OCTETS) & 0xFFFFFFFF
        _COUNTED.pack_into(self._packet, _COUNTED_AT, self._sequence, self._stamp)
        with suppress(BlockingIOError):  # a full buffer drops it, as a network does
            self._socket.sendto(self._packet, self._to)


def play(senders: Sequence[Sender], clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
    """For ever: each sends once in the time of a packet, and looks twice a second."""
    slots = [senders[slot::SLOTS] for slot in range(SLOTS)]
    looks = round(LOOK / SLOT)
    begun, turn = clock(), 0
    while True:
        for sender in slots[turn % SLOTS]:
            sender.send()
        for sender in senders[turn % looks :: looks]:
            sender.look(clock())
        turn += 1
        ahead = begun + turn * SLOT - clock()
        if ahead > 0:
            sleep(ahead)


def taken(port: int) -> socket.socket:
    """A handset's port. Raises OSError."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    one.bind((HOST, port))
    one.setblocking(False)  # noqa: FBT003 (positional-only)
    return one


def main() -> None:
    """Never returns."""
    lines = lines_in(Path(sys.argv[1]).read_text())
    ports = [taken(line.port) for line in lines]
    rng = random.Random(1)  # noqa: S311 (where sequence numbers begin)
    senders = [
        Sender(port, line.sound.payload, rng)
        for line, port in zip(lines, ports, strict=True)
        if line.sound.hz is not None
    ]
    with suppress(PermissionError):  # for root only: handsets are other machines, and wait for nobody on this
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(50))  # a niceness counts in its own session only
    gc.disable()  # nothing here is left to it, and it would be a gap
    print(READY, flush=True)
    play(senders, time.monotonic, time.sleep)


if __name__ == "__main__":
    main()
