"""The peer's power by its remote console, through a fence agent (`fence_ipmilan`, `fence_redfish`, …).

machine.py asks it. An agent is run with `--action status|off|on`; status exits 0 for on, 2 for off, anything
else for no answer (fence agents' API). Use the agent's `method=onoff`. What counts is what is read back. A
console that is slow is no dead one: who asks may stop waiting, and is told later.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from usnd.domain.pair.evidence import Power
from usnd.pair.run_program import run

_STATUS = {0: Power.ON, 2: Power.OFF}
SWITCHES = 20.0
"""Seconds for an agent that switches."""
LONGEST = 60.0
"""Seconds after which an agent that only asks is ended; nobody waits for it so long."""
MOST = 3
"""Questions to one console at once: each is a process, and a console has few sessions."""
ROUNDS = 8
"""To switch takes so many times what an answer takes: log in, ask, switch, ask until it is so, log out."""


async def power(agent: Sequence[str], patience: float = LONGEST) -> Power:
    """What the console says; SILENT when it does not answer."""
    status, _ = await run((*agent, "--action", "status"), patience)
    return _STATUS.get(status, Power.SILENT)


class NotSwitchedError(Exception):
    """The console did not do it, or not in time; with what its agent said."""


async def switch(agent: Sequence[str], *, on: bool, patience: float = SWITCHES) -> None:
    """Tells it to. Raises NotSwitchedError unless the agent says that it was done."""
    wish = "on" if on else "off"
    status, said = await run((*agent, "--action", wish), patience)
    if status != 0:
        raise NotSwitchedError(f"the other server's remote console did not switch it {wish}: {said[-200:]}")


async def measure(agent: Sequence[str], times: int) -> tuple[float, int]:
    """Seconds that the slowest of so many answers took, and how many questions got none."""
    took, silent = 0.0, 0
    for _ in range(times):
        began = time.monotonic()
        said = await power(agent)
        took = max(took, time.monotonic() - began)
        silent += said is Power.SILENT
    return took, silent


class Console:
    """One console, asked again and again. `answer`: seconds that an answer may take before it counts as none.

    `told`: what is known now, when that was so, and how long the last answer took. A question that is not
    answered in time is a silence, unless the console answered a former one late: then it is known to be slow,
    and what it said last goes on to count until it ages.
    """

    def __init__(
        self,
        agent: Sequence[str],
        answer: float,
        clock: Callable[[], float],
        told: Callable[[Power, float, float], None],
    ) -> None:
        self._agent, self._answer, self._clock, self._told = agent, answer, clock, told
        self.took = 0.0
        self.switching = False
        """It is told to switch, and is asked nothing else meanwhile."""
        self._open: list[float] = []
        """When the questions began that still wait for an answer."""
        self._answered = float("-inf")

    async def ask(self) -> None:
        """One question, until its answer or LONGEST."""
        if self.switching:
            return
        if len(self._open) >= MOST:
            if self._clock() - self._open[-1] >= self._answer:
                self._note_silence(self._open[-1])
            return
        began = self._clock()
        question = asyncio.ensure_future(power(self._agent))
        self._open.append(began)
        try:
            done, _ = await asyncio.wait({question}, timeout=self._answer)
            if not done:
                self._note_silence(began)
            self._take(await question, began)
        finally:
            self._open.remove(began)
            question.cancel()

    def _note_silence(self, asked: float) -> None:
        """Of a question that waits for its answer since then, if that is a silence."""
        if self.took <= self._answer and self._answered < asked:
            self._told(Power.SILENT, self._clock(), self.took)

    async def switch(self, *, on: bool, patience: float) -> None:
        """Tells it to, and waits `patience` seconds, or as long as it needs by what it took to answer."""
        self.switching = True
        try:
            await switch(self._agent, on=on, patience=max(patience, ROUNDS * self.took))
        finally:
            self.switching = False

    def _take(self, said: Power, began: float) -> None:
        """An answer is as old as its question; a silence lasts until now, unless a later one was answered."""
        ended = self._clock()
        if said is not Power.SILENT:
            self.took = ended - began
            if began > self._answered:
                self._answered = began
                self._told(said, began, self.took)
        elif self._answered < began:
            self.took = 0.0
            self._told(said, ended, 0.0)
