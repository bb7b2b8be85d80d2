"""When the processors of this machine stood still: `python -m workbench.canary`, one process on each of them.

Owns what a stop is: a thread that goes before all others is woken late. Then no program could run there: a
virtual machine's host gave the processor to somebody else, whether it says so or not. For root.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workbench.process import Part, Process, private_directory

PERIOD = 0.005
LATE = 0.010
"""Seconds; a processor that runs wakes this thread within some hundred microseconds."""


@dataclass(frozen=True)
class Stop:
    """Times in seconds since the epoch."""

    begun: float
    ended: float


class Canaries(Part):
    """`async with` they watch. stops: of any processor, in time; known afterwards."""

    def __init__(self) -> None:
        self.stops: list[Stop] = []
        self._home = private_directory("usn-canary-")
        self._processes = [self._on(processor) for processor in sorted(os.sched_getaffinity(0))]

    def _on(self, processor: int) -> Process:
        command = [sys.executable, "-m", __name__, str(processor)]
        environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
        return Process(command, self._home / str(processor), environment=environment)

    @property
    def pids(self) -> list[int]:
        """One for each processor. Raises PartError when they were not started."""
        return [process.pid for process in self._processes]

    async def start(self) -> None:
        """All of them."""
        for process in self._processes:
            process.start()

    async def stop(self) -> None:
        """All of them."""
        for process in self._processes:
            await process.stop()
        if not self._home.exists():
            return
        lines = [line for path in self._home.glob("*") for line in path.read_text().splitlines()]
        self.stops = sorted((Stop(*json.loads(line)) for line in lines), key=lambda stop: stop.begun)
        shutil.rmtree(self._home, ignore_errors=True)


def beside(at: float, stops: Iterable[Stop], seconds: float) -> bool:
    """Whether one of them lasted or had ended so shortly before."""
    return any(stop.begun <= at <= stop.ended + seconds for stop in stops)


def watch(processor: int) -> None:
    """Prints each stop of it until the process is ended."""
    os.sched_setaffinity(0, {processor})
    with suppress(PermissionError):  # then it sees also when others went before
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(os.sched_get_priority_max(os.SCHED_FIFO)))
    while True:
        due = time.time() + PERIOD
        time.sleep(PERIOD)
        if (now := time.time()) - due > LATE:
            print(json.dumps([due, now]), flush=True)


if __name__ == "__main__":
    watch(int(sys.argv[1]))
