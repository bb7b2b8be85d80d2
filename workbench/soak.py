"""`make soak`: people launch, join, drop, press keys, return, while usnd is killed; then what is left of it all.

Owns the acts, drawn from a seed (the moments within the programs are the machine's own), and the account: nothing
lives on, nothing was recorded twice or not at all, memory, files and threads are as they were. Report in
build/bench/soak.json; the exit status is 1 when anything is left.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass

from workbench.asterisk import Asterisk
from workbench.crowd import channels
from workbench.debian import DebianError
from workbench.leftovers import Rows, rows_of
from workbench.postgres import Postgres, programs
from workbench.process import PartError, run
from workbench.results import write_result
from workbench.stage import SUBSCRIBER, Stage, stage
from workbench.switch import NEVER, Refusal
from workbench.tones import TONES
from workbench.usn import SHORT_CODE
from workbench.vitals import Vitals, vitals

SUBSCRIBERS = (SUBSCRIBER, "+447700900011", "+447700900012")
OTHERS = tuple(f"+4477009000{index}" for index in range(21, 33))
NUMBERS_IN = ("52270", "52201", "52202")
SETTINGS = f"""
[ways_in]
common = "{NUMBERS_IN[0]}"
conferences = ["{NUMBERS_IN[1]}", "{NUMBERS_IN[2]}"]
[conference]
away = 4
ring = 8
call_backs = 1
call_back_pause = 1
"""
KEYS = ("**", "*1", "*2", "*3", "*4", "*5", "*6", "*7", "*0", "#", "12")
PAUSE = (0.05, 0.8)  # seconds between acts
AWAY = (0.1, 3.0)  # that usnd is dead
QUIET_PATIENCE = 90.0
# Shares of the time: before the first look, with kills, before the second look, without kills
WARM, TURMOIL, WARM_AGAIN, CALM = 0.1, 0.5, 0.1, 0.3
FILES_MORE = 5
THREADS_MORE = {"usnd": 2, "asterisk": 20}  # Asterisk's pools keep idle threads for a minute
MEMORY_MORE = 0.10
MEMORY_FREE_MB = 10.0


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
        """All of it. Raises PartError when it does not come to rest."""
        await self._people()
        await self._act(WARM, kills=False)
        await self._rest()
        asterisk = self._vitals()["asterisk"]
        await self._act(TURMOIL, kills=True)
        await self._rest()
        await self._restart()
        await self._act(WARM_AGAIN, kills=False)
        await self._rest()
        usnd = self._vitals()["usnd"]
        await self._act(CALM, kills=False)
        left = await self._rest()
        self._judge(left, {"asterisk": asterisk, "usnd": usnd})

    async def _people(self) -> None:
        parts = self._parts
        for number in SUBSCRIBERS[1:]:
            await asyncio.to_thread(parts.usn.command, "subscriber", "add", number)
        for place, number in enumerate((*SUBSCRIBERS, *OTHERS)):
            parts.tones[number] = TONES[place]
            await self._change(number)

    async def _act(self, share: float, *, kills: bool) -> None:
        seconds = share * self._seconds
        say(f"{seconds:.0f} s {'with' if kills else 'without'} kills")
        acts: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._launch, 5),
            (self._drop, 6),
            (self._press, 6),
            (self._return, 3),
            (self._alter, 3),
            *([(self._kill, 1), (self._restart, 1)] if kills else []),
        ]
        until_when = time.monotonic() + seconds
        while time.monotonic() < until_when:
            (act,) = self._rng.choices([act for act, _ in acts], [weight for _, weight in acts])
            name = act.__name__.strip("_")
            self.acts[name] += 1
            try:
                await act()
            except PartError:
                if name in {"kill", "restart"}:
                    raise
                self.missed[name] += 1
            await asyncio.sleep(self._rng.uniform(*PAUSE))

    async def _launch(self) -> None:
        numbers = self._rng.sample(OTHERS, self._rng.randint(1, 6))
        with suppress(ConnectionError):
            sender = self._rng.choice(SUBSCRIBERS)
            await self._parts.smsc.deliver(sender, SHORT_CODE, "IC " + " ".join(numbers))

    async def _drop(self) -> None:
        await self._parts.switch.hang_up(self._anybody())

    async def _press(self) -> None:
        await self._parts.switch.press(self._anybody(), self._rng.choice(KEYS))

    async def _return(self) -> None:
        number, dnis = self._anybody(), self._rng.choice(NUMBERS_IN)
        if await self._parts.switch.state(number) != "idle":
            raise PartError("busy")
        await self._parts.switch.call(number, dnis, self._parts.usn.asterisk.ports.sip)

    async def _alter(self) -> None:
        await self._change(self._anybody())

    async def _change(self, number: str) -> None:
        rng = self._rng
        handset = self._parts.handset(
            number,
            ring=rng.choice((0.0, 0.2, 1.0, 3.0, NEVER)),
            refusal=rng.choice((None, None, None, None, *Refusal)),
            stay=rng.uniform(0.5, 20),
        )
        await self._parts.switch.put(handset)

    async def _kill(self) -> None:
        self._parts.usn.process.kill()
        await asyncio.sleep(self._rng.uniform(*AWAY))
        await self._parts.usn.start_daemon()

    async def _restart(self) -> None:
        await self._parts.usn.stop_daemon()
        await self._parts.usn.start_daemon()

    def _anybody(self) -> str:
        return self._rng.choice((*SUBSCRIBERS, *OTHERS))

    async def _rest(self) -> Left:
        """All hang up, until nothing is left. What is left after QUIET_PATIENCE is left for good."""
        deadline = time.monotonic() + QUIET_PATIENCE
        while not (left := await self._left()).nothing and time.monotonic() < deadline:
            await self._parts.switch.asterisk.cli("channel request hangup all")
            await asyncio.sleep(1)
        say(f"at rest: {left}")
        if not left.nothing:
            raise PartError(f"not at rest after {QUIET_PATIENCE:g} s: {left}\n{self._parts.usn.process.tail(60)}")
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

    def _judge(self, left: Left, before: Mapping[str, Vitals]) -> None:
        rows, after = left.rows, self._vitals()
        placed = Counter(invite.called for invite in self._parts.switch.invites)
        self.wrong += [
            f"{number}: {count} calls, {rows.records_of[number]} records"
            for number, count in sorted(placed.items())
            if count > rows.records_of[number]
        ]
        self.wrong += rows.faults
        for name, was in before.items():
            now = after[name]
            if now.files > was.files + FILES_MORE:
                self.wrong.append(f"{name}: {was.files} files open, then {now.files}")
            if now.threads > was.threads + THREADS_MORE[name]:
                self.wrong.append(f"{name}: {was.threads} threads, then {now.threads}")
            if now.resident_mb > was.resident_mb * (1 + MEMORY_MORE) + MEMORY_FREE_MB:
                self.wrong.append(f"{name}: {was.resident_mb:.1f} MB, then {now.resident_mb:.1f}")
        self.seen = {
            "acts": dict(self.acts),
            "nobody_to_do_it": dict(self.missed),
            "calls_at_the_switch": placed.total(),
            "records": rows.records,
            "before": {name: asdict(was) for name, was in before.items()},
            "after": {name: asdict(now) for name, now in after.items()},
            "wrong": self.wrong,
        }


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
        parts = await stack.enter_async_context(stage(SETTINGS, store_url=url))
        rng = random.Random(seed)  # noqa: S311 (a plan of acts, no secret)
        run_of = Soak(parts, rng, minutes * 60)
        await run_of.run()
    report = {"seed": seed, "minutes": minutes, "database": database, **run_of.seen}
    print(write_result("soak", report), end="")
    return run_of.wrong


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", dest="database", action="store_const", const="postgresql", default="sqlite")
    chosen = parser.parse_args()
    try:
        return 1 if run(soak(chosen.minutes, chosen.seed, chosen.database)) else 0
    except (PartError, DebianError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; everything is stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
