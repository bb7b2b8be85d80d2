"""`python -m workbench.bench.billing.writer`: the export's own writer of files, in a process of its own.

Writes one file of the first records, by the code that the export runs, and prints one line of JSON; or again
and again, until it is ended. Its memory is that of an export without rsync, which is another program.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from usnd.domain.billing.cdr_file import CdrFile, Form, close
from usnd.domain.billing.fields import LAYOUT
from usnd.services.billing.pages import AT_ONCE, pages_of
from usnd.services.billing.writing import path_of, write
from usnd.store.core.reader import Reader
from usnd.store.core.writer import Store

NAME = "usnd-bench-cdr"


@dataclass(frozen=True)
class Wrote:
    """One file. peak_mb: of this process, so far."""

    records: int
    octets: int
    seconds: float
    cpu_s: float
    peak_mb: float
    sha256: str


def file_of(records: int) -> CdrFile:
    """Of the last full hour."""
    now = datetime.now(UTC)
    until = now.replace(minute=0, second=0, microsecond=0)
    return close(None, "mediation", until, range(1, records + 1), Form("csv", LAYOUT), now)


def peak_mb() -> float:
    """The most memory that this process had, proc_pid_status(5)."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


async def wrote(store: Store, reader: Reader, place: Path, file: CdrFile) -> Wrote:
    """The file is removed again."""
    cpu, begun = time.process_time(), time.monotonic()
    done = await write(place, file, pages_of(store, reader), lambda: None)
    seconds = time.monotonic() - begun
    path_of(place, file).unlink()
    return Wrote(
        file.records, done.octets, seconds, time.process_time() - cpu, round(peak_mb(), 1), done.digest
    )


async def work(url: str, place: Path, records: int, *, forever: bool) -> None:
    """As the arguments say."""
    store, reader = Store.open(url, writer=NAME), Reader(url, AT_ONCE)
    try:
        await store.run(lambda tx: tx.ask())
        file = file_of(records)
        while True:
            print(json.dumps(asdict(await wrote(store, reader, place, file))), flush=True)
            if not forever:
                return
            await asyncio.sleep(0)
    finally:
        await store.close()
        reader.close()


def main() -> int:
    """One run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--place", type=Path, required=True, help="a directory for the file")
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--forever", action="store_true")
    chosen = parser.parse_args()
    asyncio.run(work(chosen.url, chosen.place, chosen.records, forever=chosen.forever))
    return 0


if __name__ == "__main__":
    sys.exit(main())
