"""The call detail records in the store, by their sequence (REQUIREMENTS B1, B2).

A call's record is added with its end, in the same transaction; sequence numbers have no gap and stand in
commit order, so that who read up to one number asks for those after it. Read by pages: there may be millions.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, insert, or_, select

from usnd.domain.billing.cdr import Cdr, last_part, outcome_named
from usnd.store.billing.csv_lines import csv_lines
from usnd.store.core.execution import Executor, next_number
from usnd.store.core.statements import Row, Rows
from usnd.store.schema import cdrs, counters

SHORTEST_INTERIM = timedelta(hours=1)
"""No interim record is of less: of a shorter call none is looked for."""
_FIELDS = tuple(Cdr.__slots__)
_OUTCOME = _FIELDS.index("outcome")
_SELECT = select(cdrs.c.sequence, *(cdrs.c[name] for name in _FIELDS)).limit(bindparam("most"))
_OF_CONFERENCE = cdrs.c.conference_id == bindparam("conference")
_AFTER = _SELECT.where(cdrs.c.sequence > bindparam("known")).order_by(cdrs.c.sequence)
_LAST = _SELECT.order_by(cdrs.c.sequence.desc())
_AFTER_OF_ONE = _AFTER.where(_OF_CONFERENCE)
_LAST_OF_ONE = _LAST.where(_OF_CONFERENCE)
_UP_TO = _AFTER.where(cdrs.c.sequence <= bindparam("last"))
_OF_CALL = _SELECT.where(
    or_(cdrs.c.call_id == bindparam("call"), cdrs.c.interim_of == bindparam("call"))
).order_by(cdrs.c.sequence)
_SEQUENCE_OF = select(cdrs.c.sequence).where(cdrs.c.call_id == bindparam("call"))
_LAST_INTERIM = (
    select(cdrs.c.part, cdrs.c.stop)
    .where(cdrs.c.interim_of == bindparam("call"))
    .order_by(cdrs.c.part.desc())
    .limit(1)
)
_OLDEST = select(cdrs.c.sequence).order_by(cdrs.c.sequence).limit(1)
_BEFORE = cdrs.alias()
_UNBROKEN = select(func.max(cdrs.c.sequence)).where(
    ~exists().where(_BEFORE.c.sequence == cdrs.c.sequence - 1)
)
_BETWEEN = (
    select(func.count())
    .select_from(cdrs)
    .where(cdrs.c.sequence >= bindparam("first"), cdrs.c.sequence <= bindparam("last"))
)
_PAGE_END = select(cdrs.c.sequence).where(cdrs.c.sequence > bindparam("known")).order_by(cdrs.c.sequence)
_PAGE_END = _PAGE_END.limit(1).offset(bindparam("others"))
_OLD = (
    (cdrs.c.sequence > bindparam("known"))
    & (cdrs.c.sequence <= bindparam("through"))
    & (cdrs.c.stop < bindparam("before"))
)
_COUNT_OLD = select(func.count()).select_from(cdrs).where(_OLD)
_FORGET = delete(cdrs).where(_OLD)
_NEWEST = select(counters.c.last).where(counters.c.name == "cdr")
_INSERT = insert(cdrs)
MOST_PARTS = 1_000
"""Records of one call."""

Numbered = tuple[tuple[int, Cdr], ...]
"""Sequence number and record, in order."""


class Cdrs:
    """Records of calls that are over, and of parts of those that go on."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def add(self, cdr: Cdr) -> int:
        """Keep the record; gives its sequence number, the first one's if the call has a record already."""
        sequence: int | None = self._tx.execute(_SEQUENCE_OF, {"call": cdr.call_id}).scalar()
        if sequence is None:
            if cdr.answer is not None and cdr.stop - cdr.answer >= SHORTEST_INTERIM:
                cdr = self._behind_its_parts(cdr)
            sequence = next_number(self._tx, "cdr")
            values = {name: getattr(cdr, name) for name in _FIELDS}
            self._tx.execute(_INSERT, {"sequence": sequence, **values, "outcome": cdr.outcome.value})
        return sequence

    def add_interim(self, cdr: Cdr) -> int | None:
        """As `add`; None: the call is over, its record has it all; or a later part is there.

        Of a call of months the first parts are removed by now: they are not written once more.
        """
        if self._tx.execute(_SEQUENCE_OF, {"call": cdr.interim_of}).scalar() is not None:
            return None
        last = self._tx.execute(_LAST_INTERIM, {"call": cdr.interim_of}).one_or_none()
        if last is not None and last.part > cdr.part:
            found: int | None = self._tx.execute(_SEQUENCE_OF, {"call": cdr.call_id}).scalar()
            return found
        return self.add(cdr)

    def newest(self) -> int:
        """The last sequence number that is committed; 0: none is. No lower one can come any more."""
        last: int = self._tx.execute(_NEWEST).scalar_one()
        return last

    def oldest(self) -> int:
        """The first sequence number that is still there; where there is no record, the next one to come."""
        first: int | None = self._tx.execute(_OLDEST).scalar()
        return self.newest() + 1 if first is None else first

    def unbroken_since(self) -> int:
        """From which sequence number on all records are there; where there is none, the next one to come.

        Reads all of them: what a wrong clock wrote is kept for longer than what is around it.
        """
        first: int | None = self._tx.execute(_UNBROKEN).scalar()
        return self.newest() + 1 if first is None else first

    def has_all(self, first: int, last: int) -> bool:
        """Whether all records from one number to another are there."""
        count: int = self._tx.execute(_BETWEEN, {"first": first, "last": last}).scalar_one()
        return count == last - first + 1

    def count_old(self, through: int, before: datetime) -> int:
        """How many records up to that number ended before that."""
        values = {"known": 0, "through": through, "before": before}
        count: int = self._tx.execute(_COUNT_OLD, values).scalar_one()
        return count

    def forget(self, sequence: int, through: int, before: datetime, most: int) -> tuple[int, int]:
        """Of the next `most` records behind that number, up to `through`, remove what ended before that.

        Gives how many are removed, and up to which number was looked.
        """
        end: int | None = self._tx.execute(_PAGE_END, {"known": sequence, "others": most - 1}).scalar()
        end = through if end is None else min(end, through)
        values = {"known": sequence, "through": end, "before": before}
        return self._tx.execute(_FORGET, values).rowcount, end

    def after(self, sequence: int, limit: int, conference_id: int | None = None) -> Numbered:
        """The first `limit` records behind that sequence number; of a conference, or of all.

        0: from the first record.
        """
        values: Row = {"known": sequence, "most": limit}
        if conference_id is None:
            return _numbered(self._tx.execute(_AFTER, values))
        return _numbered(self._tx.execute(_AFTER_OF_ONE, {**values, "conference": conference_id}))

    def up_to(self, sequence: int, last: int, limit: int) -> Numbered:
        """As `after`, but none behind `last`."""
        return _numbered(self._tx.execute(_UP_TO, {"known": sequence, "last": last, "most": limit}))

    def csv_lines(self, layout: Sequence[str], first: int, last: int) -> bytes | None:
        """Records `first` to `last` as the database writes them; None: it cannot, or not all are there."""
        return csv_lines(self._tx, layout, first, last)

    def last(self, limit: int, conference_id: int | None = None) -> Numbered:
        """The last `limit` records, the oldest first; of a conference, or of all."""
        if conference_id is None:
            return _numbered(self._tx.execute(_LAST, {"most": limit}))[::-1]
        return _numbered(self._tx.execute(_LAST_OF_ONE, {"most": limit, "conference": conference_id}))[::-1]

    def of_call(self, call: str) -> Numbered:
        """All records of one call, the interim ones first."""
        return _numbered(self._tx.execute(_OF_CALL, {"call": call, "most": MOST_PARTS}))

    def _behind_its_parts(self, cdr: Cdr) -> Cdr:
        before = None
        if cdr.interim_of is None:
            before = self._tx.execute(_LAST_INTERIM, {"call": cdr.call_id}).one_or_none()
        return cdr if before is None else last_part(cdr, before.part, before.stop)


def _numbered(rows: Rows) -> Numbered:
    return tuple((sequence, _cdr(fields)) for sequence, *fields in rows)


def _cdr(fields: list[Any]) -> Cdr:
    fields[_OUTCOME] = outcome_named(fields[_OUTCOME])
    return Cdr(*fields)
