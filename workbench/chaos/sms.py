"""`make chaos-sms`: texts through usnd while it, the SMSC and the database are killed, and the account of it.

The faults, and when they strike, are drawn from a seed. The moments within the programs are the machine's
own: the same seed gives the same plan, not the same run. It does not judge: text_account.py does.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import psycopg
from sqlalchemy import make_url

from workbench.bench.results import write_result
from workbench.chaos.text_account import Faults, Ledger, Rows, account
from workbench.parts.ports import PortBlock
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import PartError, run
from workbench.parts.smsc.killable import Keeper, Mo
from workbench.parts.usn import Usn
from workbench.parts.voice.asterisk import asterisk_tree
from workbench.setup.command import command

START_PATIENCE = 30.0
SETTLE_PATIENCE = 300.0
RESPONSE_TIMEOUT = 12.0  # the SMSC's: longer than usnd's own
RESTART_PAUSE = 0.3  # as systemd would
BOTH = 0.25  # how often two parts die at once
SUBSCRIBERS_EACH = 100  # texts of one subscriber


class Victim(Enum):
    """What can be hit. LINK is cut, the others get SIGKILL."""

    USND = "usnd"
    SMSC = "smsc"
    DATABASE = "database"
    LINK = "link"


@dataclass(frozen=True)
class Plan:
    """rate: texts a second; gap: seconds between faults, least and most; away: how long a part stays dead."""

    seed: int
    texts: int
    rate: float
    gap: tuple[float, float] = (0.5, 3.0)
    away: tuple[float, float] = (0.05, 2.0)


@dataclass
class Outcome:
    """The ledger, and what was done to the parts."""

    ledger: Ledger
    seconds: float
    faults: Counter[str] = field(default_factory=Counter)
    own_ends: int = 0
    """How often usnd ended by itself and was started again."""

    def as_result(self, plan: Plan) -> dict[str, object]:
        """For the result file."""
        return {
            "seed": plan.seed,
            "texts_per_second_offered": plan.rate,
            "seconds": round(self.seconds, 1),
            "faults": dict(self.faults),
            "usnd_ended_by_itself": self.own_ends,
            **self.ledger.as_result(),
            "explanation": (
                "duplicates_explained counts replies the SMSC has twice: it had accepted the first copy, and "
                "the connection died before usnd can have committed the acknowledgement. violations counts "
                "texts not executed or not replied to, executed again, or replied to again without that."
            ),
        }


def make_texts(rng: random.Random, count: int) -> list[Mo]:
    """Commands that show a second execution: each creates a user or a group of its own name."""
    senders = [f"+4477009{number:05}" for number in range(max(1, count // SUBSCRIBERS_EACH))]
    texts = []
    for number in range(count):
        key = f"{rng.choice('uuug')}{number}"
        sender, other = rng.choice(senders), f"+4477008{rng.randrange(100_000):05}"
        body = f"UC {key} {other} Some.Body" if key[0] == "u" else f"GC {key} {other}"
        texts.append(Mo(key, sender, body))
    return texts


class Chaos:
    """The parts, the faults, and the account."""

    def __init__(self, plan: Plan, database: Postgres, ports: PortBlock) -> None:
        self._plan = plan
        self._rng = random.Random(plan.seed)  # noqa: S311 (a plan of faults, no secret)
        self._texts = make_texts(self._rng, plan.texts)
        self._database = database
        self._usn = Usn(asterisk_tree(), ports.sip, ports.spare(0), store_url=database.url())
        self._smsc = Keeper(self._usn.home / "smsc.jsonl", ports.spare(0), time.time)
        self._smsc.waiting.extend(self._texts)
        self._down: set[Victim] = set()
        self._outages: list[tuple[float, float]] = []
        self._usnd_killed: list[float] = []
        self._away_since = 0.0
        self._outcome = Outcome(Ledger(), 0.0)

    async def run(self) -> Outcome:
        """All texts, with faults, and the account. Raises PartError when a part cannot be started."""
        begun = time.monotonic()
        try:
            await self._prepare()
            keeping_up = asyncio.create_task(self._keep_up())
            try:
                striking = asyncio.create_task(self._strike())
                await self._offer()
                striking.cancel()
                await asyncio.gather(striking, return_exceptions=True)
                await self._revive(set(self._down))
                await self._settle()
            finally:
                keeping_up.cancel()
            await self._usn.stop_daemon()
            self._smsc.work(0, RESPONSE_TIMEOUT)
        finally:
            await self._smsc.kill()
            await self._usn.stop()
        faults = Faults(self._usnd_killed, self._outages)
        self._outcome.ledger = account(self._texts, self._rows(), self._smsc.journal, faults)
        self._outcome.seconds = time.monotonic() - begun
        return self._outcome

    async def _prepare(self) -> None:
        await asyncio.to_thread(self._usn.command, "db", "upgrade")
        senders = sorted({text.sender for text in self._texts})
        with self._connect() as connection:
            connection.cursor().executemany(
                "INSERT INTO subscribers (number, created_at) VALUES (%s, now())", [(one,) for one in senders]
            )
        await self._smsc.start()
        self._usn.process.start()
        await self._usn.until_event("smsc link bound", START_PATIENCE)

    async def _offer(self) -> None:
        """Delivers at the rate of the plan until the ESME took everything."""
        begun, count = time.monotonic(), 0
        while not self._smsc.idle:
            budget = int((time.monotonic() - begun) * self._plan.rate) - count
            count += self._smsc.work(budget, RESPONSE_TIMEOUT)
            await asyncio.sleep(0.005)

    async def _keep_up(self) -> None:
        """Starts usnd again when it ends by itself, as systemd does."""
        while True:
            await asyncio.sleep(RESTART_PAUSE)
            if Victim.USND not in self._down and not self._usn.process.alive:
                self._outcome.own_ends += 1
                self._usn.process.start()

    async def _strike(self) -> None:
        rng = self._rng
        turn: list[Victim] = []
        while True:
            await asyncio.sleep(rng.uniform(*self._plan.gap))
            if not turn:  # every part has its turn, in an order of chance
                turn = rng.sample(list(Victim), len(Victim))
            victims = {turn.pop()}
            if rng.random() < BOTH:
                victims.add(rng.choice(list(Victim)))
            away = rng.uniform(*self._plan.away)
            await self._kill(victims)
            await asyncio.sleep(away)
            await self._revive(victims)

    async def _kill(self, victims: Iterable[Victim]) -> None:
        for victim in sorted(victims, key=lambda one: one.value):
            self._outcome.faults[victim.value] += 1
            if victim is Victim.LINK:
                self._smsc.drop()
                continue
            self._down.add(victim)
            if victim is Victim.USND:
                self._usnd_killed.append(time.time())
                self._usn.process.kill()
            elif victim is Victim.SMSC:
                await self._smsc.kill()
            else:
                self._away_since = time.time()
                self._database.kill()

    async def _revive(self, victims: Iterable[Victim]) -> None:
        for victim in sorted(set(victims) & self._down, key=lambda one: one.value):
            if victim is Victim.USND:
                self._usn.process.start()
            elif victim is Victim.SMSC:
                await self._smsc.start()
            else:
                await self._database.start()
                self._outages.append((self._away_since, time.time()))
            self._down.discard(victim)

    async def _settle(self) -> None:
        """Waits until no reply waits in the store; then a moment for what must not come."""
        async with asyncio.timeout(SETTLE_PATIENCE):
            while self._waiting():
                self._smsc.work(0, RESPONSE_TIMEOUT)
                await asyncio.sleep(0.2)
        await asyncio.sleep(2)

    def _waiting(self) -> int:
        with self._connect() as connection:
            found = connection.execute("SELECT count(*) FROM mt_texts WHERE state = 'queued'").fetchone()
        assert found is not None
        return int(found[0])

    def _rows(self) -> Rows:
        executed: Counter[tuple[str, str]] = Counter()
        names: Counter[str] = Counter()
        with self._connect() as connection:
            for sender, body in connection.execute("SELECT sender, body FROM mo_texts"):
                executed[sender, body] += 1
            for (name,) in connection.execute("SELECT nick FROM users UNION ALL SELECT name FROM groups"):
                names[name] += 1
            replies = connection.execute(
                "SELECT o.sender, o.body, t.body, t.state FROM mt_texts t JOIN mo_texts o ON o.id = t.mo_id"
            ).fetchall()
        return Rows(executed, names, replies)

    def _connect(self) -> "psycopg.Connection[Any]":
        url = make_url(self._database.url()).set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False))


async def chaos(plan: Plan) -> Outcome:
    """The whole run, with a database of its own whose commits reach the disk."""
    with PortBlock() as ports:
        async with Postgres(programs(), "chaos", {"fsync": "on"}) as database:
            return await Chaos(plan, database, ports).run()


def main() -> int:
    """The exit status: 1 when anything was lost or done twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=60.0)
    chosen = parser.parse_args()
    plan = Plan(chosen.seed, chosen.texts, chosen.rate)
    try:
        outcome = run(chaos(plan))
    except PartError as error:
        print(error, file=sys.stderr)
        return 2
    print(write_result("chaos-sms", outcome.as_result(plan)), end="")
    return 1 if outcome.ledger.violations else 0


if __name__ == "__main__":
    sys.exit(command(main))
