"""The PINs of the subscribers' conferences in the store (REQUIREMENTS C3). Refuses to decide what they open.

They are kept as they are, not hashed: subscribers read them on a list, and seven digits hashed are no secret.
"""

from collections.abc import Callable

from sqlalchemy import bindparam, insert, select

from usnd.domain.ways_in import PIN_DIGITS, Pin, PinKind
from usnd.store.execution import Executor
from usnd.store.schema import pins

_FIELDS = (pins.c.digits, pins.c.kind, pins.c.subscriber_id, pins.c.instant)
_BY_DIGITS = select(*_FIELDS).where(pins.c.digits == bindparam("wanted"))
_OF = select(*_FIELDS).where(pins.c.subscriber_id == bindparam("owner")).order_by(pins.c.instant, pins.c.kind)
_INSERT = insert(pins)
_MOST_DRAWS = 100


class PinsExhausted(Exception):
    """No free PIN was found in so many draws: nearly all are given."""


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

    def _free(self, draw: Callable[[int], int]) -> str:
        for _ in range(_MOST_DRAWS):
            digits = f"{draw(10**PIN_DIGITS):0{PIN_DIGITS}d}"
            if self.by_digits(digits) is None:
                return digits
        raise PinsExhausted
