"""Counts a day's use for its summary, from the database as it is at one moment (REQUIREMENTS B4).

contents.py calls it with a connection that only reads, so that nobody waits for it. What it makes goes out
page by page; only the subscribers of one round are in memory (domain/billing/summary/counting.py).
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from usnd.domain.billing.summary.counting import AT_ONCE, Round
from usnd.domain.billing.summary.days import ByFile, LocalDay, NotYet, boundary
from usnd.domain.billing.summary.figures import (
    LINES_OF_PAGE,
    Figures,
    Line,
    Page,
    Subscribers,
    Summary,
    Usage,
)
from usnd.domain.numbers.e164 import to_e164
from usnd.domain.subscribers.decide import Changed
from usnd.services.billing.pages import RecordsMissing
from usnd.store.billing.cdrs import Numbered
from usnd.store.billing.summed_up import PAGE, Party
from usnd.store.core.transaction import Transaction

T = TypeVar("T")

Put = Callable[[Page], Awaitable[None]]
"""Keeps a page, behind those before it."""


@dataclass(frozen=True, slots=True)
class Node:
    """destinations: of CDRs, by name. zone: by its IANA name. home_region: whose numbers texts may have."""

    destinations: Sequence[str]
    zone: str
    home_region: str


@dataclass(frozen=True, slots=True)
class Span:
    """What belongs to the day, each from its first number to its last one."""

    first: int
    last: int
    mo: range
    mt: range


@dataclass(slots=True)
class _Counts:
    pages: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    total: Usage = field(default_factory=Usage)
    others_in: int = 0
    others_out: int = 0


class Gathering:
    """Of one day. now: when it is made (UTC). at_once: subscribers of one round."""

    def __init__(self, tx: Transaction, node: Node, now: datetime, at_once: int = AT_ONCE) -> None:
        self._tx, self._node, self._now, self._at_once = tx, node, now, at_once

    def span(self, day: LocalDay, before: Summary | None) -> Span | None:
        """What belongs to the day, behind the summary before. None: a CDR file of it is not closed yet."""
        found, oldest = self._tx.summed_up, self._tx.cdrs.oldest()
        if before is None:
            last_before = self._last_record(day.since, oldest - 1)
            mo, mt = found.last_mo(day.since, 0), found.last_mt(day.since, 0)
        else:
            last_before, mo, mt = before.last, before.figures.mo, before.figures.mt
        if last_before is None:
            return None
        first = max(last_before + 1, oldest)
        last = self._last_record(day.until, first - 1)
        if last is None:
            return None
        came = range(mo + 1, found.last_mo(day.until, mo) + 1)
        went = range(mt + 1, found.last_mt(day.until, mt) + 1)
        return Span(first, last, came, went)

    async def gather(self, day: LocalDay, span: Span, put: Put) -> Summary:
        """Counts all, and puts out the pages. Raises RecordsMissing; SQLAlchemy's errors; what `put` does."""
        counts = _Counts()
        await self._put_changes(day, counts, put)
        above: int | None = 0
        while above is not None:
            counted = Round(above, self._at_once)
            others = self._count(counted, day, span)
            if not above:
                counts.others_in, counts.others_out = others
            await self._put_lines(counted, counts, put)
            above = counted.next_above
        return Summary(day, span.first, span.last, self._now, self._figures(day, span, counts), counts.pages)

    def _last_record(self, at: datetime, above: int) -> int | None:
        """None: it is not known yet."""
        tx, names = self._tx, self._node.destinations
        before = tx.summed_up.file_before(names[0], at) if names else None
        newest = next(iter(tx.cdr_files.newest(names[0], 1)), None) if names else None
        said = boundary(at, before, newest, with_files=bool(names))
        match said:
            case ByFile():
                return max(said.last, above)
            case NotYet():
                return None
            case _:
                return tx.summed_up.last_record(at, above, tx.cdrs.newest())

    async def _put_changes(self, day: LocalDay, counts: _Counts, put: Put) -> None:
        known = None
        while found := self._tx.summed_up.changes(day.since, day.until, known):
            for some in _lots([change for _, change in found]):
                await put(Page(changes=some))
                counts.pages += 1
            for _, change in found:
                counts.changes[change.what] = counts.changes.get(change.what, 0) + 1
            known = found[-1][1].at, found[-1][0]

    async def _put_lines(self, counted: Round, counts: _Counts, put: Put) -> None:
        for some in _lots(counted.subscribers()):
            people = self._tx.summed_up.people(some)
            lines: tuple[Line, ...] = tuple(counted.line(subscriber, people) for subscriber in some)
            for line in lines:
                counts.total += line.used
            counts.lines += len(lines)
            await put(Page(lines=lines))
            counts.pages += 1

    def _count(self, counted: Round, day: LocalDay, span: Span) -> tuple[int, int]:
        """Everybody's use; gives how many texts came from, and went to, those who are no subscribers."""
        for page in self._records(span):
            for _, cdr in page:
                counted.record(cdr)
        others_in = others_out = 0
        for came, others in self._texts(span.mo, self._tx.summed_up.came):
            others_in += others
            for subscriber, count in came:
                counted.texts(subscriber, count, 0)
        for went, others in self._texts(span.mt, self._tx.summed_up.went):
            others_out += others
            for subscriber, count in went:
                counted.texts(subscriber, 0, count)
        conference = 0
        while found := self._tx.summed_up.recordings(conference, day.since, day.until):
            for _, subscriber, count in found:
                counted.recordings(subscriber, count)
            conference = found[-1][0]
        return others_in, others_out

    def _records(self, span: Span) -> Iterator[Numbered]:
        known = span.first - 1
        while known < span.last:
            page = self._tx.cdrs.up_to(known, span.last, PAGE)
            if not page or page[-1][0] != known + len(page):
                raise RecordsMissing(f"a record behind {known} is not in the store")
            yield page
            known = page[-1][0]

    def _texts(
        self, numbers: range, read: Callable[[int, int], Sequence[Party]]
    ) -> Iterator[tuple[list[tuple[int, int]], int]]:
        """Subscribers with their counts, and how many texts are of others."""
        for start in range(numbers.start, numbers.stop, PAGE):
            parties = read(start - 1, min(start + PAGE, numbers.stop) - 1)
            written = [
                (to_e164(party.number, self._node.home_region) or "", party.texts) for party in parties
            ]
            ids = self._tx.summed_up.ids({number for number, _ in written})
            theirs = [(ids[number], count) for number, count in written if number in ids]
            yield theirs, sum(count for number, count in written if number not in ids)

    def _figures(self, day: LocalDay, span: Span, counts: _Counts) -> Figures:
        registered, suspended = self._tx.summed_up.count_subscribers()
        changed = [
            counts.changes.get(what.value, 0)
            for what in (Changed.CREATED, Changed.DELETED, Changed.SUSPENDED, Changed.RESUMED)
        ]
        spans = [self._tx.summed_up.files(one, day.since, day.until) for one in self._node.destinations]
        return Figures(
            zone=self._node.zone,
            subscribers=Subscribers(registered, suspended, *changed),
            lines=counts.lines,
            total=counts.total,
            other_texts_in=counts.others_in,
            other_texts_out=counts.others_out,
            files=tuple(span for span in spans if span is not None),
            mo=span.mo.stop - 1,
            mt=span.mt.stop - 1,
        )


def _lots(found: Sequence[T]) -> Iterator[tuple[T, ...]]:
    """Of as many as a page has."""
    for start in range(0, len(found), LINES_OF_PAGE):
        yield tuple(found[start : start + LINES_OF_PAGE])
