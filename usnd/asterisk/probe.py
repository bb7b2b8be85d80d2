"""A test call within Asterisk, begun and ended: an Asterisk that answers AMI may still place no calls.

monitoring/liveness.py makes one again and again. The call goes through the dialplan (`usn-probe`), reaches no
trunk, and is in no record.
"""

import asyncio
import itertools
from collections.abc import Mapping

from usnd.asterisk.ami import Ami, AmiError

EVENTS = frozenset({"Hangup"})
"""All that `Probe` hears."""
PROBE = "probe-"
"""What the ids of its channels begin with."""


class Probe:
    """Give every AMI event to `hear`."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self._numbers = itertools.count(1)
        self._waits: dict[str, asyncio.Event] = {}

    def hear(self, event: Mapping[str, str]) -> None:
        """Takes one AMI event."""
        if event.get("event") == "Hangup" and (ended := self._waits.get(event.get("uniqueid", ""))):
            ended.set()

    async def call(self, within_s: float) -> bool:
        """Whether a call began and ended in time; False also without a link."""
        call, ended = f"{PROBE}{next(self._numbers)}", asyncio.Event()
        self._waits[call] = ended
        try:
            async with asyncio.timeout(within_s):
                await self._ami.action(
                    "Originate",
                    within_s=within_s,
                    ChannelId=call,
                    OtherChannelId=f"{call}-end",
                    Channel="Local/s@usn-probe/n",
                    Context="usn-probe",
                    Exten="end",
                    Priority="1",
                    Codecs="slin",
                    Async="true",
                )
                await ended.wait()
        except (AmiError, TimeoutError):
            return False
        finally:
            del self._waits[call]
        return True
