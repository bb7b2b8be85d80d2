"""The mobile switch and its handsets: a second Asterisk at the other end of the trunk.

It sets what each handset does when it is called, and its tone, and keeps what the handset hears, and who
called it when and as whom.
"""

import array
import asyncio
import secrets
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from workbench.parts.ports import HOST
from workbench.parts.process import SLACK, Part, PartError
from workbench.parts.voice.asterisk import Asterisk, render
from workbench.parts.voice.tap import Invite, Tap

TRUNK = "usn"
DAY = 86_400.0


class Refusal(Enum):
    """How a handset or the switch refuses a call: the Q.850 cause."""

    BUSY = 17
    UNREACHABLE = 20
    REJECTED = 21
    CONGESTED = 34


@dataclass(frozen=True)
class Handset:
    """What a handset does when called. Times in seconds.

    It rings for `ring`, then answers, or refuses with `refusal`. Answered, it sends its tone (Hz, one of
    `tones.TONES`), presses `digits` after a second, and hangs up after `stay`. Without `credit` the switch
    refuses the call with `402 Payment Required`. While in a call it is busy.
    """

    number: str
    tone: int
    ring: float = 0.2
    refusal: Refusal | None = None
    credit: bool = True
    digits: str = ""
    stay: float = DAY

    def entries(self) -> dict[str, str]:
        """The switch's database keys of this handset."""
        refusal = self.refusal if self.credit else Refusal.REJECTED
        return {
            "tone": str(self.tone),
            "ring": f"{self.ring:.3f}",
            "cause": str(refusal.value) if refusal else "",
            "digits": self.digits,
            "stay": f"{self.stay:.3f}",
        }


RINGING = frozenset({"Ring", "Ringing"})  # Asterisk says the first of a call that comes in
NEVER = DAY  # `ring` of a handset that is not answered


class Switch(Part):
    """The switch. The USN's trunk points to `port`, where the tap listens."""

    def __init__(self, tree: Path, name: str = "msc", host: str = HOST) -> None:
        """`tree`: what `asterisk_tree` gives; `host`: the address of SIP and media."""
        values = {"trunk": TRUNK, "context": "from-usn", "peer_port": "9", "qualify": "0"}
        self.asterisk = Asterisk(tree, name, values, {}, host)
        self._heard = self.asterisk.home / "heard"
        self._heard.mkdir()
        self.asterisk.add_files(render("switch", {"heard": str(self._heard)}))
        self._handsets: dict[str, Handset] = {}
        self._tap = Tap(self.port, self.asterisk.ports.sip, self._has_credit, host)

    @property
    def port(self) -> int:
        """UDP port of SIP as the USN sees the switch."""
        return self.asterisk.ports.tap

    @property
    def invites(self) -> list[Invite]:
        """Every call that reached the switch, in order, without retransmissions."""
        return self._tap.invites

    def _has_credit(self, number: str) -> bool:
        handset = self._handsets.get(number)
        return handset is None or handset.credit

    async def put(self, *handsets: Handset) -> None:
        """Adds handsets, or changes what they do from the next call on. Raises PartError."""
        for handset in handsets:
            self._handsets[handset.number] = handset
            for key, value in handset.entries().items():
                family = f"handset/{handset.number}"
                answer = await self.asterisk.act("DBPut", Family=family, Key=key, Val=value)
                if not answer.good:
                    raise PartError(f"the switch's database refuses {family}/{key}: {answer.fields}")

    async def call(self, number: str, dnis: str, usn_port: int, *, withheld: bool = False) -> None:
        """The handset `number` calls `dnis` at the USN whose SIP port is given; returns at once."""
        channel = f"handset-{number}-{secrets.token_hex(4)}"
        await self._done(
            "Originate",
            Channel=f"PJSIP/{TRUNK}/sip:{dnis}@{HOST}:{usn_port}",
            ChannelId=channel,
            Context="talk",
            Exten=number,
            Priority="1",
            CallerID="" if withheld else number,
            Async="true",
        )
        await self._done("DBPut", Family=f"handset/{number}", Key="channel", Val=channel)

    async def answer(self, number: str) -> None:
        """Picks up the handset that rings. Raises PartError when it does not ring."""
        channel = await self._channel(number)
        if (state := await self.state(number)) not in RINGING:
            raise PartError(f"handset {number} does not ring, it is {state}")
        await self._done("Redirect", Channel=channel, Context="answer", Exten=number, Priority="1")

    async def press(self, number: str, digits: str) -> None:
        """The handset presses DTMF digits, one each 0.3 s. Raises PartError when it is in no call."""
        channel = await self._channel(number)
        for digit in digits:
            await self._done("PlayDTMF", Channel=channel, Digit=digit, Duration="150")
            await asyncio.sleep(0.3)

    async def hang_up(self, number: str) -> None:
        """The handset ends its call. Raises PartError when it is in none."""
        await self._done("Hangup", Channel=await self._channel(number), Cause="16")

    async def until_state(self, number: str, wanted: str, patience: float = 20.0) -> None:
        """Waits until `state` gives this. Raises PartError. `patience`: see `until` of
        workbench/parts/process.py.
        """
        deadline = time.monotonic() + patience * SLACK
        while (state := await self.state(number)) != wanted:
            if time.monotonic() > deadline:
                raise PartError(f"{number} is {state}, not {wanted}")
            await asyncio.sleep(0.1)

    async def state(self, number: str) -> str:
        """`idle`, or the state of the handset's channel: `Ring`, `Ringing`, `Up`, …"""
        try:
            channel = await self._channel(number)
        except PartError:
            return "idle"
        answer = await self.asterisk.act("Getvar", Channel=channel, Variable="CHANNEL(state)")
        return answer.fields.get("Value", "idle") if answer.good else "idle"

    def heard(self, number: str) -> "array.array[int]":
        """All the handset has heard in its last call: signed samples, 16 bit, 8 kHz; up to 2 s late."""
        samples: array.array[int] = array.array("h")
        path = self._heard / f"{number}.sln"
        if path.exists():
            data = path.read_bytes()
            samples.frombytes(data[: len(data) // 2 * 2])
        return samples

    def forget(self, number: str) -> None:
        """What the handset has heard so far; its call, if any, is heard no more."""
        (self._heard / f"{number}.sln").unlink(missing_ok=True)

    async def _channel(self, number: str) -> str:
        stored = await self.asterisk.cli(f"database get handset/{number} channel")
        channel = stored.removeprefix("Value: ").strip()
        if stored.startswith("Value: ") and channel:
            exists = await self.asterisk.act("Getvar", Variable=f"CHANNEL_EXISTS({channel})")
            if exists.fields.get("Value") == "1":
                return channel
        raise PartError(f"handset {number} is in no call")

    async def _done(self, action: str, **fields: str) -> None:
        answer = await self.asterisk.act(action, **fields)
        if not answer.good:
            raise PartError(f"the switch refuses {action}: {answer.fields.get('Message')}")

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
