"""Documents for the provisioning site, made from its published schema: valid, mutated, and none at all.

Each is drawn from dice, so a seed gives the same ones. Called by hostile.py. The schema alone says what may
be where; how the product reads it is not asked.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree as ET

from workbench import ROOT

SCHEMA = ROOT / "usnd/web/provisioning/schema/provisioning-1.xsd"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_SAMPLES = {
    "requestId": ["A.b_c-9"],
    "number": [f"+44{nth:010}" for nth in range(7100000000, 7100000400)],
    "time": ["2026-03-01T00:00:00Z", "2024-02-29T23:59:59.25Z"],
    "name": ["Ann", "Ann  Example", "\u00c5\u00f1&lt;&#x1F600;", "x" * 100],
    "email": ["ann@example.com"],
    "language": ["en"],
    "timeZone": ["Europe/London", "Etc/GMT+3"],
}
"""Of types with a pattern; the others the schema lists or bounds."""
_ODD = [
    "",
    "x" * 101,
    "-1",
    "+0",
    "TRUE",
    "/etc/passwd",
    "\u00a0en",
    "9" * 40,
    "&#0;",
    "&x;",
    "]]>",
    "\u202e",
]
_MOST_ROWS = 4
_FEW = 0.4


@dataclass(frozen=True)
class Document:
    """`kind`: valid, mutated or raw. `bulk`: where it is sent."""

    kind: str
    octets: bytes
    bulk: bool


class Schema:
    """The published one, as far as documents of requests need it."""

    def __init__(self, path: Path = SCHEMA) -> None:
        self._root = ET.parse(path).getroot()  # noqa: S314 (the product's own file)
        self.namespace = self._root.get("targetNamespace", "")
        self._types = {one.get("name", ""): one for one in self._root.findall(f"{_XS}simpleType")}

    @cached_property
    def roots(self) -> dict[str, ET.Element]:
        """Request and bulk."""
        elements = {one.get("name", ""): one for one in self._root.findall(f"{_XS}element")}
        return {name: elements[name] for name in ("request", "bulk")}

    def valid(self, dice: random.Random, root: str, id_: str) -> bytes:
        """A document by the schema, with that id."""
        inner = self._element(dice, self.roots[root], f' xmlns="{self.namespace}"', id_)
        return inner.encode()

    def _element(self, dice: random.Random, one: ET.Element, more: str = "", id_: str = "") -> str:
        name, attributes = one.get("name", ""), more
        for each in one.iter(f"{_XS}attribute") if one.get("type") is None else ():
            if each not in self._own_attributes(one):
                continue
            if each.get("use") == "required" or dice.random() < _FEW:
                written = id_ if each.get("name") == "id" else self._value(dice, each.get("type", ""))
                attributes += f' {each.get("name")}="{written}"'
        type_ = one.get("type")
        if type_ is not None:
            return f"<{name}{attributes}>{self._value(dice, type_)}</{name}>"
        return f"<{name}{attributes}>{''.join(self._children(dice, one))}</{name}>"

    @staticmethod
    def _own_attributes(one: ET.Element) -> Sequence[ET.Element]:
        places = (f"{_XS}complexType/{_XS}attribute", f"{_XS}complexType/{_XS}simpleContent//{_XS}attribute")
        return [each for place in places for each in one.findall(place)]

    def _children(self, dice: random.Random, one: ET.Element) -> list[str]:
        choice = one.find(f"{_XS}complexType/{_XS}choice")
        if choice is not None:
            known = choice.findall(f"{_XS}element")
            many = dice.randint(1, _MOST_ROWS) if choice.get("maxOccurs") == "unbounded" else 1
            return [self._element(dice, dice.choice(known)) for _ in range(many)]
        known = one.findall(f"{_XS}complexType/{_XS}all/{_XS}element")
        chosen = [each for each in known if each.get("minOccurs") != "0" or dice.random() < _FEW]
        dice.shuffle(chosen)
        return [self._element(dice, each) for each in chosen]

    def _value(self, dice: random.Random, type_: str) -> str:
        name = type_.removeprefix("p:")
        if name in _SAMPLES:
            return dice.choice(_SAMPLES[name])
        found = self._types[name]
        if words := [one.get("value", "") for one in found.iter(f"{_XS}enumeration")]:
            return dice.choice(words)
        least, most = (found.find(f".//{_XS}{bound}Inclusive") for bound in ("min", "max"))
        if least is None or most is None:
            raise ValueError(f"the schema's type {name} is new: give samples of it")
        return str(dice.randint(int(least.get("value", "")), int(most.get("value", ""))))


def document(schema: Schema, dice: random.Random, nth: int) -> Document:
    """The nth: half are valid, the rest mutated or raw."""
    root = "bulk" if dice.random() < 0.2 else "request"  # noqa: PLR2004 # every fifth
    kind = dice.choice(("valid", "valid", "mutated", "raw"))
    if kind == "raw":
        return Document(kind, dice.choice(_RAW)(dice), root == "bulk")
    octets = schema.valid(dice, root, f"f{nth}")
    if kind == "mutated":
        for _ in range(dice.randint(1, 4)):
            octets = dice.choice(_MUTATIONS)(dice, octets)
    return Document(kind, octets, root == "bulk")


def _place(dice: random.Random, octets: bytes) -> int:
    return dice.randrange(len(octets) + 1)


def _flip(dice: random.Random, octets: bytes) -> bytes:
    at = _place(dice, octets)
    return octets[:at] + bytes([dice.randrange(256)]) + octets[at + 1 :]


def _insert(dice: random.Random, octets: bytes) -> bytes:
    at = _place(dice, octets)
    return octets[:at] + dice.choice(_ODD).encode() + octets[at:]


def _cut(dice: random.Random, octets: bytes) -> bytes:
    return octets[: _place(dice, octets)]


def _repeat(dice: random.Random, octets: bytes) -> bytes:
    first, last = sorted((_place(dice, octets), _place(dice, octets)))
    return octets[:last] + octets[first:last] * dice.randint(1, 50) + octets[last:]


def _drop(dice: random.Random, octets: bytes) -> bytes:
    first, last = sorted((_place(dice, octets), _place(dice, octets)))
    return octets[:first] + octets[last:]


def _utf16(_dice: random.Random, octets: bytes) -> bytes:
    return octets.decode(errors="replace").encode("utf-16")


def _declared(dice: random.Random, octets: bytes) -> bytes:
    names = (
        "UTF-7",
        "latin-1",
        "idna",
        "os.path",
        "zlib_codec",
        "EBCDIC-CP-US",
        "x" * 200,
        "UTF-32",
        "utf-8",
    )
    return f'<?xml version="1.{dice.randrange(3)}" encoding="{dice.choice(names)}"?>'.encode() + octets


def _other_names(dice: random.Random, octets: bytes) -> bytes:
    known = (b"subscriber", b"number", b"request", b"create", b"urn:usn", b'id="')
    return octets.replace(dice.choice(known), f"n{dice.randrange(10**9)}".encode())


_MUTATIONS: Sequence[Callable[[random.Random, bytes], bytes]] = (
    _flip, _insert, _cut, _repeat, _drop, _utf16, _declared, _other_names,
)  # fmt: skip


def _octets(dice: random.Random) -> bytes:
    return dice.randbytes(dice.randrange(2_000))


def _markup(dice: random.Random) -> bytes:
    return "".join(dice.choice("<>&;/!?-[]=\"' ax\n\u20ac") for _ in range(dice.randrange(2_000))).encode()


def _marks(dice: random.Random) -> bytes:
    marks = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0\0<", b"<?xml", b"<!--", b"<![CDATA[", b"")
    return dice.choice(marks) * dice.randint(1, 20)


_RAW: Sequence[Callable[[random.Random], bytes]] = (_octets, _markup, _marks)
