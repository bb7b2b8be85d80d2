"""The look for channels that no row has: how often, what is left alone, and that trouble does not end it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
import virtual_loop
from config_samples import GOOD

from usnd.asterisk.ami import AmiError, AmiSettings
from usnd.asterisk.calls import CallSettings
from usnd.config.load import parse
from usnd.daemon import Daemon
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.media_server.availability import VoiceEdge
from usnd.services.trunks.trunks import Trunks

if TYPE_CHECKING:
    from usnd.store.core.writer import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOOK = 20.0
STAY = 60.0
"""Seconds: a look every 20, and what is there for 60 is released."""


class Asterisk:
    """A manager link: the channels there are, when it was asked, and what was hung up when."""

    def __init__(self) -> None:
        self.channels: list[str] = []
        self.down = False
        self.asked: list[float] = []
        self.released: list[tuple[float, str]] = []

    async def listing(self, _: str) -> list[Mapping[str, str]]:
        self.asked.append(now())
        if self.down:
            raise AmiError
        return [{"uniqueid": call, "channel": f"PJSIP/msc-{call}"} for call in self.channels]

    async def hang_up(self, call: str) -> bool:
        self.released.append((now(), call))
        self.channels.remove(call)
        return True


def now() -> float:
    return asyncio.get_running_loop().time() - 1000.0


def looked(asterisk: Asterisk, seconds: float, monkeypatch: pytest.MonkeyPatch, **situation: Any) -> None:
    """`seconds` of a node whose conferences, waiting calls and link are so."""

    async def work() -> None:
        alarms = Alarms(lambda: NOW)
        edge = VoiceEdge(
            AmiSettings("127.0.0.1", 1, "usn", ""),
            CallSettings(),
            Trunks(Routing((Trunk("msc"),)), alarms),
            alarms,
            timedelta(seconds=5),
            lambda: NOW + timedelta(seconds=now()),
        )
        monkeypatch.setattr(edge, "_link", asterisk)
        monkeypatch.setattr(edge.calls, "hang_up", asterisk.hang_up)
        voice_up, waiting = situation.get("voice_up", True), frozenset(situation.get("waiting", ()))
        monkeypatch.setattr(edge, "_router", SimpleNamespace(live=(), voice_up=voice_up, waiting=waiting))
        checking = asyncio.create_task(edge.check_channels())
        await asyncio.sleep(seconds)
        checking.cancel()

    virtual_loop.run(work())


def test_a_channel_that_no_row_has_is_released_by_the_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = Asterisk()
    asterisk.channels = ["usn-9-9", "in-1"]
    looked(asterisk, 4.5 * LOOK, monkeypatch, waiting=["in-1"])
    assert asterisk.asked == [LOOK, 2 * LOOK, 3 * LOOK, 4 * LOOK]
    assert asterisk.released == [(LOOK + STAY, "usn-9-9")]
    assert asterisk.channels == ["in-1"]


def test_a_link_in_trouble_delays_the_looks_and_does_not_end_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = Asterisk()
    asterisk.channels, asterisk.down = ["usn-9-9"], True
    looked(asterisk, 5.5 * LOOK, monkeypatch)
    assert len(asterisk.asked) == 5
    assert asterisk.released == []
    looked(asterisk, 5.5 * LOOK, monkeypatch, voice_up=False)
    assert len(asterisk.asked) == 5, "nobody is asked while the voice is down"


class Idle:
    """A part of the daemon that has nothing to do."""

    def __init__(self) -> None:
        self.loaded = asyncio.Event()
        self.loaded.set()
        self.checks = 0

    async def run(self, *_: object) -> None:
        await asyncio.Event().wait()

    async def check_channels(self) -> None:
        self.checks += 1
        await self.run()

    async def flush(self) -> None: ...


IDLE = ("outbox", "texts", "recordings", "census", "control", "health", "stored_alarms", "imports")


class IdleVoice(Idle):
    async def run(self, *_: object) -> None: ...

    async def stop(self) -> None: ...


class IdleConferences(IdleVoice):
    async def until_voice(self) -> None: ...

    def stop(self) -> None:  # type: ignore[override]  # the one that is not awaited
        ...


def test_the_daemon_looks_as_long_as_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        daemon = Daemon(parse(GOOD), cast("Store", None), lambda: NOW)
        for part in IDLE:
            monkeypatch.setattr(daemon, f"_{part}", Idle())
        voice = IdleVoice()
        monkeypatch.setattr(daemon, "_voice", voice)
        monkeypatch.setattr(daemon, "_conferences", IdleConferences())
        monkeypatch.setattr(daemon, "_links", [])
        monkeypatch.setattr(daemon, "_gatherer", Idle)
        monkeypatch.setattr("usnd.daemon.watch_database", Idle().run)
        stopped = asyncio.Event()
        running = asyncio.create_task(daemon.run(stopped))
        await asyncio.sleep(1)
        assert voice.checks == 1
        assert not running.done()
        stopped.set()
        await running

    virtual_loop.run(work())
