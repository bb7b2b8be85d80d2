"""The life of a part cell by cell, its names, and what the janitor removes (C7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.recording.files import (
    OPEN,
    RECORD_TABLE,
    FoundFile,
    KeepRules,
    RecordEvent,
    Recording,
    RecordingPart,
    RecordState,
    file_of,
    follow_recorder,
    is_file_name,
    orphans,
    part_of_recorder,
    recorder_of,
    to_remove,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=9)
DAY = timedelta(days=1)
S, E = RecordState, RecordEvent


@pytest.mark.parametrize("event", E)
@pytest.mark.parametrize("state", S)
def test_every_cell(state: RecordState, event: RecordEvent) -> None:
    before = RecordingPart(1, state, NOW)
    after = follow_recorder(before, event, LATER)
    assert after.state is RECORD_TABLE[state, event]
    if after.state is state:
        assert after is before
    assert (after.started_at == LATER) == (after.state is S.RUNNING and state is not S.RUNNING)
    assert (after.stopped_at == LATER) == (after.state not in OPEN and after.state is not state)
    if state not in OPEN:
        assert after.state not in OPEN, "what is over is not recorded again"


def test_when_it_stopped_stays_when_its_file_is_removed() -> None:
    closed = follow_recorder(RecordingPart(1, S.RUNNING, NOW, NOW), E.ENDED, NOW)
    assert follow_recorder(closed, E.REMOVE, LATER).stopped_at == NOW


def test_names_lead_to_the_part_and_back() -> None:
    assert part_of_recorder(recorder_of(7, 2)) == (7, 2)
    assert file_of(7, 2) == "c7-2.wav"
    for other in ("rec-c7", "usn-7-2", "rec-c7-2-room", ""):
        assert part_of_recorder(other) is None


def kept(conference: int, age: timedelta, octets: int | None = 1000) -> Recording:
    return Recording(conference, 1, 42, file_of(conference, 1), S.CLOSED, NOW, NOW - age, octets)


def test_its_length_is_that_of_its_samples() -> None:
    assert [kept(1, DAY, octets).seconds for octets in (None, 0, 44, 16_044)] == [None, 0, 0, 1]
    assert kept(7, DAY).id == "7-1"


def test_what_is_older_than_it_may_be_goes_oldest_first() -> None:
    rules = KeepRules(keep=90 * DAY)
    all_of_them = [kept(1, 91 * DAY), kept(2, 90 * DAY), kept(3, 95 * DAY), kept(4, DAY)]
    assert [one.conference_id for one in to_remove(all_of_them, rules, NOW)] == [3, 1]


def test_above_the_size_the_oldest_go() -> None:
    rules = KeepRules(most=2500)
    unmeasured = replace(kept(5, timedelta()), stopped_at=None, octets=None)
    all_of_them = [unmeasured, kept(1, 4 * DAY), kept(2, 3 * DAY), kept(3, 2 * DAY), kept(4, DAY)]
    assert [one.conference_id for one in to_remove(all_of_them, rules, NOW)] == [1, 2]
    assert list(to_remove(all_of_them, KeepRules(), NOW)) == []


def test_a_file_of_no_recording_goes_after_a_day() -> None:
    files = [FoundFile("c3-1.wav", NOW - 2 * DAY), FoundFile("c1-1.wav", NOW - 2 * DAY)]
    files += [FoundFile("c2-1.wav", NOW - 9 * DAY), FoundFile("c4-1.wav", NOW - DAY / 2)]
    assert orphans(files, {"c2-1.wav"}, KeepRules(), NOW) == ["c1-1.wav", "c3-1.wav"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "c7-1",
        "c7.wav",
        "../c7-1.wav",
        "c7-1.wav/..",
        "c7-1.wav\n",
        "c7-1.WAV",
        "c\u0667-1.wav",
        "/c7-1.wav",
    ],
)
def test_only_what_we_give_is_a_name_of_a_file(name: str) -> None:
    assert is_file_name(file_of(7, 1))
    assert not is_file_name(name)
