"""A usage summary that is only looked at: the one that is kept, or as it would be made now (REQUIREMENTS B4).

`usnd cdr summary --dry-run` calls it, with a connection that only reads. Nothing is kept but in a file of the
system's own that goes with the process, so that memory does not grow with the number of subscribers.
"""

import tempfile
from datetime import date, datetime, timedelta
from typing import Self

import msgspec

from usnd.domain.billing.rhythm import Nightly
from usnd.domain.billing.summary.days import behind, day_of
from usnd.domain.billing.summary.figures import Page, Summary
from usnd.services.billing.summary.contents import Pages
from usnd.services.billing.summary.gathering import Gathering, Node
from usnd.store.core.transaction import Transaction


class Spool:
    """Pages on the disk, each a line; gone when it is left."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 # closed below
        self._begins = list[int]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    async def put(self, page: Page) -> None:
        """Behind those before."""
        self._begins.append(self._file.seek(0, 2))
        self._file.write(msgspec.json.encode(page) + b"\n")

    async def page(self, place: int) -> Page | None:
        """The page of that number, from 0."""
        if place >= len(self._begins):
            return None
        self._file.seek(self._begins[place])
        return msgspec.json.decode(self._file.readline(), type=Page)


async def preview(
    tx: Transaction, node: Node, nightly: Nightly, day: date, now: datetime, spool: Spool
) -> tuple[Summary, Pages] | None:
    """The summary of a day that is over, with its pages. None: a CDR file of it is not closed yet.

    spool: for pages that are made; they are read while it is open.
    Raises RecordsMissing; SQLAlchemy's errors.
    """
    kept = tx.summaries.of_day(day)
    if kept is not None:
        return kept, _kept(tx, day)
    before = tx.summaries.of_day(day - timedelta(days=1))
    local = day_of(day, nightly) if before is None else behind(before.day, nightly)
    gathering = Gathering(tx, node, now)
    span = gathering.span(local, before)
    if span is None:
        return None
    return await gathering.gather(local, span, spool.put), spool.page


def _kept(tx: Transaction, day: date) -> Pages:
    async def page(place: int) -> Page | None:
        return tx.summaries.page(day, place)

    return page
