"""When the processors of this machine stood still: `python -m workbench.bench.stalls`, one process on each of
them.

Started by conference.py beside a run; gaps.py compares its stops with the gaps. A stop is when a thread that
goes before all others is woken late. Then no program could run there: a virtual machine's host gave the
processor to somebody else, whether it says so or not. For root.
"""

import json
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench import ROOT
from workbench.parts.process import Part, Process, private_directory

if TYPE_CHECKING:
    from pathlib import Path

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
        self._watching: dict[Path, Process] = {}

    @property
    def pids(self) -> list[int]:
        """One for each processor. Raises PartError when they were not started."""
        return [process.pid for process in self._watching.values()]

    async def start(self) -> None:
        """All of them."""
        home = private_directory("usn-canary-")
        environment = {"PYTHONPATH": str(ROOT)}
        for processor in sorted(os.sched_getaffinity(0)):
            command, said = [sys.executable, "-m", __name__, str(processor)], home / str(processor)
            self._watching[said] = Process(command, said, environment=environment)
            self._watching[said].start()

    async def stop(self) -> None:
        """All of them."""
        while self._watching:
            said, process = self._watching.popitem()
            await process.stop()
            self.stops += [Stop(*json.loads(line)) for line in said.read_text().splitlines()]
            said.unlink()
            if not self._watching:
                said.parent.rmdir()
        self.stops.sort(key=lambda stop: stop.begun)


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
