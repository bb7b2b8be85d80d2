"""Proves the two minutes in which a subscriber may come back, by a daemon whose clock is ahead (C5)."""

import asyncio
import time

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage
from workbench.parts.journal import written_at
from workbench.parts.process import until

AWAY = 120.0


async def leave(parts: Stage, count: int) -> float:
    """The subscriber drops out, the so-manieth time; when, in seconds since the epoch."""
    await parts.switch.hang_up(SUBSCRIBER)
    await parts.usn.until_event("conference away", 5, count)  # said when it is committed
    gone = ("call leaving", "call ended")  # the first of them; on a busy machine the second alone
    told = [one for one in parts.usn.events() if one["event"] in gone and one["number"] == SUBSCRIBER]
    return min(written_at(one) for one in told if one["call"] == told[-1]["call"])


async def advance(parts: Stage, left: float, seconds: float) -> float:
    """The next daemon's clock shows so many seconds after the leaving; how far it is ahead of ours."""
    await parts.usn.stop_daemon()
    ahead = left + seconds - time.time()
    await parts.usn.start_daemon(ahead)
    return ahead


async def call_at(parts: Stage, moment: float) -> None:
    """The subscriber calls the node at that time of our clock."""
    await asyncio.sleep(max(0.0, moment - time.time()))
    await parts.switch.call(SUBSCRIBER, "52272", parts.usn.asterisk.ports.sip)


def turned_away(parts: Stage) -> bool:
    """The second call in came while the conference ended, or behind its end."""
    return parts.usn.count("subscriber calls in") == 2 or parts.usn.count("incoming call refused") == 1


async def test_back_at_1_30_goes_on_and_at_2_01_is_too_late() -> None:
    """How near to the limit is a unit test's matter: here real daemons and handsets take real time."""
    async with stage() as parts:
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))

        left = await leave(parts, 1)
        ahead = await advance(parts, left, 84)
        await call_at(parts, left + 90 - ahead)
        await parts.usn.until_event("conference running", 10, 2)
        back = max(written_at(one) for one in parts.usn.events() if one["event"] == "conference running")
        assert 90 < back + ahead - left < AWAY
        assert len(await parts.until_heard(EVERYBODY.values())) == 12

        left = await leave(parts, 2) + ahead
        ahead = await advance(parts, left, 115)
        await parts.usn.until_event("conference ending", 10, reason="subscriber-away")
        ending = next(written_at(one) for one in parts.usn.events() if one["event"] == "conference ending")
        assert ending + ahead - left >= AWAY
        await call_at(parts, left + 121 - ahead)
        assert await until(lambda: turned_away(parts), 10, 0.1)
        heard = "Playing 'conf-leaderhasleft"
        assert await until(lambda: heard in parts.usn.asterisk.log(400), 5, 0.2)
        await parts.usn.until_event("conference ended", 20, reason="subscriber-away")
        assert await parts.switch.state(SUBSCRIBER) == "idle", "not let in again"
        cdrs = parts.usn.cdrs()
        assert [cdr["outcome"] for cdr in cdrs] == ["completed"] * 5
        assert [cdr["direction"] for cdr in cdrs if cdr["dnis"] == "52272"] == ["in"]
