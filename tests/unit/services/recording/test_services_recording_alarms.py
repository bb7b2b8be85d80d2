"""When recordings are an alarm: no directory, no room on the disk, one that failed; and when that is over."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import ASTERISK_DOWN, RECORDING_FAILED
from usnd.domain.conference.model import Conference, ConferenceState
from usnd.domain.recording.files import (
    KeepRules,
    RecorderNews,
    RecordEvent,
    RecordingPart,
    RecordState,
    StartRecording,
)
from usnd.services.alarms.alarms import Alarms
from usnd.services.recording.recordings import Recordings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEAST = 1000
START = StartRecording("rec-c1-1", "c1", "c1-1.wav")


class Bench:
    """The recordings of a node, on a disk that has as much free as is said; None: there is no directory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path | None = Path("/recordings")) -> None:
        self.free: int | None = 10 * LEAST
        self.now, self.started = NOW, 0
        self.alarms = Alarms(lambda: self.now)
        none: Any = None
        recorders: Any = SimpleNamespace(start=self._start)
        rules = KeepRules(least_free=LEAST)
        self.recordings = Recordings(none, recorders, directory, rules, 60, self.alarms, lambda: self.now)
        monkeypatch.setattr(shutil, "disk_usage", self._usage)

    async def _start(self, *_: object) -> None:
        self.started += 1

    def _usage(self, _directory: Path) -> Any:
        if self.free is None:
            raise FileNotFoundError("no such directory")
        return SimpleNamespace(free=self.free)

    @property
    def raised(self) -> list[str]:
        return [alarm.kind.name for alarm in self.alarms.raised]

    async def raised_with(self, free: int | None) -> list[str]:
        """Once a recording was ordered."""
        self.free = free
        await self.recordings.carry_out(START)
        return self.raised

    def follow(self, *states: RecordState) -> list[str]:
        one = Conference(1, 1, "+1", ConferenceState.RUNNING, NOW, ())
        for state in states:
            after = replace(one, recording_parts=(RecordingPart(1, state, NOW),))
            self.recordings.follow(one, after)
            one = after
        return self.raised


async def test_a_disk_has_room_again_only_when_it_has_more_than_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch)
    full = ["recordings-disk"]
    assert await bench.raised_with(LEAST) == []
    assert await bench.raised_with(LEAST - 1) == full
    assert await bench.recordings.carry_out(START) == RecorderNews("rec-c1-1", RecordEvent.REFUSED)
    assert await bench.raised_with(LEAST) == full
    assert await bench.raised_with(LEAST * 11 // 10) == full
    assert await bench.raised_with(LEAST * 12 // 10) == []
    assert bench.recordings.figures(()).free == LEAST * 12 // 10


async def test_without_a_directory_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    assert await bench.raised_with(None) == ["recordings-directory"]
    assert bench.started == 0


async def test_a_node_that_records_nothing_any_more_has_no_alarm_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, directory=None)
    bench.alarms.take_over([Alarm(RECORDING_FAILED, "", NOW)])
    await bench.recordings.run()
    assert bench.raised == []
    assert not bench.recordings.figures(()).configured


def test_a_recording_that_failed_is_an_alarm_until_another_one_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    failed = ["recording-failed"]
    assert bench.follow(RecordState.ORDERED, RecordState.RUNNING, RecordState.CLOSED) == []
    assert bench.follow(RecordState.ORDERED, RecordState.FAILED) == failed
    assert bench.follow(RecordState.ORDERED) == failed
    assert bench.follow(RecordState.ORDERED, RecordState.RUNNING) == []


def test_what_says_already_why_is_the_only_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    bench.alarms.raise_(ASTERISK_DOWN)
    assert bench.follow(RecordState.ORDERED, RecordState.FAILED) == ["asterisk-down"]


async def test_the_janitor_finds_what_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    rounds = iter((None, LEAST, 5 * LEAST, 5 * LEAST))
    seen = []

    async def work(directory: Path) -> None:
        bench.recordings._free(directory)

    async def minutes(_sweep: float) -> None:
        seen.append(bench.raised)
        bench.now += timedelta(minutes=30)
        bench.free = next(rounds)

    monkeypatch.setattr(bench.recordings, "_round", work)
    monkeypatch.setattr("usnd.services.recording.recordings.asyncio.sleep", minutes)
    bench.follow(RecordState.ORDERED, RecordState.FAILED)
    with pytest.raises(RuntimeError):
        await bench.recordings.run()
    assert seen == [
        ["recording-failed"], ["recording-failed", "recordings-directory"], [], [], [],
    ]  # fmt: skip
