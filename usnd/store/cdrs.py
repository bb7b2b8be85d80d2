"""The call detail records in the store (REQUIREMENTS B1, B2). Refuses files, delivery and retention.

Owns the sequence: without a gap, in commit order, and one record a call however often it is added.
"""

from sqlalchemy import bindparam, insert, select

from usnd.domain.billing.cdr import Cdr
from usnd.store.core.execution import Executor, next_number
from usnd.store.schema import cdrs

_FIELDS = tuple(Cdr.__slots__)
_SELECT = select(cdrs.c.sequence, *(cdrs.c[name] for name in _FIELDS)).order_by(cdrs.c.sequence)
_OF_CONFERENCE = _SELECT.where(cdrs.c.conference_id == bindparam("conference"))
_SEQUENCE_OF = select(cdrs.c.sequence).where(cdrs.c.call_id == bindparam("call"))
_INSERT = insert(cdrs)


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
            self._tx.execute(_INSERT, {"sequence": sequence, **values})
        return sequence

    def list(self, conference_id: int | None = None) -> tuple[tuple[int, Cdr], ...]:
        """Sequence number and record, in order: those of a conference, or all."""
        if conference_id is None:
            found = self._tx.execute(_SELECT)
        else:
            found = self._tx.execute(_OF_CONFERENCE, {"conference": conference_id})
        return tuple((row[0], Cdr(*row[1:])) for row in found)
