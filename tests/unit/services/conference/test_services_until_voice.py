"""Who takes orders waits for the survey of Asterisk, and not for a dead one (REQUIREMENTS C1, S11)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from virtual_loop import run

from usnd.asterisk.progress import Survey
from usnd.daemon import Daemon
from usnd.domain.conference.model import Rules
from usnd.services.conference.conferences import SURVEY_PATIENCE, Conferences

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def conferences() -> Conferences:
    unused: Any = None
    return Conferences(unused, unused, unused, unused, Rules(), unused, lambda: NOW)


@pytest.mark.parametrize(("surveyed_after", "waited"), [(0.03, 0.03), (2.9, 2.9), (None, 3.0)])
def test_it_waits_for_the_survey_three_seconds_at_most(surveyed_after: float | None, waited: float) -> None:
    async def work() -> float:
        ours, loop = conferences(), asyncio.get_running_loop()
        if surveyed_after is not None:
            loop.call_later(surveyed_after, ours.go_on_from, Survey({}, {}, {}), (), None)
        began = loop.time()
        await ours.until_voice()
        return loop.time() - began

    assert run(work()) == pytest.approx(waited, abs=0.001)
    assert SURVEY_PATIENCE == 3.0


def test_a_link_that_is_cut_is_waited_for_again() -> None:
    async def work() -> bool:
        ours = conferences()
        ours.go_on_from(Survey({}, {}, {}), (), None)
        ours.stop_placing()
        await ours.until_voice()
        return ours.voice_up

    assert run(work()) is False


@pytest.mark.parametrize(("stopped_after", "waited"), [(0.5, 0.5), (None, 3.0)])
def test_the_daemon_opens_behind_the_survey_and_a_stop_waits_for_none(
    stopped_after: float | None, waited: float
) -> None:
    async def work() -> float:
        daemon, stopped, loop = object.__new__(Daemon), asyncio.Event(), asyncio.get_running_loop()
        daemon._conferences = conferences()
        if stopped_after is not None:
            loop.call_later(stopped_after, stopped.set)
        began = loop.time()
        await daemon._until_known(stopped)
        return loop.time() - began

    assert run(work()) == pytest.approx(waited, abs=0.001)
