"""Who is signed in: sessions by the digest of their token.

services/portal writes them, the site reads one for each page. domain/portal/sessions.py says what one is good
for. Those of a subscriber go with them.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from usnd.domain.directory.model import Subscriber
from usnd.domain.portal.sessions import MOST_SESSIONS, Session, Stage
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.schema import portal_sessions, subscribers

_T = portal_sessions.c
_SESSION = (_T.token_digest, _T.subscriber_id, _T.stage, _T.began_at, _T.seen_at, _T.ends_at)
# With the subscriber in one statement: each page begins with it.
_FIND_ALL = (
    select(*_SESSION, *(subscribers.c[name] for name in Subscriber.__struct_fields__))
    .join(subscribers, subscribers.c.id == _T.subscriber_id)
    .where(OneOf(_T.token_digest, "digests"))
)
_INSERT = insert(portal_sessions)
_SEEN = update(portal_sessions).where(_T.token_digest == bindparam("wanted"))
_END = delete(portal_sessions).where(_T.token_digest == bindparam("ended"))
_END_ALL = delete(portal_sessions).where(_T.subscriber_id == bindparam("of"))
_OF_NUMBERS = select(subscribers.c.id).where(OneOf(subscribers.c.number, "numbers"))
_END_OF_NUMBERS = delete(portal_sessions).where(_T.subscriber_id.in_(_OF_NUMBERS))
_NEWEST = (
    select(_T.token_digest)
    .where(_T.subscriber_id == bindparam("of"))
    .order_by(_T.began_at.desc(), _T.token_digest)
    .limit(MOST_SESSIONS)
)
_END_OLDEST = delete(portal_sessions).where(
    _T.subscriber_id == bindparam("of"), _T.token_digest.not_in(_NEWEST)
)
_OLD = select(_T.token_digest).where(_T.ends_at <= bindparam("until")).limit(bindparam("most"))
_FORGET = delete(portal_sessions).where(_T.token_digest.in_(_OLD))


class SignedIn(NamedTuple):
    """A session and its subscriber as they are now."""

    session: Session
    subscriber: Subscriber


class PortalSessions:
    """All of them, also those that have ended and are not forgotten yet."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def find(self, digest: str) -> SignedIn | None:
        """Whose it is; whether it still counts is the domain's to say."""
        return self.find_all((digest,)).get(digest)

    def find_all(self, digests: Collection[str]) -> dict[str, SignedIn]:
        """As `find`, of many, by digest; those that there are not are left out."""
        rows = self._tx.execute(_FIND_ALL, {"digests": json_of(digests)}).all()
        return {row.token_digest: SignedIn(_session(row), _subscriber(row)) for row in rows}

    def begin(self, digest: str, session: Session) -> None:
        """Keeps a new one; where the subscriber has too many, the oldest end."""
        row = {"token_digest": digest, "subscriber_id": session.subscriber_id, "stage": session.stage.value}
        times = {"began_at": session.began, "seen_at": session.seen, "ends_at": session.ends}
        self._tx.execute(_INSERT, {**row, **times})
        self._tx.execute(_END_OLDEST, {"of": session.subscriber_id})

    def seen(self, digest: str, session: Session) -> None:
        """Notes that somebody is still there."""
        self._tx.execute(_SEEN, {"wanted": digest, "seen_at": session.seen, "ends_at": session.ends})

    def end(self, digest: str) -> None:
        """That one."""
        self._tx.execute(_END, {"ended": digest})

    def end_all(self, subscriber_id: int) -> int:
        """All of a subscriber; how many."""
        return self._tx.execute(_END_ALL, {"of": subscriber_id}).rowcount

    def end_of_numbers(self, numbers: Collection[str]) -> None:
        """All of the subscribers of these numbers."""
        if numbers:
            self._tx.execute(_END_OF_NUMBERS, {"numbers": json_of(numbers)})

    def forget(self, until: datetime, most: int) -> int:
        """Deletes those that ended at `until` or before; how many."""
        return self._tx.execute(_FORGET, {"until": until, "most": most}).rowcount


def _subscriber(row: Any) -> Subscriber:
    return Subscriber(*row[len(_SESSION) :])


def _session(row: Any) -> Session:
    return Session(row.subscriber_id, Stage(row.stage), row.began_at, row.seen_at, row.ends_at)
