"""Orders that are a request of their own are answered in the event loop: certificate, document, usnd,
answer.

They are what a CRM sends most; a thread for each would cost more than all of that. Whatever else comes,
reads, faults, what is long, is left to the application and its threads (site.py), which begins anew with it.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

import msgspec
import structlog

from usnd.ca.identity import Identity
from usnd.control.answers import ProvisioningResult
from usnd.control.requests import ProvisioningOrder
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.orders import Order
from usnd.web.asked import Asked
from usnd.web.certificates import NotBelieved
from usnd.web.control_line import NoResult
from usnd.web.exchange import Exchange
from usnd.web.note import Note
from usnd.web.provisioning import answers, request_reader
from usnd.web.provisioning.order_queue import OrderQueue
from usnd.web.provisioning.request_reader import FaultyRequest, Request
from usnd.web.provisioning.xml_reader import Fault
from usnd.web.site import retry_after, status_line

_SHORT = 16_384
"""Octets of a document that is read in the loop: others wait meanwhile."""
_HEADERS = {
    code: (status_line(code), (("Content-Type", answers.CONTENT_TYPE), *retry_after(code))) for code in Code
}
_encode = msgspec.json.Encoder().encode
WhoAsks = Callable[[Mapping[str, str]], Identity]
"""Whose certificate came with these headers, and XML. Raises NotBelieved, Fault."""


class OrdersAtOnce:
    """`path`: where single requests are sent."""

    def __init__(self, path: str, who_asks: WhoAsks, orders: OrderQueue) -> None:
        self._path = path
        self._who_asks = who_asks
        self._orders = orders
        self._notes = list[Note]()
        self._log = structlog.get_logger("usnd.web")

    def start(self) -> None:
        """As site.py of all sites says; so the others."""
        self._orders.start()

    def close(self) -> None:
        """Who waits is told that the site stops."""
        self._orders.close()

    def take(self, asked: Asked, note: Note, connection: Exchange) -> bool:
        """True: it is an order, and will be answered."""
        if asked.path != self._path or asked.method != "POST" or asked.body.octets > _SHORT:
            return False
        try:
            who = self._who_asks(asked.headers)
            request = request_reader.read(asked.body.whole())
        except (NotBelieved, Fault, FaultyRequest):
            return False
        if not isinstance(request.asked, Order):
            return False
        note.terminal, note.request, note.operation = who.serial, request.id, request.operation
        answer = partial(self._answer, note, connection)
        try:
            self._orders.put(order_line(who, request, request.asked, note.server), answer)
        except NoResult as error:
            answer(error)
        return True

    def _answer(self, note: Note, connection: Exchange, outcome: ProvisioningResult | NoResult) -> None:
        if isinstance(outcome, NoResult):
            code = outcome.code
            body = answers.refusal(note.request, note.server, Fault(code, ""))
        else:
            code = Code(outcome.result.code)
            body = answers.order_response(note.request, note.operation, outcome)
        note.code = code
        self._tell_soon(note)
        connection.answer(*_HEADERS[code], body)

    def _tell_soon(self, note: Note) -> None:
        """What is answered in one turn of the loop shares a line of the journal."""
        if not self._notes:
            asyncio.get_running_loop().call_soon(self._tell)
        self._notes.append(note)

    def _tell(self) -> None:
        notes, self._notes = self._notes, []
        if len(notes) == 1:
            notes[0].tell()
            return
        told = "; ".join(
            f"{one.server} {one.terminal} {one.request} {one.operation} {one.code} {one.ms}" for one in notes
        )
        self._log.info("requests", count=len(notes), requests=told)


def order_line(who: Identity, request: Request, order: Order, server: str) -> bytes:
    """A ProvisioningOrder in JSON."""
    return _encode(
        ProvisioningOrder(
            serial=who.serial,
            issuer=who.issuer,
            request=request.id,
            digest=request.digest,
            server=server,
            check=request.check,
            order=order,
        )
    )
