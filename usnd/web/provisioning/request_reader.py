"""One request of the CRM: from octets to what is asked for, with its id and digest; or a fault.

site.py reads each POST by it. Two documents that mean the same have the same digest, however they are laid
out.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import msgspec

from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.orders import CHANGING, Operation, Order
from usnd.web.provisioning.grammar import MOST_LISTED, REQUEST
from usnd.web.provisioning.lexical import moment
from usnd.web.provisioning.xml_reader import Fault, Node, XmlReader

LONGEST = 1024 * 1024
"""Octets of a document with one request."""
_ORDERS = {one.value: one for one in CHANGING}
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Read:
    """Tell one subscriber."""

    number: str


@dataclass(frozen=True, slots=True)
class List:
    """Tell a page of subscribers. `after`: what the page before said was next."""

    after: str
    changed_since: datetime | None
    limit: int


@dataclass(frozen=True, slots=True)
class Poll:
    """Tell the oldest change that waits."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The change of that id is stored by who asks."""

    change: int


Asked = Order | Read | List | Poll | Taken


@dataclass(frozen=True, slots=True)
class Request:
    """`digest`: of what is asked for, in canonical form. `check`: only say what would come of it."""

    id: str
    operation: str
    asked: Asked
    check: bool
    digest: str


class FaultyRequest(Exception):
    """`id`: the client's, "" where it could not be read."""

    def __init__(self, fault: Fault, id_: str) -> None:
        super().__init__(fault.text)
        self.fault = fault
        self.id = id_


def read(octets: bytes) -> Request:
    """Raises FaultyRequest."""
    reader = XmlReader(REQUEST)
    try:
        _bounded(octets)
        reader.feed(octets, last=True)
    except Fault as fault:
        raise FaultyRequest(fault, reader.request_id) from fault
    document = reader.document
    assert document is not None, "expat has seen the end of the root"
    (child,) = document.parts.values()
    check = document.attributes.get("mode") == "check"
    asked = _asked(child)
    digest = hashlib.sha256(canonical(asked, check=check)).hexdigest() if isinstance(asked, Order) else ""
    return Request(reader.request_id, child.element.name, asked, check, digest)


def _bounded(octets: bytes) -> None:
    if len(octets) > LONGEST:
        raise Fault(Code.TOO_LARGE, f"a document with one request has at most {LONGEST} octets")


def canonical(order: Order, *, check: bool) -> bytes:
    """The order in JSON, attributes by name: the same octets for documents that mean the same."""
    return (b"check" if check else b"do") + _encode(order)


def order_of(node: Node) -> Order:
    """The order that an element of CHANGING is."""
    operation = _ORDERS[node.element.name]
    if operation in (Operation.CREATE, Operation.CHANGE):
        values = {name: one.text for name, one in node.parts["subscriber"].parts.items()}
        return Order(operation=operation, number=values.pop("number"), values=values)
    end = node.attributes.get("endConference") == "true"
    return Order(operation=operation, number=node.parts["number"].text, end_conference=end)


def _asked(node: Node) -> Asked:
    attributes = node.attributes
    match node.element.name:
        case "read":
            return Read(node.parts["number"].text)
        case "list":
            since = attributes.get("changedSince")
            limit = int(attributes.get("limit", MOST_LISTED))
            return List(attributes.get("after", ""), moment(since) if since else None, limit)
        case "poll":
            return Poll()
        case "acknowledge":
            return Taken(int(attributes["change"]))
    return order_of(node)
