"""The parts of long texts in the store, until each text is whole or given up.

services/messaging/long_texts.py calls it; a part is judged in domain/messaging/reassembly.py.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from usnd.domain.messaging.reassembly import Crowd, Kept, Part, Parts, PartsState
from usnd.store.core.execution import Executor
from usnd.store.schema import is_gathering, mo_part_texts, mo_parts

_NEWEST = (
    select(mo_part_texts.c.id, mo_part_texts.c.state, mo_part_texts.c.total)
    .where(
        mo_part_texts.c.sender == bindparam("from"),
        mo_part_texts.c.recipient == bindparam("to"),
        mo_part_texts.c.reference == bindparam("ref"),
    )
    .order_by(mo_part_texts.c.id.desc())
    .limit(1)
)
_KEPT = select(mo_parts.c.number, mo_parts.c.session, mo_parts.c.fingerprint).where(
    mo_parts.c.text_id == bindparam("text")
)
_ALL_OF = (
    select(mo_parts.c.octets, mo_parts.c.alphabet, mo_parts.c.fingerprint)
    .where(mo_parts.c.text_id == bindparam("text"))
    .order_by(mo_parts.c.number)
)
_BEGIN = insert(mo_part_texts).returning(mo_part_texts.c.id)
_KEEP = insert(mo_parts)
_CHANGE = update(mo_part_texts).where(mo_part_texts.c.id == bindparam("text"), is_gathering)
_CROWD = select(func.count().filter(mo_part_texts.c.sender == bindparam("from")), func.count()).where(
    is_gathering
)
_GATHERING = select(mo_part_texts.c.id, mo_part_texts.c.sender).where(is_gathering)
_OVERDUE = (
    select(
        mo_part_texts.c.id,
        mo_part_texts.c.smsc,
        mo_part_texts.c.sender,
        mo_part_texts.c.recipient,
        mo_part_texts.c.told,
    )
    .where(and_(is_gathering, mo_part_texts.c.begun_at <= bindparam("until")))
    .order_by(mo_part_texts.c.begun_at, mo_part_texts.c.id)
    .limit(bindparam("most"))
)
_FORGET = delete(mo_part_texts).where(mo_part_texts.c.begun_at <= bindparam("until"), ~is_gathering)


class Stored(NamedTuple):
    """A part to be joined."""

    octets: bytes
    alphabet: str
    fingerprint: str


class Overdue(NamedTuple):
    """A text of which parts never came. told: its sender knows of the reference that parts are missing."""

    id: int
    smsc: str
    sender: str
    recipient: str
    told: bool


class PartTexts:
    """Texts in parts."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def newest(self, part: Part) -> Parts | None:
        """The newest text that the part could belong to."""
        key = {"from": part.sender, "to": part.recipient, "ref": part.reference}
        row = self._tx.execute(_NEWEST, key).one_or_none()
        if row is None:
            return None
        kept = {
            number: Kept(session, fingerprint)
            for number, session, fingerprint in self._tx.execute(_KEPT, {"text": row.id})
        }
        return Parts(row.id, row.state, row.total, kept)

    def crowd(self, sender: str) -> Crowd:
        """How many texts are incomplete."""
        return Crowd(*self._tx.execute(_CROWD, {"from": sender}).one())

    def begin(self, part: Part, now: datetime, *, told: bool = False) -> int:
        """Opens a text for the part; gives its id. told: nobody is told if it stays incomplete."""
        values = {
            "smsc": part.smsc,
            "sender": part.sender,
            "recipient": part.recipient,
            "reference": part.reference,
            "total": part.total,
            "state": PartsState.GATHERING,
            "begun_at": now,
            "told": told,
        }
        number: int = self._tx.execute(_BEGIN, values).scalar_one()
        return number

    def keep(self, text_id: int, part: Part) -> None:
        """Adds the part to the text. Raises IntegrityError if it is there."""
        values = {
            "text_id": text_id,
            "number": part.number,
            "session": part.session,
            "fingerprint": part.fingerprint,
            "octets": part.octets,
            "alphabet": part.alphabet,
        }
        self._tx.execute(_KEEP, values)

    def all_of(self, text_id: int) -> list[Stored]:
        """The parts of the text, in order."""
        return [Stored(*row) for row in self._tx.execute(_ALL_OF, {"text": text_id})]

    def close(self, text_id: int, state: PartsState) -> bool:
        """Ends the gathering; False if it had ended."""
        return self._tx.execute(_CHANGE, {"text": text_id, "state": state}).rowcount == 1

    def age(self, text_id: int, begun_at: datetime) -> None:
        """Lets the text have begun then."""
        self._tx.execute(_CHANGE, {"text": text_id, "begun_at": begun_at})

    def overdue(self, until: datetime, limit: int) -> list[Overdue]:
        """Up to `limit` texts that are gathering since `until` or before, oldest first."""
        return [Overdue(*row) for row in self._tx.execute(_OVERDUE, {"until": until, "most": limit})]

    def gathering(self) -> list[tuple[int, str]]:
        """All texts that gather: ids and senders, as written."""
        return [(row.id, row.sender) for row in self._tx.execute(_GATHERING)]

    def forget(self, until: datetime) -> int:
        """Removes what was closed and begun at `until` or before; how many texts."""
        return self._tx.execute(_FORGET, {"until": until}).rowcount
