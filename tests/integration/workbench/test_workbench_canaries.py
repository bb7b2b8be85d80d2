"""A thread that goes before all others sees when it does not run."""

import asyncio
import os
import signal

from workbench.canary import Canaries


async def test_a_stop_is_seen_and_told_once() -> None:
    async with Canaries() as canaries:
        await asyncio.sleep(1.0)  # they have started
        stopped = canaries.pids[0]
        os.kill(stopped, signal.SIGSTOP)
        await asyncio.sleep(0.2)
        os.kill(stopped, signal.SIGCONT)
        await asyncio.sleep(0.2)
    long = [stop for stop in canaries.stops if stop.ended - stop.begun > 0.1]
    assert len(long) == 1
    await canaries.stop()
    assert long == [stop for stop in canaries.stops if stop.ended - stop.begun > 0.1]
