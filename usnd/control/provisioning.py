"""What a request of the provisioning site does: calls services/provisioning, answers once it is committed.

Called by acts.py. Whatever comes of an order is a result with a code; nothing is refused in words.
"""

from usnd.control.answers import Bulk, Provisioned, ProvisioningResult
from usnd.control.requests import Acknowledge, Provision, Provisioning, StartBulk
from usnd.domain.subscribers.orders import OrderResult
from usnd.services.provisioning import provisioning
from usnd.services.provisioning.bulks import BulkStart


class ProvisioningActs:
    """For terminals of the CRM."""

    def __init__(self, service: provisioning.Provisioning) -> None:
        self._service = service

    async def act(self, request: Provisioning) -> Provisioned | Bulk:
        """Does it."""
        match request:
            case Provision(orders=orders):
                return Provisioned(results=tuple(await self._service.provision(orders)))
            case StartBulk():
                certificate = (request.serial, request.issuer)
                bulk = BulkStart(certificate, request.request, request.digest, request.server, request.rows)
                code, server = await self._service.start_bulk(bulk)
                return Bulk(code=int(code), server=server)
            case Acknowledge(change=change):
                code = await self._service.acknowledge((request.serial, request.issuer), change)
                result = ProvisioningResult(result=OrderResult(code=int(code)), server="")
                return Provisioned(results=(result,))
