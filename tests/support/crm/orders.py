"""Orders of a terminal for tests: crm-1 may do everything with +4477…; crm-1b is its renewed certificate."""

import hashlib
from datetime import UTC, datetime, timedelta

from usnd.domain.certificates.rights import Operation as Permitted
from usnd.domain.certificates.rights import Rights
from usnd.domain.certificates.terminal import Terminal
from usnd.domain.certificates.validity import Listing
from usnd.domain.provisioning.requests import ProvisioningOrder
from usnd.domain.subscribers.orders import Operation, Order
from usnd.store.core.transaction import Transaction

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER = "CN=USN"
MINE = Rights(frozenset(Permitted), ("+4477",))
CRM = Terminal("crm-1", "1a", ISSUER, NOW + timedelta(days=365), MINE)
RENEWED = Terminal("crm-1", "1b", ISSUER, NOW + timedelta(days=730), MINE)
OTHER = Terminal("crm-2", "2a", ISSUER, NOW + timedelta(days=365), MINE)


def designate(tx: Transaction) -> None:
    """All three."""
    for one in (CRM, RENEWED, OTHER):
        tx.terminals.designate(one, "root", NOW)


def nobody(_serial: str, _issuer: str) -> Listing:
    """Is revoked by a list."""
    return Listing.NOT_LISTED


def number(nth: int) -> str:
    return f"+4477009{nth:05}"


def order(  # noqa: PLR0913 # each has its default
    request: str,
    nth: int = 1,
    operation: Operation = Operation.CREATE,
    *,
    row: int = 0,
    by: Terminal = CRM,
    check: bool = False,
    ending: bool = False,
    body: str = "",
    **values: str,
) -> ProvisioningOrder:
    """About the subscriber of `number(nth)`. body: makes another digest of the same order."""
    wanted = Order(operation=operation, number=number(nth), values=values, end_conference=ending)
    return ProvisioningOrder(
        serial=by.serial,
        issuer=by.issuer,
        request=request,
        row=row,
        digest=hashlib.sha256(f"{operation} {nth} {values} {body}".encode()).hexdigest(),
        server=f"server-of-{request}",
        check=check,
        order=wanted,
    )
