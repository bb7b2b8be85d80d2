"""Documents of provisioning, valid and spoilt, made of the grammar; and the published schema, read twice."""

from functools import lru_cache
from typing import Any

import xmlschema
from hypothesis import strategies as st
from lxml import etree

from usnd.web.provisioning.grammar import BULK, NAMESPACE, REQUEST, Content, Element, Value
from workbench import ROOT

SCHEMA = ROOT / "usnd/web/provisioning/schema/provisioning-1.xsd"
EXAMPLES = sorted((ROOT / "docs/integrator/examples").glob("*.xml"))
GOOD = {
    "requestId": ["crm-17", "A.b_c-9", " crm-1 "],
    "number": ["+447700900001", " +123\n", "+999999999999999"],
    "mode": ["do", "check"],
    "truth": ["true", " false"],
    "changeId": ["1", "9223372036854775807"],
    "row": ["1", "100000"],
    "limit": ["1", "1000"],
    "time": ["2026-03-01T00:00:00Z", "2024-02-29T23:59:59.25Z"],
    "name": ["Ann", "Ann  \t Example", "Åñ&lt;", "x" * 100, ""],
    "email": ["ann@example.com", ""],
    "language": ["en", "", " "],
    "timeZone": ["Europe/London", "Etc/GMT+3", ""],
    "minutesPerMonth": ["1", "10000000", ""],
    "participants": ["1000", ""],
    "awaySeconds": ["86400", ""],
    "callBacks": ["0", "5", ""],
    "pressOne": ["true", "false", ""],
    "callTexts": ["true", ""],
}
BAD = [
    *(
        "x" * 101,
        "-1",
        "+0",
        "0",
        "01",
        "1.0",
        "+1",
        "true false",
        "TRUE",
        "en-GB",
        "a b@c",
        "@",
        "/etc/passwd",
    ),
    *(
        "2026-02-30T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01",
        "99999999999999999999",
        "\u00a0en",
        "é" * 255,
    ),
]


@lru_cache
def by_lxml() -> Any:
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


@lru_cache
def by_xmlschema() -> Any:
    return xmlschema.XMLSchema(str(SCHEMA))


@st.composite
def documents(draw: st.DrawFn, root: Element = REQUEST) -> bytes:
    """Mostly valid; each part may be spoilt."""
    spoil = draw(st.sampled_from([0.0, 0.0, 0.05, 0.2]))
    return _element(draw, root, spoil, top=True).encode()


def _chance(draw: st.DrawFn, spoil: float) -> bool:
    return spoil > 0 and draw(st.floats(0, 1, exclude_max=True)) < spoil


def _value(draw: st.DrawFn, value: Value, spoil: float) -> str:
    return draw(st.sampled_from(BAD if _chance(draw, spoil) else GOOD[value.name]))


def _element(draw: st.DrawFn, one: Element, spoil: float, *, top: bool = False) -> str:
    name = (
        draw(st.sampled_from(["strange", "subscriber", "number"])) if _chance(draw, spoil / 4) else one.name
    )
    space = f' xmlns="{NAMESPACE}"' if top else ' xmlns="urn:other"' if _chance(draw, spoil / 8) else ""
    attributes = "".join(
        f' {each.name}="{_value(draw, each.value, spoil)}"'
        for each in one.attributes
        if (each.required or draw(st.booleans())) != _chance(draw, spoil)
    )
    if _chance(draw, spoil / 4):
        attributes += ' strange="1"'
    if one.value is not None:
        return f"<{name}{space}{attributes}>{_value(draw, one.value, spoil)}</{name}>"
    children = [_element(draw, child, spoil) for child in _children(draw, one, spoil)]
    between = draw(st.sampled_from(["", " \n", "<!-- a comment -->"]))
    if _chance(draw, spoil / 2):
        between += "text"
    return f"<{name}{space}{attributes}>{between.join(['', *children, ''])}</{name}>"


def _children(draw: st.DrawFn, one: Element, spoil: float) -> list[Element]:
    if not one.children:
        return []
    if one.content is Content.ONE:
        return [draw(st.sampled_from(one.children)) for _ in range(2 if _chance(draw, spoil) else 1)]
    if one.content is Content.MANY:
        return draw(
            st.lists(st.sampled_from(one.children), min_size=0 if _chance(draw, spoil) else 1, max_size=4)
        )
    chosen = [
        child for child in one.children if (child.required or draw(st.booleans())) != _chance(draw, spoil)
    ]
    if chosen and _chance(draw, spoil):
        chosen.append(draw(st.sampled_from(chosen)))
    return list(draw(st.permutations(chosen)))


__all__ = ["BULK", "EXAMPLES", "SCHEMA", "by_lxml", "by_xmlschema", "documents"]
