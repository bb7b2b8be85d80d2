"""The subscribers in the store: found by number or id, added, saved, removed (services/subscribers.py)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, not_, select, update
from sqlalchemy.exc import IntegrityError

from usnd.domain.directory.model import Subscriber
from usnd.domain.replies.catalogue import DEFAULT_LANGUAGE
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.schema import conferences, is_live, subscribers

_FIELDS = tuple(Subscriber.__slots__)
_SELECT = select(*(subscribers.c[name] for name in _FIELDS))
_BY_NUMBER = _SELECT.where(subscribers.c.number == bindparam("wanted"))
_BY_NUMBERS = _SELECT.where(OneOf(subscribers.c.number, "wanted"))
_BY_ID = _SELECT.where(subscribers.c.id == bindparam("wanted"))
_ALL = _SELECT.order_by(subscribers.c.id)
_INSERT = insert(subscribers).returning(subscribers.c.id)
_UPDATE = update(subscribers).where(subscribers.c.id == bindparam("saved"))
_DELETE_ENDED = delete(conferences).where(conferences.c.subscriber_id == bindparam("removed"), not_(is_live))
_DELETE = delete(subscribers).where(subscribers.c.id == bindparam("removed"))


class StillLive(Exception):
    """A conference of the subscriber is live, perhaps launched this moment by another writer."""


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

    def add(self, number: str, now: datetime, language: str = DEFAULT_LANGUAGE) -> Subscriber:
        """Register a number. Raises IntegrityError if it is registered already."""
        values = {"number": number, "suspended": False, "created_at": now, "language": language}
        return Subscriber(self._tx.execute(_INSERT, values).scalar_one(), number, language=language)

    def save(self, subscriber: Subscriber) -> None:
        """Write what is set for a subscriber. Raises LookupError if they are not registered."""
        values = {name: getattr(subscriber, name) for name in _FIELDS[1:]}
        if self._tx.execute(_UPDATE, {**values, "saved": subscriber.id}).rowcount != 1:
            raise LookupError(f"subscriber {subscriber.id} is not in the store")

    def remove(self, subscriber_id: int) -> None:
        """Delete a subscriber with their directory, PINs, and conferences that have ended.

        CDRs, usage and recordings refer to none of these. Raises StillLive; the transaction must end then.
        """
        self._tx.execute(_DELETE_ENDED, {"removed": subscriber_id})
        try:
            self._tx.execute(_DELETE, {"removed": subscriber_id})
        except IntegrityError as error:
            raise StillLive from error

    def list(self) -> tuple[Subscriber, ...]:
        """All, in the order registered."""
        return tuple(Subscriber(*row) for row in self._tx.execute(_ALL))
