"""A daemon that starts with a clock that is wrong by a day serves, and goes on when it is right again."""

import pytest

from workbench.demo.stage import EVERYBODY, GROUP, stage

DAY = 86_400.0


@pytest.mark.parametrize("wrong", [-DAY, DAY], ids=["a day late", "a day early"])
async def test_a_wrong_clock_stops_nobody(wrong: float) -> None:
    words = f"IC {' '.join(GROUP.values())}"
    async with stage() as parts:
        for number, ahead in enumerate((0.0, wrong, 0.0), 1):
            if number > 1:
                await parts.usn.stop_daemon()
                await parts.usn.start_daemon(ahead)
            await parts.usn.until_event("calls surveyed", 30, number)
            assert await parts.text(words)
            await parts.usn.until_event("call joined", 30, number * len(EVERYBODY))
            assert len(await parts.until_heard(EVERYBODY.values())) == 12
            for handset in EVERYBODY.values():
                await parts.switch.hang_up(handset)
            await parts.usn.until_event("conference ended", 30, number)
