"""What a usage summary is made of, read page by page, each by a key: records, texts, recordings, subscribers.

services/billing/summary/gathering.py reads all of it in one transaction, so as of one moment. A text or a
record belongs to the day by its number: what is behind those of the day before, up to the last one of before
the day's end.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, Select, bindparam, case, func, literal_column, select, tuple_

from usnd.domain.billing.cdr_file import CdrFile, Content
from usnd.domain.billing.summary.counting import Person
from usnd.domain.billing.summary.figures import Change, FileSpan
from usnd.domain.subscribers.decide import Changed
from usnd.store.billing.cdr_files import CdrFiles
from usnd.store.core.columns import KEY, Utc
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.schema import (
    cdr_files,
    cdrs,
    mo_texts,
    mt_texts,
    recordings,
    subscriber_changes,
    subscribers,
)

PAGE = 5_000
"""Rows that are read at once."""
_CONSOLE = "console"
"""A launch that the former release reads as a text: store/launch_requests.py."""
_TOLD = tuple(one.value for one in (Changed.CREATED, Changed.DELETED, Changed.SUSPENDED, Changed.RESUMED))
_F, _C = cdr_files.c, subscriber_changes.c


def _backwards(key: Column[int], at: Column[datetime]) -> Select[int, datetime]:
    return select(key, at).where(key <= bindparam("top")).order_by(key.desc()).limit(bindparam("most"))


_RECORDS = _backwards(cdrs.c.sequence, cdrs.c.stop)
_MO = _backwards(mo_texts.c.id, mo_texts.c.received_at)
_MT = _backwards(mt_texts.c.id, mt_texts.c.queued_at)
_NEWEST_MO, _NEWEST_MT = select(func.max(mo_texts.c.id)), select(func.max(mt_texts.c.id))
_CAME = (
    select(mo_texts.c.sender, func.count())
    .where(
        mo_texts.c.id > bindparam("known"),
        mo_texts.c.id <= bindparam("end"),
        mo_texts.c.smsc != literal_column(f"'{_CONSOLE}'"),
    )
    .group_by(mo_texts.c.sender)
)
_WHOSE = func.coalesce(mo_texts.c.sender, mt_texts.c.recipient)
_WENT = (
    select(_WHOSE, func.count())
    .select_from(mt_texts.outerjoin(mo_texts, mo_texts.c.id == mt_texts.c.mo_id))
    .where(mt_texts.c.id > bindparam("known"), mt_texts.c.id <= bindparam("end"))
    .group_by(_WHOSE)
)
_RECORDINGS = (
    select(recordings.c.conference_id, recordings.c.subscriber_id, func.count())
    .where(
        recordings.c.conference_id > bindparam("known"),
        recordings.c.started_at >= bindparam("since"),
        recordings.c.started_at < bindparam("until"),
    )
    .group_by(recordings.c.conference_id, recordings.c.subscriber_id)
    .order_by(recordings.c.conference_id)
    .limit(bindparam("most"))
)
_CHANGES = (
    select(_C.at, _C.id, _C.number, _C.what)
    .where(
        tuple_(_C.at, _C.id) > tuple_(bindparam("known_at", type_=Utc()), bindparam("known", type_=KEY)),
        _C.at >= bindparam("since"),
        _C.at < bindparam("until"),
        _C.what.in_(_TOLD),
    )
    .order_by(_C.at, _C.id)
    .limit(bindparam("most"))
)
_COUNTS = select(func.count(), func.coalesce(func.sum(case((subscribers.c.suspended, 1), else_=0)), 0))
_PEOPLE = select(subscribers.c.id, subscribers.c.number, subscribers.c.name)
_BY_ID = _PEOPLE.where(OneOf(subscribers.c.id, "wanted"))
_BY_NUMBER = select(subscribers.c.number, subscribers.c.id).where(OneOf(subscribers.c.number, "wanted"))
_FILES = select(func.min(_F.number), func.max(_F.number), func.min(_F.first), func.max(_F.last)).where(
    _F.destination == bindparam("wanted"),
    _F.content == literal_column(f"'{Content.CDRS.value}'"),
    _F.until > bindparam("since"),
    _F.until <= bindparam("end"),
)
_LAST_FILE = select(func.max(_F.number)).where(
    _F.destination == bindparam("wanted"),
    _F.content == literal_column(f"'{Content.CDRS.value}'"),
    _F.until <= bindparam("end"),
)


class Party(NamedTuple):
    """How many texts a number has, as an SMSC wrote it."""

    number: str
    texts: int


class SummedUp:
    """Times are UTC."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def last_record(self, at: datetime, above: int, newest: int) -> int:
        """The last one that stopped before that; if there is none above that one, that one."""
        return self._last(_RECORDS, at, above, newest)

    def last_mo(self, at: datetime, above: int) -> int:
        """As `last_record`, of texts that came."""
        return self._last(_MO, at, above, self._newest(_NEWEST_MO))

    def last_mt(self, at: datetime, above: int) -> int:
        """Of texts that went."""
        return self._last(_MT, at, above, self._newest(_NEWEST_MT))

    def came(self, known: int, end: int) -> Sequence[Party]:
        """By sender, of the texts behind that one and up to that one."""
        return [Party(*row) for row in self._tx.execute(_CAME, {"known": known, "end": end})]

    def went(self, known: int, end: int) -> Sequence[Party]:
        """By whoever sent the text that they answer or pass on; of others by whoever they go to."""
        return [Party(*row) for row in self._tx.execute(_WENT, {"known": known, "end": end})]

    def recordings(self, known: int, since: datetime, until: datetime) -> Sequence[tuple[int, int, int]]:
        """Conference, subscriber and how many were begun in that time, behind that conference."""
        values = {"known": known, "since": since, "until": until, "most": PAGE}
        return [(*row,) for row in self._tx.execute(_RECORDINGS, values)]

    def changes(
        self, since: datetime, until: datetime, known: tuple[datetime, int] | None
    ) -> Sequence[tuple[int, Change]]:
        """With their ids, in the order of time, behind that time and id."""
        at, number = known or (since, 0)
        values = {"known_at": at, "known": number, "since": since, "until": until, "most": PAGE}
        found = self._tx.execute(_CHANGES, values)
        return [(number, Change(at, whose, what)) for at, number, whose, what in found]

    def count_subscribers(self) -> tuple[int, int]:
        """How many are registered, and how many of these are suspended."""
        registered, suspended = self._tx.execute(_COUNTS).one()
        return registered, int(suspended)

    def people(self, ids: Collection[int]) -> dict[int, Person]:
        """Of those who are registered."""
        rows = self._tx.execute(_BY_ID, {"wanted": json_of(ids)})
        return {number: Person(*rest) for number, *rest in rows}

    def ids(self, numbers: Collection[str]) -> dict[str, int]:
        """Of those who are registered."""
        rows = self._tx.execute(_BY_NUMBER, {"wanted": json_of(numbers)})
        return {row.number: row.id for row in rows}

    def file_before(self, destination: str, until: datetime) -> CdrFile | None:
        """The last file of CDRs that goes until then or less far."""
        number: int | None = self._tx.execute(_LAST_FILE, {"wanted": destination, "end": until}).scalar()
        return None if number is None else CdrFiles(self._tx).get(destination, number)

    def files(self, destination: str, since: datetime, until: datetime) -> FileSpan | None:
        """Those of the hours that end in that time; None: there is none."""
        values = {"wanted": destination, "since": since, "end": until}
        first_file, last_file, first, last = self._tx.execute(_FILES, values).one()
        return None if first_file is None else FileSpan(destination, first_file, last_file, first, last)

    def _newest(self, query: Select[Any]) -> int:
        return self._tx.execute(query).scalar() or 0

    def _last(self, query: Select[int, datetime], at: datetime, above: int, top: int) -> int:
        while top > above:
            page = self._tx.execute(query, {"top": top, "most": PAGE}).all()
            for key, when in page:
                if when < at or key <= above:
                    return max(int(key), above)
            if len(page) < PAGE:
                return above
            top = page[-1][0] - 1
        return above
