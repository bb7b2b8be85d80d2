"""The provisioning site: its addresses, and what is done with a request of each (REQUIREMENTS P1, P2).

`usnd web provisioning` makes it and has server.py run it. A request goes: certificate, document, rights,
usnd or the database, answer. Each answer has the client's id, wherever it could be read, and the site's.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files

import bottle

from usnd.ca.identity import Identity
from usnd.control.requests import Acknowledge
from usnd.domain.provisioning.codes import CATALOGUE, Code
from usnd.domain.subscribers.orders import Order
from usnd.store.core.reader import Reader, StoreAway
from usnd.web.certificates import CERTIFICATE, Certificates, NotBelieved
from usnd.web.config import WebSection
from usnd.web.connections import not_kept
from usnd.web.control_line import NoResult, acknowledge
from usnd.web.control_line import answers as usnd_answers
from usnd.web.note import Note
from usnd.web.places import NoPlace, Places
from usnd.web.provisioning import answers, bulk_reader, request_reader
from usnd.web.provisioning.at_once import OrdersAtOnce, order_line
from usnd.web.provisioning.bulks import BulkRefused, BulkRun, Client
from usnd.web.provisioning.order_queue import OrderQueue
from usnd.web.provisioning.reads import Reads
from usnd.web.provisioning.request_reader import FaultyRequest, Request, Taken
from usnd.web.provisioning.xml_reader import Fault
from usnd.web.site import NOTE, Site, retry_after

PATH = "/provisioning/v1"
SCHEMA = files("usnd.web.provisioning") / "schema/provisioning-1.xsd"
MOST_BULKS, BULKS_OF_ONE = 4, 2
MOST_READS, LISTS_OF_ONE = 8, 2
_OTHERS = 4
"""Threads for what needs no place: the schema, health, refusals."""
_HEALTH = 1.5
"""Seconds: who asks gives up after two."""
_XML = frozenset({"application/xml", "text/xml"})
_CHARSETS = frozenset({"utf-8", "utf8", "utf-16", ""})


class Provisioning:
    """The site's work. `stopping`: true from SIGTERM on."""

    def __init__(self, settings: WebSection, stopping: Callable[[], bool]) -> None:
        self._control = settings.control
        self._stopping = stopping
        self._certificates = Certificates(settings.client_ca, settings.client_crl)
        self._reader = Reader(settings.store, MOST_READS + 1)
        self._reads = Reads(self._reader)
        self._orders = OrderQueue(settings.control)
        self._order_places = Places(settings.threads - MOST_BULKS - MOST_READS - _OTHERS)
        self._read_places = Places(MOST_READS)
        self._list_places = Places(MOST_READS, LISTS_OF_ONE)
        self._bulk_places = Places(MOST_BULKS, BULKS_OF_ONE)
        self._health_places = Places(_OTHERS // 2)
        self._schema = SCHEMA.read_bytes()
        at_once = OrdersAtOnce(PATH, self._who_asks, self._orders)
        self.site = Site("provisioning", self._app(), _refusal, _longest, at_once)

    def close(self) -> None:
        """After the last request."""
        self._reader.close()

    def _app(self) -> bottle.Bottle:
        app = bottle.Bottle()
        app.post(PATH, callback=self._one)
        app.post(f"{PATH}/bulk", callback=self._bulk)
        app.get(f"{PATH}/schema", callback=self._schema_asked)
        app.get("/health", callback=self._health)
        return app

    def _health(self) -> bytes:
        """Whether usnd answers; within two seconds, whatever it does."""
        note = _note("health")
        try:
            with self._health_places.taken():
                answers_now = usnd_answers(self._control, _HEALTH)
        except NoPlace:
            return _answer(note, *_refused(note, Fault(Code.TOO_MANY_REQUESTS, "")))
        note.code = Code.DONE if answers_now else Code.NOT_ACTIVE
        bottle.response.status = CATALOGUE[Code(note.code)].status
        bottle.response.content_type = "text/plain; charset=utf-8"
        return b"usnd answers\n" if answers_now else b"usnd does not answer\n"

    def _schema_asked(self) -> bytes:
        note = _note("schema")
        note.code = Code.DONE
        bottle.response.content_type = answers.CONTENT_TYPE
        return self._schema

    def _one(self) -> bytes:
        """One request."""
        note = _note("")
        try:
            who = self._who(note)
            body = bottle.request.environ["wsgi.input"]
            request = request_reader.read(body.read(request_reader.LONGEST + 1))
            note.request, note.operation = request.id, request.operation
            code, answer = self._done(who, request, note.server)
        except FaultyRequest as error:
            note.request = error.id
            code, answer = _refused(note, error.fault)
        except Fault as fault:
            code, answer = _refused(note, fault)
        except (NotBelieved, NoResult, NoPlace, StoreAway) as error:
            code, answer = _refused(note, Fault(_code_of(error), ""))
        return _answer(note, code, answer)

    def _done(self, who: Identity, request: Request, server: str) -> tuple[Code, bytes]:
        """Raises Fault, NoResult, NoPlace, StoreAway."""
        asked = request.asked
        if isinstance(asked, Order):
            return self._order(who, request, asked, server)
        if isinstance(asked, Taken):
            return self._acknowledged(who, request, asked, server)
        places = self._list_places if isinstance(asked, request_reader.List) else self._read_places
        with places.taken(who.serial):
            code, content = self._reads.answer(who, asked)
        return code, answers.response(request.id, server, answers.result_of(code), content)

    def _order(self, who: Identity, request: Request, order: Order, server: str) -> tuple[Code, bytes]:
        with self._order_places.taken():
            done = self._orders.result_of(order_line(who, request, order, server))
        return Code(done.result.code), answers.order_response(request.id, request.operation, done)

    def _acknowledged(self, who: Identity, request: Request, asked: Taken, server: str) -> tuple[Code, bytes]:
        text = ""
        with self._read_places.taken():
            if request.check:
                code = self._reads.would_take(who, asked.change)
            else:
                order = Acknowledge(serial=who.serial, issuer=who.issuer, change=asked.change)
                done = acknowledge(self._control, order, _LONG)
                code, text = Code(done.result.code), done.result.text
        at = "/p:request/p:acknowledge/@change" if code is Code.NO_SUCH_CHANGE else ""
        return code, answers.response(request.id, server, answers.result_of(code, text, at))

    def _bulk(self) -> bytes | Iterable[bytes]:
        """Many orders."""
        note = _note("bulk")
        try:
            who = self._who(note)
            self._bulk_places.take(who.serial)
        except NoPlace:
            return _answer(note, *_refused(note, Fault(Code.TOO_MANY_REQUESTS, "")))
        except NotBelieved as error:
            return _answer(note, *_refused(note, Fault(error.code, "")))
        except Fault as fault:
            return _answer(note, *_refused(note, fault))
        try:
            run = self._bulk_run(who, note)
        except BaseException:
            self._bulk_places.leave(who.serial)
            raise
        if isinstance(run, bytes):
            self._bulk_places.leave(who.serial)
        return run

    def _bulk_run(self, who: Identity, note: Note) -> bytes | Iterable[bytes]:
        """The answer; as an iterable it leaves the place by itself."""
        try:
            bulk = bulk_reader.read(bottle.request.environ["wsgi.input"])
        except FaultyRequest as error:
            note.request = error.id
            if isinstance(error.__cause__, bulk_reader.NotKept):
                not_kept(note.server, error.__cause__.error)
            return _answer(note, *_refused(note, error.fault))
        note.request = bulk.id
        run = BulkRun(
            bulk,
            Client(who, note.server),
            self._control,
            self._certificates,
            self._stopping,
            note,
            lambda: self._bulk_places.leave(who.serial),
        )
        try:
            run.start()
        except NoResult as error:
            bulk.close()
            return _answer(note, *_refused(note, Fault(error.code, "")))
        except BulkRefused as error:
            bulk.close()
            body = answers.response(bulk.id, error.server, answers.result_of(error.code))
            return _answer(note, error.code, body)
        note.own_line = True
        bottle.response.content_type = answers.CONTENT_TYPE
        return run

    def _who(self, note: Note) -> Identity:
        """Raises NotBelieved; Fault if it is no XML that is sent."""
        given = bottle.request.environ
        who = self._certificates.shown(given.get(f"HTTP_{CERTIFICATE.upper().replace('-', '_')}", ""))
        note.terminal = who.serial
        _is_xml(given.get("CONTENT_TYPE", ""))
        return who

    def _who_asks(self, headers: Mapping[str, str]) -> Identity:
        """The same in the event loop."""
        who = self._certificates.shown(headers.get(CERTIFICATE, ""))
        _is_xml(headers.get("content-type", ""))
        return who


def _is_xml(content_type: str) -> None:
    """Raises Fault if it says otherwise."""
    if content_type == "application/xml":
        return
    kind, _, parameters = content_type.lower().partition(";")
    charset = parameters.partition("charset=")[2].strip(' "')
    if kind.strip() not in _XML or charset not in _CHARSETS:
        raise Fault(Code.NOT_READABLE, "Send it with Content-Type: application/xml, in UTF-8 or UTF-16.")


_LONG = 25.0
"""Seconds: longer than usnd takes for anything."""


def _note(operation: str) -> Note:
    note: Note = bottle.request.environ[NOTE]
    note.operation = operation
    return note


def _code_of(error: NotBelieved | NoResult | NoPlace | StoreAway) -> Code:
    match error:
        case NotBelieved() | NoResult():
            return error.code
        case NoPlace():
            return Code.TOO_MANY_REQUESTS
    return Code.REQUEST_FAILED


def _refused(note: Note, fault: Fault) -> tuple[Code, bytes]:
    return fault.code, answers.refusal(note.request, note.server, fault)


def _answer(note: Note, code: Code, body: bytes) -> bytes:
    note.code = code
    bottle.response.status = CATALOGUE[code].status
    bottle.response.content_type = answers.CONTENT_TYPE
    for name, value in retry_after(code):
        bottle.response.set_header(name, value)
    return body


def _refusal(note: Note, code: Code, text: str) -> tuple[bytes, str]:
    return answers.refusal(note.request, note.server, Fault(code, text)), answers.CONTENT_TYPE


def _longest(path: str) -> int:
    return bulk_reader.LONGEST if path == f"{PATH}/bulk" else request_reader.LONGEST
