"""`make bench-provisioning`: acknowledged creates a second through nginx and mutual TLS, beside pgbench.

Both on one PostgreSQL with a synchronous standby, in the same run, in turn. Then the 99th percentile at half
that load, texts to their first INVITE beside it and alone, and a million subscribers. All on this machine,
the clients too; for root with the priorities of a node's units. The result is build/bench/provisioning.json.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from workbench import ROOT
from workbench.bench.launch import UNLIMITED, by_text, summary
from workbench.bench.provisioning.commits import TABLE, commits
from workbench.bench.provisioning.million import fill, plans, times
from workbench.bench.results import write_result
from workbench.bench.vitals import vitals
from workbench.demo.stage import EVERYBODY, Stage, stage
from workbench.parts.crm.provisioning import Provisioning
from workbench.parts.postgres import Programs, programs
from workbench.parts.postgres_pair import PostgresPair
from workbench.parts.process import PartError, run
from workbench.parts.voice.switch import Refusal
from workbench.setup.command import command

CONNECTIONS = 64
AFTER_CALLS = 5  # nice: roles/web, usn-web@.service, and roles/nginx
WARM_SECONDS = 3.0
FIRST, EACH = 10_000_000, 1_000_000  # numbers of loads: far from those of the stage; as many as one may use


@dataclass(frozen=True)
class Plan:
    """seconds: of each load; rounds: of creates and commits in turn; launches: texts, alone and beside."""

    seconds: int
    rounds: int
    launches: int
    subscribers: int
    seed: int


class Bench:
    """The parts, and what is measured on them."""

    def __init__(
        self, plan: Plan, parts: Stage, crm: Provisioning, pair: PostgresPair, tools: Programs
    ) -> None:
        self._plan, self._parts, self._crm, self._pair, self._tools = plan, parts, crm, pair, tools
        self._firsts = itertools.count(FIRST, EACH)
        self._launched = itertools.count()
        self._said = crm.home / "load"

    async def run(self) -> dict[str, Any]:
        """All of it. Raises PartError."""
        plan = self._plan
        await self._create(WARM_SECONDS)
        rounds = [await self._round() for _ in range(plan.rounds)]
        per_s = statistics.median(one["creates"]["per_s"] for one in rounds)
        half = await self._create(plan.seconds, per_s / 2)
        result: dict[str, Any] = {
            "connections": CONNECTIONS,
            "rounds": rounds,
            "creates_per_s": round(per_s, 1),
            "commits_per_s": round(statistics.median(one["commits"]["per_s"] for one in rounds), 1),
            "ratio": round(statistics.median(one["ratio"] for one in rounds), 2),
            "half_load": half,
        }
        if plan.launches:
            result["text_to_invite_ms"] = await self._texts(per_s)
        if plan.subscribers:
            result["subscribers"] = await self._million()
        return result

    async def _round(self) -> dict[str, Any]:
        before = self._cpu()
        creates = await self._create(self._plan.seconds)
        after = self._cpu()
        used = {name: (after[name] - before[name]) / max(1, creates["done"]) * 1e6 for name in before}
        used["client"] = creates["client_cpu_s"] / max(1, creates["done"]) * 1e6
        commit = await commits(
            self._tools, self._pair.primary.home, self._crm.home, CONNECTIONS, self._plan.seconds
        )
        print(f"{creates['per_s']} creates, {commit['per_s']} commits a second", file=sys.stderr, flush=True)
        return {
            "creates": creates,
            "commits": commit,
            "ratio": round(creates["per_s"] / commit["per_s"], 2),
            "cpu_us_a_create": {name: round(us) for name, us in used.items()},
        }

    def _cpu(self) -> dict[str, float]:
        pids = {
            "nginx": self._crm.nginx.pids,
            "site": [self._crm.site.pid],
            "usnd": [self._parts.usn.process.pid],
            "primary": _family(self._pair.primary.pid),
            "standby": _family(self._pair.standby.pid),
        }
        return {name: sum(map(_cpu_s, of)) for name, of in pids.items()}

    async def _create(self, seconds: float, rate: float = 0.0) -> dict[str, Any]:
        terminal = self._crm.terminal
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "workbench.bench.provisioning.creates", "--port", str(terminal.port)),
            *("--files", str(terminal.authority), str(terminal.certificate), str(terminal.key)),
            *("--connections", str(CONNECTIONS), "--seconds", str(seconds), "--rate", str(rate)),
            *("--first", str(next(self._firsts))),
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise PartError(f"the load failed:\n{err.decode()[-2000:]}")
        result: dict[str, Any] = json.loads(out)
        if set(result["codes"]) - {"1000"}:
            raise PartError(f"creates were refused: {result['codes']}\n{self._crm.site.tail(5)}")
        return {name: round(one, 3) if isinstance(one, float) else one for name, one in result.items()}

    async def _texts(self, per_s: float) -> dict[str, Any]:
        """Launches alone and beside creates, at half load and at full load, each after the other."""
        alone = await self._launches()
        found: dict[str, Any] = {"alone": summary(alone)}
        seconds = sum(alone) + self._plan.launches * 3
        for name, rate in (("half_load", per_s / 2), ("full_load", 0.0)):
            beside = asyncio.create_task(self._create(seconds, rate))
            await asyncio.sleep(1)
            found[name] = summary(await self._launches())
            found[f"ratio_{name}"] = round(found[name]["median"] / found["alone"]["median"], 2)
            await beside
        return found

    async def _launches(self) -> list[float]:
        return [await by_text(self._parts, next(self._launched)) for _ in range(self._plan.launches)]

    async def _million(self) -> dict[str, Any]:
        url, most = self._pair.primary.url(), self._plan.subscribers
        seconds = await asyncio.to_thread(fill, url, most)
        return {
            "count": most,
            "fill_s": round(seconds, 1),
            "by_the_site": await asyncio.to_thread(times, self._crm.terminal, most, 200, self._plan.seed),
            "plans": await asyncio.to_thread(plans, url, most),
        }


def _cpu_s(pid: int) -> float:
    try:
        return vitals(pid).cpu_s
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def _family(pid: int) -> list[int]:
    """A process, and its children that live: those of a load live as long as it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


async def bench(plan: Plan) -> dict[str, Any]:
    """The whole run."""
    async with AsyncExitStack() as stack:
        tools = programs()
        pair = await stack.enter_async_context(PostgresPair(tools))
        as_on_node = os.geteuid() == 0
        crm = Provisioning(("nice", "-n", str(AFTER_CALLS)) if as_on_node else ())
        parts = await stack.enter_async_context(
            stage(crm.settings + UNLIMITED, store_url=pair.primary.url(), as_on_node=as_on_node)
        )
        for number in EVERYBODY.values():
            await parts.switch.put(parts.handset(number, ring=0.0, refusal=Refusal.BUSY))
        await asyncio.to_thread(crm.prepare, parts.usn)
        url = make_url(pair.primary.url()).set(drivername="postgresql").render_as_string()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLE.encode())
        await stack.enter_async_context(crm)
        if as_on_node:
            for worker in crm.nginx.pids:
                os.setpriority(os.PRIO_PROCESS, worker, AFTER_CALLS)
        found = await Bench(plan, parts, crm, pair, tools).run()
    return {"database": "postgresql with a synchronous standby, fsync on, both here", **found}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="of each load")
    parser.add_argument("--rounds", type=int, default=3, help="creates and commits in turn")
    parser.add_argument("--launches", type=int, default=20, help="texts; 0: none")
    parser.add_argument("--subscribers", type=int, default=1_000_000, help="0: none")
    parser.add_argument("--seed", type=int, default=3)
    chosen = parser.parse_args()
    plan = Plan(chosen.seconds, chosen.rounds, chosen.launches, chosen.subscribers, chosen.seed)
    print(write_result("provisioning", run(bench(plan))), end="")


if __name__ == "__main__":
    sys.exit(command(main))
