"""`make bench-sms`: texts and blasts between an SMSC of another make and what is measured, in one run.

Measures commands a second from deliver_sm through the commit to the answer, their delay at half that load,
segments a second of a blast, and memory. All on PostgreSQL with fsync on, all on this machine. What is
measured is a `Peer`: usnd here; others bind to the same SMSC and do the same work. The result is
build/bench/sms.json.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from usnd.domain.messaging.message import Draft, Priority
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from usnd.store.migrations import migrate
from workbench import ROOT
from workbench.bench.load import LoadSmsc
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import PartError, Process, private_directory, run, until
from workbench.parts.usn import SHORT_CODE
from workbench.setup.command import command

RESULT = Path("build/bench/sms.json")
HANDSETS = 2_000
WINDOW = 400
PAGE = 5_000
# What subscribers text: they make users and groups, ask, and mistype; calls are not part of this bench.
BODIES = (
    "UC u# +447700900123 Jane.Doe",
    "?",
    "UC v# 07700900124 John.Doe team",
    "? IC",
    "IC nobody#",
    "GC g# +447700900125 +447700900126",
    "XY",
)


class Peer(Protocol):
    """What is measured, bound to the SMSC."""

    name: str

    def running(self, smsc: LoadSmsc) -> "Any":
        """An asynchronous context manager that starts it, bound, and gives a `Running`."""


class Running(Protocol):
    """A peer at work."""

    def resident(self) -> int:
        """Its memory in octets, at the highest so far."""

    async def blast(self, messages: int, smsc: LoadSmsc) -> tuple[int, float]:
        """Sends that many texts from its durable store; segments and seconds until all are settled."""


class Usnd:
    """The product, with PostgreSQL, without Asterisk: calls are another bench's."""

    name = "usnd"

    @asynccontextmanager
    async def running(self, smsc: LoadSmsc) -> AsyncIterator["RunningUsnd"]:
        async with Postgres(programs(), settings={"fsync": "on", "autovacuum": "on"}) as database:
            migrate.upgrade(database.url())
            await in_store(database.url(), register)
            home = private_directory("usn-bench-")
            try:
                usnd = RunningUsnd(home, database.url(), smsc.port)
                await usnd.start(smsc)
                yield usnd
                await usnd.stop()
            finally:
                shutil.rmtree(home, ignore_errors=True)


class RunningUsnd:
    """One usnd as a process of its own."""

    def __init__(self, home: Path, url: str, port: int) -> None:
        self._url = url
        config = home / "usnd.toml"
        config.write_text(settings(url, port))
        command = [sys.executable, "-m", "usnd", "run", "--config", str(config)]
        if profile := os.environ.get("BENCH_PROFILE"):
            command[1:1] = ["-m", "cProfile", "-o", profile]
        environment = {"PYTHONPATH": str(ROOT)}
        self.process = Process(command, home / "journal", environment=environment)
        self._highest = 0

    async def start(self, smsc: LoadSmsc) -> None:
        binds = smsc.binds
        self.process.start()
        if not await until(lambda: smsc.binds > binds, 20.0):
            raise PartError(f"usnd did not bind:\n{self.process.tail()}")

    async def stop(self) -> None:
        self._highest = self.resident()
        await self.process.stop()

    def resident(self) -> int:
        if not self.process.alive:
            return self._highest
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return max(self._highest, int(peak.split()[1]) * 1024)

    async def blast(self, messages: int, smsc: LoadSmsc) -> tuple[int, float]:
        """Queued while usnd is stopped, so that sending alone is timed, and the store is what it reads.

        Timed from the bind: before it usnd loads, and waits some seconds for the Asterisk that is not there.
        """
        await self.stop()
        for first in range(0, messages, PAGE):
            await in_store(self._url, queue(min(PAGE, messages - first), first))
        smsc.forget()
        await self.start(smsc)
        bound_at = time.monotonic()
        await self._until_settled(messages)
        settled_at = time.monotonic()
        segments, _ = await smsc.segments()
        return segments, settled_at - bound_at

    async def _until_settled(self, messages: int) -> None:
        deadline = time.monotonic() + 60 + messages / 500
        store = Store.open(self._url, writer="bench")
        try:
            while await store.run(lambda tx: tx.texts.queued("load", Priority.BULK, 1)):
                if time.monotonic() > deadline or not self.process.alive:
                    raise PartError(f"the blast does not end:\n{self.process.tail()}")
                await asyncio.sleep(_LOOK_EVERY)
        finally:
            await store.close()


_LOOK_EVERY = 0.05
"""Seconds; to look costs the database little beside the blast."""


def settings(url: str, port: int) -> str:
    """usnd.toml."""
    return f"""
[node]
home_region = "GB"
short_code = "{SHORT_CODE}"
[store]
url = "{url}"
[asterisk]
port = 9
secret = "none"
[texts]
validity = 86400
answers = 1000000
commands = 1000000
[[smsc]]
name = "load"
host = "127.0.0.1"
port = {port}
system_id = "usn"
password = "secret"
window = 100
[log]
format = "json"
level = "info"
"""


def handsets() -> list[str]:
    """The registered mobiles."""
    return [f"+4477009{number:05}" for number in range(HANDSETS)]


def register(tx: Transaction) -> None:
    """Unit of work."""
    now = datetime.now(UTC)
    for number in handsets():
        tx.subscribers.add(number, now)


def queue(messages: int, first: int) -> Callable[[Transaction], None]:
    """Unit of work: a page of a blast, one segment each."""

    def unit(tx: Transaction) -> None:
        now = datetime.now(UTC)
        tx.texts.queue_mt(
            [
                Draft(
                    "load",
                    SHORT_CODE,
                    f"+4478{number % 10**8:08}",
                    f"Meeting {number} is moved to 3 pm.",
                    now,
                    now + timedelta(days=1),
                    Priority.BULK,
                )
                for number in range(first, first + messages)
            ]
        )

    return unit


async def in_store(url: str, unit: Callable[[Transaction], Any]) -> Any:
    """Runs one unit in a store opened for it."""
    store = Store.open(url, writer="bench")
    try:
        return await store.run(unit)
    finally:
        await store.close()


async def measure(peer: Peer, texts: int, messages: int) -> dict[str, Any]:
    """Everything of one peer."""
    async with LoadSmsc() as smsc, peer.running(smsc) as usnd:
        await smsc.texts(HANDSETS, handsets(), BODIES, SHORT_CODE, window=WINDOW)  # warm
        full = await smsc.texts(texts, handsets(), BODIES, SHORT_CODE, window=WINDOW)
        rate = full.count / full.seconds
        half = await smsc.texts(texts // 2, handsets(), BODIES, SHORT_CODE, rate=rate / 2)
        after_texts = usnd.resident()
        segments, seconds = await usnd.blast(messages, smsc)
        return {
            "commands_per_s": rate,
            "full_load": asdict(full),
            "half_load": asdict(half),
            "segments_per_s": segments / seconds,
            "segments": segments,
            "resident_mb": {"texts": after_texts / 1e6, "blast": usnd.resident() / 1e6},
        }


async def bench(peers: Sequence[Peer], texts: int, messages: int) -> dict[str, Any]:
    """Measures all peers, one after the other."""
    results: Mapping[str, Any] = {peer.name: await measure(peer, texts, messages) for peer in peers}
    return {"database": "postgresql, fsync on", **results}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument(
        "--messages", type=int, default=100_000, help="texts of the blast; 1000000 is possible"
    )
    arguments = parser.parse_args()
    result = json.dumps(run(bench([Usnd()], arguments.texts, arguments.messages)), indent=1)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(result + "\n")
    print(result)


if __name__ == "__main__":
    sys.exit(command(main))
