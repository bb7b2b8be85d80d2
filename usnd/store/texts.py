"""The texts in the store: what came in (MO) and what waits for an SMSC's answer (MT).

services/messaging takes texts in, queues and settles them by it; other services queue what they tell people.
A text is settled once. Everything is by the set: hundreds of texts cost the statements of one. What is a
duplicate is decided in domain/messaging/duplicates.py, what has expired in domain/messaging/sending.py.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import bindparam, exists, false, func, literal_column, not_, null, or_, select, union, update

from usnd.domain.messaging.duplicates import Earlier
from usnd.domain.messaging.message import (
    Attempt,
    Draft,
    IncomingText,
    MtState,
    OutgoingText,
    Priority,
    Settlement,
)
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, RowsStatement, json_of
from usnd.store.schema import is_queued, is_untold, mo_texts, mt_texts

WITHDRAWN = "withdrawn"
"""How a text ended that was taken back before it was sent."""
_ANSWER_READ_AT = (
    select(func.min(mt_texts.c.settled_at))
    .where(
        mt_texts.c.mo_id == mo_texts.c.id,
        mt_texts.c.state.in_((MtState.SENT, MtState.DELIVERED, MtState.UNDELIVERED)),
        mt_texts.c.session == mo_texts.c.session,
    )
    .scalar_subquery()
)
_same = mo_texts.alias()
# Found by the index alone: somebody may send the same text all day.
_NEWEST = (
    select(func.max(_same.c.id))
    .where(OneOf(_same.c.fingerprint, "wanted"), _same.c.received_at >= bindparam("since"))
    .group_by(_same.c.fingerprint)
)
_EARLIER = select(
    mo_texts.c.fingerprint,
    mo_texts.c.id,
    mo_texts.c.session,
    mo_texts.c.received_at,
    _ANSWER_READ_AT,
    mo_texts.c.redelivered_over,
).where(mo_texts.c.id.in_(_NEWEST))
_REDELIVERED = RowsStatement(
    "UPDATE mo_texts SET redelivered_over = COALESCE(mo_texts.redelivered_over || ' ', '') || r.session"
    " FROM {rows} WHERE mo_texts.id = r.id AND mo_texts.id {picked}",
    mo_texts.c.id,
    mo_texts.c.session,
)
_MO_COLUMNS = [
    mo_texts.c[name]
    for name in ("smsc", "session", "sender", "recipient", "body", "fingerprint", "received_at")
]
# The ids rise in the order of the rows: PostgreSQL and SQLite number the rows of an ordered SELECT in order.
_ADD_MO = RowsStatement(
    "INSERT INTO mo_texts (smsc, session, sender, recipient, body, fingerprint, received_at)"
    " SELECT r.smsc, r.session, r.sender, r.recipient, r.body, r.fingerprint, r.received_at"
    " FROM {rows} ORDER BY r.nth RETURNING id",
    *_MO_COLUMNS,
)
_MT_COLUMNS = [
    mt_texts.c[name]
    for name in ("mo_id", "smsc", "sender", "recipient", "body", "priority", "queued_at", "expires_at")
]
_ADD_MT = RowsStatement(
    "INSERT INTO mt_texts (mo_id, smsc, sender, recipient, body, priority, state, queued_at, expires_at)"
    " SELECT r.mo_id, r.smsc, r.sender, r.recipient, r.body, r.priority, 'queued', r.queued_at, r.expires_at"
    " FROM {rows} ORDER BY r.nth RETURNING id",
    *_MT_COLUMNS,
)
_QUEUED = (
    select(
        mt_texts.c.id,
        mt_texts.c.smsc,
        mt_texts.c.sender,
        mt_texts.c.recipient,
        mt_texts.c.body,
        mt_texts.c.queued_at,
        mt_texts.c.expires_at,
        mt_texts.c.attempts,
        mt_texts.c.due_at,
    )
    .where(
        is_queued,
        mt_texts.c.smsc == bindparam("bind"),
        mt_texts.c.priority == bindparam("class"),
        mt_texts.c.id > bindparam("after"),
    )
    .order_by(mt_texts.c.id)
    .limit(bindparam("most"))
)
_REROUTE = (
    update(mt_texts).where(is_queued, not_(OneOf(mt_texts.c.smsc, "known"))).values(smsc=bindparam("instead"))
)
_MOVE = update(mt_texts).where(is_queued, OneOf(mt_texts.c.id, "moved")).values(smsc=bindparam("instead"))
# Not by state: PostgreSQL would read the index of all that is queued, a whole blast, for each few. What is
# queued has no settled_at, and `{picked}` lets it look up these texts alone.
_SETTLE = RowsStatement(
    "UPDATE mt_texts SET state = r.state, settled_at = r.settled_at, session = r.session,"
    " smsc_message_id = r.smsc_message_id, error = r.error"
    " FROM {rows} WHERE mt_texts.id = r.id AND mt_texts.id {picked} AND mt_texts.settled_at IS NULL"
    " RETURNING mt_texts.id",
    *(mt_texts.c[name] for name in ("id", "state", "settled_at", "session", "smsc_message_id", "error")),
)

# Only what went to others than the subscriber who asked for it.
_END = RowsStatement(
    "UPDATE mt_texts SET ending = r.ending, untold = EXISTS (SELECT 1 FROM mo_texts"
    " WHERE mo_texts.id = mt_texts.mo_id AND mo_texts.sender <> mt_texts.recipient)"
    " FROM {rows} WHERE mt_texts.id = r.id AND mt_texts.id {picked}",
    *(mt_texts.c[name] for name in ("id", "ending")),
)
# The highest counts: of two rounds in one lot the order is not kept.
_ATTEMPTED = RowsStatement(
    "UPDATE mt_texts SET attempts = r.attempts, due_at = r.due_at FROM {rows}"
    " WHERE mt_texts.id = r.id AND mt_texts.id {picked} AND mt_texts.settled_at IS NULL"
    " AND mt_texts.attempts < r.attempts",
    *(mt_texts.c[name] for name in ("id", "attempts", "due_at")),
)
_waiting = mt_texts.alias()
_UNSENT = (
    select(
        mt_texts.c.id,
        mt_texts.c.mo_id,
        mt_texts.c.recipient,
        mt_texts.c.ending,
        mo_texts.c.smsc,
        mo_texts.c.sender,
    )
    .join(mo_texts, mo_texts.c.id == mt_texts.c.mo_id)
    .where(
        is_untold,
        ~exists().where(
            _waiting.c.mo_id == mt_texts.c.mo_id,
            _waiting.c.recipient != mo_texts.c.sender,
            _waiting.c.state == literal_column("'queued'"),
        ),
    )
    .order_by(mt_texts.c.mo_id, mt_texts.c.id)
    .limit(bindparam("most"))
)
_TOLD = update(mt_texts).where(OneOf(mt_texts.c.id, "told")).values(untold=false())
_BY_TEXT = mt_texts.join(mo_texts, mo_texts.c.id == mt_texts.c.mo_id)
_ASKERS = union(
    *(
        select(mt_texts.c.mo_id, mo_texts.c.sender).select_from(_BY_TEXT).where(which)
        for which in (is_queued, is_untold)
    )
)
# What was sent once without an answer may be with somebody already: it goes its way.
_NEVER_SENT = update(mt_texts).where(mt_texts.c.settled_at.is_(None), mt_texts.c.attempts == 0)
_TAKEN_BACK = {
    "state": MtState.REJECTED,
    "settled_at": bindparam("at"),
    "error": WITHDRAWN,
    "ending": WITHDRAWN,
}
_WITHDRAW = _NEVER_SENT.where(OneOf(mt_texts.c.id, "texts")).values(_TAKEN_BACK)
_WITHDRAW_ASKED = _NEVER_SENT.where(
    mt_texts.c.priority >= bindparam("least"), OneOf(mt_texts.c.mo_id, "asked_by")
).values(_TAKEN_BACK)
_UNASKED = (
    select(mt_texts.c.id, mt_texts.c.recipient)
    .where(is_queued, mt_texts.c.mo_id.is_(None))
    .order_by(mt_texts.c.id)
)
_DISOWN = (
    update(mt_texts)
    .where(OneOf(mt_texts.c.mo_id, "orders"), or_(is_queued, is_untold))
    .values(mo_id=null(), untold=false())
)
_BLANK = (
    update(mt_texts).where(OneOf(mt_texts.c.id, "known"), mt_texts.c.settled_at.is_not(None)).values(body="")
)
_SETTLED = select(mt_texts.c.id).where(OneOf(mt_texts.c.id, "known"), mt_texts.c.settled_at.is_not(None))


class Unsent(NamedTuple):
    """A text that was not sent, and the subscriber's text by which it was asked for."""

    id: int
    mo_id: int
    recipient: str
    ending: str
    smsc: str
    subscriber: str


class Texts:
    """Texts in and out."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def earlier(self, fingerprints: Collection[str], since: datetime) -> dict[str, Earlier]:
        """Of each fingerprint, the text kept last of those received at `since` or later."""
        rows = self._tx.execute(_EARLIER, {"wanted": json_of(fingerprints), "since": since})
        return {
            fingerprint: Earlier(number, session, at, read_at, frozenset((again or "").split()))
            for fingerprint, number, session, at, read_at, again in rows
        }

    def redelivered(self, deliveries: Sequence[tuple[int, str]]) -> None:
        """Note that texts were delivered again: the id of each, once, and over which session."""
        if deliveries:
            _REDELIVERED.run(self._tx, deliveries)

    def add_mo(self, texts: Sequence[IncomingText], now: datetime) -> list[int]:
        """Keep texts that came in, some of which waited to be read; gives their ids, in order."""
        if not texts:
            return []
        rows = [
            (
                text.smsc,
                text.session,
                text.sender,
                text.recipient,
                text.body,
                text.fingerprint,
                now - text.waited,
            )
            for text in texts
        ]
        return sorted(_ADD_MO.run(self._tx, rows).scalars())

    def queue_mt(self, drafts: Sequence[Draft]) -> list[OutgoingText]:
        """Queue texts, in order."""
        if not drafts:
            return []
        rows = [
            (
                one.mo_id,
                one.smsc,
                one.sender,
                one.recipient,
                one.body,
                one.priority.value,
                one.queued_at,
                one.expires_at,
            )
            for one in drafts
        ]
        numbers = sorted(_ADD_MT.run(self._tx, rows).scalars())
        return [draft.queued(number) for number, draft in zip(numbers, drafts, strict=True)]

    def queued(self, smsc: str, priority: Priority, limit: int, after: int = 0) -> list[OutgoingText]:
        """Up to `limit` texts of that priority that wait for that bind, by age, whose id is above `after`."""
        values = {"bind": smsc, "class": priority.value, "after": after, "most": limit}
        rows = self._tx.execute(_QUEUED, values)
        return [
            OutgoingText(number, bind, sender, recipient, body, queued_at, expires_at, priority, *tried)
            for number, bind, sender, recipient, body, queued_at, expires_at, *tried in rows
        ]

    def reroute(self, instead: str, known: Collection[str]) -> int:
        """Let all texts wait for bind `instead` that wait for none of the `known`; how many."""
        return self._tx.execute(_REROUTE, {"instead": instead, "known": json_of(known)}).rowcount

    def move(self, smsc: str, instead: str, priority: Priority, limit: int) -> list[OutgoingText]:
        """Lets up to `limit` texts that wait for bind `smsc`, the oldest, wait for `instead`; gives them."""
        texts = self.queued(smsc, priority, limit)
        if texts:
            values = {"moved": json_of(text.id for text in texts), "instead": instead}
            self._tx.execute(_MOVE, values)
        return [replace(text, smsc=instead) for text in texts]

    def settle(self, settlements: Sequence[Settlement], now: datetime) -> set[int]:
        """Take texts out of the queue; the ids of those that were still in it: of others nothing changes."""
        rows = [
            (one.text_id, one.state, now, one.session, one.smsc_message_id, one.error) for one in settlements
        ]
        changed = set(_SETTLE.run(self._tx, rows).scalars())
        endings = [(one.text_id, one.ending) for one in settlements if one.ending and one.text_id in changed]
        if endings:
            _END.run(self._tx, endings)
        return changed

    def disown(self, orders: Collection[int]) -> None:
        """What waits by these orders, or is untold, is nobody's: nobody is told what becomes of it."""
        if orders:
            self._tx.execute(_DISOWN, {"orders": json_of(orders)})

    def attempted(self, attempts: Sequence[Attempt]) -> None:
        """Note how often texts were sent without an answer; nothing of those that are settled."""
        _ATTEMPTED.run(self._tx, [(one.text_id, one.attempts, one.due_at) for one in attempts])

    def unsent(self, limit: int) -> list[Unsent]:
        """Up to `limit` texts that were not sent and whose subscriber was not told; whole blasts only."""
        return [Unsent(*row) for row in self._tx.execute(_UNSENT, {"most": limit})]

    def told(self, texts: Collection[int]) -> None:
        """Note that the subscribers of these texts were told."""
        self._tx.execute(_TOLD, {"told": json_of(texts)})

    def askers(self) -> list[tuple[int, str]]:
        """The texts by which somebody asked for others that wait, or that were not sent and it is not told.

        The id of each, once, and its sender as the SMSC wrote them.
        """
        return [(mo_id, sender) for mo_id, sender in self._tx.execute(_ASKERS)]

    def unasked(self) -> list[tuple[int, str]]:
        """Queued texts that no text asked for: ids, and recipients as written."""
        return [(row.id, row.recipient) for row in self._tx.execute(_UNASKED)]

    def withdraw_asked(self, asked_by: Collection[int], now: datetime, *, blasts_only: bool) -> int:
        """Take texts back that wait and were never sent, by the texts that asked for them; how many.

        blasts_only: not the answers to who asked. Who sends them learns it by `settled`.
        """
        if not asked_by:
            return 0
        least = Priority.BULK if blasts_only else Priority.REPLY
        values = {"asked_by": json_of(asked_by), "least": least.value, "at": now}
        return self._tx.execute(_WITHDRAW_ASKED, values).rowcount

    def withdraw(self, texts: Collection[int], now: datetime) -> int:
        """Take those of the texts back that wait and were never sent; how many."""
        if not texts:
            return 0
        return self._tx.execute(_WITHDRAW, {"texts": json_of(texts), "at": now}).rowcount

    def blank(self, texts: Collection[int]) -> None:
        """Forget the words of those of the texts that wait no more: there was a secret in them."""
        self._tx.execute(_BLANK, {"known": json_of(texts)})

    def settled(self, texts: Collection[int]) -> set[int]:
        """Those of the texts that wait no more."""
        return set(self._tx.execute(_SETTLED, {"known": json_of(texts)}).scalars())
