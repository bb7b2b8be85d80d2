"""`make bench`, second part: usnd's time to its first bind, and its memory, idle and with 60 calls up.

Measures the running process (VmRSS). The result is build/bench/footprint.json.
"""

import asyncio
import time
from pathlib import Path

from workbench.bench.results import write_result
from workbench.demo.stage import SUBSCRIBER, Stage, stage
from workbench.parts.journal import written_at
from workbench.parts.process import run
from workbench.parts.usn import BOUND

CALLS = 60
NUMBERS = [f"+447700900{number}" for number in range(101, 100 + CALLS)]


def resident(parts: Stage) -> float:
    """Resident memory of usnd in MB."""
    status = Path(f"/proc/{parts.usn.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


async def bench() -> None:
    """Measures, prints and writes the result."""
    async with stage() as parts:
        await asyncio.sleep(2)
        idle = resident(parts)
        for number in NUMBERS:
            parts.tones[number] = 1750
            await parts.switch.put(parts.handset(number))
        groups = [f"Group{chr(ord('A') + place)}" for place in range(len(NUMBERS[::10]))]
        for place, group in enumerate(groups):
            await parts.text(f"GC {group} " + " ".join(NUMBERS[place * 10 : place * 10 + 10]))
        await parts.text("IC " + " ".join(groups))
        await parts.usn.until_event("call joined", 60, CALLS)
        await asyncio.sleep(2)
        up = resident(parts)
        await parts.usn.stop_daemon()
        binds = parts.usn.count(BOUND)
        started = time.time()
        parts.usn.process.start()
        await parts.usn.until_event(BOUND, 20, binds + 1)
        bound = max(written_at(event) for event in parts.usn.events() if event["event"] == BOUND) - started
        await parts.switch.hang_up(SUBSCRIBER)
    result = {
        "start_to_first_bind_s": round(bound, 2),
        "idle_rss_mb": round(idle, 1),
        f"rss_mb_with_{CALLS}_calls": round(up, 1),
    }
    print(write_result("footprint", result), end="")


if __name__ == "__main__":
    run(bench())
