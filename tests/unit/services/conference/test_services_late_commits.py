"""Nothing is dialled whose moment has passed while it was committed, or told before (REQUIREMENTS C11)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from virtual_loop import run

from usnd.asterisk.progress import Survey
from usnd.domain.conference.call import CallEvent, CallNews
from usnd.domain.conference.commands import HangUp, PlaceCall
from usnd.domain.conference.model import LaunchPlan, Participant, Rules
from usnd.domain.conference.transitions import launch
from usnd.domain.recording.control import record
from usnd.domain.recording.files import RecorderNews, RecordEvent, recorder_of
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.conference.conferences import Conferences
from usnd.services.trunks.trunks import Trunks

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, BOB = "+447700900001", "+447700900002"
RULES = Rules()


class Actions:
    """In place of Asterisk: what it was asked for; it knows no call."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    async def carry_out(self, action: object) -> CallNews | None:
        self.asked.append(action)
        return CallNews(action.call, CallEvent.MISSING) if isinstance(action, HangUp) else None

    def follow(self, *_: object) -> None:
        """No recording."""

    async def forget(self, _calls: list[str]) -> None:
        """Nothing is kept."""


class Committing:
    """In place of the store: it commits at once, while it is open."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()

    async def run(self, _unit: Callable[[Any], Any]) -> list[Any]:
        await self.open.wait()
        return []


class Bench:
    def __init__(self, late: timedelta) -> None:
        self.actions = Actions()
        self.store = Committing()
        store: Any = self.store
        actions: Any = self.actions
        unused: Any = None
        trunks = Trunks(Routing((Trunk("msc"),)), Alarms(lambda: NOW))
        self.conferences = Conferences(store, unused, actions, trunks, RULES, unused, lambda: NOW + late)
        self.conferences.go_on_from(Survey({}, {}, {}), (), None)
        self.step = launch(7, LaunchPlan(42, ANN, (Participant(BOB, "Bob"),)), RULES, NOW)

    def placed(self) -> list[str]:
        return [action.call for action in self.actions.asked if isinstance(action, PlaceCall)]

    async def after(self, do: Callable[[], None]) -> None:
        async with self.conferences._tasks:
            do()
            await asyncio.sleep(1)


@pytest.mark.parametrize(
    ("late", "placed"),
    [
        (timedelta(0), ["usn-7-1", "usn-7-2"]),
        (RULES.too_old - timedelta(seconds=2), ["usn-7-1", "usn-7-2"]),
        (RULES.too_old, []),
        (timedelta(seconds=66), []),
    ],
)
def test_a_launch_that_was_committed_too_late_dials_nobody_and_ends(
    late: timedelta, placed: list[str]
) -> None:
    bench = Bench(late)
    run(bench.after(lambda: bench.conferences.adopt(bench.step)))
    assert bench.placed() == placed
    assert bool(bench.conferences.live) is bool(placed)


def test_a_conference_that_is_withdrawn_dials_nobody_and_ends() -> None:
    bench = Bench(timedelta(0))
    run(bench.after(lambda: bench.conferences.withdraw(bench.step.conference)))
    assert bench.placed() == []
    assert bench.conferences.live == ()


def test_the_journal_has_no_recording_that_runs_before_that_is_committed() -> None:
    with capture_logs() as told:
        bench = Bench(timedelta(0))

        async def scene() -> None:
            conferences = bench.conferences
            async with conferences._tasks:
                conferences.adopt(record(bench.step.conference, NOW))
                bench.store.open.clear()
                conferences.hear_recorder(RecorderNews(recorder_of(7, 1), RecordEvent.BEGUN))
                await asyncio.sleep(1)
                assert [line["event"] for line in told] == []
                bench.store.open.set()

        run(scene())
    assert [(line["event"], line["part"]) for line in told] == [("recording running", 1)]
