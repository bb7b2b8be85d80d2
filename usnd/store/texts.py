"""The texts in the store: what came in (MO) and what waits for an SMSC's answer (MT).

Owns that a text is settled once. Refuses to decide what is a duplicate, what expired and what is said.
"""

from datetime import datetime

from sqlalchemy import bindparam, exists, insert, select, tuple_, update

from usnd.domain.messages import Earlier, IncomingText, MtState, OutgoingText, Priority
from usnd.store.execution import Executor
from usnd.store.schema import is_queued, mo_texts, mt_texts

_ANSWER_SEEN = exists().where(
    mt_texts.c.mo_id == mo_texts.c.id,
    mt_texts.c.state == MtState.SENT,
    mt_texts.c.session == mo_texts.c.session,
)
_EARLIER = (
    select(mo_texts.c.id, mo_texts.c.session, mo_texts.c.received_at, _ANSWER_SEEN)
    .where(mo_texts.c.fingerprint == bindparam("wanted"), mo_texts.c.received_at >= bindparam("since"))
    .order_by(mo_texts.c.received_at.desc(), mo_texts.c.id.desc())
    .limit(1)
)
_ADD_MO = insert(mo_texts).returning(mo_texts.c.id)
_ADD_MT = insert(mt_texts).returning(mt_texts.c.id)
_QUEUED = (
    select(
        mt_texts.c.id,
        mt_texts.c.smsc,
        mt_texts.c.sender,
        mt_texts.c.recipient,
        mt_texts.c.body,
        mt_texts.c.queued_at,
        mt_texts.c.expires_at,
        mt_texts.c.priority,
    )
    .where(
        is_queued,
        tuple_(mt_texts.c.priority, mt_texts.c.id)
        > tuple_(bindparam("after_priority"), bindparam("after_id")),
    )
    .order_by(mt_texts.c.priority, mt_texts.c.id)
    .limit(bindparam("most"))
)
_SETTLE = update(mt_texts).where(mt_texts.c.id == bindparam("text"), is_queued)
_BEFORE_ALL = (-1, 0)

Cursor = tuple[Priority, int]


class Texts:
    """Texts in and out."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def earlier(self, fingerprint: str, since: datetime) -> Earlier | None:
        """The newest text of that fingerprint received at `since` or later."""
        row = self._tx.execute(_EARLIER, {"wanted": fingerprint, "since": since}).one_or_none()
        return None if row is None else Earlier(row[0], row[1], row[2], bool(row[3]))

    def add_mo(self, text: IncomingText, now: datetime) -> int:
        """Keep a text that came in; gives its id."""
        values = {
            "smsc": text.smsc,
            "session": text.session,
            "sender": text.sender,
            "recipient": text.recipient,
            "body": text.body,
            "fingerprint": text.fingerprint,
            "received_at": now,
        }
        number: int = self._tx.execute(_ADD_MO, values).scalar_one()
        return number

    def queue_mt(  # noqa: PLR0913 -- what a text is made of
        self,
        smsc: str,
        sender: str,
        recipient: str,
        body: str,
        now: datetime,
        expires_at: datetime,
        *,
        priority: Priority = Priority.REPLY,
        mo_id: int | None = None,
    ) -> OutgoingText:
        """Queue a text to `recipient`; `mo_id` is the text it answers."""
        values = {
            "mo_id": mo_id,
            "smsc": smsc,
            "sender": sender,
            "recipient": recipient,
            "body": body,
            "priority": priority.value,
            "state": MtState.QUEUED,
            "queued_at": now,
            "expires_at": expires_at,
        }
        number: int = self._tx.execute(_ADD_MT, values).scalar_one()
        return OutgoingText(number, smsc, sender, recipient, body, now, expires_at, priority)

    def queued(self, limit: int, after: Cursor | None = None) -> list[OutgoingText]:
        """Up to `limit` texts that wait, replies first, then by age; those behind the cursor `after`."""
        priority, number = (after[0].value, after[1]) if after else _BEFORE_ALL
        values = {"after_priority": priority, "after_id": number, "most": limit}
        rows = self._tx.execute(_QUEUED, values).mappings()
        return [OutgoingText(**{**row, "priority": Priority(row["priority"])}) for row in rows]

    def settle(
        self,
        text_id: int,
        state: MtState,
        now: datetime,
        *,
        session: str | None = None,
        smsc_message_id: str | None = None,
        error: str | None = None,
    ) -> bool:
        """Take a text out of the queue; False if it was settled before, and then nothing changes."""
        values = {
            "text": text_id,
            "state": state,
            "settled_at": now,
            "session": session,
            "smsc_message_id": smsc_message_id,
            "error": error,
        }
        return self._tx.execute(_SETTLE, values).rowcount == 1
