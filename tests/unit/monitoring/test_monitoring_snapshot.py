"""The one snapshot: what is gathered comes back from the file as it was, and only while usnd runs."""

import asyncio
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from msgspec.structs import asdict
from node_figures import NOW, snapshot
from structlog.testing import capture_logs

from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import PINS_GUESSED, TRUNK_DOWN
from usnd.monitoring import status_file
from usnd.monitoring.gather import Gatherer
from usnd.monitoring.snapshot import FILE, STALE_AFTER, AlarmFigures, NoStatus, Snapshot, read
from usnd.process.runtime_directory import RuntimeDirectory
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
    task = asyncio.create_task(gathers.run(runtime, RuntimeDirectory()))
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


async def test_a_directory_that_goes_stops_nothing_and_the_file_comes_with_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_file, "EVERY", 0.01)
    path = tmp_path / "run" / FILE
    with capture_logs() as journal:
        task = asyncio.create_task(status_file.show(path, lambda _now: WHOLE, RuntimeDirectory()))
        for gone in ("once", "twice"):
            await asyncio.sleep(0.1)
            assert not task.done()
            path.parent.mkdir()
            await asyncio.sleep(0.2)
            assert path.exists()
            path.parent.rename(tmp_path / gone)
        path.parent.mkdir()
        path.mkdir()  # not even this keeps usnd from its end
        await asyncio.sleep(0.1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    lost, again = "runtime directory cannot be used", "runtime directory can be used again"
    assert [line["event"] for line in journal] == [lost, again, lost, again, lost]


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


@pytest.mark.parametrize(("process", "named"), [(4711, "usnd (process 4711)"), (0, "usnd")])
def test_a_usnd_that_is_there_is_not_called_one_that_does_not_run(
    tmp_path: Path, process: int, named: str
) -> None:
    with pytest.raises(NoStatus, match=re.escape(f"{named} is there, and shows nothing: no status in")):
        read(tmp_path, NOW, process)
    (tmp_path / FILE).write_bytes(json.encode(WHOLE))
    with pytest.raises(
        NoStatus, match=re.escape(f"{named} is there, and has said nothing for 6 s: it hangs")
    ):
        read(tmp_path, NOW + timedelta(seconds=STALE_AFTER + 1), process)
    assert read(tmp_path, NOW, process) == WHOLE
