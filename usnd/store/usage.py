"""What each subscriber's calls have talked in each month (REQUIREMENTS C10).

Kept beside the CDRs, in the transaction of each, so that a launch reads one row and not a month of records.
What is left of a quota is reckoned in domain/conference/quota.py.
"""

from collections.abc import Collection

from sqlalchemy import bindparam, insert, select, update

from usnd.domain.conference.call import Call
from usnd.domain.conference.quota import month_of, talked_seconds
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.schema import usage

_OF = select(usage.c.subscriber_id, usage.c.seconds).where(
    usage.c.month == bindparam("wanted_month"), OneOf(usage.c.subscriber_id, "owners")
)
_MORE = (
    update(usage)
    .where(usage.c.subscriber_id == bindparam("owner"), usage.c.month == bindparam("wanted_month"))
    .values(seconds=usage.c.seconds + bindparam("more"))
)
_FIRST = insert(usage)


class Usage:
    """Seconds talked, by subscriber and month (`2026-03`, UTC)."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def add(self, subscriber_id: int, call: Call) -> None:
        """Count a call that ended, once: with its record."""
        seconds = talked_seconds(call)
        if call.ended_at is None or not seconds:
            return
        month = month_of(call.ended_at)
        values = {"owner": subscriber_id, "wanted_month": month, "more": seconds}
        if not self._tx.execute(_MORE, values).rowcount:
            self._tx.execute(_FIRST, {"subscriber_id": subscriber_id, "month": month, "seconds": seconds})

    def of(self, subscriber_ids: Collection[int], month: str) -> dict[int, int]:
        """The seconds of those who have any."""
        if not subscriber_ids:
            return {}
        found = self._tx.execute(_OF, {"owners": json_of(subscriber_ids), "wanted_month": month})
        return {row.subscriber_id: row.seconds for row in found}
