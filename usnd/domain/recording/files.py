"""The life of one part of a recording, and which recordings are kept (REQUIREMENTS C7).

Here are a part's states, its table and its names, and which files are to be removed. control.py moves the
parts of a conference by the table; services/recording/files.py removes the files. A part is named by its
recorder, which is also that channel's unique id in Asterisk, so that the same part can never be recorded
twice.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from usnd.domain.tables import every_cell


class RecordState(Enum):
    """ORDERED is committed before anything is recorded; RUNNING is heard of from Asterisk.

    STOPPING: told to stop. CLOSED: there is a file. FAILED: there never was one. REMOVED: by the janitor.
    """

    ORDERED = "ordered"
    RUNNING = "running"
    STOPPING = "stopping"
    CLOSED = "closed"
    FAILED = "failed"
    REMOVED = "removed"


class RecordEvent(Enum):
    """BEGUN to REFUSED come from Asterisk or its server; STOP is the subscriber's, REMOVE the janitor's.

    LOST: Asterisk died. MISSING: a survey does not know the recorder.
    """

    BEGUN = "begun"
    ENDED = "ended"
    REFUSED = "refused"
    STOP = "stop"
    LOST = "voice lost"
    MISSING = "missing"
    REMOVE = "removed"


# MISSING of an ORDERED part means that it was never begun: it is ordered again.
RECORD_TABLE = every_cell(
    {
        RecordState.ORDERED: {
            RecordEvent.BEGUN: RecordState.RUNNING,
            RecordEvent.ENDED: RecordState.FAILED,
            RecordEvent.REFUSED: RecordState.FAILED,
            RecordEvent.STOP: RecordState.STOPPING,
            RecordEvent.LOST: RecordState.FAILED,
        },
        RecordState.RUNNING: {
            RecordEvent.ENDED: RecordState.CLOSED,
            RecordEvent.STOP: RecordState.STOPPING,
            RecordEvent.LOST: RecordState.CLOSED,
            RecordEvent.MISSING: RecordState.CLOSED,
        },
        RecordState.STOPPING: {
            RecordEvent.ENDED: RecordState.CLOSED,
            RecordEvent.REFUSED: RecordState.CLOSED,
            RecordEvent.LOST: RecordState.CLOSED,
            RecordEvent.MISSING: RecordState.CLOSED,
        },
        RecordState.CLOSED: {
            RecordEvent.REMOVE: RecordState.REMOVED,
        },
        RecordState.FAILED: {},
        RecordState.REMOVED: {},
    },
    RecordEvent,
)
OPEN = frozenset({RecordState.ORDERED, RecordState.RUNNING, RecordState.STOPPING})
"""There is, or may be, a recorder in Asterisk."""
_FILE = re.compile(r"c[0-9]{1,18}-[0-9]{1,6}\.wav")
_RECORDER = re.compile(r"rec-c(\d{1,18})-(\d{1,6})")


@dataclass(frozen=True, slots=True)
class RecordingPart:
    """One part of a conference, the first is 1; times are UTC."""

    number: int
    state: RecordState
    ordered_at: datetime
    started_at: datetime | None = None
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecorderNews:
    """One event of one recorder."""

    recorder: str
    event: RecordEvent


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Record the room into the file, a name in the recordings directory, until the recorder is stopped."""

    recorder: str
    room: str
    file: str


@dataclass(frozen=True, slots=True)
class StopRecording:
    """End that recorder; the file is whole then."""

    recorder: str


RecordAction = StartRecording | StopRecording


@dataclass(frozen=True, slots=True)
class Recording:
    """A part as its subscriber and the operator see it. `octets`: of its file, once it was measured."""

    conference_id: int
    part: int
    subscriber_id: int
    path: str
    state: RecordState
    started_at: datetime | None
    stopped_at: datetime | None
    octets: int | None = None

    @property
    def id(self) -> str:
        """What an operator calls it by: conference and part."""
        return f"{self.conference_id}-{self.part}"

    @property
    def seconds(self) -> float | None:
        """How long it is, once it was measured: 44 octets of header, then 8,000 samples of 2 a second."""
        return None if self.octets is None else max(self.octets - 44, 0) / 16_000


@dataclass(frozen=True, slots=True)
class KeepRules:
    """What the operator may set about keeping. Sizes in octets."""

    keep: timedelta = timedelta(days=90)
    most: int = 100 * 10**9
    least_free: int = 2 * 10**9
    """Of the disk; with less, nothing new is recorded."""
    orphan: timedelta = timedelta(days=1)
    """A file that no row names is removed after that."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file in the recordings directory."""

    name: str
    changed_at: datetime


def recorder_of(conference_id: int, part: int) -> str:
    """The id of the recorder of a part."""
    return f"rec-c{conference_id}-{part}"


def part_of_recorder(recorder: str) -> tuple[int, int] | None:
    """The conference and the number of the part of a recorder; None: that is no recorder."""
    found = _RECORDER.fullmatch(recorder)
    return (int(found[1]), int(found[2])) if found else None


def file_of(conference_id: int, part: int) -> str:
    """The name of the file of a part; nothing that a subscriber wrote is in it."""
    return f"c{conference_id}-{part}.wav"


def is_file_name(name: str) -> bool:
    """Whether it is one that `file_of` gives: no directory, and nothing that leads out of one."""
    return _FILE.fullmatch(name) is not None


def follow_recorder(part: RecordingPart, event: RecordEvent, now: datetime) -> RecordingPart:
    """The part after the event: total; late and repeated events change nothing."""
    after = RECORD_TABLE[part.state, event]
    if after is part.state:
        return part
    if after is RecordState.RUNNING:
        return replace(part, state=after, started_at=now)
    if after is RecordState.STOPPING:
        return replace(part, state=after)
    return replace(part, state=after, stopped_at=part.stopped_at or now)


def to_remove(kept: Iterable[Recording], rules: KeepRules, now: datetime) -> Iterator[Recording]:
    """Which of the closed recordings go: those older than `keep`, then the oldest above `most` octets."""
    newest_first = sorted(kept, key=lambda one: (one.stopped_at or now, one.conference_id), reverse=True)
    total = 0
    gone: list[Recording] = []
    for one in newest_first:
        total += one.octets or 0
        if total > rules.most or (one.stopped_at is not None and now - one.stopped_at > rules.keep):
            gone.append(one)
    return reversed(gone)


def orphans(files: Iterable[FoundFile], known: Collection[str], rules: KeepRules, now: datetime) -> list[str]:
    """The files that no recording names, and that nobody wrote to for long: those of a lost database."""
    return sorted(one.name for one in files if one.name not in known and now - one.changed_at > rules.orphan)
