"""XML from anybody becomes nodes that the grammar knows, or a fault with its place. Nothing else is ever
kept.

request_reader.py reads one request by it, bulk_reader.py a bulk row by row. It is expat with a table of its
own: libxml2 keeps each new name of an element for ever, so that hostile documents fill the memory, and a
document type must be looked for by hand there. Here what is not in the grammar ends the reading where it is
met, and one pass is enough. A document type, entities, processing instructions and other encodings are
refused; nothing is ever opened.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn
from xml.parsers import expat

from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.values import shown
from usnd.web.provisioning.grammar import (
    ADDRESSES,
    LONGEST_TEXT,
    NAMESPACE,
    PREFIX,
    REQUEST_ID,
    Content,
    Element,
    Value,
)
from usnd.web.provisioning.lexical import collapsed

_SEPARATOR = " "
_ENCODINGS = frozenset({"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE"})
"""Names that expat knows by itself. By any other it would read on only where a document is all in ASCII."""
_IGNORED = frozenset(
    f"http://www.w3.org/2001/XMLSchema-instance {name}"
    for name in ("schemaLocation", "noNamespaceSchemaLocation")
)
"""Where the client thinks the schema is: of no interest here."""
_DEEPEST = 16
_MOST_STRANGE = 256
"""Names that are not in the grammar, in one document: the parser keeps each until its end."""
_LONGEST_MARKUP = 65_536
"""Octets of a tag or comment: to read it by parts would take the square of its length."""
_CHUNK = 65_536


class Fault(Exception):
    """What is wrong, for the client. `at`: XPath of the place, "" where there is none."""

    def __init__(self, code: Code, text: str, at: str = "") -> None:
        super().__init__(text)
        self.code, self.text, self.at = code, text, at


_NONE: "dict[str, Node]" = {}
"""Of elements that have none, never written."""


class Node:
    """An element that the grammar knows. parts: its children by name, one of each. text: collapsed."""

    __slots__ = ("attributes", "element", "parts", "text")

    def __init__(self, element: Element, attributes: dict[str, str]) -> None:
        self.element = element
        self.attributes = attributes
        self.parts: dict[str, Node] = {} if element.children else _NONE
        self.text = ""


OnRow = Callable[[int, "Node | Fault"], None]


class _Skip(Exception):  # it never leaves this file
    pass


class XmlReader:
    """Reads one document whose root is to be `root`. `on_row`: is given each child of the root, and its
    number.

    With on_row a fault within a child is that child's alone: on_row gets it in the place of the node.
    """

    def __init__(self, root: Element, on_row: OnRow | None = None) -> None:
        self._root = root
        self._on_row = on_row
        self._rows = 0
        self._open = list[Node]()
        self._depth = 0
        self._skipping: Fault | None = None
        self._text = list[str]()
        self._length = 0
        self._strange = set[str]()
        self._fed = 0
        self.request_id = ""
        """The client's, as soon as it was read; also where the rest is at fault."""
        self.document: Node | None = None
        self._parser = self._expat()

    def _expat(self) -> Any:
        parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartNamespaceDeclHandler = self._namespace
        return parser

    def feed(self, octets: bytes, *, last: bool = False) -> None:
        """The next part of the document. Raises Fault."""
        try:
            self._parser.Parse(octets, last)
        except expat.ExpatError as error:
            says = expat.errors.messages[error.code]
            raise Fault(
                Code.NOT_READABLE, f"not well-formed: {says} (line {error.lineno}, column {error.offset + 1})"
            ) from error
        except ValueError as error:  # a declared encoding that Python does not know either
            raise Fault(Code.NOT_READABLE, "the encoding is not known: write UTF-8") from error
        self._fed += len(octets)
        if not last and self._fed - self._parser.CurrentByteIndex > _LONGEST_MARKUP + _CHUNK:
            raise Fault(Code.TOO_LARGE, f"a tag or comment is longer than {_LONGEST_MARKUP} octets")

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            raise Fault(Code.NOT_READABLE, "it is not XML 1.0")
        if encoding is not None and encoding.upper() not in _ENCODINGS:
            raise Fault(Code.NOT_READABLE, f"the encoding cannot be {shown(encoding)}: write UTF-8")

    def _doctype(self, *_: object) -> NoReturn:
        raise Fault(Code.NOT_READABLE, "a document type (DOCTYPE) is not taken: send none")

    def _instruction(self, *_: object) -> NoReturn:
        raise Fault(Code.NOT_READABLE, "a processing instruction is not taken: send none")

    def _namespace(self, prefix: str | None, _uri: str) -> None:
        self._is_strange(f"xmlns:{prefix}")

    def _is_strange(self, name: str) -> None:
        self._strange.add(name)
        if len(self._strange) > _MOST_STRANGE:
            raise Fault(Code.UNKNOWN_NAME, "there are too many names that the schema does not have")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Fault(Code.NOT_BY_SCHEMA, f"elements are nested more than {_DEEPEST} deep")
        if self._depth == 2 and self._on_row is not None:  # noqa: PLR2004 # a child of the root
            self._rows += 1
        if self._skipping is not None:
            self._note_strange(name, attributes)
            return
        try:
            if self._open:
                self._begin(self._open[-1], name, attributes)
            else:
                self._begin_document(name, attributes)
        except _Skip:
            self._note_strange(name, attributes)

    def _note_strange(self, name: str, attributes: dict[str, str]) -> None:
        """Names within what is refused: the parser keeps them."""
        self._is_strange(name)
        for each in attributes:
            self._is_strange(each)

    def _begin_document(self, name: str, attributes: dict[str, str]) -> None:
        written = collapsed(attributes.get("id", ""))
        if REQUEST_ID.admits(written):
            self.request_id = written
        if name != f"{NAMESPACE}{_SEPARATOR}{self._root.name}":
            raise Fault(Code.UNKNOWN_NAME, _other_root(name, self._root), "/*")
        if not written:
            raise Fault(Code.REQUEST_ID_WRONG, "the request has no id", f"/{PREFIX}:{self._root.name}")
        if not self.request_id:
            raise Fault(
                Code.REQUEST_ID_WRONG, "the request's id is malformed", f"/{PREFIX}:{self._root.name}/@id"
            )
        self._open.append(node := Node(self._root, attributes))
        node.attributes = self._read_attributes(self._root, attributes)

    def _begin(self, parent: Node, name: str, attributes: dict[str, str]) -> None:
        element = parent.element.child.get(name)
        if self._text and parent.element.value is None:
            self._only_blanks(parent)
        if element is None:
            local = name.rpartition(_SEPARATOR)[2]
            known = parent.element.children
            hint = f"; known are {', '.join(one.name for one in known)}" if known else ": it has none"
            self._refuse(
                Code.UNKNOWN_NAME,
                f"{parent.element.name} has no element {shown(local)} of this namespace{hint}",
            )
        content = parent.element.content
        if content is Content.ONE and parent.parts:
            self._refuse(
                Code.NOT_BY_SCHEMA, f"there is more than one thing to do in one {parent.element.name}"
            )
        if content is Content.ALL and element.name in parent.parts:
            self._refuse(Code.NOT_BY_SCHEMA, f"{element.name} is there twice", element)
        node = Node(element, attributes)
        self._open.append(node)
        if attributes or element.must_attributes:
            node.attributes = self._read_attributes(element, attributes)

    def _read_attributes(self, element: Element, attributes: dict[str, str]) -> dict[str, str]:
        read = dict[str, str]()
        for name, written in attributes.items():
            known = element.attribute.get(name)
            if known is None:
                if name in _IGNORED:
                    continue
                local = shown(name.rpartition(_SEPARATOR)[2])
                self._refuse(Code.UNKNOWN_NAME, f"{element.name} has no attribute {local}")
            text = collapsed(written)
            if not known.value.admits(text):
                self._refuse(Code.VALUE_NOT_ALLOWED, _not_taken(name, text, known.value), attribute=name)
            read[name] = text
        for name in element.must_attributes:
            if name not in read:
                self._refuse(Code.NOT_BY_SCHEMA, f"{element.name} has no attribute {name}")
        return read

    def _characters(self, text: str) -> None:
        if self._skipping is not None:
            return
        self._length += len(text)
        if self._length > LONGEST_TEXT:
            self._too_much_text()
            return
        self._text.append(text)

    def _too_much_text(self) -> None:
        """White space between elements may be as long as it likes; nothing else."""
        node = self._open[-1]
        if node.element.value is None:
            with suppress(_Skip):
                self._only_blanks(node)
            return
        with suppress(_Skip):
            self._refuse(Code.VALUE_NOT_ALLOWED, f"a text is longer than {LONGEST_TEXT} characters")

    def _only_blanks(self, node: Node) -> None:
        text = self._taken_text()
        if text.strip(" \t\r\n"):
            says = f"{node.element.name} has no text of its own"
            if node is self._open[0]:  # between rows: it is no row's fault
                raise Fault(Code.NOT_BY_SCHEMA, says, f"/{PREFIX}:{node.element.name}")
            self._refuse(Code.NOT_BY_SCHEMA, says)

    def _taken_text(self) -> str:
        pieces = self._text
        text = pieces[0] if len(pieces) == 1 else "".join(pieces)
        pieces.clear()
        self._length = 0
        return text

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._skipping is None:
            node = self._open[-1]
            try:
                if node.element.value is None:
                    self._complete(node)
                else:
                    self._complete_value(node, node.element.value)
            except _Skip:
                pass
            else:
                self._close(self._open.pop())
        if self._skipping is not None and self._depth == 1 and self._on_row is not None:
            fault, self._skipping = self._skipping, None
            self._on_row(self._rows, fault)

    def _complete_value(self, node: Node, value: Value) -> None:
        node.text = text = collapsed(self._taken_text())
        if not value.admits(text):
            self._refuse(Code.VALUE_NOT_ALLOWED, _not_taken(node.element.name, text, value))

    def _complete(self, node: Node) -> None:
        element = node.element
        if self._text:
            self._only_blanks(node)
        for name in element.must:
            if name not in node.parts:
                self._refuse(Code.NOT_BY_SCHEMA, f"{element.name} has no {name}")
        if element.content is Content.ONE and not node.parts:
            self._refuse(Code.NOT_BY_SCHEMA, f"{element.name} says nothing to do")

    def _close(self, node: Node) -> None:
        if self._depth > 1 or (self._depth and self._on_row is None):
            self._open[-1].parts[node.element.name] = node
        elif self._depth and self._on_row is not None:
            self._on_row(self._rows, node)
        else:
            self.document = node

    def _refuse(
        self, code: Code, text: str, child: Element | None = None, *, attribute: str = ""
    ) -> NoReturn:
        """A fault of the document; of a row alone, if there are rows and it is in one."""
        fault = Fault(code, text, self._place(child, attribute))
        in_row = len(self._open) > 1 or self._depth > 1
        if self._on_row is None or not in_row:
            raise fault
        del self._open[1:]
        self._taken_text()
        self._skipping = fault
        raise _Skip

    def _place(self, child: Element | None, attribute: str) -> str:
        steps = [f"{PREFIX}:{node.element.name}" for node in self._open]
        if self._on_row is not None and len(steps) > 1:
            steps[1] = f"*[{self._rows}]"
        elif self._on_row is not None and self._depth > 1:
            steps.append(f"*[{self._rows}]")
        if child is not None:
            steps.append(f"{PREFIX}:{child.name}")
        if attribute:
            steps.append(f"@{attribute}")
        return "/" + "/".join(steps)


def _other_root(name: str, wanted: Element) -> str:
    """What is wrong with a document that begins with that name."""
    namespace, _, local = name.rpartition(_SEPARATOR)
    if namespace == NAMESPACE and local in ADDRESSES:
        return f"a {local} is sent to {ADDRESSES[local]}; here a {wanted.name} is taken"
    if local == wanted.name:
        return f'its namespace is {shown(namespace) if namespace else "missing"}: write xmlns="{NAMESPACE}"'
    return f"it is {shown(local)}; here a {wanted.name} of the namespace {NAMESPACE} is taken"


def _not_taken(name: str, text: str, value: Value) -> str:
    if not text:
        return f"{name} is empty: {value.says}"
    hint = value.hint(text) if value.hint is not None else ""
    return f"{name} cannot be {shown(text)}: {hint or value.says}"
