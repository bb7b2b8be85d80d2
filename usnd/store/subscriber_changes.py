"""What was changed about subscribers, by whom: history, and the queue that a CRM polls (REQUIREMENTS P1).

services/subscribers.py adds each change in the transaction that makes it. What no CRM asked for waits until
one has taken it and says so. Ids rise in the order of the changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import RowsStatement
from usnd.store.core.statements import Rows
from usnd.store.schema import subscriber_changes, to_poll

_TABLE = subscriber_changes.c
_ADDED = ("at", "number", "what", "by", "by_crm", "attributes")
_ADD_ALL = RowsStatement(
    'INSERT INTO subscriber_changes (at, number, what, "by", by_crm, attributes)'
    ' SELECT r.at, r.number, r.what, r."by", r.by_crm, r.attributes FROM {rows} WHERE true ORDER BY r.nth',
    *(_TABLE[name] for name in _ADDED),
)
_SELECT = select(_TABLE.id, *(_TABLE[name] for name in _ADDED), _TABLE.acknowledged_at)
_WAITING = _SELECT.where(to_poll, _TABLE.id > bindparam("known")).order_by(_TABLE.id).limit(bindparam("most"))
_COUNT = select(func.count()).select_from(subscriber_changes).where(to_poll)
_NUMBER = select(_TABLE.number).where(_TABLE.id == bindparam("wanted"), ~_TABLE.by_crm)
_ACKNOWLEDGE = update(subscriber_changes).where(to_poll, _TABLE.id == bindparam("taken"))
_OF = _SELECT.where(_TABLE.number == bindparam("wanted")).order_by(_TABLE.id.desc()).limit(bindparam("most"))
_OLD = select(_TABLE.id).where(_TABLE.at < bindparam("before")).order_by(_TABLE.at).limit(bindparam("most"))
_FORGET = delete(subscriber_changes).where(_TABLE.id.in_(_OLD))


@dataclass(frozen=True, slots=True)
class SubscriberChange:
    """What happened to the subscriber of a number. what: of `domain.subscribers.decide.Changed`.

    by: who asked: a terminal by name, or a user of the machine; by_crm: a CRM did, and need not be told.
    attributes: which were changed, by the names of `domain.subscribers.attributes`; never their values. None
    of what a former release did.
    """

    at: datetime
    number: str
    what: str
    by: str
    by_crm: bool
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A change under its id. acknowledged_at: when a CRM said that it has it (UTC)."""

    id: int
    change: SubscriberChange
    acknowledged_at: datetime | None = None


class SubscriberChanges:
    """The history of all subscribers, also of those who are gone. Times are UTC."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def add_all(self, changes: Sequence[SubscriberChange]) -> None:
        """Keep changes, in their order."""
        if changes:
            _ADD_ALL.run(self._tx, map(_row, changes))

    def waiting(self, limit: int, after: int = 0) -> tuple[StoredChange, ...]:
        """The oldest `limit` that no CRM made and none has taken, of those whose id is above `after`."""
        return _stored(self._tx.execute(_WAITING, {"known": after, "most": limit}))

    def count_waiting(self) -> int:
        """How many no CRM made and none has taken."""
        return int(self._tx.execute(_COUNT).scalar_one())

    def number_of(self, change_id: int) -> str | None:
        """Whose change it is, if it is for the queue, acknowledged or not; None: there is none of that id."""
        row = self._tx.execute(_NUMBER, {"wanted": change_id}).one_or_none()
        return None if row is None else str(row.number)

    def acknowledge(self, change_id: int, now: datetime) -> bool:
        """A CRM has it; False if it does not wait: it has it already, or there is none of that id."""
        return self._tx.execute(_ACKNOWLEDGE, {"taken": change_id, "acknowledged_at": now}).rowcount == 1

    def of(self, number: str, limit: int) -> tuple[StoredChange, ...]:
        """The last `limit` of that number, the oldest first."""
        return _stored(self._tx.execute(_OF, {"wanted": number, "most": limit}))[::-1]

    def forget(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` that are older, the oldest first; how many were deleted."""
        return self._tx.execute(_FORGET, {"before": before, "most": limit}).rowcount


def _row(one: SubscriberChange) -> tuple[object, ...]:
    return one.at, one.number, one.what, one.by, one.by_crm, " ".join(one.attributes) or None


def _stored(rows: Rows) -> tuple[StoredChange, ...]:
    return tuple(StoredChange(row.id, _change(row), row.acknowledged_at) for row in rows)


def _change(row: Any) -> SubscriberChange:
    attributes = tuple((row.attributes or "").split())
    return SubscriberChange(row.at, row.number, row.what, row.by, row.by_crm, attributes)
