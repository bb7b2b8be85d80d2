"""The delivery receipts that are still to come, and what those that come say of their texts.

services/messaging/outbox.py notes those that a text which was sent is to get, delivery_receipts.py beside it
matches those that come. The last of each segment counts once. How ids compare is in
domain/messaging/delivery_receipts.py.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, exists, select, update

from usnd.domain.messaging.message import MtState
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, RowsStatement, json_of
from usnd.store.schema import mt_receipts, mt_texts

_EXPECT = RowsStatement(
    "INSERT INTO mt_receipts (text_id, message_key, asked_at)"
    " SELECT r.text_id, r.message_key, r.asked_at FROM {rows} ORDER BY r.nth",
    *(mt_receipts.c[name] for name in ("text_id", "message_key", "asked_at")),
)
_DUE = (
    select(mt_receipts.c.id, mt_receipts.c.text_id, mt_receipts.c.message_key, mt_texts.c.smsc)
    .join(mt_texts, mt_texts.c.id == mt_receipts.c.text_id)
    .where(OneOf(mt_receipts.c.message_key, "keys"))
    .order_by(mt_receipts.c.id)
)
_CAME = delete(mt_receipts).where(OneOf(mt_receipts.c.id, "came"))
_UNDELIVERED = (
    update(mt_texts)
    .where(OneOf(mt_texts.c.id, "texts"), mt_texts.c.state == MtState.SENT)
    .values(state=MtState.UNDELIVERED, error=bindparam("stat"))
)
_DELIVERED = (
    update(mt_texts)
    .where(
        OneOf(mt_texts.c.id, "texts"),
        mt_texts.c.state == MtState.SENT,
        ~exists().where(mt_receipts.c.text_id == mt_texts.c.id),
    )
    .values(state=MtState.DELIVERED)
)
_FORGET = delete(mt_receipts).where(mt_receipts.c.asked_at <= bindparam("until"))


class Due(NamedTuple):
    """A receipt that is still to come, of a segment that went by bind `smsc`."""

    id: int
    text_id: int
    message_key: str
    smsc: str


class Receipts:
    """What is known of texts that were sent."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def expect(self, due: Sequence[tuple[int, str]], now: datetime) -> None:
        """A receipt is to come for each of these: the text's id, and the key of a segment's message id."""
        if due:
            _EXPECT.run(self._tx, [(text_id, key, now) for text_id, key in due])

    def due(self, keys: set[str]) -> list[Due]:
        """Those that are still to come under one of the keys, oldest first."""
        return [Due(*row) for row in self._tx.execute(_DUE, {"keys": json_of(keys)})]

    def come(self, came: Sequence[tuple[Due, MtState, str]]) -> None:
        """The last words of segments; `str` is the receipt's stat. All delivered make a text delivered."""
        self._tx.execute(_CAME, {"came": json_of(due.id for due, _, _ in came)})
        for stat in {stat for _, state, stat in came if state is MtState.UNDELIVERED}:
            lost = [due.text_id for due, _, their_stat in came if their_stat == stat]
            self._tx.execute(_UNDELIVERED, {"texts": json_of(lost), "stat": stat})
        arrived = [due.text_id for due, state, _ in came if state is MtState.DELIVERED]
        if arrived:
            self._tx.execute(_DELIVERED, {"texts": json_of(arrived)})

    def forget(self, until: datetime) -> int:
        """Waits no more for receipts asked for at `until` or before; how many."""
        return self._tx.execute(_FORGET, {"until": until}).rowcount
