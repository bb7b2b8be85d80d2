"""The subscribers in the store. Refuses to decide who may command."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from usnd.domain.directory import Subscriber
from usnd.store.execution import Executor
from usnd.store.schema import subscribers
from usnd.store.sets import OneOf, json_of

_SELECT = select(subscribers.c.id, subscribers.c.number, subscribers.c.suspended)
_BY_NUMBER = _SELECT.where(subscribers.c.number == bindparam("wanted"))
_BY_NUMBERS = _SELECT.where(OneOf(subscribers.c.number, "wanted"))
_ALL = _SELECT.order_by(subscribers.c.id)
_INSERT = insert(subscribers).returning(subscribers.c.id)


class Subscribers:
    """Who is registered."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def by_number(self, number: str) -> Subscriber | None:
        """The subscriber of that E.164 number."""
        row = self._tx.execute(_BY_NUMBER, {"wanted": number}).one_or_none()
        return None if row is None else Subscriber(*row)

    def by_numbers(self, numbers: Collection[str]) -> dict[str, Subscriber]:
        """Those of the E.164 numbers that are registered, by number."""
        if not numbers:
            return {}
        rows = self._tx.execute(_BY_NUMBERS, {"wanted": json_of(numbers)})
        return {row.number: Subscriber(*row) for row in rows}

    def add(self, number: str, now: datetime) -> Subscriber:
        """Register a number. Raises IntegrityError if it is registered already."""
        values = {"number": number, "suspended": False, "created_at": now}
        return Subscriber(self._tx.execute(_INSERT, values).scalar_one(), number)

    def list(self) -> tuple[Subscriber, ...]:
        """All, in the order registered."""
        return tuple(Subscriber(*row) for row in self._tx.execute(_ALL))
