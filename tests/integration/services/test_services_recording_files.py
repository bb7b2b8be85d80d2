"""The recordings directory: what is removed from it, what is given out, and to whom; headers mended (C7)."""

import os
import struct
import wave
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from usnd.domain.conference.call import CallEvent, CallNews
from usnd.domain.conference.decide import handle
from usnd.domain.conference.events import Control, Event, Feature
from usnd.domain.conference.model import LaunchPlan, Rules
from usnd.domain.conference.transitions import launch
from usnd.domain.recording.files import KeepRules, RecorderNews, RecordEvent
from usnd.services.recording.files import (
    NoFile,
    NotYours,
    export,
    found_files,
    owned,
    plan_removal,
    remove,
    settle,
)
from usnd.store.core.transaction import Transaction

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
MINE, OTHER = "+447700900001", "+447700900002"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    place = tmp_path / "recordings"
    place.mkdir()
    return place


def recorded(tx: Transaction, owner: int, ago: timedelta) -> int:
    """A conference with one closed part; its id."""
    (number,) = tx.conferences.reserve_ids(1)
    conference = launch(number, LaunchPlan(owner, MINE, ()), Rules(), NOW - ago).conference
    tx.conferences.add([(conference, None)])
    recorder = f"rec-c{number}-1"
    events: tuple[Event, ...] = (
        CallNews(f"usn-{number}-1", CallEvent.JOINED),
        Control(Feature.RECORD, None),
        RecorderNews(recorder, RecordEvent.BEGUN),
        RecorderNews(recorder, RecordEvent.ENDED),
    )
    for event in events:
        after = handle(conference, event, Rules(), NOW - ago).conference
        tx.conferences.save(conference, after)
        conference = after
    return number


def test_old_recordings_and_orphans_go_and_nothing_else(tx: Transaction, directory: Path) -> None:
    owner = tx.subscribers.add(MINE, NOW).id
    old, young = recorded(tx, owner, 91 * DAY), recorded(tx, owner, DAY)
    names = (f"c{old}-1.wav", f"c{young}-1.wav", "c99-1.wav", "c99-2.wav", "notes.txt")
    for name in names:
        (directory / name).write_bytes(b"-" * 100)
    os.utime(directory / "c99-1.wav", (0, 0))
    os.utime(directory / "notes.txt", (0, 0))
    removal = plan_removal(tx, found_files(directory), KeepRules(), NOW)
    assert removal.files == (names[0], "c99-1.wav")
    for _ in range(2):  # a crash between the two is made good
        remove(directory, removal)
    tx.recordings.removed(removal.recordings)
    assert sorted(path.name for path in directory.iterdir()) == sorted((names[1], names[3], names[4]))
    assert plan_removal(tx, found_files(directory), KeepRules(), NOW).files == ()
    with pytest.raises(NoFile, match="removed"):
        export(directory, owned(tx, old, 1, MINE), directory / "copy.wav")


def test_a_recording_is_given_to_its_owner_only(tx: Transaction, tmp_path: Path) -> None:
    mine = recorded(tx, tx.subscribers.add(MINE, NOW).id, DAY)
    tx.subscribers.add(OTHER, NOW)
    for conference, part, number in ((mine, 1, OTHER), (mine, 2, MINE), (mine, 1, "+447700900003")):
        with pytest.raises(NotYours):
            owned(tx, conference, part, number)
    one, copy = owned(tx, mine, 1, MINE), tmp_path / "copy.wav"
    with pytest.raises(NoFile, match="not there"):
        export(tmp_path, one, copy)
    (tmp_path / one.path).write_bytes(b"-" * 100)
    assert export(tmp_path, one, copy) == 100
    assert copy.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        export(tmp_path, replace(one), copy)


def test_a_header_that_asterisk_could_not_finish_is_mended(tmp_path: Path) -> None:
    file = tmp_path / "c1-1.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000))
    whole = file.read_bytes()
    file.write_bytes(whole[:4] + struct.pack("<I", 0) + whole[8:40] + struct.pack("<I", 0) + whole[44:])
    assert settle(file) == 16_044
    assert file.read_bytes() == whole
    assert settle(file) == 16_044
    for short in (b"", b"RIFF", whole[:44]):
        file.write_bytes(short)
        assert settle(file) == len(short)
    assert settle(tmp_path / "none.wav") == 0
