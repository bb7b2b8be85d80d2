"""Usage summaries as contents of files: makes those that are due, writes their files (REQUIREMENTS B4).

export.py closes and writes by it, and delivers as it does CDR files. A summary is kept before there is a file
of it, in one commit with the rows of its files: an odd number for the CSV, the next one for the PDF. From
then on nothing else is read for them, so that either server makes the same octets. The PDF is kept, too, as
other fonts or another release would make another one.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

import structlog

from usnd.domain.billing.cdr_file import CdrFile, Content
from usnd.domain.billing.rhythm import Nightly
from usnd.domain.billing.summary import csv_lines
from usnd.domain.billing.summary.days import LocalDay, day_of, days_due
from usnd.domain.billing.summary.figures import Change, Line, Page, Summary, busiest
from usnd.services.billing.export import Client
from usnd.services.billing.pages import RecordsMissing
from usnd.services.billing.summary.gathering import Gathering, Node
from usnd.services.billing.summary.pdf import SHOWN_CHANGES, SHOWN_LINES, html, render
from usnd.services.billing.writing import Written, write_filled
from usnd.store.core.engine import reading
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

PDF = "pdf"

Pages = Callable[[int], Awaitable[Page | None]]
"""Gives the page of a number, from 0; None: there is none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which summaries are made. early: also that of this day and those before, before the set time.

    Where there is none at all yet, that day is the first.
    """

    nightly: Nightly
    early: date | None = None

    def days(self, last: LocalDay | None, now: datetime) -> Iterator[LocalDay]:
        """The days that are to be summed up, the oldest first."""
        if self.early is None:
            return days_due(last, now, self.nightly)
        early = self.early
        last = last or day_of(early - timedelta(days=1), self.nightly)
        ended = days_due(last, now, Nightly(self.nightly.zone, time.min))
        return (day for day in ended if day.day <= early or self.nightly.due(day.until) <= now)


class Summaries:
    """Contents of files. url: of the database, for reading. made: makes the PDF of HTML; blocks."""

    def __init__(
        self, store: Store, url: str, node: Node, asked: Asked, made: Callable[[str], bytes] = render
    ) -> None:
        self._store, self._url, self._node, self._asked, self._made = store, url, node, asked, made
        self._log = structlog.get_logger("usnd.billing")

    async def close(self, clients: Sequence[Client], now: datetime) -> list[CdrFile]:
        """The summaries that are due. Raises RecordsMissing."""
        closed = list[CdrFile]()
        before = await self._store.run(lambda tx: tx.summaries.newest())
        for day in self._asked.days(before.day if before is not None else None, now):
            made = await self._make(day, before, now)
            if made is None:
                self._log.info("usage summary waits for the CDR files of its day", day=day.day.isoformat())
                break
            closed += await self._store.run(partial(_add, summary=made, clients=clients, now=now))
            before = made
        return closed

    async def write(self, directory: Path, file: CdrFile, whole: Callable[[], None]) -> Written:
        """As `writing.write_filled`."""
        summary = await self._store.run(lambda tx: tx.summaries.of_file(file.since, file.until))
        if summary is None:
            raise RecordsMissing(f"the usage summary of {file.name} is not in the store")
        octets = await self._pdf(summary) if file.format == PDF else None

        async def fill(out: BinaryIO) -> Written:
            hashed = Hashed(out.write)
            if octets is not None:
                hashed.put(octets)
            else:
                await put_csv(summary, self._pages(summary), hashed, file.destination, file.number)
            return hashed.written()

        return await write_filled(directory, file, fill, whole)

    async def _make(self, day: LocalDay, before: Summary | None, now: datetime) -> Summary | None:
        """None: it cannot be made yet."""
        place = 0

        async def put(page: Page) -> None:
            nonlocal place
            number, place = place, place + 1
            await self._store.run(lambda tx: tx.summaries.add_page(day.day, number, page))

        with reading(self._url) as connection:
            gathering = Gathering(Transaction(connection), self._node, now)
            span = gathering.span(day, before)
            if span is None:
                return None
            await self._store.run(lambda tx: tx.summaries.clear(day.day))
            return await gathering.gather(day, span, put)

    async def _pdf(self, summary: Summary) -> bytes:
        """Made once, and kept before anything is done with it. Raises OSError."""
        day = summary.day.day
        kept = await self._store.run(lambda tx: tx.summaries.pdf(day))
        if kept is None:
            made = self._made(await html_of(summary, self._pages(summary)))
            await self._store.run(lambda tx: tx.summaries.set_pdf(day, made))
            kept = await self._store.run(lambda tx: tx.summaries.pdf(day))
        if kept is None:
            raise RecordsMissing(f"the usage summary of {day} is not in the store any more")
        return kept

    def _pages(self, summary: Summary) -> Pages:
        async def page(place: int) -> Page | None:
            return await self._store.run(lambda tx: tx.summaries.page(summary.day.day, place))

        return page


class Hashed:
    """Octets on their way, counted and summed up by SHA-256."""

    def __init__(self, out: Callable[[bytes], object]) -> None:
        self._out, self._digest, self._octets = out, hashlib.sha256(), 0

    def put(self, some: bytes) -> None:
        """Behind those before."""
        self._out(some)
        self._digest.update(some)
        self._octets += len(some)

    @property
    def digest(self) -> str:
        """Of all so far, in hexadecimal."""
        return self._digest.hexdigest()

    def written(self) -> Written:
        """All of it."""
        return Written(self.digest, self._octets)


async def put_csv(summary: Summary, pages: Pages, out: Hashed, destination: str, number: int) -> None:
    """The CSV file of a summary. number: of the file. Raises RecordsMissing."""
    out.put(csv_lines.opening(summary, destination, number))
    named = False
    async for page in all_pages(summary, pages):
        if page.lines and not named:
            out.put(csv_lines.names())
            named = True
        out.put(csv_lines.changes(page.changes) + csv_lines.lines(page.lines))
    if not named:
        out.put(csv_lines.names())
    out.put(csv_lines.sums(summary))
    out.put(csv_lines.closing(summary, out.digest))


async def html_of(summary: Summary, pages: Pages) -> str:
    """What the PDF is made of. Raises RecordsMissing."""
    changes, lines = list[Change](), list[Line]()
    async for page in all_pages(summary, pages):
        changes += page.changes[: SHOWN_CHANGES - len(changes)]
        lines = busiest((*lines, *page.lines), SHOWN_LINES)
    return html(summary, changes, lines)


async def all_pages(summary: Summary, pages: Pages) -> AsyncIterator[Page]:
    """One after the other. Raises RecordsMissing."""
    for place in range(summary.pages):
        page = await pages(place)
        if page is None:
            raise RecordsMissing(
                f"page {place} of the usage summary of {summary.day.day} is not in the store"
            )
        yield page


def files_of(
    summary: Summary, destination: str, newest: CdrFile | None, now: datetime
) -> tuple[CdrFile, ...]:
    """The CSV and the PDF of a summary for one destination, behind its newest file."""
    number = 0 if newest is None else newest.number
    forms = (csv_lines.NAME, csv_lines.COLUMNS), (PDF, (PDF,))
    return tuple(
        CdrFile(
            destination=destination,
            number=number + nth,
            since=summary.day.since,
            until=summary.day.until,
            first=summary.first,
            last=summary.last,
            format=name,
            layout=layout,
            closed_at=now,
            content=Content.SUMMARY,
        )
        for nth, (name, layout) in enumerate(forms, start=1)
    )


def _add(tx: Transaction, summary: Summary, clients: Sequence[Client], now: datetime) -> list[CdrFile]:
    tx.summaries.add(summary)
    closed = list[CdrFile]()
    for client in clients:
        newest = next(iter(tx.cdr_files.newest(client.name, 1)), None)
        for file in files_of(summary, client.name, newest, now):
            tx.cdr_files.add(file)
            closed.append(file)
    return closed
