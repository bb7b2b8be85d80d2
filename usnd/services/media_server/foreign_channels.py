"""Releases foreign channels: no room may have anybody in it whom usnd did not order (REQUIREMENTS C12).

availability.py gives it what the AMI link hears. What is foreign is decided in asterisk/foreign_channels.py
and domain/media_server/foreign_channels.py.
"""

import asyncio
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import datetime

import structlog

from usnd.asterisk.ami import AmiError
from usnd.asterisk.calls import Calls
from usnd.asterisk.foreign_channels import ForeignChannel, found_foreign, unordered_in
from usnd.domain.alarms.catalogue import FOREIGN_CHANNEL
from usnd.domain.media_server.foreign_channels import ForeignWatch, is_quiet, overstayed, release_one
from usnd.services.alarms.alarms import Alarms
from usnd.services.figures import ForeignFigures

EVENTS = frozenset({"Newchannel", "ConfbridgeJoin", "BridgeEnter"})
"""All that is heard here."""


class ForeignChannels:
    """Give every AMI event to `hear`, all channels to `look` at each log-in, and to `check` now and then."""

    def __init__(self, calls: Calls, prefix: str, alarms: Alarms, clock: Callable[[], datetime]) -> None:
        """`prefix`: what the ids of our calls begin with; `clock` gives UTC."""
        self._calls, self._prefix, self._alarms, self._clock = calls, prefix, alarms, clock
        self._since = clock()
        self._watch = ForeignWatch()
        self._unordered: dict[str, datetime] = {}
        self._releases: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("usnd.voice")

    def hear(self, event: Mapping[str, str]) -> None:
        """Takes one AMI event."""
        if event.get("event") in EVENTS:
            self.look([event])

    def look(self, channels: Iterable[Mapping[str, str]]) -> None:
        """Releases those among these channels that are foreign."""
        known = self._calls.known
        for channel in channels:
            foreign = found_foreign(channel, self._prefix, known)
            if foreign is not None:
                self._release(foreign)

    def check(self, channels: Iterable[Mapping[str, str]], ordered: Container[str]) -> None:
        """Releases those that stay though no row has them: no event shows it. `ordered`: see unordered_in."""
        found = unordered_in(channels, ordered)
        self._unordered, late = overstayed(self._unordered, found, self._clock())
        for call in sorted(late):
            self._release(found[call])

    def figures(self, now: datetime) -> ForeignFigures:
        """Since the start; to be asked each second, since the alarm ends with the time."""
        if is_quiet(self._watch, self._since, now):
            self._alarms.clear(FOREIGN_CHANNEL)
        watch = self._watch
        return ForeignFigures(released=watch.released, last=watch.last or None, last_at=watch.last_at)

    def _release(self, foreign: ForeignChannel) -> None:
        self._watch = release_one(self._watch, foreign.channel, self._clock())
        self._log.error("foreign channel released", channel=foreign.channel, call=foreign.id)
        self._alarms.raise_(FOREIGN_CHANNEL, channel=foreign.channel)
        task = asyncio.create_task(self._hang_up(foreign))
        self._releases.add(task)
        task.add_done_callback(self._releases.discard)

    async def _hang_up(self, foreign: ForeignChannel) -> None:
        try:
            await self._calls.hang_up(foreign.id)
        except AmiError as error:
            self._log.warning("foreign channel not released", channel=foreign.channel, error=str(error))
