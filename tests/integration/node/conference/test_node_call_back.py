"""Proves that a subscriber who drops out is called back, and left alone after the last try (C6)."""

import asyncio

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage
from workbench.parts.voice.switch import Refusal

SETTINGS = "[conference]\ncall_backs = 3\ncall_back_pause = 0.5\naway = 3\n"


async def launch(parts: Stage) -> None:
    await parts.text("IC " + " ".join(GROUP.values()))
    await parts.usn.until_event("call joined", 20, len(EVERYBODY))


async def test_a_dropped_subscriber_is_called_back_and_the_conference_goes_on() -> None:
    async with stage(SETTINGS.replace("0.5", "5")) as parts:  # time to free the line between two tries
        await launch(parts)
        await parts.switch.put(parts.handset(SUBSCRIBER, refusal=Refusal.BUSY))
        await parts.switch.hang_up(SUBSCRIBER)
        await parts.usn.until_event("conference recalling", 5)
        await parts.usn.until_event("call ended", 10, 2, number=SUBSCRIBER)  # the first call, and a busy try
        await parts.switch.put(parts.handset(SUBSCRIBER))
        await parts.usn.until_event("conference running", 10, 2)
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        assert len(parts.switch.invites) == len(EVERYBODY) + 2


async def test_after_three_call_backs_that_fail_the_time_away_begins() -> None:
    async with stage(SETTINGS) as parts:
        await launch(parts)
        await parts.switch.put(parts.handset(SUBSCRIBER, refusal=Refusal.BUSY))
        await parts.switch.hang_up(SUBSCRIBER)
        await parts.usn.until_event("conference away", 10)
        assert len(parts.switch.invites) == len(EVERYBODY) + 3
        await parts.usn.until_event("conference ended", 20, reason="subscriber-away")
        outcomes = sorted(cdr["outcome"] for cdr in parts.usn.cdrs())
        assert outcomes == ["busy"] * 3 + ["completed"] * 4


async def test_call_backs_go_on_after_a_kill_of_the_daemon() -> None:
    """Killed in the pause: the tries that are left are made by the next daemon, and no more."""
    async with stage(SETTINGS.replace("0.5", "2")) as parts:
        await launch(parts)
        await parts.switch.hang_up(SUBSCRIBER)
        await parts.usn.until_event("conference recalling", 5)
        parts.usn.process.kill()
        await asyncio.sleep(2)
        await parts.usn.start_daemon()
        await parts.usn.until_event("conference running", 10, 2)
        assert len(parts.switch.invites) == len(EVERYBODY) + 1
