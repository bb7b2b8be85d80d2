"""Watches Asterisk for the conferences: when its calls are lost, and when to survey them.

It has the AMI link, and gives what comes over it to services/conference/call_router.py (calls, recorders), to
services/trunks (addresses, registrations) and to foreign_channels.py. A silent Asterisk is given up after a
time; when, is decided in domain/media_server/availability.py.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from usnd.asterisk import mutes, probe, progress, recorders
from usnd.asterisk.ami import AmiError, AmiFailed, AmiLink, AmiSettings, DownReason, LinkDown, LinkUp
from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.probe import Probe
from usnd.asterisk.progress import News
from usnd.asterisk.prompts import found_in
from usnd.asterisk.recorders import Recorders
from usnd.asterisk.technology.interface import Account, Contact
from usnd.domain.alarms.catalogue import ASTERISK_DOWN, NO_REGISTRATIONS
from usnd.domain.media_server.availability import Voice, VoiceEvent, VoiceState, give_up_at, hear
from usnd.domain.media_server.foreign_channels import ordered_by
from usnd.domain.recording.files import RecorderNews
from usnd.services.alarms.alarms import Alarms
from usnd.services.conference.call_router import CallRouter
from usnd.services.figures import AsteriskFigures
from usnd.services.media_server.foreign_channels import EVENTS as FOREIGN_EVENTS
from usnd.services.media_server.foreign_channels import ForeignChannels
from usnd.services.trunks.trunks import Trunks

_CHECK_SECONDS = 20.0


class VoiceEdge:
    """The AMI link with the calls on it."""

    def __init__(
        self,
        ami: AmiSettings,
        calls: CallSettings,
        trunks: Trunks,
        alarms: Alarms,
        patience: timedelta,
        clock: Callable[[], datetime],
        prompts: Sequence[Path] = (),
    ) -> None:
        """`patience`: how long a silent Asterisk may come back with its calls. `clock` gives UTC.

        `prompts`: the directories of announcements; the first that has one is asked for it.
        """
        wanted = progress.EVENTS | mutes.EVENTS | recorders.EVENTS | FOREIGN_EVENTS | probe.EVENTS
        wanted |= calls.technology.events
        self._technology = calls.technology
        self._link = AmiLink(ami, self._on_event, self._on_up, self._on_down, wanted)
        self.calls = Calls(self._link, calls, self._on_news, time.monotonic)
        self.foreign = ForeignChannels(self.calls, calls.prefix, alarms, clock)
        self.recorders = Recorders(self._link, self._on_recorder)
        self.probe = Probe(self._link)
        self._prompts = prompts
        self._trunks, self._alarms = trunks, alarms
        self._patience = patience
        self._clock = clock
        self._voice = Voice(VoiceState.STARTING, clock())
        self._router: CallRouter | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._log = structlog.get_logger("usnd.voice")

    async def run(self, router: CallRouter) -> None:
        """Tells the router what is heard, until `stop`."""
        self._router = router
        await self._link.run()

    async def check_channels(self) -> None:
        """Looks now and then for channels that no row has; runs until it is cancelled."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            if self._router is None or not self._router.voice_up:
                continue
            try:
                channels = await self._link.listing("CoreShowChannels")
            except AmiError as error:
                self._log.debug("channels not listed", error=str(error))
                continue
            ordered = ordered_by(self._router.live) | self._router.waiting | self.calls.ordered
            self.foreign.check(channels, ordered)

    async def stop(self) -> None:
        """Lets go of Asterisk; calls stay up."""
        if self._timer is not None:
            self._timer.cancel()
        await self._link.stop()

    @property
    def linked(self) -> bool:
        """Asterisk's manager interface is logged in to."""
        return self._link.up

    def figures(self, now: datetime) -> AsteriskFigures:
        """As of now."""
        voice = self._voice
        return AsteriskFigures(state=voice.state.value, since=voice.since, foreign=self.foreign.figures(now))

    def _on_event(self, event: Mapping[str, str]) -> None:
        self.probe.hear(event)
        self.calls.hear(event)
        self.recorders.hear(event)
        self.foreign.hear(event)
        self._note(self._technology.read(event))

    def _note(self, news: Contact | Account | None) -> None:
        match news:
            case Contact():
                self._trunks.contact(news, self._clock())
            case Account():
                self._trunks.account(news)

    def _on_news(self, news: News) -> None:
        if self._router is not None:
            self._router.hear(news)

    def _on_recorder(self, news: RecorderNews) -> None:
        if self._router is not None:
            self._router.hear_recorder(news)

    async def _on_up(self, up: LinkUp) -> None:
        self._hear(VoiceEvent.UP_OTHER if up.same is False else VoiceEvent.UP_SAME)
        await self._say_with(found_in(self._prompts))
        await self._look_at_trunks()
        if self._router is not None:
            await self._router.survey(_time_of(up.started))
            self.foreign.look(await self._link.listing("CoreShowChannels"))

    async def _say_with(self, prompts: Mapping[str, Path | None]) -> None:
        try:
            await self.calls.use_prompts(prompts)
        except AmiFailed as error:
            self._log.warning("prompts not set, Debian's sounds are played", error=str(error))

    async def _look_at_trunks(self) -> None:
        """Once at each log-in; what changes later is an event."""
        await self._look_at_registrations()
        try:
            items = await self._link.listing(self._technology.contact_listing)
        except AmiFailed as error:  # there is none, or no PJSIP at all
            self._log.info("asterisk knows no trunk address", answer=str(error))
            self._trunks.looked()
            return
        self._trunks.forget_contacts()
        for item in items:
            self._note(self._technology.listed(item))
        self._trunks.looked()

    async def _look_at_registrations(self) -> None:
        if not self._trunks.registers:
            self._alarms.clear(NO_REGISTRATIONS)
            return
        try:
            items = await self._link.listing(self._technology.account_listing)
        except AmiFailed as error:
            self._alarms.raise_(NO_REGISTRATIONS, answer=str(error))
            return
        self._alarms.clear(NO_REGISTRATIONS)
        for item in items:
            self._note(self._technology.listed(item))

    def _on_down(self, down: LinkDown) -> None:
        if self._router is not None:
            self._router.stop_placing()
        self._hear(VoiceEvent.REFUSED if down.reason is DownReason.REFUSED else VoiceEvent.CUT)

    def _hear(self, event: VoiceEvent) -> None:
        before, now = self._voice, self._clock()
        self._voice, lost = hear(before, event, now)
        if self._voice.state is not before.state:
            self._log.info(f"voice {self._voice.state.value}", because=event.value)
            self._alarm(event)
        if lost and self._router is not None:
            # A silent Asterisk was last heard when it fell silent; what calls it had ended then.
            self._router.lose_calls(before.since if before.state is VoiceState.SILENT else now)
        self._set_timer(now)

    def _alarm(self, event: VoiceEvent) -> None:
        """A link that is only cut is none: its calls live, and it is made again or given up soon."""
        if self._voice.up:
            self._alarms.clear(ASTERISK_DOWN)
        elif self._voice.state is VoiceState.LOST:
            self._alarms.raise_(ASTERISK_DOWN, because=event.value)

    def _set_timer(self, now: datetime) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = give_up_at(self._voice, self._patience)
        if due is not None:
            wait = max(0.0, (due - now).total_seconds())
            self._timer = asyncio.get_running_loop().call_later(wait, self._hear, VoiceEvent.TIME)


def _time_of(started: str) -> datetime | None:
    """Asterisk's start, told in the time zone of our machine, as UTC; None when it is not understood."""
    try:
        return datetime.strptime(started, "%Y-%m-%d %H:%M:%S").astimezone(UTC)
    except ValueError:
        return None
