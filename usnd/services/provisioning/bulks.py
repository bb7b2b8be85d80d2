"""Units of work beside the orders: a bulk begins, a change is acknowledged.

provisioning.py commits them. The start of a bulk is answered under row 0 of its request, as a request of its
own is: so the id of one cannot be used for the other.
"""

from dataclasses import dataclass
from datetime import datetime

from usnd.domain.provisioning.admission import permits
from usnd.domain.provisioning.codes import Code
from usnd.domain.provisioning.idempotency import REFUSALS, KeyAnswer, RequestKey, answer_to
from usnd.domain.subscribers.orders import Operation
from usnd.services.provisioning.admission import ListingOf, heard
from usnd.services.provisioning.order_batch import Kept, kept_json
from usnd.store.core.transaction import Transaction
from usnd.store.provisioning.answers import StoredAnswer
from usnd.store.provisioning.terminals import Certificate


@dataclass(frozen=True, slots=True)
class BulkStart:
    """As control/requests.py has it; `rows`: how many orders the bulk has."""

    certificate: Certificate
    request: str
    digest: str
    server: str
    rows: int


def start_bulk(tx: Transaction, *, bulk: BulkStart, listing_of: ListingOf, now: datetime) -> tuple[Code, str]:
    """DONE if the rows may come: the bulk begins, or the same one is resumed; with its first request's id."""
    terminal = heard(tx, {bulk.certificate}, listing_of, now)[bulk.certificate]
    if isinstance(terminal, Code):
        return terminal, bulk.server
    key = RequestKey(terminal.name, bulk.request, 0)
    (known,) = tx.provisioning.digests([key])
    match answer_to(bulk.digest, known):
        case KeyAnswer.CARRY_OUT:
            result = kept_json(Kept(code=Code.DONE))
            tx.provisioning.add([StoredAnswer(key, bulk.digest, bulk.server, now, result)])
            tx.provisioning.start_bulk(terminal.name, bulk.request, bulk.digest, bulk.server, bulk.rows, now)
            return Code.DONE, bulk.server
        case KeyAnswer.REPEAT:
            ((server, _),) = tx.provisioning.results([key])
            return Code.DONE, server
        case answer:
            return REFUSALS[answer], bulk.server


def acknowledge(
    tx: Transaction, *, certificate: Certificate, change: int, listing_of: ListingOf, now: datetime
) -> Code:
    """DONE, also if it was acknowledged before. A terminal sees only the changes of its own numbers."""
    terminal = heard(tx, {certificate}, listing_of, now)[certificate]
    if isinstance(terminal, Code):
        return terminal
    if (code := permits(terminal, Operation.POLL, "")) is not None:
        return code
    number = tx.subscriber_changes.number_of(change)
    if number is None or not terminal.rights.covers(number):
        return Code.NO_SUCH_CHANGE
    tx.subscriber_changes.acknowledge(change, now)
    return Code.DONE
