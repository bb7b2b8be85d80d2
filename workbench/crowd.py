"""A switch with thousands of handsets, for load: what each does is said by its number alone.

Owns the kinds of numbers. Refuses recordings, a database of handsets and acts on a single one: see switch.py.
"""

import re
from enum import Enum
from pathlib import Path

from workbench.asterisk import Asterisk, render
from workbench.process import Part, PartError
from workbench.switch import TRUNK
from workbench.tap import Invite, Tap
from workbench.tones import TONES

HOLD = 0.5
LAUNCHER_HOLD = 1.5


class Kind(Enum):
    """The first digits of a number, and so what its handset does."""

    SPEAKER = "+4477001"
    """Answers and sends a tone until it is hung up."""
    LISTENER = "+4477002"
    """Answers and sends silence until it is hung up."""
    MUTE = "+4477006"
    """Answers and sends nothing, as a telephone with silence suppression does, until it is hung up."""
    BRIEF = "+4477003"
    """Answers, and hangs up after HOLD seconds."""
    LAUNCHER = "+4477004"
    """The same after LAUNCHER_HOLD seconds: nobody is left by then."""
    BUSY = "+4477005"


def number(kind: Kind, index: int) -> str:
    """The number of one handset, counted from 0."""
    return f"{kind.value}{index:05}"


def tone(index: int) -> int:
    """What the speaker of that index sends, in Hz."""
    return TONES[index % len(TONES)]


class Crowd(Part):
    """The switch. The USN's trunk points to `port`, where the tap listens."""

    def __init__(self, tree: Path, calls: int) -> None:
        """`calls`: most at once."""
        values = {"trunk": TRUNK, "context": "from-usn", "peer_port": "9", "qualify": "0"}
        files = render("crowd", {"hold": str(HOLD), "launcher_hold": str(LAUNCHER_HOLD)})
        self.asterisk = Asterisk(tree, "crowd", values, files, calls=calls)
        self._tap = Tap(self.port, self.asterisk.ports.sip, lambda _: True)

    @property
    def port(self) -> int:
        """UDP port of SIP as the USN sees the switch."""
        return self.asterisk.ports.tap

    @property
    def invites(self) -> list[Invite]:
        """Every call that reached the switch, in order, without retransmissions."""
        return self._tap.invites

    def media_port(self, handset: str) -> int:
        """Where a handset sends its media from, and is sent it. Raises PartError when it never answered."""
        port = self._tap.media.get(handset)
        if port is None:
            raise PartError(f"handset {handset} was never called, or did not answer")
        return port

    async def hang_up_all(self) -> None:
        """Every handset ends its call."""
        await self.asterisk.cli("channel request hangup all")

    async def channels(self) -> int:
        """Calls that are up or being set up. Raises PartError."""
        return await channels(self.asterisk)

    async def start(self) -> None:
        """Starts the tap and the switch. Raises PartError."""
        self._tap.start()
        await self.asterisk.start()

    async def stop(self) -> None:
        """Ends both."""
        try:
            await self.asterisk.stop()
        finally:
            self._tap.close()


async def channels(asterisk: Asterisk) -> int:
    """How many channels it has. Raises PartError."""
    said = await asterisk.cli("core show channels count")
    found = re.search(r"(\d+) active channels?", said)
    if not found:
        raise PartError(f"no count of channels from Asterisk {asterisk.name}: {said}")
    return int(found[1])
