"""A switch with thousands of handsets, for load: what each does is said by its number alone.

The kinds of numbers are defined here. sipp speaks SIP for all handsets by one scenario, handset_media.py
sends and drops their media: a small part of what a second Asterisk would take. It records nothing, has no
database of handsets, and cannot act on a single one: workbench/parts/voice/switch.py can.
"""

import asyncio
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from string import Template

from workbench.bench.handset_media import Line, Media, Sound, table
from workbench.demo.tones import TONES
from workbench.parts.ports import PortBlock
from workbench.parts.process import Part, PartError, within
from workbench.parts.voice.asterisk import CONF
from workbench.parts.voice.sipp import Sipp
from workbench.parts.voice.tap import Invite, Tap

RING = 0.2
HOLD = 0.5
LAUNCHER_HOLD = 1.5
DIGITS = 5
SCENARIO = "handsets.xml"
TABLE = "handsets.csv"
PATIENT = ("-watchdog_minor_maxtriggers", "1000000", "-watchdog_major_maxtriggers", "1000000")
"""On a busy machine sipp would end itself."""
CALM = ("-default_behaviors", "all,-abortunexp")
"""A wish to hang up that comes twice is passed over."""
AT_ONCE, PAUSE = 5, 0.01  # hung up, so that few are lost where buffers overflow
TRIES, TRY = 10, 2.0


class Kind(Enum):
    """The first digits of a number, and so what its handset does."""

    SPEAKER = "+4477001"
    """Answers and sends a tone until it is hung up."""
    LISTENER = "+4477002"
    """Answers and sends silence until it is hung up."""
    MUTE = "+4477006"
    """Answers and sends nothing, as a telephone with silence suppression does, until it is hung up."""
    BRIEF = "+4477003"
    """Rings for RING seconds, answers, sends nothing, and hangs up after HOLD seconds."""
    LAUNCHER = "+4477004"
    """The same after LAUNCHER_HOLD seconds: nobody is left by then."""
    BUSY = "+4477005"


def number(kind: Kind, index: int) -> str:
    """The number of one handset, counted from 0."""
    return f"{kind.value}{index:0{DIGITS}}"


def tone(index: int) -> int:
    """What the speaker of that index sends, in Hz."""
    return TONES[index % len(TONES)]


def sound(handset: str) -> Sound:
    """What a handset sends that stays. Raises ValueError for others."""
    kind, index = Kind(handset[:-DIGITS]), int(handset[-DIGITS:])
    sounds = {Kind.SPEAKER: Sound(tone(index)), Kind.LISTENER: Sound(0), Kind.MUTE: Sound(None)}
    if kind not in sounds:
        raise ValueError(f"{handset} does not stay in its calls")
    return sounds[kind]


class Crowd(Part):
    """The switch. The USN's trunk points to `port`, where the tap listens."""

    def __init__(self, stay: Sequence[str], calls: int) -> None:
        """`stay`: the handsets that stay until hung up, each with its port; `calls`: most at once."""
        self._ports = PortBlock(calls)
        self._lines = {
            handset: Line(handset, port, sound(handset))
            for handset, port in zip(stay, self._ports.media(), strict=False)
        }
        others = ["-key", "front", str(self._ports.tap), "-mp", str(self._ports.spare(0))]
        self.sipp = Sipp(
            Path(SCENARIO), ["-inf", TABLE, "-infindex", TABLE, "0", *others, *PATIENT, *CALM], self._ports
        )
        self.media = Media(self.sipp.home / TABLE)
        self._tap = Tap(self.port, self.sipp.port, lambda _: True)

    @property
    def port(self) -> int:
        """UDP port of SIP as the USN sees the switch."""
        return self._ports.tap

    @property
    def invites(self) -> list[Invite]:
        """Every call that reached the switch, in order, without retransmissions."""
        return self._tap.invites

    @property
    def media_ports(self) -> tuple[int, int]:
        """First and last UDP port of the handsets."""
        return self._ports.rtp

    def media_port(self, handset: str) -> int:
        """Where a handset that stays sends its media from, and is sent it. Raises PartError for others."""
        if handset not in self._lines:
            raise PartError(f"handset {handset} has no port of its own")
        return self._lines[handset].port

    async def hang_up_all(self) -> None:
        """Every handset that stays ends its call. Raises PartError when one does not."""
        for _ in range(TRIES):
            calls = self._up()
            if not calls:
                return
            for turn, invite in enumerate(calls, 1):
                self._tap.put(hang_up(invite), invite.usn)
                if turn % AT_ONCE == 0:
                    await asyncio.sleep(PAUSE)
            await within(lambda: not self._up(), TRY)
        raise PartError(f"{len(self._up())} handsets do not hang up:\n{self.sipp.process.tail()}")

    def _up(self) -> list[Invite]:
        return [
            invite
            for invite in self.invites
            if invite.called in self._lines and invite.call_id not in self._tap.hung_up
        ]

    async def start(self) -> None:
        """Starts the tap and both programs. Raises PartError."""
        values = {"ring": RING, "hold": HOLD, "launcher_hold": LAUNCHER_HOLD}
        milliseconds = {name: round(1000 * seconds) for name, seconds in values.items()}
        template = Template((CONF / "crowd" / SCENARIO).read_text())
        (self.sipp.home / SCENARIO).write_text(template.substitute(milliseconds))
        (self.sipp.home / TABLE).write_text(table(self._lines.values()))
        self._tap.start()
        await self.media.start()
        await self.sipp.start()

    async def stop(self) -> None:
        """Ends them."""
        try:
            await self.media.stop()
        finally:
            try:
                await self.sipp.stop()
            finally:
                self._tap.close()


def hang_up(invite: Invite) -> bytes:
    """What the scenario takes as the wish to hang up, in a call that is up. sipp finds it by the Call-ID."""
    lines = [f"INFO sip:{invite.called} SIP/2.0", f"To: <sip:{invite.called}>", f"Call-ID: {invite.call_id}"]
    return "\r\n".join([*lines, "CSeq: 9 INFO", "Content-Length: 0", "", ""]).encode()
