"""Who of a room is heard: not who is muted, nor who has put the call on hold, whose music nobody wants.

Called by calls.py. Hold is what the far end asks for by SDP (RFC 3264 §8.4, `sendonly` or `inactive`);
Asterisk tells it by an event and cannot be asked later, so that it is noted on the channel for the next usnd.
"""

import asyncio
from collections.abc import Mapping

import structlog

from usnd.asterisk.ami import Ami, AmiError

EVENTS = frozenset({"Hold", "Unhold", "DTMFEnd", "Hangup"})
"""All that is read here."""
_NOTE = "USN_HELD"


class Mutes:
    """The mutes of this node's calls. Raises AmiError of an action only where it says so."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self._held: set[str] = set()
        self._muted: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("usnd.asterisk")

    def hear(self, event: Mapping[str, str]) -> None:
        """Takes one AMI event of a call of ours."""
        name, call = event.get("event"), event.get("uniqueid", "")
        if name == "Hangup":
            self._held.discard(call)
            self._muted.discard(call)
        elif name == "Hold" and call not in self._held:
            self._held.add(call)
            self._start(call, on=True)
        elif call in self._held and name in {"Unhold", "DTMFEnd"}:  # who presses keys is back
            self._held.discard(call)
            self._start(call, on=False)

    async def mute(self, call: str, *, on: bool) -> None:
        """Lets the others hear the call no more, or again once it is not on hold. Raises AmiError."""
        (self._muted.add if on else self._muted.discard)(call)
        await self._silence(call)

    async def survey(self) -> None:
        """Finds the calls that were on hold when a former usnd stopped. Raises AmiError."""
        for item in await self._ami.listing("Status", Variables=_NOTE):
            if f"{_NOTE}=1" in item.get("variable", "").split("\n"):
                self._held.add(item.get("uniqueid", ""))

    def _start(self, call: str, *, on: bool) -> None:
        task = asyncio.create_task(self._hold(call, on=on))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hold(self, call: str, *, on: bool) -> None:
        self._log.info("call on hold" if on else "call off hold", call=call)
        try:
            await self._silence(call)
            await self._ami.action("Setvar", Channel=call, Variable=_NOTE, Value="1" if on else "")
        except AmiError as error:  # it has just ended, or the link has
            self._log.debug("hold not noted", call=call, error=str(error))

    async def _silence(self, call: str) -> None:
        state = "on" if call in self._held or call in self._muted else "off"
        await self._ami.action("MuteAudio", Channel=call, Direction="in", State=state)
