"""`make soak`: people launch, join, drop, press keys, return, while usnd is killed; then what is left of it.

What people do is drawn from a seed; the moments within the programs are the machine's own. At the end it
checks that nothing lives on, that each call was recorded once, and that memory, files and threads are as they
were. The report is build/bench/soak.json; the exit status is 1 when anything is wrong.
"""

import argparse
import asyncio
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.bench.results import write_result
from workbench.bench.vitals import Vitals, vitals
from workbench.chaos.leftovers import Rows, rows_of
from workbench.demo.stage import SUBSCRIBER, Stage, stage
from workbench.demo.tones import TONES
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import PartError, private_directory, run
from workbench.parts.usn import SHORT_CODE
from workbench.parts.voice.asterisk import Asterisk, channels
from workbench.parts.voice.switch import NEVER, Refusal
from workbench.setup.command import command

SUBSCRIBERS = (SUBSCRIBER, "+447700900011", "+447700900012")
OTHERS = tuple(f"+4477009000{index}" for index in range(21, 33))
EVERYBODY = (*SUBSCRIBERS, *OTHERS)
NUMBERS_IN = ("52270", "52201", "52202")
KEYS = ("**", "*1", "*2", "*3", "*4", "*5", "*6", "*7", "*8", "*0", "#", "12")
ACTORS = 3
PAUSE = (0.1, 1.5)  # seconds between acts of one
BETWEEN_KILLS = (1.0, 8.0)
STOPPED = 0.3  # share of the ends of usnd that are in good order
AWAY = (0.1, 3.0)  # that usnd is dead
QUIET_PATIENCE = 180.0
# Shares of the time: before the first look, with kills, before the second look, without kills
WARM, TURMOIL, WARM_AGAIN, CALM = 0.1, 0.5, 0.1, 0.3
FILES_MORE = 5
THREADS_MORE = {"usnd": 2, "asterisk": 20}  # Asterisk's pools keep idle threads for a minute
MEMORY_MORE = 0.10
MEMORY_FREE_MB = 10.0


def soak_settings(recordings: Path) -> str:
    """Sections of usnd.toml: short times, all ways in, and recording into that directory."""
    return f"""
[dial_in]
common = "{NUMBERS_IN[0]}"
conferences = ["{NUMBERS_IN[1]}", "{NUMBERS_IN[2]}"]
[conference]
away = 4
ring = 8
call_backs = 1
call_back_pause = 1
[recording]
directory = "{recordings}"
"""


@dataclass(frozen=True)
class Left:
    """What is there when all should be over."""

    channels: int
    bridges: int
    notes: int
    """Entries of ours in AstDB."""
    rows: Rows

    @property
    def nothing(self) -> bool:
        return (self.channels, self.bridges, self.notes, self.rows.live) == (0, 0, 0, 0)

    def __str__(self) -> str:
        return f"{self.channels} channels, {self.bridges} bridges, {self.notes} notes in AstDB, {self.rows}"


class Soak:
    """One run on a stage."""

    def __init__(self, parts: Stage, rng: random.Random, seconds: float) -> None:
        self._parts, self._rng, self._seconds = parts, rng, seconds
        self.acts: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        """Acts that found nobody to do them."""
        self.wrong: list[str] = []
        self.seen: dict[str, object] = {}

    async def run(self) -> None:
        """All of it. Raises PartError when a part dies."""
        await self._people()
        await self._act(WARM, kills=False)
        await self._rest()
        asterisk = self._vitals()["asterisk"]
        await self._act(TURMOIL, kills=True)
        await self._rest()
        await self._parts.usn.stop_daemon()
        await self._parts.usn.start_daemon()
        await self._act(WARM_AGAIN, kills=False)
        await self._rest()
        usnd = self._vitals()["usnd"]
        await self._act(CALM, kills=False)
        left = await self._rest()
        self._judge(left.rows, {"asterisk": asterisk, "usnd": usnd})

    async def _people(self) -> None:
        parts = self._parts
        for number in SUBSCRIBERS[1:]:
            await asyncio.to_thread(parts.usn.command, "subscriber", "add", number)
        for number, tone in zip(EVERYBODY, TONES, strict=False):
            parts.tones[number] = tone
            await self._change(number, self._rng)

    async def _act(self, share: float, *, kills: bool) -> None:
        seconds = share * self._seconds
        say(f"{seconds:.0f} s {'with' if kills else 'without'} kills")
        ends = time.monotonic() + seconds
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(ACTORS):
                    group.create_task(self._actor(self._own_rng(), ends))
                if kills:
                    group.create_task(self._killer(self._own_rng(), ends))
        except ExceptionGroup as found:
            raise found.exceptions[0] from found

    def _own_rng(self) -> random.Random:
        return random.Random(self._rng.random())  # noqa: S311 (a plan of acts, no secret)

    async def _actor(self, rng: random.Random, ends: float) -> None:
        acts = {self._launch: 5, self._drop: 6, self._press: 6, self._return: 3, self._change: 3}
        while time.monotonic() < ends:
            (act,) = rng.choices(list(acts), list(acts.values()))
            name = act.__name__.removeprefix("_")
            self.acts[name] += 1
            try:
                await act(rng.choice(EVERYBODY), rng)
            except (PartError, ConnectionError):  # the handset is in no call, usnd is dead
                self.missed[name] += 1
            await asyncio.sleep(rng.uniform(*PAUSE))

    async def _killer(self, rng: random.Random, ends: float) -> None:
        usn = self._parts.usn
        while time.monotonic() < ends:
            await asyncio.sleep(rng.uniform(*BETWEEN_KILLS))
            if not usn.process.alive:
                raise PartError(f"usnd ended by itself:\n{usn.process.tail()}")
            if rng.random() < STOPPED:
                self.acts["stop"] += 1
                await usn.stop_daemon()
            else:
                self.acts["kill"] += 1
                usn.process.kill()
            await asyncio.sleep(rng.uniform(*AWAY))
            await usn.start_daemon()

    async def _launch(self, _: str, rng: random.Random) -> None:
        numbers = rng.sample(OTHERS, rng.randint(1, 6))
        body = "IC " + " ".join(numbers)
        await self._parts.smsc.deliver(rng.choice(SUBSCRIBERS), SHORT_CODE, body)

    async def _drop(self, number: str, _: random.Random) -> None:
        await self._parts.switch.hang_up(number)

    async def _press(self, number: str, rng: random.Random) -> None:
        await self._parts.switch.press(number, rng.choice(KEYS))

    async def _return(self, number: str, rng: random.Random) -> None:
        switch = self._parts.switch
        if await switch.state(number) != "idle":
            raise PartError("busy")
        await switch.call(number, rng.choice(NUMBERS_IN), self._parts.usn.asterisk.ports.sip)

    async def _change(self, number: str, rng: random.Random) -> None:
        handset = self._parts.handset(
            number,
            ring=rng.choice((0.0, 0.2, 1.0, 3.0, NEVER)),
            refusal=rng.choice((None, None, None, None, *Refusal)),
            stay=rng.uniform(0.5, 20),
        )
        await self._parts.switch.put(handset)

    async def _rest(self) -> Left:
        """All hang up, until nothing is left; what is left after QUIET_PATIENCE is wrong."""
        deadline = time.monotonic() + QUIET_PATIENCE
        while not (left := await self._left()).nothing and time.monotonic() < deadline:
            await self._parts.switch.asterisk.cli("channel request hangup all")
            await asyncio.sleep(1)
        say(f"left: {left}")
        if not left.nothing:
            self.wrong.append(f"left after {QUIET_PATIENCE:g} s: {left}")
        return left

    async def _left(self) -> Left:
        asterisk = self._parts.usn.asterisk
        return Left(
            await channels(asterisk),
            await bridges(asterisk),
            await notes(asterisk),
            await asyncio.to_thread(rows_of, self._parts.usn.store_url),
        )

    def _vitals(self) -> dict[str, Vitals]:
        usn = self._parts.usn
        return {"asterisk": vitals(usn.asterisk.process.pid), "usnd": vitals(usn.process.pid)}

    def _judge(self, rows: Rows, before: Mapping[str, Vitals]) -> None:
        after = self._vitals()
        placed = Counter(invite.called for invite in self._parts.switch.invites)
        self.wrong += [
            f"{number}: {count} calls, {rows.records_of[number]} records"
            for number, count in sorted(placed.items())
            if count > rows.records_of[number]
        ]
        self.wrong += rows.faults
        for name, was in before.items():
            self.wrong += [f"{name}: {what}" for what in grown(was, after[name], THREADS_MORE[name])]
        self.seen = {
            "acts": dict(self.acts),
            "acts_that_found_nobody": dict(self.missed),
            "calls_that_reached_the_switch": placed.total(),
            "records": rows.records,
            "before": {name: asdict(was) for name, was in before.items()},
            "after": {name: asdict(now) for name, now in after.items()},
            "wrong": self.wrong,
        }


def grown(was: Vitals, now: Vitals, more_threads: int) -> list[str]:
    """What a process uses more of than it may, in words."""
    found = []
    if now.files > was.files + FILES_MORE:
        found.append(f"{was.files} files open, then {now.files}")
    if now.threads > was.threads + more_threads:
        found.append(f"{was.threads} threads, then {now.threads}")
    if now.resident_mb > was.resident_mb * (1 + MEMORY_MORE) + MEMORY_FREE_MB:
        found.append(f"{was.resident_mb:.1f} MB, then {now.resident_mb:.1f}")
    return found


async def bridges(asterisk: Asterisk) -> int:
    """How many it has."""
    lines = (await asterisk.cli("bridge show all")).splitlines()
    return sum(1 for line in lines if line.strip() and not line.startswith("Bridge-ID"))


async def notes(asterisk: Asterisk) -> int:
    """What became of calls and is not settled, of AstDB."""
    lines = (await asterisk.cli("database show usn")).splitlines()
    return sum(1 for line in lines if line.startswith("/usn/"))


def say(what: str) -> None:
    """A line of progress."""
    print(time.strftime("%H:%M:%S"), what, flush=True)


async def soak(minutes: float, seed: int, database: str) -> Sequence[str]:
    """Writes the report; what is wrong."""
    async with AsyncExitStack() as stack:
        url = ""
        if database == "postgresql":
            url = (await stack.enter_async_context(Postgres(programs(), settings={"fsync": "on"}))).url()
        recordings = private_directory("usn-soak-")
        stack.callback(shutil.rmtree, recordings, ignore_errors=True)
        parts = await stack.enter_async_context(stage(soak_settings(recordings), store_url=url))
        rng = random.Random(seed)  # noqa: S311 (a plan of acts, no secret)
        run_of = Soak(parts, rng, minutes * 60)
        await run_of.run()
    report = {"seed": seed, "minutes": minutes, "database": database, **run_of.seen}
    print(write_result("soak", report), end="")
    return run_of.wrong


def main() -> int:
    """The exit status where it came to its end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--postgresql", dest="database", action="store_const", const="postgresql", default="sqlite"
    )
    chosen = parser.parse_args()
    return 1 if run(soak(chosen.minutes, chosen.seed, chosen.database)) else 0


if __name__ == "__main__":
    sys.exit(command(main, status=2))
