"""What happened at the portal: whose account, from where, what, when. Never a secret.

services/portal adds a row in the transaction of what it tells of; `usnd subscriber sign-ins` shows them.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, insert, or_, select

from usnd.store.core.execution import Executor
from usnd.store.schema import portal_audit

MOST_ROWS = 500_000
"""Who tries passwords all day must not fill the disk: the oldest go before their time."""
_T = portal_audit.c
_INSERT = insert(portal_audit)
_OF = (
    select(_T.at, _T.number, _T.source, _T.what, _T.about)
    .where(_T.number == bindparam("wanted"))
    .order_by(_T.id.desc())
    .limit(bindparam("most"))
)
_BEYOND = select(func.max(_T.id) - MOST_ROWS).scalar_subquery()
_OLD = (
    select(_T.id)
    .where(or_(_T.at <= bindparam("until"), _T.id <= _BEYOND))
    .order_by(_T.id)
    .limit(bindparam("most"))
)
_FORGET = delete(portal_audit).where(_T.id.in_(_OLD))


class AuditLine(NamedTuple):
    """One thing that happened. what: of domain/portal/outcomes.py; about: as `conference 3`, or empty."""

    at: datetime
    number: str
    source: str
    what: str
    about: str = ""


class PortalAudit:
    """The last months, also of those who are no subscribers any more. Times are UTC."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def add(self, line: AuditLine) -> None:
        """Keeps it."""
        self._tx.execute(_INSERT, line._asdict())

    def of(self, number: str, limit: int) -> list[AuditLine]:
        """The last of that number, the oldest first."""
        rows = self._tx.execute(_OF, {"wanted": number, "most": limit})
        return [AuditLine(*row) for row in rows][::-1]

    def forget(self, until: datetime, most: int) -> int:
        """Deletes those of `until` or before, and the oldest beyond MOST_ROWS; how many."""
        return self._tx.execute(_FORGET, {"until": until, "most": most}).rowcount
