"""`make bench`: from the text to the first INVITE, beside a bare AMI Originate to its INVITE, in one run.

Both take turns, 200 each, on the same Asterisk. The INVITE's time is the kernel's, at the switch. The result
is in build/bench/; times are in milliseconds.
"""

import argparse
import asyncio
import signal
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from usnd.asterisk.ami import AmiLink, AmiSettings
from usnd.asterisk.technology.pjsip import PJSIP
from workbench.bench.results import write_result
from workbench.demo.stage import GROUP, SUBSCRIBER, Stage, stage
from workbench.parts.ports import HOST
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import PartError, run, until
from workbench.parts.usn import SHORT_CODE
from workbench.parts.voice.asterisk import TRUNK
from workbench.parts.voice.switch import Refusal
from workbench.setup.command import command

REPORT_EVERY = 20
UNLIMITED = "[texts]\ncommands = 1000000\n"
"""One subscriber texts more here than a person does (S13)."""


async def measure(parts: Stage, launches: int) -> tuple[list[float], list[float]]:
    """Seconds from text to INVITE, and from Originate to INVITE, `launches` of each, in turn."""
    for number in (SUBSCRIBER, *GROUP.values()):
        await parts.switch.put(parts.handset(number, ring=0.0, refusal=Refusal.BUSY))
    account = parts.usn.asterisk.account
    link = AmiLink(
        AmiSettings(HOST, account.port, account.user, account.secret, events="system"),
        lambda _: None,
        lambda _: None,
        lambda _: None,
    )
    running = asyncio.create_task(link.run())
    try:
        await until(lambda: link.up, 10.0)
        texts, originates = [], []
        for turn in range(launches):
            texts.append(await by_text(parts, turn))
            originates.append(await by_originate(parts, link))
            if (turn + 1) % REPORT_EVERY == 0:
                print(f"{turn + 1} of {launches}", flush=True)
        return texts, originates
    finally:
        await link.stop()
        await running


async def by_text(parts: Stage, turn: int) -> float:
    """One launch by text; everybody is busy, so that it is over at once."""
    before = len(parts.switch.invites)
    sent = time.time()
    delivered = asyncio.create_task(parts.smsc.deliver(SUBSCRIBER, SHORT_CODE, f"IC {GROUP['alfa']}"))
    took = await first_invite(parts, before) - sent
    await delivered
    await parts.usn.until_event("conference ended", 10.0, turn + 1)
    return took


async def by_originate(parts: Stage, link: AmiLink) -> float:
    """One bare call by AMI. usnd sleeps: it would release a channel that it did not order."""
    before = len(parts.switch.invites)
    parts.usn.process.send(signal.SIGSTOP)
    try:
        sent = time.time()
        await link.action(
            "Originate",
            Channel=PJSIP.dial_string(GROUP["alfa"], TRUNK),
            CallerID=SUBSCRIBER,
            Context="usn-join",
            Exten="c0",
            Priority="1",
            Variable="USN_ROOM=c0",
            Async="true",
        )
        took = await first_invite(parts, before) - sent
        await asyncio.sleep(0.05)
    finally:
        parts.usn.process.send(signal.SIGCONT)
    await asyncio.sleep(0.1)  # until it has caught up
    return took


async def first_invite(parts: Stage, before: int) -> float:
    """When the next INVITE reached the switch. Raises PartError."""
    if not await until(lambda: len(parts.switch.invites) > before, 10.0, 0.001):
        raise PartError(f"no INVITE in 10 s; usnd's journal ends so:\n{parts.usn.process.tail()}")
    return parts.switch.invites[before].at


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 99th percentile, in ms."""
    percentiles = statistics.quantiles(seconds, n=100)
    return {"median": statistics.median(seconds) * 1000, "p99": percentiles[98] * 1000}


async def bench(launches: int, database: str) -> None:
    """Measures, prints and writes the result."""
    async with AsyncExitStack() as stack:
        url = ""
        if database == "postgresql":
            url = (await stack.enter_async_context(Postgres(programs(), settings={"fsync": "on"}))).url()
        parts = await stack.enter_async_context(stage(UNLIMITED, store_url=url))
        texts, originates = await measure(parts, launches)
    by = {"text_to_invite_ms": summary(texts), "originate_to_invite_ms": summary(originates)}
    ratio = by["text_to_invite_ms"]["median"] / by["originate_to_invite_ms"]["median"]
    result = {"database": database, "launches": launches, **by, "ratio_of_medians": ratio}
    print(write_result(f"launch-{database}", result), end="")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--launches", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    arguments = parser.parse_args()
    run(bench(arguments.launches, arguments.database))


if __name__ == "__main__":
    sys.exit(command(main))
