"""By what a subscriber signs in: the first credential, the chosen password, the code of an SMS.

Only services/portal asks; the site's account may read none of these tables. All are kept as digests.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from usnd.store.core.execution import Executor
from usnd.store.schema import portal_codes, portal_passwords, subscribers

_P, _C = portal_passwords.c, portal_codes.c
_FIND = (
    select(subscribers.c.credential, _P.hash)
    .select_from(subscribers.outerjoin(portal_passwords, _P.subscriber_id == subscribers.c.id))
    .where(subscribers.c.id == bindparam("wanted"))
)
_CHANGE = update(portal_passwords).where(_P.subscriber_id == bindparam("of"))
_INSERT = insert(portal_passwords)
_VOID = update(subscribers).where(subscribers.c.id == bindparam("of")).values(credential=None)
_CODE = select(_C.digest, _C.expires_at, _C.text_id).where(_C.number == bindparam("wanted"))
_FORGET_CODE = delete(portal_codes).where(_C.number == bindparam("wanted"))
_INSERT_CODE = insert(portal_codes)
_OLD = (
    select(_C.number, _C.text_id)
    .where(_C.expires_at <= bindparam("until"))
    .order_by(_C.expires_at)
    .limit(bindparam("most"))
)


class Keys(NamedTuple):
    """What opens an account; each None where there is none."""

    credential: str | None
    hash: str | None


class StoredCode(NamedTuple):
    """The last code for a number. text_id: the SMS that it went out in."""

    digest: str
    expires_at: datetime
    text_id: int | None


class PortalAccounts:
    """Passwords and codes."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def keys_of(self, subscriber_id: int) -> Keys:
        """Of a subscriber."""
        row = self._tx.execute(_FIND, {"wanted": subscriber_id}).one_or_none()
        return Keys(None, None) if row is None else Keys(*row)

    def choose(self, subscriber_id: int, hash_: str, now: datetime) -> None:
        """The password from now on; the first credential is void."""
        values = {"hash": hash_, "chosen_at": now}
        if not self._tx.execute(_CHANGE, {"of": subscriber_id, **values}).rowcount:
            self._tx.execute(_INSERT, {"subscriber_id": subscriber_id, **values})
        self._tx.execute(_VOID, {"of": subscriber_id})

    def code_of(self, number: str) -> StoredCode | None:
        """The last one for that number."""
        row = self._tx.execute(_CODE, {"wanted": number}).one_or_none()
        return None if row is None else StoredCode(*row)

    def keep_code(self, number: str, code: StoredCode) -> None:
        """In the place of the one before."""
        self.forget_code(number)
        self._tx.execute(_INSERT_CODE, {"number": number, **code._asdict()})

    def forget_code(self, number: str) -> None:
        """It is good for nothing any more."""
        self._tx.execute(_FORGET_CODE, {"wanted": number})

    def old_codes(self, until: datetime, most: int) -> list[tuple[str, int | None]]:
        """Those that were good until then or before: the number and the SMS of each."""
        rows = self._tx.execute(_OLD, {"until": until, "most": most})
        return [(row.number, row.text_id) for row in rows]
