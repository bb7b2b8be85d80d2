"""`python -m workbench.bench.billing.inserts`: CDRs come in at a steady rate, as usnd writes them.

Each is a unit of work of the store, committed to the disk, and is timed from when it was due. A line for
each: when it was done (monotonic, the same clock for all processes) and milliseconds. Until it is ended.
"""

import argparse
import asyncio
import itertools
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

from usnd.store.core.writer import Store
from workbench.docs.cdr_samples import CDR

NAME = "usnd-bench-calls"
MOST_WAITING = 1_000


async def insert(store: Store, number: int, due: float) -> None:
    """One record."""
    now = datetime.now(UTC)
    cdr = replace(CDR, call_id=f"usn-bench-{number}", start=now, ringing=now, answer=now, stop=now)
    await store.run(lambda tx: tx.cdrs.add(cdr))
    done = time.monotonic()
    print(f"{done:.6f} {(done - due) * 1000:.3f}", flush=True)


async def work(url: str, rate: float) -> None:
    """At that rate a second, whatever becomes of those before, up to MOST_WAITING."""
    store = Store.open(url, writer=NAME)
    try:
        await store.run(lambda tx: tx.ask())
        begun, places = time.monotonic(), asyncio.Semaphore(MOST_WAITING)
        async with asyncio.TaskGroup() as group:
            for number in itertools.count():
                due = begun + number / rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                await places.acquire()
                group.create_task(insert(store, number, due)).add_done_callback(lambda _: places.release())
    finally:
        await store.close()


def main() -> int:
    """Until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, required=True, help="records a second")
    chosen = parser.parse_args()
    asyncio.run(work(chosen.url, chosen.rate))
    return 0


if __name__ == "__main__":
    sys.exit(main())
