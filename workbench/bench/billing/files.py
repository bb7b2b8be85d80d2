"""A file of CDRs by our writer, and `COPY … TO STDOUT` of the same rows piped into sha256sum, in turn."""

import asyncio
import json
import shlex
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from usnd.store import schema
from workbench import ROOT
from workbench.bench.billing.writer import Wrote
from workbench.bench.results import Target, say
from workbench.parts.postgres import ROLE, Programs
from workbench.parts.process import PartError

RATIO, MOST_MB = 0.7, 100.0
NICE = 10  # roles/usnd, usn-cdr.service
_COPY = """COPY (SELECT {columns} FROM cdrs WHERE sequence BETWEEN 1 AND {last} ORDER BY sequence)
TO STDOUT (FORMAT csv)"""


@dataclass(frozen=True)
class Round:
    """Seconds of each, one after the other."""

    wrote: Wrote
    copy_s: float

    @property
    def ratio(self) -> float:
        """Of the rates: how quick ours is where COPY is 1."""
        return self.copy_s / self.wrote.seconds


@dataclass(frozen=True)
class Database:
    """Where the records are. home: of its socket."""

    url: str
    name: str
    home: Path
    programs: Programs


def writer_command(url: str, place: Path, records: int) -> list[str]:
    """The writer as a process, where a node's timer would run it."""
    words = ["--url", url, "--place", str(place), "--records", str(records)]
    return [sys.executable, "-m", "workbench.bench.billing.writer", *words]


async def write_once(database: Database, place: Path, records: int) -> Wrote:
    """One file. Raises PartError."""
    said = await _said(writer_command(database.url, place, records), {"PYTHONPATH": str(ROOT)})
    return Wrote(**json.loads(said))


async def copy_once(database: Database, records: int) -> float:
    """Seconds of one COPY into sha256sum. Raises PartError."""
    columns = ", ".join(column.name for column in schema.cdrs.columns)
    copy = " ".join(_COPY.format(columns=columns, last=records).split())
    psql = [str(database.programs.directory / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    psql += ["-h", str(database.home), "-U", ROLE, "-d", database.name, "-c", copy]
    pipe = f"set -o pipefail; {shlex.join(psql)} | sha256sum"
    begun = time.monotonic()
    digest = await _said(["bash", "-c", pipe], dict(database.programs.environment))
    if len(digest.split()[0]) != 64:  # noqa: PLR2004 # SHA-256 in hexadecimal
        raise PartError(f"sha256sum said {digest!r}")
    return time.monotonic() - begun


async def rounds(database: Database, place: Path, records: int, count: int) -> list[Round]:
    """One of each first that does not count. Raises PartError."""
    found = []
    for nth in range(count + 1):
        one = Round(await write_once(database, place, records), await copy_once(database, records))
        if nth:
            found.append(one)
            say(f"{records} CDRs: a file {one.wrote.seconds:.2f} s, COPY {one.copy_s:.2f} s: {one.ratio:.2f}")
    if len({one.wrote.sha256 for one in found}) != 1:
        raise PartError("the same records gave different files")
    return found


def result(found: list[Round]) -> dict[str, Any]:
    """For the file of results."""
    return {
        "records": found[0].wrote.records,
        "octets": found[0].wrote.octets,
        "rounds": [{"file": asdict(one.wrote), "copy_s": one.copy_s, "ratio": one.ratio} for one in found],
        "ratio": ratio(found),
        "file_per_s": found[0].wrote.records / statistics.median(one.wrote.seconds for one in found),
        "copy_per_s": found[0].wrote.records / statistics.median(one.copy_s for one in found),
        "peak_mb": peak(found),
    }


def ratio(found: list[Round]) -> float:
    """The median of the rounds."""
    return statistics.median(one.ratio for one in found)


def peak(found: list[Round]) -> float:
    """The most memory of any."""
    return max(one.wrote.peak_mb for one in found)


def targets(found: list[Round]) -> list[Target]:
    """What was wanted."""
    mb = peak(found)
    return [
        Target("a rate beside COPY | sha256sum", f"{ratio(found):.2f}", f">= {RATIO}", ratio(found) >= RATIO),
        Target("a memory of the writer", f"{mb:.1f} MB", f"<= {MOST_MB:g} MB", mb <= MOST_MB),
    ]


async def _said(command: list[str], environment: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={"PATH": "/usr/bin:/bin", "PGTZ": "UTC", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise PartError(f"{command[0]} failed:\n{err.decode(errors='replace')[-2000:]}")
    return out.decode()
