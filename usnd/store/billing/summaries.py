"""Usage summaries that were made, each with its pages and, once it was made, its PDF.

services/billing/summary makes them and writes their files. Pages come first, the summary with the last
commit: a day without a summary has none yet, whatever pages a killed run left of it.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, exists, func, insert, literal_column, select, update

from usnd.domain.billing.cdr_file import Content
from usnd.domain.billing.summary.days import LocalDay
from usnd.domain.billing.summary.figures import Figures, Page, Summary, erased
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.schema import cdr_files, is_open_file, summaries, summary_pages

_S, _P = summaries.c, summary_pages.c
_SELECT = select(_S.day, _S.since, _S.until, _S.first, _S.last, _S.made_at, _S.figures, _S.pages)
_NEWEST = _SELECT.order_by(_S.day.desc()).limit(1)
_OF_DAY = _SELECT.where(_S.day == bindparam("wanted"))
_OF_FILE = _SELECT.where(_S.since == bindparam("begin"), _S.until == bindparam("end"))
_PDF = select(_S.pdf).where(_S.day == bindparam("wanted"))
_SET_PDF = update(summaries).where(_S.day == bindparam("wanted"), _S.pdf.is_(None))
_INSERT = insert(summaries)
_PAGE = select(_P.content).where(_P.day == bindparam("wanted"), _P.place == bindparam("which"))
_INSERT_PAGE = insert(summary_pages)
_CLEAR = delete(summary_pages).where(_P.day == bindparam("wanted"))
_SUMMARY_FILE = cdr_files.c.content == literal_column(f"'{Content.SUMMARY.value}'")
_OPEN = _SUMMARY_FILE & is_open_file & OneOf(cdr_files.c.destination, "destinations")
_WAITING = select(func.count()).select_from(cdr_files).where(_OPEN)
_HELD = exists().where(_OPEN, cdr_files.c.until == _S.until)
_OLD = select(_S.day).where(_S.until < bindparam("before"), ~_HELD).order_by(_S.day).limit(bindparam("most"))
_DELETE = delete(summaries).where(_S.day == bindparam("wanted"))
_DAYS = select(_S.day).order_by(_S.day)
_REPLACE = (
    update(summary_pages)
    .where(_P.day == bindparam("wanted"), _P.place == bindparam("which"))
    .values(content=bindparam("put"))
)
_FORGET_PDF = update(summaries).where(_S.day == bindparam("wanted")).values(pdf=None)
_MARK = (
    update(cdr_files)
    .where(_SUMMARY_FILE, cdr_files.c.erased_at.is_(None))
    .where(cdr_files.c.until == select(_S.until).where(_S.day == bindparam("wanted")).scalar_subquery())
    .values(erased_at=bindparam("now"))
)


class Summaries:
    """By day."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def newest(self) -> Summary | None:
        """Of the last day that has one."""
        return self._one(_NEWEST, {})

    def of_day(self, day: date) -> Summary | None:
        """Of that day."""
        return self._one(_OF_DAY, {"wanted": day.isoformat()})

    def of_file(self, since: datetime, until: datetime) -> Summary | None:
        """That a file says which goes from then to then."""
        return self._one(_OF_FILE, {"begin": since, "end": until})

    def page(self, day: date, place: int) -> Page | None:
        """The page of that number, from 0."""
        found: str | None = self._tx.execute(_PAGE, {"wanted": day.isoformat(), "which": place}).scalar()
        return None if found is None else msgspec.json.decode(found, type=Page)

    def clear(self, day: date) -> None:
        """Remove the pages of a day that has no summary."""
        self._tx.execute(_CLEAR, {"wanted": day.isoformat()})

    def add_page(self, day: date, place: int, page: Page) -> None:
        """Keep a page of a day that has no summary yet."""
        content = msgspec.json.encode(page).decode()
        self._tx.execute(_INSERT_PAGE, {"day": day.isoformat(), "place": place, "content": content})

    def add(self, summary: Summary) -> None:
        """From now on the day is summed up. IntegrityError: it was before."""
        day, figures = summary.day, msgspec.json.encode(summary.figures).decode()
        self._tx.execute(
            _INSERT,
            {
                "day": day.day.isoformat(),
                "since": day.since,
                "until": day.until,
                "first": summary.first,
                "last": summary.last,
                "made_at": summary.made_at,
                "figures": figures,
                "pages": summary.pages,
            },
        )

    def pdf(self, day: date) -> bytes | None:
        """The PDF of that day; None: it was not made yet."""
        found: bytes | None = self._tx.execute(_PDF, {"wanted": day.isoformat()}).scalar()
        return None if found is None else bytes(found)

    def set_pdf(self, day: date, pdf: bytes) -> None:
        """Keep it; the first one stays."""
        self._tx.execute(_SET_PDF, {"wanted": day.isoformat(), "pdf": pdf})

    def waiting(self, destinations: Collection[str]) -> int:
        """How many of their files are not confirmed yet, of those destinations."""
        count: int = self._tx.execute(_WAITING, {"destinations": json_of(destinations)}).scalar_one()
        return count

    def forget(self, before: datetime, destinations: Collection[str], most: int) -> int:
        """Remove up to `most` whose day ended before that, and which those destinations confirmed; how many.

        Never the newest one: the next day begins behind it.
        """
        newest = self.newest()
        values = {"before": before, "destinations": json_of(destinations), "most": most}
        old = list(self._tx.execute(_OLD, values).scalars())
        gone = [day for day in old if newest is not None and day != newest.day.day.isoformat()]
        for day in gone:
            self._tx.execute(_CLEAR, {"wanted": day})
            self._tx.execute(_DELETE, {"wanted": day})
        return len(gone)

    def days(self) -> list[date]:
        """All that have one."""
        return [date.fromisoformat(day) for day in self._tx.execute(_DAYS).scalars()]

    def erase(self, day: date, number: str, owners: Collection[int], put: str, now: datetime) -> bool:
        """Write `put` for the number of an erased subscriber; its files cannot be made again then.

        Whether the day has the subscriber.
        """
        changed, place = False, 0
        while (page := self.page(day, place)) is not None:
            after = erased(page, number, owners, put)
            if after != page:
                content = msgspec.json.encode(after).decode()
                values = {"wanted": day.isoformat(), "which": place, "put": content}
                self._tx.execute(_REPLACE, values)
                changed = True
            place += 1
        if changed:
            self._tx.execute(_FORGET_PDF, {"wanted": day.isoformat()})
            self._tx.execute(_MARK, {"wanted": day.isoformat(), "now": now})
        return changed

    def _one(self, query: Any, values: dict[str, object]) -> Summary | None:
        row = self._tx.execute(query, values).one_or_none()
        if row is None:
            return None
        day, since, until, first, last, made_at, figures, pages = row
        read = msgspec.json.decode(figures, type=Figures)
        return Summary(LocalDay(date.fromisoformat(day), since, until), first, last, made_at, read, pages)
