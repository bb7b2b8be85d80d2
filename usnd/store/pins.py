"""The PINs of the subscribers' instant conferences in the store (REQUIREMENTS C3).

A conference gets its two when they are first told to somebody; services/dial_in looks up what a caller typed,
and domain/dial_in/admission.py decides what it opens. They are kept as they are, not hashed:
subscribers read them on a list, and seven digits hashed are no secret.
"""

from collections.abc import Callable
from itertools import count

from sqlalchemy import bindparam, delete, func, insert, select

from usnd.domain.dial_in.admission import PIN_DIGITS, Pin, PinKind
from usnd.domain.dial_in.pin_space import SPACE
from usnd.store.core.execution import Executor
from usnd.store.schema import pins

_FIELDS = (pins.c.digits, pins.c.kind, pins.c.subscriber_id, pins.c.instant)
_BY_DIGITS = select(*_FIELDS).where(pins.c.digits == bindparam("wanted"))
_OF = select(*_FIELDS).where(pins.c.subscriber_id == bindparam("owner")).order_by(pins.c.instant, pins.c.kind)
_INSERT = insert(pins)
_TAKE_BACK = delete(pins).where(
    pins.c.subscriber_id == bindparam("owner"), pins.c.instant == bindparam("which")
)
_COUNT = select(func.count()).select_from(pins)
_MOST_DRAWS = 20
_PAGE = 10_000
_MOST_PAGES = 100
_FROM = select(pins.c.digits).where(pins.c.digits >= bindparam("first")).order_by(pins.c.digits).limit(_PAGE)


class PinsExhausted(Exception):
    """No free PIN was found: all are given, or of a million in a row each."""


class Pins:
    """All PINs; each is given once in the whole system."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def by_digits(self, digits: str) -> Pin | None:
        """What the digits open."""
        row = self._tx.execute(_BY_DIGITS, {"wanted": digits}).one_or_none()
        return None if row is None else Pin(*row)

    def of(self, owner: int) -> tuple[Pin, ...]:
        """A subscriber's PINs, by conference."""
        return tuple(Pin(*row) for row in self._tx.execute(_OF, {"owner": owner}))

    def count(self) -> int:
        """How many are given. Reads all of them: 0.1 s for a million."""
        return int(self._tx.execute(_COUNT).scalar_one())

    def assign(self, owner: int, instant: int, draw: Callable[[int], int]) -> None:
        """Give the subscriber's conference its PINs, unless it has them. Raises PinsExhausted.

        `draw(n)` gives a number below n; a secure source, since a PIN is all that a caller needs.
        """
        have = {pin.kind for pin in self.of(owner) if pin.instant == instant}
        for kind in PinKind:
            if kind not in have:
                digits = self._free(draw)
                row = {"digits": digits, "kind": kind, "subscriber_id": owner, "instant": instant}
                self._tx.execute(_INSERT, row)

    def take_back(self, owner: int, instant: int) -> None:
        """The PINs of a conference that is deleted: another one of its number gets others."""
        self._tx.execute(_TAKE_BACK, {"owner": owner, "which": instant})

    def _free(self, draw: Callable[[int], int]) -> str:
        """One drawn; where so many are given that none drawn is free, the next free one behind one drawn."""
        for _ in range(_MOST_DRAWS):
            digits = _digits(draw(SPACE))
            if self.by_digits(digits) is None:
                return digits
        return _digits(self._gap(draw(SPACE)))

    def _gap(self, first: int) -> int:
        for _ in range(_MOST_PAGES):
            given = [int(digits) for (digits,) in self._tx.execute(_FROM, {"first": _digits(first)})]
            for free, taken in zip(count(first), given, strict=False):
                if free != taken:
                    return free
            first += len(given)
            if len(given) < _PAGE and first < SPACE:
                return first
            first %= SPACE
        raise PinsExhausted


def _digits(number: int) -> str:
    return f"{number:0{PIN_DIGITS}d}"
