"""What comes in while usnd starts: it waits for the survey of Asterisk, and not for one that is dead."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from usnd.services.conference.conferences import SURVEY_PATIENCE
from workbench.demo.stage import EVERYBODY, GROUP, Stage, stage
from workbench.parts.journal import written_at
from workbench.parts.usn import BOUND

LAUNCH = "IC " + " ".join(GROUP.values())


@pytest.fixture
async def stopped() -> AsyncIterator[Stage]:
    """All is there but usnd."""
    async with stage() as parts:
        await parts.usn.stop_daemon()
        yield parts


def last(parts: Stage, event: str) -> float:
    return written_at([one for one in parts.usn.events() if one["event"] == event][-1])


async def test_a_text_that_comes_with_the_bind_is_launched_by_a_slow_asterisk(stopped: Stage) -> None:
    """Asterisk answers only a second after usnd has begun: the SMSC is bound to behind the survey."""
    begun = stopped.usn.count("usnd starts")
    stopped.usn.asterisk.freeze()
    stopped.usn.process.start()
    launched = asyncio.create_task(launch_with_the_bind(stopped))
    await stopped.usn.until_event("usnd starts", 20, begun + 1)
    await asyncio.sleep(1)
    stopped.usn.asterisk.thaw()
    assert "cannot be placed" not in await launched
    await stopped.usn.until_event("call joined", 20, len(EVERYBODY))
    assert last(stopped, "calls surveyed") <= last(stopped, BOUND)


async def launch_with_the_bind(parts: Stage) -> str:
    await parts.smsc.bound(20)
    return await parts.text(LAUNCH)


async def test_a_dead_asterisk_keeps_texts_out_for_three_seconds(stopped: Stage) -> None:
    stopped.usn.asterisk.kill()
    stopped.usn.process.start()
    await stopped.smsc.bound(20)
    await stopped.usn.until_event(BOUND, 5, 2)
    assert last(stopped, BOUND) - last(stopped, "usnd starts") >= SURVEY_PATIENCE
    assert "cannot be placed" in await stopped.text(LAUNCH)
