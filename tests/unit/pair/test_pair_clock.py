"""A clock that is wrong by a day, or is set right later, decides nothing in the pair."""

import ast
import time
from pathlib import Path

import pytest

import usnd.domain.pair
import usnd.pair
from usnd.pair import main

TIME_OF_DAY = {"time.time", "time.time_ns", "datetime.now", "datetime.today", "datetime.utcnow", "date.today"}
SOURCES = [
    path
    for package in (usnd.pair, usnd.domain.pair)
    for path in sorted(Path(str(package.__file__)).parent.rglob("*.py"))
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_of_the_pair_asks_for_the_time_of_day(source: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    assert not TIME_OF_DAY & {ast.unparse(call.func).removeprefix("datetime.datetime.") for call in calls}


def test_ages_are_of_a_clock_that_nobody_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(time, "clock_gettime", lambda clock: asked.append(clock) or 7.0)
    assert main._clock() == 7.0
    assert asked == [time.CLOCK_BOOTTIME]
