"""Who asked for a launch that no text asked for, and by which key a repetition of it is known.

Written in the transaction of the launch; services/conference/launch.py asks before it launches again. The
release before migration 0012 keeps such a launch as a text that came in, with the key in its fingerprint, and
looks for it there. During an upgrade and on the way back both releases launch in turn: so its rows are read
here, and written, until no release that reads them is one to go back to (decision 18).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update

from usnd.domain.conference.launch import EarlierLaunch, Whom, digest_of, text_of
from usnd.domain.directory.model import Subscriber
from usnd.domain.messaging.message import IncomingText
from usnd.store.core.execution import Executor
from usnd.store.schema import conferences, launch_requests, mo_texts
from usnd.store.texts import Texts

_SOURCE = "console"
"""What a launch that is kept as a text has in the place of its SMSC."""
_TABLE = launch_requests.c
_FIND = (
    select(_TABLE.conference_id, _TABLE.digest)
    .where(
        _TABLE.subscriber_id == bindparam("owner"),
        _TABLE.request_key == bindparam("wanted"),
        _TABLE.requested_at > bindparam("since"),
    )
    .order_by(_TABLE.conference_id.desc())
)
_FIND_TEXT = (
    select(conferences.c.id, mo_texts.c.body)
    .join(conferences, conferences.c.mo_id == mo_texts.c.id)
    .where(mo_texts.c.fingerprint == bindparam("wanted"), mo_texts.c.received_at > bindparam("since"))
    .order_by(mo_texts.c.id.desc())
)
_WITHDRAWN = delete(launch_requests).where(_TABLE.conference_id == bindparam("withdrawn"))
_WITHDRAWN_TEXT = (
    update(mo_texts)
    .where(
        mo_texts.c.smsc == _SOURCE,
        mo_texts.c.id
        == select(conferences.c.mo_id).where(conferences.c.id == bindparam("withdrawn")).scalar_subquery(),
    )
    .values(fingerprint="")
)
_OLD = delete(launch_requests).where(_TABLE.requested_at <= bindparam("since"))


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """What is kept of a launch. by: who asked. key: empty: nobody asks for it again."""

    owner: Subscriber
    whom: Whom
    by: str
    key: str


class LaunchRequests:
    """Of the last day: who asks again later means it anew. Times are UTC."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def find(self, owner: Subscriber, key: str, since: datetime) -> EarlierLaunch | None:
        """What the request with this key launched, by this release or by the former one."""
        row = self._tx.execute(_FIND, {"owner": owner.id, "wanted": key, "since": since}).first()
        if row is not None:
            return EarlierLaunch(int(row.conference_id), digest=row.digest)
        wanted = {"wanted": _fingerprint(owner, key), "since": since}
        text = self._tx.execute(_FIND_TEXT, wanted).first()
        return None if text is None else EarlierLaunch(int(text.id), text=text.body)

    def keep_as_text(self, request: KeptRequest, now: datetime) -> int | None:
        """Keeps it where the former release looks; the id is for the conference. None: it has no key."""
        if not request.key:
            return None
        owner, fingerprint = request.owner, _fingerprint(request.owner, request.key)
        text = IncomingText(_SOURCE, request.by, owner.number, "", text_of(request.whom), fingerprint)
        (kept,) = Texts(self._tx).add_mo([text], now)
        return kept

    def add(self, conference_id: int, request: KeptRequest, now: datetime, since: datetime) -> None:
        """Keeps it beside its conference, and forgets what was before `since`."""
        self._tx.execute(_OLD, {"since": since})
        row = {"conference_id": conference_id, "subscriber_id": request.owner.id, "requested_by": request.by}
        asked = {"request_key": request.key or None, "digest": digest_of(request.whom)}
        self._tx.execute(insert(launch_requests), {**row, **asked, "requested_at": now})

    def forget(self, conference_id: int) -> None:
        """Whoever asked for that conference by a key may ask anew by it: nobody was called."""
        withdrawn = {"withdrawn": conference_id}
        self._tx.execute(_WITHDRAWN, withdrawn)
        self._tx.execute(_WITHDRAWN_TEXT, withdrawn)


def _fingerprint(owner: Subscriber, key: str) -> str:
    return f"{_SOURCE} {owner.number} {key}"
