"""Answers to the CRM in XML, written out: the same result is the same octets, whenever it is told.

site.py and bulks.py write by it. The schema in schema/ says what they hold; tests hold the two together.
"""

import re
from collections.abc import Iterable, Mapping

from usnd.control.answers import ProvisioningResult
from usnd.domain.provisioning.codes import CATALOGUE, Code
from usnd.domain.subscribers.attributes import ATTRIBUTES, SUSPENDED
from usnd.domain.subscribers.orders import Credentials, Operation, OrderResult
from usnd.store.subscriber_changes import StoredChange
from usnd.web.provisioning.bulk_summary import BulkEnd
from usnd.web.provisioning.grammar import NAMESPACE, PREFIX
from usnd.web.provisioning.lexical import written
from usnd.web.provisioning.xml_reader import Fault

CONTENT_TYPE = "application/xml; charset=utf-8"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPECIAL = re.compile('[&<>"\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]')
_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
_NAMES = (*(one.name for one in ATTRIBUTES), SUSPENDED)
_WITH_SUBSCRIBER = frozenset({Operation.CREATE.value, Operation.CHANGE.value})
_OF_OPERATION = frozenset({"endConference"})


def response(request: str, server: str, result: str, content: str = "") -> bytes:
    """The document. `request`: the client's id, "" where none was read; result, content: elements."""
    asked = f' request="{_escaped(request)}"' if request else ""
    root = f'<response xmlns="{NAMESPACE}"{asked} server="{_escaped(server)}">'
    return f"{_HEAD}{root}{result}{content}</response>\n".encode()


def result_of(code: Code, text: str = "", at: str = "") -> str:
    """The element `result`. `text`: more than the code's own; `at`: XPath of what is at fault."""
    says = _escaped(_said(code, text))
    return f'<result code="{code.value}"><text>{says}</text>{_element("at", at)}</result>'


def is_done(code: Code) -> bool:
    """Whether it is no fault, by its status of HTTP."""
    return CATALOGUE[code].status < 300  # noqa: PLR2004 # of HTTP: it went well


def _said(code: Code, text: str) -> str:
    """The code's own text, and more about it."""
    own = CATALOGUE[code].text
    if not text:
        return own
    if code is Code.FAULT:  # what became of it is known, then
        own = own.partition(". ")[0]
        return f"{own}. {text}"
    return f"{own} {text}" if is_done(code) else f"{own.removesuffix('.')}: {text}"


def refusal(request: str, server: str, fault: Fault) -> bytes:
    """The document for a request that was not read, or not let through."""
    return response(request, server, result_of(fault.code, fault.text, fault.at))


def order_response(request: str, operation: str, done: ProvisioningResult) -> bytes:
    """The document for an order."""
    result = done.result
    at = place(f"/{PREFIX}:request/{PREFIX}:{operation}", operation, result.attribute)
    content = _subscriber(result.number, result.subscriber) if result.subscriber else ""
    return response(
        request,
        done.server,
        result_of(Code(result.code), result.text, at),
        content + _credentials(result.credentials),
    )


def place(order: str, operation: str, attribute: str) -> str:
    """The XPath of an attribute of the order at that XPath; "" without one."""
    if not attribute:
        return ""
    if attribute == "operation":
        return order
    if attribute in _OF_OPERATION:
        return f"{order}/@{attribute}"
    return (
        f"{order}/{PREFIX}:subscriber/{PREFIX}:{attribute}"
        if operation in _WITH_SUBSCRIBER
        else f"{order}/{PREFIX}:{attribute}"
    )


def subscribers(rows: Iterable[tuple[str, Mapping[str, str]]], following: str) -> str:
    """A page: numbers with what is set. `following`: where the next page begins, "" at the end."""
    after = f' next="{_escaped(following)}"' if following else ""
    return (
        f"<subscribers{after}>{''.join(_subscriber(number, values) for number, values in rows)}</subscribers>"
    )


def subscriber(number: str, values: Mapping[str, str]) -> str:
    """One, with what is set."""
    return _subscriber(number, values)


def change(stored: StoredChange, waiting: int) -> str:
    """A change that waits, and how many do."""
    told = stored.change
    return (
        f'<change id="{stored.id}" at="{written(told.at)}" what="{_escaped(told.what)}"'
        f' by="{_escaped(told.by)}">'
        f"<number>{_escaped(told.number)}</number></change><waiting>{waiting}</waiting>"
    )


def bulk_head(request: str, server: str) -> bytes:
    """What stands before the first row."""
    ids = f'request="{_escaped(request)}" server="{_escaped(server)}"'
    return f'{_HEAD}<bulkResponse xmlns="{NAMESPACE}" {ids}>\n'.encode()


def row(number: int, operation: str, result: OrderResult) -> str:
    """What became of an order in a bulk."""
    at = place(f"/{PREFIX}:bulk/*[{number}]", operation, result.attribute)
    code = Code(result.code)
    told = _element("number", result.number) + _credentials(result.credentials)
    text = result.text if is_done(code) else _said(code, result.text)
    return _row(number, code, text, at, told)


def faulty_row(number: int, fault: Fault) -> str:
    """A row that is not by the schema."""
    return _row(number, fault.code, _said(fault.code, fault.text), fault.at, "")


def bulk_end(end: BulkEnd) -> bytes:
    """The summary, and the end."""
    return (
        f'<summary code="{end.code.value}" rows="{end.rows}" done="{end.done}" refused="{end.refused}">'
        f"<text>{_escaped(end.text)}</text></summary>\n</bulkResponse>\n"
    ).encode()


def _row(number: int, code: Code, text: str, at: str, told: str) -> str:
    inner = _element("text", text) + _element("at", at) + told
    return f'<row n="{number}" code="{code.value}">{inner}</row>\n'


def _subscriber(number: str, values: Mapping[str, str]) -> str:
    told = "".join(  # a page has a thousand of them: what is not set costs no call
        [f"<{name}>{_escaped(text)}</{name}>" for name in _NAMES if (text := values.get(name, ""))]
    )
    return f"<subscriber><number>{_escaped(number)}</number>{told}</subscriber>"


def _credentials(given: Credentials | None) -> str:
    if given is None:
        return ""
    return (
        f"<credentials><login>{_escaped(given.login)}</login>"
        f"<password>{_escaped(given.password)}</password></credentials>"
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{_escaped(text)}</{name}>" if text else ""


def _escaped(text: str) -> str:
    """For an element or attribute; what XML cannot hold becomes U+FFFD."""
    return (
        _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], "\ufffd"), text) if _SPECIAL.search(text) else text
    )
