"""An old month is removed by `usnd cdr prune`, while somebody has a SELECT open for hours and CDRs come in.

What a SELECT holds up depends on what it reads, so three are tried, each in a database of its own: one of
another table, one of `cdrs` that says which months it wants, and one of all of `cdrs`. The last one reads the
very month: its records are out of sight for everybody else at once, and gone when it ends.
"""

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from usnd.domain.billing.months import Month
from usnd.store.migrations import migrate
from workbench import ROOT
from workbench.bench.billing.records import OCTETS, connect, fill_month, old_month
from workbench.bench.results import Target, say
from workbench.parts.postgres import Postgres
from workbench.parts.process import PartError, Process, until

DROP_S = 1.0
UNCHANGED = 1.5
"""So many times the 99th percentile of before is unchanged: it is the slowest of a few hundred commits."""
KEEP_MONTHS = 3
CALM = 10.0
"""Seconds of inserts before the removal, and behind it."""
RUNS = 5
COMMAND_PATIENCE = 300.0
_OPEN = "DECLARE long CURSOR FOR {}"
READERS = {
    "another table": "SELECT name FROM counters, generate_series(1, 1000000)",
    "other months": "SELECT sequence FROM cdrs WHERE filed_at >= '{since}'",
    "all of cdrs": "SELECT sequence FROM cdrs",
}
"""What the open SELECT reads. A cursor that is not read to its end keeps what a SELECT of hours keeps."""
READS_IT = "all of cdrs"


@dataclass(frozen=True)
class Commits:
    """Milliseconds of inserts."""

    count: int
    median: float
    p99: float
    longest: float


@dataclass(frozen=True)
class Removed:
    """reader: what the open SELECT reads. removed_s: until its records and their disk were gone, as the
    command says, and None where they stayed. out_of_sight: nobody new finds them. behind_s: the same once
    the SELECT has ended.
    """

    reader: str
    records: int
    freed_mb: float
    removed_s: float | None
    command_s: float
    out_of_sight: bool
    behind_s: float
    alone: Commits
    beside: Commits

    @property
    def ratio(self) -> float:
        """Of the 99th percentiles."""
        return self.beside.p99 / self.alone.p99


def commits(found: Sequence[tuple[float, float]], begin: float, end: float) -> Commits:
    """Of inserts (when done, milliseconds) those done then. Raises PartError where there are none."""
    inside = sorted(ms for done, ms in found if begin <= done < end)
    if len(inside) < 2:  # noqa: PLR2004 # a percentile wants two
        raise PartError("no CDRs were inserted meanwhile")
    cuts = statistics.quantiles(inside, n=100, method="inclusive")
    return Commits(len(inside), round(cuts[49], 2), round(cuts[98], 2), round(inside[-1], 2))


def lacks(rows: int, free: int) -> str | None:
    """Why a month of so many records does not fit into so many free octets; None: it does."""
    wanted = rows * OCTETS
    if wanted < free:
        return None
    room = f"{wanted / 1e9:.1f} GB of disk, {free / 1e9:.1f} GB are free"
    return f"{rows} CDRs want {room}: choose fewer by --rows"


class Removal:
    """One case, in a database of its own."""

    def __init__(self, server: Postgres, home: Path, calm: float, rate: float) -> None:
        self._server, self._home, self._calm, self._rate = server, home, calm, rate
        self._journal = home / "inserts"

    async def run(self, reader: str, rows: int) -> Removed:
        """Fills a month and removes it. Raises PartError."""
        if trouble := lacks(rows, shutil.disk_usage(self._home).free):
            raise PartError(trouble)
        name = f"month_{reader.replace(' ', '_')}"
        url = await self._server.database(name)
        try:
            await asyncio.to_thread(migrate.upgrade, url)
            month = old_month(KEEP_MONTHS, datetime.now(UTC))
            begun = time.monotonic()
            say(f"writing a month of {rows} CDRs …")
            await asyncio.to_thread(fill_month, url, rows, month)
            say(f"written in {time.monotonic() - begun:.0f} s; a SELECT of {reader} is open")
            found = await self._measured(url, month, reader, rows)
            took = (
                "not removed before it ended"
                if found.removed_s is None
                else f"removed in {found.removed_s} s"
            )
            say(f"{took}; 99th percentile of inserts {found.alone.p99} -> {found.beside.p99} ms")
            return found
        finally:
            with connect(self._server.url()) as admin:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    async def _measured(self, url: str, month: Month, reader: str, rows: int) -> Removed:
        before = self._size(url)
        self._journal.unlink(missing_ok=True)
        words = ["--url", url, "--rate", str(self._rate)]
        load = Process(
            [sys.executable, "-m", "workbench.bench.billing.inserts", *words],
            self._journal,
            environment={"PYTHONPATH": str(ROOT)},
        )
        load.start()
        try:
            if not await until(lambda: load.alive and bool(self._inserts()), 20.0, 0.1):
                raise PartError(f"no CDR was inserted:\n{load.tail()}")
            with open_select(url, reader, month):
                alone_from = time.monotonic()
                await asyncio.sleep(self._calm)
                begun = time.monotonic()
                said, command_s = await self._prune(url, month)
                await asyncio.sleep(self._calm)
                ended = time.monotonic()
                freed, seen = before - self._size(url), is_seen(url, month)
            behind = await self._prune_rest(url, month)
            if not load.alive:
                raise PartError(f"the inserts ended:\n{load.tail()}")
        finally:
            await load.stop()
        found = self._inserts()
        return Removed(
            reader=reader,
            records=rows,
            freed_mb=round(freed / 1e6, 1),
            removed_s=said["seconds"] if said["goes"] else None,
            command_s=round(command_s, 3),
            out_of_sight=not seen,
            behind_s=behind,
            alone=commits(found, alone_from, begun),
            beside=commits(found, begun, ended),
        )

    async def _prune(self, url: str, month: Month) -> tuple[dict[str, Any], float]:
        """What the product's command says of the month, nothing where it is gone; seconds of the command."""
        config = self._home / "usnd.toml"
        config.write_text(
            f'[node]\nhome_region = "GB"\nshort_code = "52272"\n[store]\nurl = "{url}"\n{_REST}'
        )
        config.chmod(0o600)
        begun = time.monotonic()
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "usnd", "cdr", "prune", "--json", "--config", str(config)],
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_PATIENCE,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        )
        if done.returncode:
            raise PartError(f"usnd cdr prune: {done.stderr.strip()}")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return next((row for row in rows if row["name"] == str(month)), {}), time.monotonic() - begun

    async def _prune_rest(self, url: str, month: Month) -> float:
        """What is left once nobody has a SELECT open; seconds of the removal. Raises PartError."""
        seconds = 0.0
        for _ in range(RUNS):
            with connect(url) as connection:
                found = connection.execute("SELECT to_regclass(%s) IS NULL", [month.table]).fetchone()
            if found == (True,):
                return seconds
            said, _ = await self._prune(url, month)
            seconds += said.get("seconds", 0.0)
        raise PartError(f"{month.table} is still there, and nobody reads it any more")

    def _size(self, url: str) -> int:
        with connect(url) as connection:
            found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert found is not None
        return int(str(found[0]))

    def _inserts(self) -> list[tuple[float, float]]:
        if not self._journal.exists():
            return []
        lines = (line.split() for line in self._journal.read_text().splitlines())
        return [(float(words[0]), float(words[1])) for words in lines if len(words) == 2]  # noqa: PLR2004


_REST = """
[asterisk]
port = 9
secret = "none"
[[smsc]]
name = "none"
host = "127.0.0.1"
port = 9
system_id = "usn"
password = "secret"
"""


@contextmanager
def open_select(url: str, reader: str, month: Month) -> Iterator[None]:
    """It has begun, and does not end."""
    with connect(url) as connection, connection.transaction():
        statement = READERS[reader].format(since=month.end.isoformat())
        connection.execute(_OPEN.format(statement).encode())
        connection.execute("FETCH 10 FROM long")
        yield


def is_seen(url: str, month: Month) -> bool:
    """Whether somebody who asks now finds a record of the month."""
    with connect(url) as connection:
        found = connection.execute("SELECT 1 FROM cdrs WHERE filed_at < %s LIMIT 1", [month.end]).fetchone()
    return found is not None


def result(found: Sequence[Removed]) -> list[dict[str, Any]]:
    """For the file of results."""
    return [{**asdict(one), "p99_ratio": one.ratio} for one in found]


def targets(found: Sequence[Removed]) -> Iterator[Target]:
    """What was wanted; of who reads the month itself, what can be."""
    for one in found:
        what = f"SELECT of {one.reader}"
        ratio = f"{one.alone.p99:g} -> {one.beside.p99:g} ms"
        yield Target(f"b {what}: inserts, p99", ratio, f"<= x{UNCHANGED:g}", one.ratio <= UNCHANGED)
        if one.reader == READS_IT:
            seen = "out of sight" if one.out_of_sight else "still found"
            yield Target(f"b {what}: month", seen, "unseen", one.out_of_sight)
            yield Target(
                f"b {what}: when it ends", f"{one.behind_s:.2f} s", f"<= {DROP_S:g} s", one.behind_s <= DROP_S
            )
        else:
            took = "not removed" if one.removed_s is None else f"{one.removed_s:.2f} s, {one.records} CDRs"
            held = one.removed_s is not None and one.removed_s <= DROP_S
            yield Target(f"b {what}: month", took, f"<= {DROP_S:g} s", held)
