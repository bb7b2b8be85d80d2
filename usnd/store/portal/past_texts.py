"""The texts of one subscriber, as the portal lists them: when, which way, what became of them; no words.

services/portal/texts.py reads them, newest first; the site's account may not. A text is known by the number
as an SMSC wrote it, in one of its spellings. What came before the subscriber was registered is of somebody
else who had the number, and is left out.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select

from usnd.domain.messaging.message import MtState
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.core.statements import Rows
from usnd.store.schema import mo_texts, mt_texts, subscribers

NEWEST = 2**62
"""An id above all."""
_CONSOLE = "console"
"""A launch that the former release reads as a text: store/launch_requests.py."""
_REGISTERED = select(subscribers.c.created_at).where(subscribers.c.id == bindparam("owner")).scalar_subquery()
_SENT = (
    select(mo_texts.c.id, mo_texts.c.received_at)
    .where(
        mo_texts.c.sender == bindparam("spelling"),
        mo_texts.c.id < bindparam("before"),
        mo_texts.c.received_at >= _REGISTERED,
        mo_texts.c.smsc != _CONSOLE,
    )
    .order_by(mo_texts.c.id.desc())
    .limit(bindparam("most"))
)
_GOT = (
    select(mt_texts.c.id, mt_texts.c.queued_at, mt_texts.c.state)
    .where(
        mt_texts.c.recipient == bindparam("spelling"),
        mt_texts.c.id < bindparam("before"),
        mt_texts.c.queued_at >= _REGISTERED,
    )
    .order_by(mt_texts.c.id.desc())
    .limit(bindparam("most"))
)
_PASSED_ON = (
    select(mt_texts.c.mo_id, mt_texts.c.state, func.count())
    .where(OneOf(mt_texts.c.mo_id, "texts"), ~OneOf(mt_texts.c.recipient, "spellings"))
    .group_by(mt_texts.c.mo_id, mt_texts.c.state)
)


class SentText(NamedTuple):
    """One that the subscriber sent (an MO). at: UTC."""

    id: int
    at: datetime


class GotText(NamedTuple):
    """One that went to the subscriber (an MT). at: when it was written (UTC)."""

    id: int
    at: datetime
    state: MtState


class PastTexts:
    """By the spellings of one number. before: an id, of which those below it are asked for."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def sent(self, owner: int, spellings: Collection[str], before: int, most: int) -> list[SentText]:
        """At most so many, those with the highest ids first."""
        found = [SentText(*row) for one in spellings for row in self._rows(_SENT, owner, one, before, most)]
        return sorted(found, reverse=True)[:most]

    def got(self, owner: int, spellings: Collection[str], before: int, most: int) -> list[GotText]:
        """As `sent`."""
        found = [GotText(*row) for one in spellings for row in self._rows(_GOT, owner, one, before, most)]
        return sorted(found, key=lambda one: -one.id)[:most]

    def passed_on(self, texts: Collection[int], spellings: Collection[str]) -> dict[int, dict[MtState, int]]:
        """By text that the subscriber sent: to how many others it went, by what became of that."""
        found: dict[int, dict[MtState, int]] = {}
        values = {"texts": json_of(texts), "spellings": json_of(spellings)}
        for text, state, count in self._tx.execute(_PASSED_ON, values) if texts else ():
            found.setdefault(text, {})[state] = count
        return found

    def _rows(self, query: Select[Any], owner: int, spelling: str, before: int, most: int) -> Rows:
        values = {"owner": owner, "spelling": spelling, "before": before, "most": most}
        return self._tx.execute(query, values)
