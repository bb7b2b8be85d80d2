"""Who asked for a launch that no text asked for, and by which key a repetition of it is known.

Written in the transaction of the launch; services/conference/launch.py asks before it launches again.
"""

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from usnd.store.core.execution import Executor
from usnd.store.schema import launch_requests

_TABLE = launch_requests.c
_FIND = select(_TABLE.conference_id).where(
    _TABLE.subscriber_id == bindparam("owner"),
    _TABLE.request_key == bindparam("wanted"),
    _TABLE.requested_at > bindparam("since"),
)
_OLD = delete(launch_requests).where(_TABLE.requested_at <= bindparam("since"))


class LaunchRequests:
    """Of the last day: who asks again later means it anew. Times are UTC."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def find(self, subscriber_id: int, key: str, since: datetime) -> int | None:
        """The conference that this request launched."""
        row = self._tx.execute(_FIND, {"owner": subscriber_id, "wanted": key, "since": since}).first()
        return None if row is None else int(row.conference_id)

    def add(
        self, subscriber_id: int, conference_id: int, by: str, key: str, now: datetime, since: datetime
    ) -> None:
        """Keeps it, and forgets what was before `since`. Without a key nobody asks for it again."""
        self._tx.execute(_OLD, {"since": since})
        row = {"conference_id": conference_id, "subscriber_id": subscriber_id, "requested_by": by}
        self._tx.execute(insert(launch_requests), {**row, "request_key": key or None, "requested_at": now})
