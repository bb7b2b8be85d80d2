"""What waits in the texts of subscribers who are suspended or deleted: it is taken back, or becomes nobody's.

services/subscribers.py calls it in the unit of work that changes them. Texts know numbers, as each SMSC
writes them; whose they are is decided here. The outbox sees what was taken back, and does not send it.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from usnd.domain.messaging.reassembly import PartsState
from usnd.domain.numbers.e164 import to_e164
from usnd.store.core.transaction import Transaction


def take_back(
    tx: Transaction,
    *,
    suspended: Collection[str],
    deleted: Collection[str],
    home_region: str,
    now: datetime,
) -> int:
    """Takes back what was not sent yet; gives how many texts.

    Of who is suspended: their blasts. Of who is deleted: all that their texts asked for, and what the node
    tells them by itself; nobody hears what of it was not sent, and their texts that are not whole are given
    up: who has the number next reads nothing of theirs. What others send to that number goes on.
    """
    if not suspended and not deleted:
        return 0

    def by(found: Iterable[tuple[int, str]], numbers: Collection[str]) -> list[int]:
        return [row for row, spelled in found if to_e164(spelled, home_region) in numbers]

    askers = tx.texts.askers()
    back = tx.texts.withdraw_asked(by(askers, suspended), now, blasts_only=True)
    if deleted:
        orders = by(askers, deleted)
        back += tx.texts.withdraw_asked(orders, now, blasts_only=False)
        back += tx.texts.withdraw(by(tx.texts.unasked(), deleted), now)
        tx.texts.disown(orders)
        for text in by(tx.parts.gathering(), deleted):
            tx.parts.close(text, PartsState.INCOMPLETE)
    return back
