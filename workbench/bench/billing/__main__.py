"""`make bench-billing`: what billing costs, and what it costs others, on the real PostgreSQL, in one run.

a: 1,000,000 CDRs written to a file by the export's own writer, with header, trailer and SHA-256, on the disk;
beside it `COPY … TO STDOUT` of the same rows piped into sha256sum; in turn. b: a month of 30,000,000 CDRs
removed by `usnd cdr prune`, while a SELECT is open that does not end and CDRs come in, 200 a second; three
kinds of SELECT, each in a database of its own, two of them with fewer records. c: from a text to its first
INVITE while files are written, beside without, in turn.

PostgreSQL has fsync, without a standby; all is on this machine, the clients too. 30,000,000 CDRs want
some 13 GB of disk for a while, by estimate. Databases and files are removed at the end. The result is
build/bench/billing.json. A target that is missed is told, and the status is 0.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from usnd.store.migrations import migrate
from workbench.bench.billing import files, months, texts
from workbench.bench.billing.records import fill
from workbench.bench.launch import UNLIMITED
from workbench.bench.results import Target, say, table, write_result
from workbench.demo.stage import stage
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import private_directory, run
from workbench.setup.command import command

SERVER: Mapping[str, str] = {
    "fsync": "on",
    "autovacuum": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",  # a month is written without a log; what is measured is none the quicker
    "max_wal_senders": "0",
}
PARTS = ("a", "b", "c")


@dataclass(frozen=True)
class Plan:
    """parts: of a, b, c. file: CDRs of a file. rows, few: of the months. launches: texts, of each kind."""

    parts: tuple[str, ...]
    file: int
    rounds: int
    rows: int
    few: int
    calm: float
    rate: float
    launches: int


class Bench:
    """The measurements, in order, and what they found."""

    def __init__(self, plan: Plan, server: Postgres, home: Path) -> None:
        self._plan, self._server, self._home = plan, server, home
        self.targets: list[Target] = []
        self.result: dict[str, Any] = {"database": "postgresql, fsync on, no standby", "plan": asdict(plan)}

    async def run(self) -> None:
        """All of it. Raises PartError."""
        if {"a", "c"} & set(self._plan.parts):
            await self._files_and_texts()
        if "b" in self._plan.parts:
            await self._months()

    async def _files_and_texts(self) -> None:
        plan, name = self._plan, "billing"
        url = await self._server.database(name)
        await asyncio.to_thread(migrate.upgrade, url)
        say(f"writing {plan.file} CDRs …")
        await asyncio.to_thread(fill, url, plan.file)
        if "a" in plan.parts:
            database = files.Database(url, name, self._server.home, programs())
            found = await files.rounds(database, self._home, plan.file, plan.rounds)
            self.result["file"] = files.result(found)
            self.targets += files.targets(found)
        if "c" in plan.parts:
            as_on_node = os.geteuid() == 0
            async with stage(UNLIMITED, store_url=url, as_on_node=as_on_node) as parts:
                launched = await texts.launches(parts, url, self._home, plan.file, plan.launches)
            self.result["texts"] = launched.result()
            self.targets += launched.targets()

    async def _months(self) -> None:
        removal = months.Removal(self._server, self._home, self._plan.calm, self._plan.rate)
        found = []
        for reader in months.READERS:
            rows = self._plan.rows if reader == "other months" else self._plan.few
            found.append(await removal.run(reader, rows))
            self.result["months"] = months.result(found)
        self.targets += months.targets(found)


async def bench(plan: Plan) -> dict[str, Any]:
    """Measures; also of half a run what was found is written. Raises PartError."""
    home = private_directory("usn-bench-")
    try:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(Postgres(programs(), "bench", SERVER))
            measured = Bench(plan, server, home)
            try:
                await measured.run()
            finally:
                measured.result["targets"] = [asdict(target) for target in measured.targets]
                write_result("billing", measured.result)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(table(measured.targets))
    return measured.result


def arguments() -> Plan:
    """From the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", default="a,b,c", help="which, as a,c")
    parser.add_argument("--file", type=int, default=1_000_000, help="a, c: CDRs of a file")
    parser.add_argument("--rounds", type=int, default=3, help="a: files and COPY in turn")
    parser.add_argument("--rows", type=int, default=30_000_000, help="b: CDRs of the month")
    parser.add_argument("--few", type=int, default=1_000_000, help="b: CDRs of the two other months")
    parser.add_argument("--calm", type=float, default=months.CALM, help="b: seconds before and behind")
    parser.add_argument("--rate", type=float, default=200.0, help="b: CDRs that come in, a second")
    parser.add_argument("--launches", type=int, default=40, help="c: texts alone, and as many beside")
    chosen = parser.parse_args()
    parts = tuple(part for part in PARTS if part in chosen.parts.split(","))
    if not parts:
        parser.error(f"--parts takes some of {', '.join(PARTS)}")
    return Plan(
        parts,
        *(getattr(chosen, name) for name in ("file", "rounds", "rows", "few", "calm", "rate", "launches")),
    )


def main() -> None:
    """The command."""
    result = run(bench(arguments()))
    print(json.dumps({name: one for name, one in result.items() if name in {"file", "texts"}}, indent=1))


if __name__ == "__main__":
    sys.exit(command(main))
