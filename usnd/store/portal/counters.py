"""Tries that are counted, by what domain/portal/lockout.py calls them.

services/portal reads and writes those of one try; who is CLEAR has no row. The rows are few: each try that
counts cost a place in line before it, and they are forgotten once their time is over.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, tuple_

from usnd.domain.portal.lockout import LIMITS, Counter, CounterKey, CounterKind, Counters, lapses_at
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.schema import portal_counters

_T = portal_counters.c
_FIND = select(_T.kind, _T.whose, _T.tries, _T.since, _T.closed_until).where(
    OneOf(_T.kind, "kinds"), OneOf(_T.whose, "names")
)
_DELETE = delete(portal_counters).where(_T.kind == bindparam("of_kind"), _T.whose == bindparam("of_whom"))
_INSERT = insert(portal_counters)
_OLD = (
    select(_T.kind, _T.whose)
    .where(_T.lapses_at <= bindparam("until"))
    .order_by(_T.lapses_at)
    .limit(bindparam("most"))
)
_FORGET = delete(portal_counters).where(tuple_(_T.kind, _T.whose).in_(_OLD))
_CLEAR_FROM = delete(portal_counters).where(
    _T.kind == CounterKind.ACCOUNT_FROM.value, _T.whose.startswith(bindparam("account"), autoescape=False)
)


class PortalCounters:
    """Those that are not CLEAR, and some that are by now."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def find(self, keys: Collection[CounterKey]) -> dict[CounterKey, Counter]:
        """Those of the keys that there are."""
        values = {
            "kinds": json_of({key.kind.value for key in keys}),
            "names": json_of({key.whose for key in keys}),
        }
        rows = self._tx.execute(_FIND, values)
        found = {
            CounterKey(CounterKind(row.kind), row.whose): Counter(row.tries, row.since, row.closed_until)
            for row in rows
        }
        return {key: found[key] for key in keys if key in found}

    def save(self, counters: Counters) -> None:
        """As they are now."""
        for key, counter in counters.items():
            self._tx.execute(_DELETE, {"of_kind": key.kind.value, "of_whom": key.whose})
            lapses = lapses_at(counter, LIMITS[key.kind])
            if lapses is not None:
                row = {"kind": key.kind.value, "whose": key.whose, "tries": counter.tries}
                times = {
                    "since": counter.since,
                    "closed_until": counter.closed_until,
                    "lapses_at": lapses,
                }
                self._tx.execute(_INSERT, {**row, **times})

    def clear_from(self, account: str) -> None:
        """Of that account from all sources."""
        self._tx.execute(_CLEAR_FROM, {"account": f"{account} "})

    def forget(self, until: datetime, most: int) -> int:
        """Deletes those that are CLEAR by then; how many."""
        return self._tx.execute(_FORGET, {"until": until, "most": most}).rowcount
