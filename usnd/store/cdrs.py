"""The call detail records in the store, by their sequence (REQUIREMENTS B1, B2).

A call's record is added with its end, in the same transaction; sequence numbers have no gap and stand in
commit order, so that who read up to one number asks for those after it. Read by pages: there may be millions.
"""

from typing import Any

from sqlalchemy import bindparam, insert, select

from usnd.domain.billing.cdr import Cdr, outcome_named
from usnd.store.core.execution import Executor, next_number
from usnd.store.core.statements import Row, Rows
from usnd.store.schema import cdrs

_FIELDS = tuple(Cdr.__slots__)
_OUTCOME = _FIELDS.index("outcome")
_SELECT = select(cdrs.c.sequence, *(cdrs.c[name] for name in _FIELDS)).limit(bindparam("most"))
_OF_CONFERENCE = cdrs.c.conference_id == bindparam("conference")
_AFTER = _SELECT.where(cdrs.c.sequence > bindparam("known")).order_by(cdrs.c.sequence)
_LAST = _SELECT.order_by(cdrs.c.sequence.desc())
_AFTER_OF_ONE = _AFTER.where(_OF_CONFERENCE)
_LAST_OF_ONE = _LAST.where(_OF_CONFERENCE)
_SEQUENCE_OF = select(cdrs.c.sequence).where(cdrs.c.call_id == bindparam("call"))
_INSERT = insert(cdrs)

Numbered = tuple[tuple[int, Cdr], ...]
"""Sequence number and record, in order."""


class Cdrs:
    """Records of calls that are over."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def add(self, cdr: Cdr) -> int:
        """Keep the record; gives its sequence number, the first one's if the call has a record already."""
        sequence: int | None = self._tx.execute(_SEQUENCE_OF, {"call": cdr.call_id}).scalar()
        if sequence is None:
            sequence = next_number(self._tx, "cdr")
            values = {name: getattr(cdr, name) for name in _FIELDS}
            self._tx.execute(_INSERT, {"sequence": sequence, **values, "outcome": cdr.outcome.value})
        return sequence

    def after(self, sequence: int, limit: int, conference_id: int | None = None) -> Numbered:
        """The first `limit` records behind that sequence number; of a conference, or of all.

        0: from the first record.
        """
        values: Row = {"known": sequence, "most": limit}
        if conference_id is None:
            return _numbered(self._tx.execute(_AFTER, values))
        return _numbered(self._tx.execute(_AFTER_OF_ONE, {**values, "conference": conference_id}))

    def last(self, limit: int, conference_id: int | None = None) -> Numbered:
        """The last `limit` records, the oldest first; of a conference, or of all."""
        if conference_id is None:
            return _numbered(self._tx.execute(_LAST, {"most": limit}))[::-1]
        return _numbered(self._tx.execute(_LAST_OF_ONE, {"most": limit, "conference": conference_id}))[::-1]


def _numbered(rows: Rows) -> Numbered:
    return tuple((sequence, _cdr(fields)) for sequence, *fields in rows)


def _cdr(fields: list[Any]) -> Cdr:
    fields[_OUTCOME] = outcome_named(fields[_OUTCOME])
    return Cdr(*fields)
