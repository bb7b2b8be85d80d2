"""What deletions took, for undoing them: one row each, of its subscriber, forgotten in minutes.

services/portal writes and reads it; the site may not.
"""

from datetime import datetime

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from usnd.domain.directory.undo import Removal
from usnd.store.core.execution import Executor
from usnd.store.schema import portal_removals

_T = portal_removals.c
_INSERT = insert(portal_removals).returning(_T.id)
_MINE = (_T.id == bindparam("wanted")) & (_T.subscriber_id == bindparam("of"))
_FIND = select(_T.what).where(_MINE, _T.removed_at > bindparam("since"))
_TAKE = delete(portal_removals).where(_MINE)
_OLD = select(_T.id).where(_T.removed_at <= bindparam("until")).limit(bindparam("most"))
_FORGET = delete(portal_removals).where(_T.id.in_(_OLD))


class PortalRemovals:
    """Those of the last minutes. Times are UTC."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def add(self, subscriber_id: int, removal: Removal, now: datetime) -> int:
        """Keeps it; its id."""
        what = msgspec.json.encode(removal).decode()
        row = {"subscriber_id": subscriber_id, "removed_at": now, "what": what}
        return int(self._tx.execute(_INSERT, row).scalar_one())

    def take(self, subscriber_id: int, removal_id: int, since: datetime) -> Removal | None:
        """That one, if it is the subscriber's and younger than `since`; it is gone then."""
        mine = {"wanted": removal_id, "of": subscriber_id}
        found = self._tx.execute(_FIND, {**mine, "since": since}).scalar_one_or_none()
        if found is None:
            return None
        self._tx.execute(_TAKE, mine)
        return msgspec.json.decode(found, type=Removal)

    def forget(self, until: datetime, most: int) -> int:
        """Deletes those of `until` or before; how many."""
        return self._tx.execute(_FORGET, {"until": until, "most": most}).rowcount
