"""A node with two servers that makes usage summaries: its hours, its nights, and who gets the files."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from usnd.domain.billing.cdr_file import CdrFile, Form
from usnd.domain.billing.delivery import There
from usnd.domain.billing.rhythm import Nightly
from usnd.domain.billing.summary.days import LocalDay, day_of
from usnd.domain.conference.call import Direction
from usnd.domain.messaging.message import Draft, IncomingText
from usnd.services.billing.export import Client, Export, Step
from usnd.services.billing.rsync import Refusal
from usnd.services.billing.summary.contents import Asked, Summaries
from usnd.services.billing.summary.gathering import Node
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from workbench.docs.cdr_samples import CDR, FORM

ZONE = "Europe/London"
LONDON = Nightly(ZoneInfo(ZONE), time(1))
HOUR = timedelta(hours=1)


class Died(BaseException):
    """The process is gone: no handler of errors hears of it."""


@dataclass
class Inbox:
    """A destination in memory."""

    files: dict[str, bytes] = field(default_factory=dict)
    refusal: Refusal | None = None

    def prepare(self) -> Refusal | None:
        return self.refusal

    def send(self, file: Path) -> Refusal | None:
        if self.refusal is None:
            self.files[file.name] = file.read_bytes()
        return self.refusal

    def look(self, file: Path) -> There | Refusal:
        there = self.files.get(file.name)
        return There.NOTHING if there is None else There.SAME if there == file.read_bytes() else There.OTHER

    def rows(self, mark: str, ending: str = ".csv") -> list[list[str]]:
        """The lines of all files, in the order of their names, that begin with that; without it."""
        lines = [
            row
            for name, octets in sorted(self.files.items())
            if name.endswith(ending)
            for row in csv.reader(io.StringIO(octets.decode(), newline=""))
        ]
        return [row[1:] for row in lines if row[0] == mark]


@dataclass
class World:
    """A node with two servers and their disks: what happens in it, hour by hour, and its exports."""

    store: Store
    url: str
    disks: Sequence[Path]
    cdrs: Inbox = field(default_factory=Inbox)
    summaries: Inbox = field(default_factory=Inbox)
    active: int = 0
    pdfs: int = 0
    destinations: tuple[str, ...] = ("mediation",)
    calls: Iterator[int] = field(default_factory=lambda: count(1))

    def pdf(self, html: str) -> bytes:
        """Never the same twice: as if each server had other fonts."""
        self.pdfs += 1
        return f"%PDF-{self.pdfs}\n{html}".encode()

    async def call(
        self,
        stop: datetime,
        subscriber: int = 42,
        seconds: float = 30,
        direction: Direction = Direction.OUT,
        conference: int = 7,
    ) -> None:
        number, answer = next(self.calls), stop - timedelta(seconds=seconds)
        record = replace(
            CDR,
            call_id=f"usn-7-{number}",
            subscriber_id=subscriber,
            conference_id=conference,
            direction=direction,
            start=answer,
            ringing=None,
            answer=answer,
            stop=stop,
        )
        await self.store.run(lambda tx: tx.cdrs.add(record))

    async def came(self, at: datetime, sender: str, smsc: str = "main") -> int:
        text = IncomingText(smsc, "s", sender, "52272", "hello", f"{sender} {at}")
        (number,) = await self.store.run(lambda tx: tx.texts.add_mo([text], at))
        return number

    async def went(self, at: datetime, recipient: str, mo: int | None = None) -> None:
        draft = Draft("main", "52272", recipient, "hello", at, at + HOUR, mo_id=mo)
        await self.store.run(lambda tx: tx.texts.queue_mt([draft]))

    async def export(self, now: datetime) -> bool:
        client = Client("mediation", FORM, self.cdrs)
        return await Export(self.store, self.disks[self.active], lambda: now).run([client], patient=False)

    async def hours(self, since: datetime, until: datetime, each: int = 2) -> None:
        """Of each hour so many calls, and its file."""
        at = since
        while at < until:
            for _ in range(each):
                await self.call(at + HOUR - timedelta(minutes=10))
            at += HOUR
            assert await self.export(at + timedelta(seconds=1))

    async def night(
        self, now: datetime, dies_at: int | None = None, early: date | None = None, names: str = "revenue"
    ) -> bool:
        """dies_at: behind that many steps. names: of the destinations."""
        steps = count(1)

        def reached(_step: Step) -> None:
            if next(steps) == dies_at:
                raise Died

        clients = [Client(name, Form("csv", ()), self.summaries) for name in names.split()]
        node = Node(self.destinations, ZONE, "GB")
        contents = Summaries(self.store, self.url, node, Asked(LONDON, early), self.pdf)
        disk = self.disks[self.active]
        return await Export(self.store, disk, lambda: now, reached, contents).run(clients, patient=False)

    async def file(self, number: int, destination: str = "revenue") -> CdrFile:
        found = await self.store.run(lambda tx: tx.cdr_files.get(destination, number))
        assert found is not None
        return found

    async def counts(self) -> dict[str, int]:
        return {name: int(value) for name, value in self.summaries.rows("C")}

    async def register(self, *numbers: str) -> list[int]:
        def unit(tx: Transaction) -> list[int]:
            return [tx.subscribers.add(number, datetime(2026, 1, 1, tzinfo=UTC)).id for number in numbers]

        return await self.store.run(unit)


def local_day(day: date) -> LocalDay:
    return day_of(day, LONDON)
