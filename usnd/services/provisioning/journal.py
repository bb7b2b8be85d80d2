"""What the journal says of provisioning: one line for a terminal's orders that came together.

It names request id, operation, number and code of each order, never a value or a password. A line for each
order would cost more than the order does.
"""

from collections.abc import Sequence

from structlog.typing import FilteringBoundLogger

from usnd.domain.provisioning.codes import Code
from usnd.domain.provisioning.requests import ProvisioningOrder, ProvisioningResult
from usnd.services.provisioning.order_batch import Outcome

_DONE_BELOW = 2000


def tell(log: FilteringBoundLogger, orders: Sequence[ProvisioningOrder], outcomes: Sequence[Outcome]) -> None:
    """After the commit: who asked for what, and what came of it."""
    whose: dict[tuple[str, str], list[tuple[ProvisioningOrder, ProvisioningResult]]] = {}
    for order, outcome in zip(orders, outcomes, strict=True):
        whose.setdefault((outcome.client, order.serial), []).append((order, outcome.result))
    for (terminal, serial), theirs in whose.items():
        done = sum(answer.result.code < _DONE_BELOW for _, answer in theirs)
        log.info(
            "provisioning",
            terminal=terminal or f"certificate {serial}",
            done=done,
            refused=len(theirs) - done,
            orders="; ".join(_words(order, answer) for order, answer in theirs),
        )


def tell_refused(log: FilteringBoundLogger, orders: Sequence[ProvisioningOrder], code: Code) -> None:
    """They were not begun, or it is not known what became of them."""
    log.warning("provisioning refused", code=int(code), requests="; ".join({one.request for one in orders}))


def _words(order: ProvisioningOrder, answer: ProvisioningResult) -> str:
    row = f"[{order.row}]" if order.row else ""
    again = " again" if answer.repeated else ""
    asked = f"{'check ' if order.check else ''}{order.order.operation.value}"
    return f"{order.request}{row} {asked} {order.order.number} {answer.result.code}{again}"
