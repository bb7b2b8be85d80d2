"""A thread that goes before all others sees when it does not run."""

import asyncio
import os
import signal
import time
from pathlib import Path

from workbench.bench.stalls import Canaries, Stop
from workbench.parts.process import until


def watches(pid: int) -> bool:
    """It is in its loop: on one processor, and asleep."""
    status = Path(f"/proc/{pid}/status").read_text()
    return "\nCpus_allowed_list:\t0\n" in status and "State:\tS" in status


async def test_a_stop_is_seen_and_told_once() -> None:
    """Of a machine with other work there may be other stops."""
    async with Canaries() as canaries:
        stopped = canaries.pids[0]
        assert await until(lambda: watches(stopped), 10, 0.1)
        os.kill(stopped, signal.SIGSTOP)
        begun = time.time()
        await asyncio.sleep(0.3)
        ended = time.time()
        os.kill(stopped, signal.SIGCONT)
        await asyncio.sleep(1.0)

    def seen() -> list[Stop]:
        return [stop for stop in canaries.stops if stop.begun < begun + 0.1 and stop.ended > ended - 0.1]

    assert len(seen()) == 1
    await canaries.stop()
    assert len(seen()) == 1
