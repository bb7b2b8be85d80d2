"""A whole network on this machine: SMSC, switch with handsets, and the USN between them.

Used by demo, play, benchmarks, soak and tests. The people are set here: the subscriber and the three of the
group Mkting.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from workbench.demo.tones import RATE, TONES, present
from workbench.parts.process import PartError, until
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import SHORT_CODE, Usn
from workbench.parts.voice.asterisk import asterisk_tree
from workbench.parts.voice.switch import Handset, Switch

# Numbers that the British numbering plan keeps free for fiction.
SUBSCRIBER = "+447700900001"
GROUP = {"alfa": "+447700900002", "bravo": "+447700900003", "charlie": "+447700900004"}
GROUP_NAME = "Mkting"
EVERYBODY = {"subscriber": SUBSCRIBER, **GROUP}


@dataclass(frozen=True)
class Path:
    """One way through the conference: what `listener` hears of `speaker`."""

    listener: str
    speaker: str


@dataclass(frozen=True)
class Stage:
    """The parts, running."""

    smsc: Smsc
    switch: Switch
    usn: Usn
    tones: dict[str, int]
    """Each number's tone in Hz."""

    def handset(self, number: str, **does: Any) -> Handset:
        """The handset of a number, to be changed: `await switch.put(stage.handset(n, ring=2.0))`."""
        return Handset(number, self.tones[number], **does)

    async def text(self, body: str, sender: str = SUBSCRIBER, patience: float = 10.0) -> str:
        """The sender texts the short code; the answer. Raises PartError."""
        status = await self.smsc.deliver(sender, SHORT_CODE, body)
        if status != 0:
            raise PartError(f"the USN answered {body!r} with SMPP status {status:#x}")
        try:
            return (await self.smsc.next_text(sender, patience)).body
        except TimeoutError:
            raise PartError(f"no answer to {body!r} in {patience:g} s") from None

    async def until_heard(self, numbers: Iterable[str], patience: float = 15.0) -> set[Path]:
        """Waits until each of the numbers hears each other; the ways on which something is heard by then.

        A way is heard when the speaker's tone is in the last second that the listener heard.
        """
        numbers = list(numbers)
        wanted = {Path(one, other) for one in numbers for other in numbers if one != other}
        heard: set[Path] = set()

        def listen() -> bool:
            nonlocal heard
            heard = {Path(one, other) for one in numbers for other in self.speakers(one, numbers)}
            return heard >= wanted

        await until(listen, patience, 0.5)
        return heard

    def speakers(self, listener: str, numbers: Collection[str]) -> set[str]:
        """Those of the numbers whose tone is in the last second that the listener heard, up to 2 s ago."""
        window = self.switch.heard(listener)[-RATE:]
        tones = present(window, [self.tones[number] for number in numbers])
        return {number for number in numbers if self.tones[number] in tones}


@asynccontextmanager
async def stage(
    settings: str = "", *, frozen_after: float = 10.0, store_url: str = "", as_on_node: bool = False
) -> AsyncIterator[Stage]:
    """Starts everything and stops it, also on exceptions. Settings, as_on_node: as of `Usn`."""
    tones = dict(zip(EVERYBODY.values(), TONES, strict=False))
    tree = asterisk_tree()
    smsc = Smsc(time.monotonic)
    await smsc.start()
    try:
        async with Switch(tree) as switch:
            await switch.put(*(Handset(number, tone) for number, tone in tones.items()))
            node = Usn(
                tree,
                switch.port,
                smsc.port,
                settings=settings,
                frozen_after=frozen_after,
                store_url=store_url,
                as_on_node=as_on_node,
            )
            async with node as usn:
                await smsc.bound()
                # In a thread: the SMSC lives in this loop, and has enquiries to answer.
                await asyncio.to_thread(usn.command, "subscriber", "add", SUBSCRIBER)
                yield Stage(smsc, switch, usn, tones)
    finally:
        await smsc.stop()
