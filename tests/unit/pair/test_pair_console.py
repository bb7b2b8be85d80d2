"""A remote console that is slow is told apart from one that is dead."""

import asyncio
from collections.abc import Callable

import pytest

from usnd.domain.pair.evidence import Power
from usnd.pair import console
from usnd.pair.console import Console
from workbench.parts.process import until


class Bmc:
    """Answers so much later, in seconds of its own that pass at once; dead: does not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.told: list[tuple[Power, float, float]] = []
        self.answers: list[asyncio.Future[Power]] = []
        self.now = 0.0
        monkeypatch.setattr(console, "power", self.power)
        self.console = Console(("agent",), 0.01, lambda: self.now, lambda *told: self.told.append(told))

    async def power(self, _agent: tuple[str, ...]) -> Power:
        self.answers.append(asyncio.get_running_loop().create_future())
        return await self.answers[-1]

    async def asked(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self.console.ask())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return task


@pytest.fixture
def bmc(monkeypatch: pytest.MonkeyPatch) -> Bmc:
    return Bmc(monkeypatch)


async def told(bmc: Bmc, so: Callable[[], bool]) -> None:
    assert await until(so, 5, 0.005)


async def test_a_late_answer_counts_and_from_then_on_lateness_is_no_silence(bmc: Bmc) -> None:
    first = await bmc.asked()
    await told(bmc, lambda: bool(bmc.told))
    assert bmc.told == [(Power.SILENT, 0.0, 0.0)], "nobody knows better yet"
    bmc.now = 12.0
    bmc.answers[0].set_result(Power.ON)
    await first
    assert bmc.told[1:] == [(Power.ON, 0.0, 12.0)]
    second = await bmc.asked()
    await asyncio.sleep(0.05)
    assert len(bmc.told) == 2
    bmc.now = 24.0
    bmc.answers[1].set_result(Power.OFF)
    await second
    assert bmc.told[2:] == [(Power.OFF, 12.0, 12.0)]


async def test_an_agent_that_says_that_there_is_no_answer_is_believed(bmc: Bmc) -> None:
    first = await bmc.asked()
    bmc.now = 3.0
    bmc.answers[0].set_result(Power.SILENT)
    await first
    assert bmc.told == [(Power.SILENT, 3.0, 0.0)]


async def test_an_older_question_says_nothing_over_a_later_one(bmc: Bmc) -> None:
    first = await bmc.asked()
    bmc.now = 1.0
    second = await bmc.asked()
    bmc.answers[1].set_result(Power.OFF)
    await second
    bmc.answers[0].set_result(Power.ON)
    await first
    assert [said for said, *_ in bmc.told if said is not Power.SILENT] == [Power.OFF]


async def test_a_console_that_is_dead_is_silent_for_as_long_as_its_agents_try(bmc: Bmc) -> None:
    """Each took 20 s to give up: between two of them the silence was too old, and nobody ever took over."""
    tasks = []
    for _ in range(console.MOST):
        tasks.append(await bmc.asked())
        bmc.now += 1.0
    await told(bmc, lambda: len(bmc.told) == console.MOST)
    for second in range(3, 20):
        bmc.now = float(second)
        await bmc.console.ask()
        assert bmc.told[-1] == (Power.SILENT, float(second), 0.0)
    assert len(bmc.answers) == console.MOST
    bmc.answers[0].set_result(Power.ON)
    await tasks[0]
    count = len(bmc.told)
    tasks.append(await bmc.asked())
    await bmc.console.ask()
    assert bmc.told[count:] == [], "it is slow, not silent"
    for task in tasks[1:]:
        task.cancel()
    await asyncio.gather(*tasks[1:], return_exceptions=True)


async def test_no_more_than_a_few_agents_run_at_once(bmc: Bmc) -> None:
    tasks = [await bmc.asked() for _ in range(console.MOST + 3)]
    assert len(bmc.answers) == console.MOST
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_slow_console_is_given_the_time_it_needs_to_switch_and_asked_nothing_meanwhile(
    bmc: Bmc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was told to switch off every 20 s, needed 77 each time, and nobody ever took over."""
    patiences: list[float] = []

    async def switch(_agent: object, *, on: bool, patience: float) -> None:
        assert on is False
        patiences.append(patience)
        await bmc.console.ask()

    monkeypatch.setattr(console, "switch", switch)
    for took, patience in ((1.0, 20.0), (12.0, 96.0)):
        bmc.console.took = took
        await bmc.console.switch(on=False, patience=20.0)
        assert patiences.pop() == patience
    assert bmc.answers == []
    assert not bmc.console.switching


async def test_who_is_not_switched_is_told_with_what_the_agent_said() -> None:
    said = "the other server's remote console did not switch it off: no route"
    with pytest.raises(console.NotSwitchedError, match=said):
        await console.switch(("sh", "-c", "echo no route; exit 1"), on=False)
