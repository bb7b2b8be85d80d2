"""Writes the published schema of provisioning: `python -m workbench.docs.provisioning_schema`."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from usnd.domain.provisioning.codes import CATALOGUE
from usnd.web.provisioning.answer_grammar import BULK_RESPONSE, CODE, RESPONSE
from usnd.web.provisioning.grammar import BULK, NAMESPACE, PREFIX, REQUEST, Attribute, Content, Element, Value
from workbench import ROOT

PAGE = ROOT / "usnd/web/provisioning/schema/provisioning-1.xsd"
ROOTS = (REQUEST, BULK, RESPONSE, BULK_RESPONSE)
HEAD = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!-- Written from usnd/web/provisioning/grammar.py, usnd/domain/subscribers/attributes.py and
     usnd/domain/provisioning/codes.py by `make pages`; do not edit. -->
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:{PREFIX}="{NAMESPACE}"
    targetNamespace="{NAMESPACE}" elementFormDefault="qualified" version="1">"""
MANUAL = """XML provisioning of the Universal Service Node. POST a request to /provisioning/v1, a bulk to
/provisioning/v1/bulk, over HTTPS with the terminal's certificate. A value may be empty where it says so;
white space around a value does not count. A name here never changes its meaning; a later version has another
namespace."""
# By a pattern: xmlschema applies a length of 0 before white space is collapsed.
EMPTY = """<xs:simpleType name="empty"><xs:restriction base="xs:token"><xs:pattern value=""/></xs:restriction>
</xs:simpleType>"""


def page() -> str:
    """The whole schema."""
    types = {value.name: value for root in ROOTS for value in _values(root)}
    lines = [HEAD, _says(MANUAL)]
    for root in ROOTS:
        lines += _element(root, "")
    lines.append(EMPTY)
    for value in types.values():
        lines += _type(value)
    return "\n".join([*lines, "</xs:schema>"]) + "\n"


def _values(element: Element) -> Iterator[Value]:
    if element.value is not None:
        yield element.value
    for one in element.attributes:
        yield one.value
    for child in element.children:
        yield from _values(child)


def _says(text: str) -> str:
    return f"<xs:annotation><xs:documentation>{escape(text)}</xs:documentation></xs:annotation>"


def _element(one: Element, occurs: str) -> Iterator[str]:
    head = f'<xs:element name="{one.name}"{occurs}'
    if one.value is not None:
        yield f'{head} type="{PREFIX}:{one.value.name}">{_says(one.says)}</xs:element>'
        return
    yield f"{head}>{_says(one.says)}"
    yield "<xs:complexType>"
    if one.children:
        yield from _children(one)
        yield from map(_attribute, one.attributes)
    else:  # with empty content white space would be invalid
        yield f'<xs:simpleContent><xs:extension base="{PREFIX}:empty">'
        yield from map(_attribute, one.attributes)
        yield "</xs:extension></xs:simpleContent>"
    yield "</xs:complexType></xs:element>"


def _children(one: Element) -> Iterator[str]:
    group, occurs = {
        Content.ALL: ("all", ""),
        Content.ONE: ("choice", ""),
        Content.MANY: ("choice", ' maxOccurs="unbounded"'),
        Content.ORDER: ("sequence", ""),
    }[one.content]
    yield f"<xs:{group}{occurs}>"
    for child in one.children:
        yield from _element(child, _occurs(one, child))
    yield f"</xs:{group}>"


def _occurs(parent: Element, child: Element) -> str:
    if parent.content in (Content.ONE, Content.MANY):
        return ""
    least = "" if child.required else ' minOccurs="0"'
    return f'{least} maxOccurs="unbounded"' if child.many else least


def _attribute(one: Attribute) -> str:
    use = ' use="required"' if one.required else ""
    head = f'<xs:attribute name="{one.name}" type="{PREFIX}:{one.value.name}"{use}>'
    return f"{head}{_says(one.says)}</xs:attribute>"


def _type(value: Value) -> Iterator[str]:
    yield f'<xs:simpleType name="{value.name}">{_says(value.says)}'
    if value.may_be_empty:
        yield f'<xs:union memberTypes="{PREFIX}:empty"><xs:simpleType>'
        yield from _restriction(value)
        yield "</xs:simpleType></xs:union>"
    else:
        yield from _restriction(value)
    yield "</xs:simpleType>"


def _restriction(value: Value) -> Iterator[str]:
    base = "integer" if value.bounds else "dateTime" if value.is_time else "token"
    yield f'<xs:restriction base="xs:{base}">'
    yield from (_word(value, word) for word in value.words)
    if value.pattern:
        yield f"<xs:pattern value={quoteattr(value.pattern)}/>"
    if value.bounds:
        yield f'<xs:minInclusive value="{value.bounds[0]}"/><xs:maxInclusive value="{value.bounds[1]}"/>'
    elif base == "token" and value.longest and not value.words:
        yield f'<xs:maxLength value="{value.longest}"/>'
    yield "</xs:restriction>"


def _word(value: Value, word: str) -> str:
    if value is not CODE:
        return f'<xs:enumeration value="{word}"/>'
    entry = next(entry for entry in CATALOGUE.values() if str(int(entry.code)) == word)
    says = f"{entry.name}, HTTP {entry.status}. {entry.text} {entry.remedy}"
    return f'<xs:enumeration value="{word}">{_says(says)}</xs:enumeration>'


if __name__ == "__main__":
    PAGE.write_text(page())
