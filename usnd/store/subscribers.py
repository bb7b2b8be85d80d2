"""The subscribers in the store. Refuses to decide who may command."""

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from usnd.domain.directory import Subscriber
from usnd.store.execution import Executor
from usnd.store.schema import subscribers

_SELECT = select(subscribers.c.id, subscribers.c.number, subscribers.c.suspended, subscribers.c.press_one)
_BY_NUMBER = _SELECT.where(subscribers.c.number == bindparam("wanted"))
_ALL = _SELECT.order_by(subscribers.c.id)
_INSERT = insert(subscribers).returning(subscribers.c.id)
_PRESS_ONE = update(subscribers).where(subscribers.c.number == bindparam("wanted"))


class Subscribers:
    """Who is registered."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def by_number(self, number: str) -> Subscriber | None:
        """The subscriber of that E.164 number."""
        row = self._tx.execute(_BY_NUMBER, {"wanted": number}).one_or_none()
        return None if row is None else Subscriber(*row)

    def add(self, number: str, now: datetime) -> Subscriber:
        """Register a number. Raises IntegrityError if it is registered already."""
        values = {"number": number, "suspended": False, "created_at": now}
        return Subscriber(self._tx.execute(_INSERT, values).scalar_one(), number)

    def set_press_one(self, number: str, *, on: bool) -> bool:
        """Whether whoever they call must press 1 to join. False if the number is not registered."""
        return self._tx.execute(_PRESS_ONE.values(press_one=on), {"wanted": number}).rowcount == 1

    def list(self) -> tuple[Subscriber, ...]:
        """All, in the order registered."""
        return tuple(Subscriber(*row) for row in self._tx.execute(_ALL))
