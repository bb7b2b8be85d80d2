"""tcpdump on the loopback: every RTP packet of chosen ports, into one bounded file, removed after.

Called by bench/conference.py. A full disk and a missing right are errors in words, and packets that the
kernel could not hand over are counted, so that no part of a capture is missing unnoticed. Needs root.
"""

import math
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from workbench.parts import debian
from workbench.parts.process import Part, PartError, Process, until
from workbench.parts.voice.asterisk import SUITE

PACKET_OCTETS = 214 + 16  # Ethernet, IP, UDP, RTP, 20 ms of A-law; the record's head
RATE = 50  # packets a second and stream
SNAP = 256
BUFFER_KB = 65_536
MEMORY = Path("/dev/shm")  # noqa: S108 (in it a private directory is made)


def room_for(octets: int, places: Sequence[Path]) -> Path:
    """The first of the places that has twice that much free. Raises PartError."""
    for place in places:
        if place.is_dir() and shutil.disk_usage(place).free > 2 * octets:
            return place
    names = " and ".join(map(str, places))
    raise PartError(f"the capture takes {octets / 1e9:.1f} GB; {names} have not twice that free")


def tcpdump_tree() -> Path:
    """The unpacked tcpdump. Raises DebianError."""
    return debian.tree(SUITE, ("tcpdump",))


def check_rights() -> None:
    """Raises PartError with what to do."""
    if os.geteuid() != 0:
        raise PartError("listening on the wire needs root: run this as root, or with --no-audio")


class Capture(Part):
    """`async with` captures; `file` can be read after `end`, until leaving."""

    def __init__(self, to: tuple[int, int], of: Sequence[int], streams: int, seconds: float) -> None:
        """`to`: first and last port that is sent to; `of`: ports that send.

        Bounded to what so many streams are in that time, and a fifth.
        """
        check_rights()
        most = math.ceil(streams * (seconds + 10) * RATE * 1.2)
        place = room_for(most * PACKET_OCTETS, (MEMORY, Path.cwd()))
        self._home = Path(tempfile.mkdtemp(prefix="usn-wire-", dir=place))
        self.file = self._home / "rtp.pcap"
        self._said = self._home / "said"
        tree = tcpdump_tree()
        chosen = " or ".join([f"dst portrange {to[0]}-{to[1]}", *(f"src port {port}" for port in of)])
        wanted = f"udp and udp[3] & 1 = 0 and ({chosen})"  # odd ports are RTCP's
        program = [*debian.loader(tree), str(tree / "usr/bin/tcpdump")]
        options = ["-i", "lo", "-n", "-Z", "root", "-s", str(SNAP), "-B", str(BUFFER_KB), "-c", str(most)]
        self._process = Process([*program, *options, "-w", str(self.file), wanted], self._said)

    @property
    def pid(self) -> int:
        """Of tcpdump. Raises PartError when it was not started."""
        return self._process.pid

    async def start(self) -> None:
        """Raises PartError when tcpdump does not listen."""
        self._process.start()
        if not await until(lambda: "listening on" in self._process.tail(), 10.0) or not self._process.alive:
            raise PartError(f"tcpdump does not listen:\n{self._process.tail()}")

    async def end(self) -> int:
        """How many packets were not captured: then little can be said of gaps. Raises PartError."""
        if not self._process.alive:
            raise PartError(f"tcpdump ended before its time:\n{self._process.tail()}")
        await self._process.stop(signal.SIGINT, patience=30.0)
        said = self._process.tail()
        dropped = re.search(r"(\d+) packets dropped by kernel", said)
        if dropped is None:
            raise PartError(f"tcpdump does not say how it went:\n{said}")
        return int(dropped[1])

    async def stop(self) -> None:
        """Ends it and removes the file."""
        try:
            await self._process.stop()
        finally:
            shutil.rmtree(self._home, ignore_errors=True)
