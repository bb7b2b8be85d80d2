"""The subscribers in the store: found by number or id, paged, added, saved, removed (services/subscribers).

What is done to many costs the statements of one; a million are read page by page. `changed_at` says when a
subscriber was written last; None: by a former release.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, not_, or_, select
from sqlalchemy.exc import IntegrityError

from usnd.domain.directory.model import Subscriber
from usnd.domain.replies.catalogue import DEFAULT_LANGUAGE
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, RowsStatement, json_of
from usnd.store.schema import conferences, is_live, subscribers

_FIELDS = Subscriber.__struct_fields__
_SELECT = select(*(subscribers.c[name] for name in _FIELDS))
_BY_NUMBER = _SELECT.where(subscribers.c.number == bindparam("wanted"))
_BY_NUMBERS = _SELECT.where(OneOf(subscribers.c.number, "wanted"))
_BY_ID = _SELECT.where(subscribers.c.id == bindparam("wanted"))
_NUMBERS_OF = select(subscribers.c.id, subscribers.c.number).where(OneOf(subscribers.c.id, "wanted"))
_PAGE = (
    _SELECT.where(subscribers.c.number > bindparam("known"))
    .order_by(subscribers.c.number)
    .limit(bindparam("most"))
)
_PAGE_CHANGED = _PAGE.where(
    or_(subscribers.c.changed_at >= bindparam("since"), subscribers.c.changed_at.is_(None))
)
_INSERT = insert(subscribers).returning(subscribers.c.id)
_ADDED = (*_FIELDS[1:], "credential", "created_at", "changed_at")
# Another writer's number that is not committed yet is waited for; then this is run again, and finds it.
_ADD_ALL = RowsStatement(
    f"INSERT INTO subscribers ({', '.join(_ADDED)}) SELECT {', '.join(f'r.{name}' for name in _ADDED)}"  # noqa: S608 # our names
    " FROM {rows} WHERE true ORDER BY r.nth ON CONFLICT (number) DO NOTHING RETURNING number, id",
    *(subscribers.c[name] for name in _ADDED),
)
_SAVED = ("id", *_FIELDS[1:], "changed_at")
_SAVE_ALL = RowsStatement(
    f"UPDATE subscribers SET {', '.join(f'{name} = r.{name}' for name in _SAVED[1:])}"  # noqa: S608 # our names
    " FROM {rows} WHERE subscribers.id = r.id AND subscribers.id {picked}",
    *(subscribers.c[name] for name in _SAVED),
)
_DELETE_ENDED = delete(conferences).where(OneOf(conferences.c.subscriber_id, "removed"), not_(is_live))
_DELETE = delete(subscribers).where(OneOf(subscribers.c.id, "removed"))


class StillLive(Exception):
    """A conference of a subscriber is live, perhaps launched this moment by another writer."""


class Subscribers:
    """Who is registered."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def by_number(self, number: str) -> Subscriber | None:
        """The subscriber of that E.164 number."""
        row = self._tx.execute(_BY_NUMBER, {"wanted": number}).one_or_none()
        return None if row is None else Subscriber(*row)

    def by_id(self, subscriber_id: int) -> Subscriber | None:
        """The subscriber of that id."""
        row = self._tx.execute(_BY_ID, {"wanted": subscriber_id}).one_or_none()
        return None if row is None else Subscriber(*row)

    def by_numbers(self, numbers: Collection[str]) -> dict[str, Subscriber]:
        """Those of the E.164 numbers that are registered, by number."""
        if not numbers:
            return {}
        rows = self._tx.execute(_BY_NUMBERS, {"wanted": json_of(numbers)})
        return {row.number: Subscriber(*row) for row in rows}

    def numbers_of(self, subscriber_ids: Collection[int]) -> dict[int, str]:
        """The numbers of those who are registered, by id."""
        rows = self._tx.execute(_NUMBERS_OF, {"wanted": json_of(subscriber_ids)})
        return {number: e164 for number, e164 in rows}  # noqa: C416 # rows of two

    def page(self, after: str, limit: int, changed_since: datetime | None = None) -> tuple[Subscriber, ...]:
        """The first `limit` whose number is behind `after`, in the order of numbers; "": from the first one.

        changed_since: only who was written then (UTC) or later, and who was last written by a former release.
        """
        values = {"known": after, "most": limit}
        if changed_since is None:
            return tuple(Subscriber(*row) for row in self._tx.execute(_PAGE, values))
        rows = self._tx.execute(_PAGE_CHANGED, {**values, "since": changed_since})
        return tuple(Subscriber(*row) for row in rows)

    def add(self, number: str, now: datetime, language: str = DEFAULT_LANGUAGE) -> Subscriber:
        """Register a number. Raises IntegrityError if it is registered already."""
        values = {"number": number, "language": language, "created_at": now, "changed_at": now}
        return Subscriber(self._tx.execute(_INSERT, values).scalar_one(), number, language=language)

    def add_all(self, rows: Sequence[tuple[Subscriber, str | None]], now: datetime) -> dict[str, int]:
        """Register subscribers, each with their stored credential; gives the new ids by number.

        Who is registered already stays as they are, and is left out.
        """
        if not rows:
            return {}
        values = ([*_values(one), credential, now, now] for one, credential in rows)
        return {number: new for number, new in _ADD_ALL.run(self._tx, values)}  # noqa: C416 # rows of two

    def save_all(self, changed: Collection[Subscriber], now: datetime) -> None:
        """Write what is set for subscribers, found by id. Raises LookupError if one is not registered."""
        if not changed:
            return
        rows = ([one.id, *_values(one), now] for one in changed)
        if _SAVE_ALL.run(self._tx, rows).rowcount != len(changed):
            raise LookupError("a subscriber to be saved is not in the store")

    def remove_all(self, subscriber_ids: Collection[int]) -> None:
        """Delete subscribers with their directories, PINs, and conferences that have ended.

        CDRs, usage and recordings refer to none of these. Raises StillLive; the transaction must end then.
        """
        if not subscriber_ids:
            return
        removed = {"removed": json_of(subscriber_ids)}
        self._tx.execute(_DELETE_ENDED, removed)
        try:
            self._tx.execute(_DELETE, removed)
        except IntegrityError as error:
            raise StillLive from error


def _values(subscriber: Subscriber) -> list[object]:
    return [getattr(subscriber, name) for name in _FIELDS[1:]]
