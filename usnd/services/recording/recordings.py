"""Recordings: what is to be recorded, measured and removed, between the conferences, Asterisk and the disk.

services/conference/voice_actions.py has it start and stop recorders; it looks at the disk before each start.
`run` measures what is finished and removes what is old, round by round. What follows a recorder's news is
decided in domain/recording/control.py, what is kept in domain/recording/files.py.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from usnd.asterisk.ami import AmiDown, AmiError, AmiTimeout
from usnd.asterisk.recorders import Recorders
from usnd.domain.alarms.catalogue import (
    ASTERISK_DOWN,
    RECORDING_FAILED,
    RECORDINGS_DIRECTORY,
    RECORDINGS_DISK,
)
from usnd.domain.alarms.threshold import Limits
from usnd.domain.conference.model import Conference
from usnd.domain.recording.control import open_recorders
from usnd.domain.recording.files import (
    KeepRules,
    RecordAction,
    RecorderNews,
    RecordEvent,
    RecordState,
    StartRecording,
    StopRecording,
)
from usnd.domain.recording.files import Recording as Kept
from usnd.process.os_errors import in_words
from usnd.services.alarms.alarms import Alarms
from usnd.services.figures import RecordingFigures
from usnd.services.recording.files import found_files, plan_removal, remove, settle
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy

_SETTLED_AFTER = timedelta(seconds=2)
"""Asterisk closes the file a moment after the recorder is gone."""
_SAY_WHY = (ASTERISK_DOWN, RECORDINGS_DIRECTORY, RECORDINGS_DISK)
"""Alarms from which a failed recording follows."""
_FAILURE_TOLD = timedelta(hours=1)
_ROOM_AGAIN = 1.1
"""Of the space that must be free: only then the disk has room again."""


class Recordings:
    """The recorders and the recordings directory of this node."""

    def __init__(
        self,
        store: Store,
        recorders: Recorders,
        directory: Path | None,
        rules: KeepRules,
        sweep: float,
        alarms: Alarms,
        clock: Callable[[], datetime],
    ) -> None:
        """`directory`: None, nothing is recorded. `sweep`: seconds between the janitor's rounds."""
        self._store = store
        self._recorders = recorders
        self._directory = directory
        self._rules = rules
        self._sweep = sweep
        self._alarms = alarms
        self._clock = clock
        self._failed_at = clock()
        self._free_octets: int | None = None
        self._log = structlog.get_logger("usnd.recording")

    async def carry_out(self, action: RecordAction) -> RecorderNews | None:
        """Does what a conference asks for; gives the news that Asterisk will not send by itself, if any."""
        try:
            match action:
                case StartRecording(recorder, room, file):
                    return await self._start(recorder, room, file)
                case StopRecording(recorder):
                    there = await self._recorders.stop(recorder)
                    return None if there else RecorderNews(recorder, RecordEvent.MISSING)
        except (AmiDown, AmiTimeout) as error:
            self._log.warning("recorder left to the next survey", recorder=action.recorder, error=str(error))
            return None
        except AmiError as error:
            self._log.warning("recorder refused by asterisk", recorder=action.recorder, error=str(error))
            return RecorderNews(action.recorder, RecordEvent.REFUSED)

    async def _start(self, recorder: str, room: str, file: str) -> RecorderNews | None:
        if self._directory is None or not self._has_room(self._directory, recorder):
            return RecorderNews(recorder, RecordEvent.REFUSED)
        await self._recorders.start(recorder, room, self._directory / file)
        return None

    def _has_room(self, directory: Path, recorder: str) -> bool:
        try:
            free = self._free(directory)
        except OSError as error:
            self._log.warning("recording refused, no directory", recorder=recorder, error=str(error))
            self._alarms.raise_(RECORDINGS_DIRECTORY, error=in_words(error, self._directory))
            return False
        if free < self._rules.least_free:
            self._log.warning("recording refused, the disk is nearly full", recorder=recorder, free=free)
        return free >= self._rules.least_free

    def _free(self, directory: Path) -> int:
        """Octets on that disk, which may be an alarm. Raises OSError."""
        free, least = shutil.disk_usage(directory).free, self._rules.least_free
        self._free_octets = free
        self._alarms.judge(RECORDINGS_DISK, "", least - free, Limits(0, least * (1 - _ROOM_AGAIN)), free=free)
        return free

    def figures(self, live: Iterable[Conference]) -> RecordingFigures:
        """`live`: the conferences that run."""
        running = sum(len([*open_recorders(one)]) for one in live)
        return RecordingFigures(
            configured=self._directory is not None, running=running, free=self._free_octets
        )

    def follow(self, before: Conference, after: Conference) -> None:
        """The recordings of a conference went on; one that failed is an alarm until another one runs."""
        for part in after.recording_parts:
            if part in before.recording_parts:
                continue
            if part.state is RecordState.FAILED and not any(map(self._alarms.is_raised, _SAY_WHY)):
                self._failed_at = self._clock()
                self._alarms.raise_(RECORDING_FAILED, conference=after.id, part=part.number)
            elif part.state is RecordState.RUNNING:
                self._alarms.clear(RECORDING_FAILED)

    async def run(self) -> None:
        """Measures what was recorded and removes what is old, again and again, until cancelled."""
        if self._directory is None:
            for kind in (RECORDINGS_DIRECTORY, RECORDINGS_DISK, RECORDING_FAILED):
                self._alarms.clear(kind)
            return
        while True:
            try:
                await self._round(self._directory)
                self._alarms.clear(RECORDINGS_DIRECTORY)
            except StoreBusy:
                self._log.warning("recordings not looked after, the store is busy")
            except OSError as error:
                self._alarms.raise_(RECORDINGS_DIRECTORY, error=in_words(error, self._directory))
            if self._clock() - self._failed_at >= _FAILURE_TOLD:
                self._alarms.clear(RECORDING_FAILED)
            await asyncio.sleep(self._sweep)

    async def _round(self, directory: Path) -> None:
        self._free(directory)
        for one in await self._store.run(lambda tx: tx.recordings.unmeasured()):
            if one.stopped_at is None or self._clock() - one.stopped_at >= _SETTLED_AFTER:
                octets = await asyncio.to_thread(settle, directory / one.path)
                await self._store.run(partial(_measured, one, octets))
                self._log.info("recording measured", recording=one.id, octets=octets)
        files = await asyncio.to_thread(found_files, directory)
        plan = partial(plan_removal, files=files, rules=self._rules, now=self._clock())
        removal = await self._store.run(plan)
        await asyncio.to_thread(remove, directory, removal)
        await self._store.run(lambda tx: tx.recordings.removed(removal.recordings))
        for name in removal.files:
            self._log.info("recording removed", file=name)


def _measured(one: Kept, octets: int, tx: Transaction) -> None:
    tx.recordings.measured(one, octets)
