"""What is around the pair: the SMSC of another make, the mobile switch with its handsets.

Called by supervisor.py; runs in the lab's outer namespace. It gives and takes what a subscriber texts, sees
and hears. It knows nothing of the nodes.
"""

from contextlib import AsyncExitStack

from node_smsc import NodeSmsc

from workbench.demo.stage import EVERYBODY
from workbench.demo.tones import RATE, TONES, present
from workbench.lab import net
from workbench.lab.places import Places
from workbench.parts.process import Part, PartError, within
from workbench.parts.voice.switch import Handset, Switch

SMPP_PORT = 2775
SHORT_CODE = "52272"
INTERNATIONAL = 1
REPEAT = 5.0
"""Seconds that the SMSC waits for an answer before it sends the same text again."""


class Outside(Part):
    """Started before the nodes, as carriers' networks are. `async with` starts and stops it."""

    def __init__(self, places: Places) -> None:
        self.smsc = NodeSmsc(SMPP_PORT, net.SMSC, places.smsc)
        self.switch = Switch(places.asterisk, host=net.MSC)
        self._tones = dict(zip(EVERYBODY.values(), TONES, strict=False))
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Returns when both take connections. Raises PartError."""
        await self._stack.enter_async_context(self.smsc)
        await self._stack.enter_async_context(self.switch)
        await self.switch.put(*(Handset(number, tone) for number, tone in self._tones.items()))

    async def stop(self) -> None:
        """Ends both."""
        await self._stack.aclose()

    async def text(self, sender: str, body: str) -> str:
        """The subscriber texts the short code; the answer. Raises PartError when there is none."""
        before = len(self.smsc.events)
        status = await self.deliver(sender, body)
        if status != 0:
            raise PartError(f"the USN answered {body!r} with SMPP status {status:#x}")
        try:
            answer = await self.smsc.until(lambda event: _is_to(event, sender), before)
        except TimeoutError:
            raise PartError(f"no answer to {body!r}") from None
        return str(answer["pdu"]["short_message"])

    async def deliver(self, sender: str, body: str) -> int:
        """The subscriber texts the short code; the status that the USN took it with. TimeoutError."""
        status: int = await self.smsc.deliver(**_text(sender, body))
        return status

    async def keep(self, sender: str, body: str, patience: float) -> tuple[int, int]:
        """As carriers' SMSCs do: the text is kept until the USN says status 0, and sent again every REPEAT
        seconds, the same content on the newest bind. The last status (-1: no answer), and how often sent.
        """
        kept: tuple[int, int] = await self.smsc.keep(REPEAT, patience, **_text(sender, body))
        return kept

    def esme(self) -> str:
        """The address that the last bind came from, or nothing."""
        binds = [event["from"] for event in self.smsc.events if event["event"] == "connected"]
        return str(binds[-1]) if binds else ""

    async def until_all_hear(self, patience: float = 30.0) -> int:
        """How many of the ways between the handsets are heard: all, or after `patience` seconds."""
        ways = 0

        def listen() -> bool:
            nonlocal ways
            ways = sum(len(self._heard_by(number)) for number in self._tones)
            return ways == len(self._tones) * (len(self._tones) - 1)

        await within(listen, patience, 0.5)
        return ways

    def _heard_by(self, listener: str) -> set[str]:
        """Whose tones are in the last second that the listener heard, the own one not counted."""
        window = self.switch.heard(listener)[-RATE:]
        tones = present(window, list(self._tones.values()))
        return {number for number, tone in self._tones.items() if tone in tones and number != listener}

    async def hang_up_all(self) -> None:
        """Every handset that is in a call ends it, and forgets what it heard."""
        for number in self._tones:
            if await self.switch.state(number) != "idle":
                await self.switch.hang_up(number)
            self.switch.forget(number)


def _text(sender: str, body: str) -> dict[str, object]:
    """A deliver_sm of it."""
    return {
        "source_addr_ton": INTERNATIONAL,
        "source_addr": sender.removeprefix("+"),
        "destination_addr": SHORT_CODE,
        "octets": body.encode("ascii").hex(),
    }


def _is_to(event: dict[str, object], recipient: str) -> bool:
    pdu = event.get("pdu")
    return (
        isinstance(pdu, dict)
        and pdu.get("command") == "submit_sm"
        and pdu.get("destination_addr") == recipient.removeprefix("+")
    )
