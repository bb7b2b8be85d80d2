"""`make chaos-provisioning`: a large bulk of the CRM while nginx, the site and usnd are killed; its account.

The client sends the bulk again until it has its summary, as a CRM does. Texts go beside it. Rows and faults
are drawn from a seed; the moments within the programs are the machine's own. It does not judge the rows:
bulk_account.py does.
"""

import argparse
import asyncio
import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from usnd.control.requests import MOST_ORDERS
from usnd.domain.provisioning.codes import Code
from workbench.bench.vitals import vitals
from workbench.chaos.bulk_account import Answers, BulkLedger, Stored, account, first_missing
from workbench.chaos.bulk_plan import Kill, Victim, bulk_rows, kills
from workbench.chaos.texts_beside import Texting
from workbench.parts.crm.provisioning import Provisioning
from workbench.parts.crm.terminal import Refused, bulk, code_in
from workbench.parts.ports import PortBlock
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import PartError, run, within
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import BOUND, Usn
from workbench.parts.voice.asterisk import asterisk_tree
from workbench.setup.command import command

RESULT = Path("build/chaos/provisioning.json")
BULK_ID = "chaos-bulk"
WHOLE = 3  # each so many times the bulk is sent, all of it is to be answered again
BREATH = 0.2  # seconds until the client tries again
MOST_GROWN = 48.0  # MB that a process may have more at the end than at the start
START_PATIENCE = 30.0
PATIENCE_A_ROW = 0.02  # seconds, and START_PATIENCE for each kill: then it is stuck
ENDS = frozenset({Code.DONE, Code.DONE_IN_PART})


@dataclass(frozen=True)
class Plan:
    """seed: of everything; alone: seconds of texts before the bulk, to compare with."""

    seed: int
    rows: int
    kills: int
    alone: float = 10.0


@dataclass
class Outcome:
    """What came of a run. Times in seconds; memory in MB by process, before and after."""

    ledger: BulkLedger = field(default_factory=BulkLedger)
    sent: int = 0
    seconds: float = 0.0
    again_seconds: float = 0.0
    struck: Counter[str] = field(default_factory=Counter)
    cut_off: Counter[str] = field(default_factory=Counter)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    texts: dict[str, object] = field(default_factory=dict)
    tracebacks: int = 0
    summary: int | None = None

    def faults(self, plan: Plan) -> list[str]:
        """What is wrong, in words."""
        grown = {name: now - self.memory["before"][name] for name, now in self.memory["after"].items()}
        found = [f"{self.ledger.violations} rows or counts are wrong"] if self.ledger.violations else []
        found += [f"{name} has grown by {mb:.0f} MB" for name, mb in grown.items() if mb > MOST_GROWN]
        found += [f"{self.tracebacks} stack traces in the journals"] if self.tracebacks else []
        found += [f"the last summary said {self.summary}"] if self.summary not in ENDS else []
        if (hit := sum(self.struck.values())) != plan.kills:
            found.append(f"{hit} kills instead of {plan.kills}")
        if self.texts["lost"]:
            found.append(f"{self.texts['lost']} texts without an answer though usnd was not killed")
        return found

    def as_result(self, plan: Plan) -> dict[str, object]:
        """For the result file."""
        return {
            "seed": plan.seed,
            "rows": plan.rows,
            "kills": dict(self.struck),
            "bulk_sent": self.sent,
            "answers_cut_off": dict(self.cut_off),
            "seconds": round(self.seconds, 1),
            "rows_per_s_with_kills": round(plan.rows / self.seconds),
            "rows_per_s_repeated": round(plan.rows / self.again_seconds),
            "memory_mb": self.memory,
            "text_to_answer_ms": self.texts,
            "stack_traces": self.tracebacks,
            "account": self.ledger.as_result(),
            "faults": self.faults(plan),
        }


class Chaos:
    """The parts, the client, the kills and the account."""

    def __init__(self, plan: Plan, database: Postgres, ports: PortBlock, smsc: Smsc) -> None:
        self._plan = plan
        dice = random.Random(plan.seed)  # noqa: S311 (a plan of faults, no secret)
        self._rows = bulk_rows(dice, plan.rows)
        self._kills = kills(dice, plan.kills, plan.rows)
        self._dice = dice
        self._crm = Provisioning()
        settings = f"{self._crm.settings}[texts]\ncommands = 1000000\nanswers = 1000000\n"
        self._usn = Usn(asterisk_tree(), ports.sip, smsc.port, store_url=database.url(), settings=settings)
        self._texting = Texting(smsc)
        self._answers = Answers()
        self._done = threading.Event()
        self._stuck = threading.Event()
        self._patience = START_PATIENCE * (1 + plan.kills) + PATIENCE_A_ROW * plan.rows
        self._outcome = Outcome()

    async def run(self) -> Outcome:
        """All of it. Raises PartError when a part cannot be started, or the bulk does not end."""
        try:
            await self._prepare()
            await self._with_texts()
            self._outcome.tracebacks = self._tracebacks()
        finally:
            self._stuck.set()
            await self._crm.stop()
            await self._usn.stop()
        return self._outcome

    async def _prepare(self) -> None:
        await asyncio.to_thread(self._usn.command, "db", "upgrade")
        await asyncio.to_thread(self._crm.prepare, self._usn)
        for sender in self._texting.senders:
            await asyncio.to_thread(self._usn.command, "subscriber", "add", sender)
        self._usn.process.start()
        await self._usn.until_event(BOUND, START_PATIENCE)
        await self._crm.start()
        await asyncio.to_thread(self._warm)
        self._outcome.memory["before"] = self._memory()

    def _warm(self) -> None:
        """Each process has done such work once: what it keeps then is no growth."""
        rows = [row.order for row in self._rows[: 10 * MOST_ORDERS]]
        document = bulk("warm", rows).replace(b' from="1"', b' from="1" mode="check"')
        for _ in self._crm.terminal.lines(document):
            pass

    async def _with_texts(self) -> None:
        out = self._outcome
        alone = await self._texting.during(asyncio.sleep(self._plan.alone))
        beside = await self._texting.during(self._bulk_with_kills())
        out.texts = {**alone.as_result("alone"), **beside.as_result("beside"), "lost": beside.lost}
        out.memory["after"] = self._memory()
        begun = time.monotonic()
        out.summary = await asyncio.to_thread(self._once, 1)
        out.again_seconds = time.monotonic() - begun
        out.memory["after_again"] = self._memory()
        out.ledger = account(self._rows, self._answers, await asyncio.to_thread(self._stored))

    async def _bulk_with_kills(self) -> None:
        begun = time.monotonic()
        client = asyncio.create_task(asyncio.to_thread(self._client))
        striking = asyncio.create_task(self._strike())
        patience = self._patience
        try:
            async with asyncio.timeout(patience):
                await client
                self._outcome.seconds = time.monotonic() - begun
                await striking
        except TimeoutError:
            raise PartError(
                f"the bulk did not end in {patience:.0f} s: {len(self._answers.first)} rows of "
                f"{self._plan.rows} are answered\n{self._crm.site.tail()}"
            ) from None
        finally:
            striking.cancel()
            self._stuck.set()

    def _client(self) -> None:
        """Sends the bulk until its summary says that it is done."""
        rows = len(self._rows)
        while not self._stuck.is_set():
            missing = first_missing(rows, self._answers.first)
            whole = self._outcome.sent % WHOLE == 0
            first = 1 if whole else max(1, min(missing, rows) - MOST_ORDERS)
            self._outcome.sent += 1
            try:
                if self._once(first) in ENDS and len(self._answers.first) == rows:
                    break
                self._outcome.cut_off["by the summary"] += 1
            except Refused as refused:
                self._outcome.cut_off[f"refused: HTTP {refused.status}"] += 1
            except (OSError, http.client.HTTPException) as error:
                self._outcome.cut_off[type(error).__name__] += 1
            time.sleep(BREATH)
        self._done.set()

    def _once(self, first: int) -> int | None:
        """The code of the summary; None: the answer ended without one. Raises as Terminal.lines."""
        code = None
        for line in self._crm.terminal.lines(bulk(BULK_ID, (row.order for row in self._rows), first)):
            if self._answers.take(line) is None and line.startswith(b"<summary"):
                code = code_in(line)
        return code

    async def _strike(self) -> None:
        for kill in self._kills:
            await within(partial(self._is_at, kill.after), self._patience, 0.005)
            await asyncio.sleep(kill.pause)
            await self._hit(kill)

    def _is_at(self, rows: int) -> bool:
        return len(self._answers.first) >= rows or self._done.is_set()

    async def _hit(self, kill: Kill) -> None:
        self._outcome.struck[kill.victim.value] += 1
        match kill.victim:
            case Victim.NGINX:
                self._crm.nginx.kill()
                await asyncio.sleep(kill.away)
                await self._crm.nginx.start()
            case Victim.SITE:
                self._crm.site.kill()
                await asyncio.sleep(kill.away)
                await self._crm.start_site()
            case Victim.USND:
                binds = self._usn.count(BOUND)
                self._texting.away()
                self._usn.process.kill()
                await asyncio.sleep(kill.away)
                self._usn.process.start()
                await self._usn.until_event(BOUND, START_PATIENCE, binds + 1)
                self._texting.back()

    def _memory(self) -> dict[str, float]:
        pids = {
            "nginx": self._crm.nginx.pids,
            "site": [self._crm.site.pid],
            "usnd": [self._usn.process.pid],
        }
        return {name: round(sum(vitals(pid).resident_mb for pid in of), 1) for name, of in pids.items()}

    def _tracebacks(self) -> int:
        journals = (self._usn.journal, self._crm.journal)
        return sum(path.read_text(errors="replace").count("Traceback") for path in journals)

    def _stored(self) -> Stored:
        url = make_url(self._usn.store_url).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False)) as connection:

            def rows(statement: str) -> Sequence[Any]:
                return connection.execute(statement.encode()).fetchall()

            changes = rows("SELECT number, count(*) FROM subscriber_changes WHERE by_crm GROUP BY number")
            ((answers,),) = rows(
                f"SELECT count(*) FROM provisioning_requests WHERE request_id = '{BULK_ID}'"  # noqa: S608 # our own id
            )
            ((subscribers,),) = rows("SELECT count(*) FROM subscribers WHERE credential IS NOT NULL")
        return Stored(Counter(dict(changes)), answers, subscribers)


async def chaos(plan: Plan) -> Outcome:
    """The whole run, with a database of its own whose commits reach the disk."""
    smsc = Smsc(time.monotonic)
    await smsc.start()
    try:
        with PortBlock() as ports:
            async with Postgres(programs(), "chaos", {"fsync": "on"}) as database:
                return await Chaos(plan, database, ports, smsc).run()
    finally:
        await smsc.stop()


def written(result: Mapping[str, object], path: Path = RESULT) -> str:
    """Writes it; gives its text."""
    text = json.dumps(result, indent=1) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return text


def main() -> int:
    """The exit status: 1 when a row was lost or done twice, or something else is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=24, help="of all three, equally often")
    parser.add_argument("--seed", type=int, default=3)
    chosen = parser.parse_args()
    plan = Plan(chosen.seed, chosen.rows, chosen.kills)
    outcome = run(chaos(plan))
    print(written(outcome.as_result(plan)), end="")
    return 1 if outcome.faults(plan) else 0


if __name__ == "__main__":
    sys.exit(command(main))
