"""Until when the calls of this node are known to have been up: services/conference/last_seen.py notes it."""

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from usnd.store.core.execution import Executor
from usnd.store.schema import calls_seen

_ONLY = 1
_READ = select(calls_seen.c.at)
_UPDATE = update(calls_seen).values(at=bindparam("seen"))
_INSERT = insert(calls_seen)


class CallsSeen:
    """The last time noted."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def at(self) -> datetime | None:
        """None: none was noted."""
        found: datetime | None = self._tx.execute(_READ).scalar()
        return found

    def note(self, at: datetime) -> None:
        """In UTC."""
        if not self._tx.execute(_UPDATE, {"seen": at}).rowcount:
            self._tx.execute(_INSERT, {"id": _ONLY, "at": at})
