"""What the store has of a number that is to be erased, and how it is removed or replaced.

services/erasure.py calls it. Records are found by reading all of them, page by page: no index has numbers,
and an erasure is rare.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, literal_column, or_, select, update

from usnd.domain.billing.cdr_file import Content
from usnd.domain.subscribers.erasure import Parties
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.schema import (
    calls,
    cdr_files,
    cdrs,
    mo_part_texts,
    mo_texts,
    mt_texts,
    portal_audit,
    portal_codes,
    portal_counters,
    subscriber_changes,
    to_poll,
)

_C = cdrs.c
_RANGE = (_C.sequence > bindparam("known")) & (_C.sequence <= bindparam("through"))
_OWNERS = (
    select(_C.subscriber_id)
    .distinct()
    .where(_RANGE, _C.direction == literal_column("'out'"), OneOf(_C.cli, "numbers"))
)
_THEIRS = or_(
    OneOf(_C.subscriber_id, "owners"), _C.cli == bindparam("number"), _C.dnis == bindparam("number")
)
_COUNT = select(func.count()).select_from(cdrs).where(_RANGE, _THEIRS)
_FIND = select(_C.sequence, _C.subscriber_id, _C.cli, _C.dnis).where(_RANGE, _THEIRS).order_by(_C.sequence)
_REPLACE = (
    update(cdrs)
    .where(_C.sequence == bindparam("which"))
    .values(cli=bindparam("caller"), dnis=bindparam("called"), activation_pin="")
)
_MARK = (
    update(cdr_files)
    .where(cdr_files.c.last >= bindparam("low"), cdr_files.c.first <= bindparam("high"))
    .where(cdr_files.c.erased_at.is_(None), cdr_files.c.content == literal_column(f"'{Content.CDRS.value}'"))
    .values(erased_at=bindparam("now"))
)
_MINE = select(mo_texts.c.id).where(OneOf(mo_texts.c.sender, "spelled"))
_SETTLED = mt_texts.c.state != literal_column("'queued'")
_ANSWERS = delete(mt_texts).where(_SETTLED, OneOf(mt_texts.c.mo_id, "texts"))
_GOT = delete(mt_texts).where(_SETTLED, OneOf(mt_texts.c.recipient, "spelled"))
_SENT = delete(mo_texts).where(OneOf(mo_texts.c.sender, "spelled"))
_PARTS = delete(mo_part_texts).where(OneOf(mo_part_texts.c.sender, "spelled"))
_CODES = delete(portal_codes).where(portal_codes.c.number == bindparam("wanted"))
_TRIES = delete(portal_counters).where(portal_counters.c.whose == bindparam("wanted"))
_AUDIT = (
    update(portal_audit)
    .where(portal_audit.c.number == bindparam("wanted"))
    .values(number=bindparam("put"), source="", about="")
)
_CHANGES = (
    update(subscriber_changes)
    .where(subscriber_changes.c.number == bindparam("wanted"), ~to_poll)
    .values(number=bindparam("put"))
)
_UNTOLD = (
    select(func.count())
    .select_from(subscriber_changes)
    .where(subscriber_changes.c.number == bindparam("wanted"), to_poll)
)
_CALLS = (
    update(calls)
    .where(calls.c.number == bindparam("wanted"), calls.c.state == literal_column("'ended'"))
    .values(number=bindparam("put"), name="")
)


class Erasure:
    """Of one number."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def owners(self, numbers: Collection[str], known: int, through: int) -> set[int]:
        """Whose records have one of the numbers as the caller: subscribers who have or had it."""
        values = {"numbers": json_of(numbers), "known": known, "through": through}
        return set(self._tx.execute(_OWNERS, values).scalars())

    def count(self, number: str, owners: Collection[int], known: int, through: int) -> int:
        """How many records behind that number, up to that one, are theirs or have the number."""
        values = {"number": number, "owners": json_of(owners), "known": known, "through": through}
        found: int = self._tx.execute(_COUNT, values).scalar_one()
        return found

    def find(
        self, number: str, owners: Collection[int], known: int, through: int
    ) -> Sequence[tuple[int, Parties]]:
        """These records, by their sequence number."""
        values = {"number": number, "owners": json_of(owners), "known": known, "through": through}
        return [(sequence, Parties(*rest)) for sequence, *rest in self._tx.execute(_FIND, values)]

    def replace(self, changed: Sequence[tuple[int, Parties]], now: datetime) -> None:
        """Write other numbers into records; CDR files that hold one of them cannot be made again then."""
        for sequence, parties in changed:
            values = {"which": sequence, "caller": parties.cli, "called": parties.dnis}
            self._tx.execute(_REPLACE, values)
            self._tx.execute(_MARK, {"low": sequence, "high": sequence, "now": now})

    def forget_texts(self, spelled: Collection[str]) -> int:
        """Remove what they texted, what they asked to be sent, and what they were sent; how many texts."""
        values = {"spelled": json_of(spelled)}
        texts = list(self._tx.execute(_MINE, values).scalars())
        gone = self._tx.execute(_ANSWERS, {"texts": json_of(texts)}).rowcount
        return gone + sum(self._tx.execute(one, values).rowcount for one in (_GOT, _SENT, _PARTS))

    def forget_number(self, number: str, put: str) -> None:
        """Replace it in what is kept of the past by `put`; remove codes and counted tries."""
        for removal in (_CODES, _TRIES):
            self._tx.execute(removal, {"wanted": number})
        for change in (_AUDIT, _CHANGES, _CALLS):
            self._tx.execute(change, {"wanted": number, "put": put})

    def untold(self, number: str) -> int:
        """How many changes of the number the CRM has not polled yet: these keep it until then."""
        found: int = self._tx.execute(_UNTOLD, {"wanted": number}).scalar_one()
        return found
