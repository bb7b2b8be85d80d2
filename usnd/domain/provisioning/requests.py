"""An order as it comes from a terminal, and its result as it goes back.

The provisioning site sends them over the control socket as they are, services/provisioning carries them out;
so their bounds are here. What is asked for is in domain/subscribers/orders.py.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from usnd.domain.subscribers.orders import Order, OrderResult

RequestId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Serial = Annotated[str, Meta(max_length=64)]
Issuer = Annotated[str, Meta(max_length=1024)]
ServerId = Annotated[str, Meta(min_length=1, max_length=64)]


class ProvisioningOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One order of a terminal, known by `(serial and issuer of its certificate, request, row)`.

    `row`: 0 of a request of its own, else its number in a bulk, from 1. `digest`: SHA-256 of what was asked
    in canonical form (of the whole bulk for a row). `server`: the id that the site gave the request.
    `check`: it is decided, and nothing is done or kept.
    """

    serial: Serial
    issuer: Issuer
    request: RequestId
    row: Annotated[int, Meta(ge=0)] = 0
    digest: Digest
    server: ServerId
    check: bool = False
    order: Order


class ProvisioningResult(msgspec.Struct, frozen=True, kw_only=True):
    """`server`: the id of the request that was carried out: of the first one, if this is a repetition."""

    result: OrderResult
    server: str
    repeated: bool = False
