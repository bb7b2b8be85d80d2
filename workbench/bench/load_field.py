"""A node under the load of a crowd: SMSC, the crowd, the USN, and a plain ConfBridge beside it.

Called by conference.py. Counts from the journal what has happened so far, and launches and ends many
conferences at once.
"""

import asyncio
import re
import resource
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from usnd.asterisk.ami import AmiLink, AmiSettings
from usnd.asterisk.technology.pjsip import PJSIP
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from workbench.bench.handsets import Crowd, Kind, number
from workbench.parts.journal import Journal
from workbench.parts.ports import HOST
from workbench.parts.process import PartError, until
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import SHORT_CODE, Usn
from workbench.parts.voice.asterisk import TRUNK, Asterisk, asterisk_tree, channels, render, usn_asterisk

DIALLED = 60.0  # calls a second while rooms are filled
PACE = 150.0  # what usnd may dial, so that the pace asked for is not its limit
TURN = 0.2
FILES_A_CALL = 8  # of an Asterisk
FILES_AT_REST = 200


@dataclass
class Tally:
    """How often each event was in the journal."""

    journal: Journal
    seen: Counter[str] = field(default_factory=Counter)

    def count(self, event: str) -> int:
        self.seen.update(news["event"] for news in self.journal.news())
        return self.seen[event]

    async def until(self, event: str, count: int, patience: float) -> None:
        """Raises PartError when it has not happened so often by then."""
        if not await until(lambda: self.count(event) >= count, patience, TURN):
            raise PartError(f"{self.seen[event]} of {count} times {event!r} in {patience:g} s")


@dataclass
class Field:
    """The parts, running. `launched`: conferences so far."""

    smsc: Smsc
    crowd: Crowd
    usn: Usn
    stock: Asterisk
    tally: Tally
    launched: int = 0

    async def launch(self, subscriber: str, others: Sequence[str]) -> None:
        """The subscriber texts `IC`; returns when the USN has taken it. Raises PartError."""
        status = await self.smsc.deliver(subscriber, SHORT_CODE, "IC " + " ".join(others))
        if status != 0:
            raise PartError(f"the USN answered a launch with SMPP status {status:#x}")
        self.launched += 1

    async def fill(self, rooms: Sequence[Sequence[str]]) -> None:
        """Launches a conference a room, the first of each by its text; returns when all are in."""
        calls = sum(map(len, rooms))
        before = self.tally.count("call joined")
        for subscriber, *others in rooms:
            await self.launch(subscriber, others)
            await asyncio.sleep((1 + len(others)) / DIALLED)
        await self.tally.until("call joined", before + calls, 30 + calls / 20)

    async def fill_stock(self, rooms: Sequence[Sequence[str]]) -> None:
        """The same calls into plain rooms, by AMI, without usnd."""
        own = self.stock.account
        settings = AmiSettings(HOST, own.port, own.user, own.secret, events="system")
        link = AmiLink(settings, lambda _: None, lambda _: None, lambda _: None)
        running = asyncio.create_task(link.run())
        try:
            await until(lambda: link.up, 10.0)
            for room, members in enumerate(rooms):
                for member in members:
                    await originate(link, member, f"c{room}")
                    await asyncio.sleep(1 / DIALLED)
        finally:
            await link.stop()
            await running
        await until_so_many(partial(conferees, self.stock), sum(map(len, rooms)))

    async def empty(self) -> None:
        """All handsets hang up; returns when nothing is left of any call."""
        await self.crowd.hang_up_all()
        for asterisk in (self.usn.asterisk, self.stock):
            await until_so_many(partial(channels, asterisk), 0)
        await self.tally.until("conference ended", self.launched, 60)


async def originate(link: AmiLink, called: str, room: str) -> None:
    await link.action(
        "Originate",
        Channel=PJSIP.dial_string(called, TRUNK),
        Context="stock",
        Exten=room,
        Priority="1",
        Async="true",
    )


async def conferees(asterisk: Asterisk) -> int:
    """How many are in its conferences, by the column of users."""
    lines = (await asterisk.cli("confbridge list")).splitlines()
    return sum(int(found[1]) for line in lines if (found := re.match(r"c\d+ +(\d+) ", line)))


async def until_so_many(count: Callable[[], Awaitable[int]], wanted: int, patience: float = 60.0) -> None:
    """Raises PartError when it is another number by then."""
    deadline = time.monotonic() + patience
    while (found := await count()) != wanted:
        if time.monotonic() > deadline:
            raise PartError(f"{found} channels in {patience:g} s, not {wanted}")
        await asyncio.sleep(TURN)


def allow_files(calls: int) -> None:
    """Lets what is started from now on open as many files as so many calls need. Raises PartError."""
    need = FILES_AT_REST + FILES_A_CALL * calls
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < need:
        raise PartError(f"{calls} calls need {need} open files, {most} are allowed: raise `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def in_store(url: str, unit: Callable[[Transaction], None]) -> None:
    """Runs one unit in a store opened for it."""
    store = Store.open(url, writer="bench")
    try:
        await store.run(unit)
    finally:
        await store.close()


def register(subscribers: Sequence[str]) -> Callable[[Transaction], None]:
    """Unit of work."""

    def unit(tx: Transaction) -> None:
        for subscriber in subscribers:
            tx.subscribers.add(subscriber, datetime.now(UTC))

    return unit


async def prepare(usn: Usn, subscribers: Sequence[str]) -> None:
    """Gives a node that was not started yet its tables and subscribers."""
    try:
        usn.command("db", "upgrade")
        await in_store(usn.store_url, register(subscribers))
    except BaseException:
        await usn.stop()
        raise


def room(index: int, size: int, kind: Kind = Kind.LISTENER) -> list[str]:
    """The members of a room, the speaker first, the others of that kind."""
    listeners = (number(kind, index * (size - 1) + one) for one in range(size - 1))
    return [number(Kind.SPEAKER, index), *listeners]


@asynccontextmanager
async def load_field(
    subscribers: Sequence[str],
    stay: Sequence[str],
    calls: int,
    store_url: str = "",
    *,
    as_on_node: bool = False,
) -> AsyncIterator[Field]:
    """Starts everything and stops it, also on exceptions.

    `stay`: the handsets of rooms; `calls`: most at once; `as_on_node`: see `Usn`.
    """
    allow_files(calls)
    tree = asterisk_tree()
    smsc = Smsc(time.monotonic)
    await smsc.start()
    try:
        async with Crowd(stay, calls) as crowd:
            usn = Usn(
                tree,
                crowd.port,
                smsc.port,
                store_url=store_url,
                calls=calls,
                calls_per_second=PACE,
                as_on_node=as_on_node,
                timers=False,
            )
            await prepare(usn, subscribers)
            stock = usn_asterisk(
                tree,
                crowd.port,
                render("stock", {}),
                name="stock",
                calls=calls,
                realtime=as_on_node,
                timers=False,
            )
            async with usn, stock:
                await smsc.bound()
                yield Field(smsc, crowd, usn, stock, Tally(Journal(usn.journal)))
    finally:
        await smsc.stop()
