"""The one snapshot: what is gathered comes back from the file as it was, and only while usnd runs."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from msgspec.structs import asdict
from node_figures import NOW, snapshot

from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import PINS_GUESSED, TRUNK_DOWN
from usnd.monitoring import status_file
from usnd.monitoring.gather import Gatherer
from usnd.monitoring.snapshot import FILE, STALE_AFTER, AlarmFigures, NoStatus, Snapshot, read
from usnd.services.alarms.alarms import Alarms
from usnd.services.figures import DialInFigures

WHOLE = snapshot()


def gatherer(alarms: Alarms) -> Gatherer:
    """Of services that show what WHOLE has."""

    class Binds:
        def figures(self, _now: datetime) -> Any:
            return WHOLE.binds

    def dial_in(_now: datetime) -> DialInFigures:
        alarms.raise_(PINS_GUESSED)
        return WHOLE.dial_in

    binds: Any = Binds()
    return Gatherer(
        alarms,
        binds,
        texts=lambda: WHOLE.texts,
        trunks=lambda _now: WHOLE.trunks,
        asterisk=lambda _now: WHOLE.asterisk,
        conferences=lambda: WHOLE.conferences,
        dial_in=dial_in,
        recordings=lambda: WHOLE.recordings,
        database=lambda: WHOLE.database,
    )


async def written(runtime: Path | None, gathers: Gatherer) -> None:
    task = asyncio.create_task(gathers.run(runtime))
    await asyncio.sleep(0.1)
    try:
        if runtime is not None:
            assert (runtime / FILE).exists()
            (runtime / "kept").write_bytes((runtime / FILE).read_bytes())
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_everything_of_one_moment_is_in_it_and_what_the_figures_raise() -> None:
    alarms = Alarms(lambda: NOW)
    alarms.raise_(TRUNK_DOWN, "msc", in_use=2)
    taken = gatherer(alarms).snapshot(NOW)
    down = AlarmFigures(name="trunk-down", object="msc", since=NOW, facts="in_use=2")
    assert taken.alarms == (down, AlarmFigures.of(Alarm(PINS_GUESSED, "", NOW)))
    assert {name: getattr(taken, name) for name in Snapshot.__struct_fields__ if name != "alarms"} == {
        name: getattr(WHOLE, name) for name in Snapshot.__struct_fields__ if name != "alarms"
    }


async def test_it_comes_back_from_the_file_as_it_was_and_goes_with_usnd(tmp_path: Path) -> None:
    gathers = gatherer(Alarms(lambda: NOW))
    await written(tmp_path, gathers)
    assert not (tmp_path / FILE).exists(), "nobody takes it for a living usnd"
    (tmp_path / "kept").rename(tmp_path / FILE)
    found = read(tmp_path, datetime.now(UTC))
    assert found == Snapshot(**{**asdict(gathers.snapshot(NOW)), "at": found.at})


async def test_without_a_directory_conditions_are_judged_all_the_same() -> None:
    alarms = Alarms(lambda: NOW)
    await written(None, gatherer(alarms))
    assert alarms.is_raised(PINS_GUESSED)


async def test_a_directory_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    task = asyncio.create_task(status_file.show(tmp_path / "gone" / FILE, lambda _now: WHOLE))
    await asyncio.sleep(0.1)
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_why_there_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoStatus, match="is not running"):
        read(tmp_path, NOW)
    (tmp_path / FILE).write_text('{"binds": []}')
    with pytest.raises(NoStatus, match="is not of this release"):
        read(tmp_path, NOW)
    (tmp_path / FILE).write_bytes(json.encode(WHOLE))
    assert read(tmp_path, NOW + timedelta(seconds=STALE_AFTER)) == WHOLE
    with pytest.raises(NoStatus, match="said nothing for 6 s"):
        read(tmp_path, NOW + timedelta(seconds=STALE_AFTER + 1))
    assert read(tmp_path, NOW - timedelta(seconds=STALE_AFTER)) == WHOLE
    with pytest.raises(NoStatus, match="the clock is wrong"):
        read(tmp_path, NOW - timedelta(hours=1))
