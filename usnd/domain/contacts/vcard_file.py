"""vCard files: versions 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), as telephones and mail programs write them.

A card's `NICKNAME` is the nick, if it can be one. `CATEGORIES` are groups. Of several numbers the mobile one
comes first, by `TYPE` or by Apple's label.
"""

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from quopri import encodestring

from usnd.domain.contacts.contact import (
    MOST_CONTACTS,
    MOST_GROUPS,
    Contact,
    FileFault,
    FileProblem,
    cut,
)
from usnd.domain.contacts.csv_file import parted
from usnd.domain.contacts.export import Exported
from usnd.domain.contacts.phone_labels import likeliest_first, likelihood
from usnd.domain.contacts.vcard_lines import Property, parts, properties, unescaped

_FIRST_LINE = 75
"""Octets of a line without its end; what is longer is folded."""
_ESCAPE = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;"})
_FAMILY, _GIVEN = 0, 1
"""Places in `N`."""


class Version(Enum):
    """By what `VERSION` says."""

    V2 = "2.1"
    V3 = "3.0"
    V4 = "4.0"


def read(octets: bytes) -> tuple[Contact, ...]:
    """All contacts; cards of groups are none. Raises FileFault."""
    contacts = list[Contact]()
    for card in _cards(octets):
        if any(one.name.endswith("KIND") and one.value.strip().lower() == "group" for one in card):
            continue
        if len(contacts) == MOST_CONTACTS:
            raise FileFault(FileProblem.TOO_MANY, card[0].line)
        contacts.append(_contact(card))
    if not contacts:
        raise FileFault(FileProblem.EMPTY)
    return tuple(contacts)


def _cards(octets: bytes) -> Iterator[list[Property]]:
    card: list[Property] | None = None
    for one in properties(octets):
        edge = one.value.strip().upper() == "VCARD" and one.name in ("BEGIN", "END")
        if edge and (one.name == "BEGIN") is not (card is None):
            raise FileFault(FileProblem.BROKEN_CARD, one.line)
        if edge and card is not None:
            yield card
            card = None
        elif edge:
            card = [one]
        elif card is not None:
            card.append(one)
    if card is not None:
        raise FileFault(FileProblem.BROKEN_CARD, card[0].line)


def _contact(card: Sequence[Property]) -> Contact:
    """The first of each property counts."""
    said: dict[str, str] = {}
    for one in card:
        said.setdefault(one.name, one.value)
    nickname = cut(unescaped(parts(said.get("NICKNAME", said.get("X-NICKNAME", "")), ",")[0]))
    name = [cut(unescaped(one)) for one in (*parts(said.get("N", ""), ";"), "", "")]
    first, last = name[_GIVEN], name[_FAMILY]
    full = cut(unescaped(said.get("FN", "")))
    if not first and not last and (full != nickname or not full):
        first, last = parted(full, cut(unescaped(parts(said.get("ORG", ""), ";")[0])))
    groups = (
        cut(unescaped(name))
        for one in card
        if one.name == "CATEGORIES"
        for name in parts(one.value, ",")
        if name.strip()
    )
    return Contact(
        card[0].line,
        nickname=nickname,
        first=first,
        last=last,
        phones=_phones(card),
        groups=tuple(dict.fromkeys(groups))[:MOST_GROUPS],
    )


def _phones(card: Sequence[Property]) -> tuple[str, ...]:
    labels = {one.label: one.value for one in card if one.name == "X-ABLABEL"}
    phones = list[tuple[int, str]]()
    for one in card:
        if one.name == "TEL" and (number := _number(one.value)):
            label = labels.get(one.label, "") if one.label else ""
            phones.append((likelihood(" ".join((*one.kinds, label))), number))
    return likeliest_first(phones)


def _number(value: str) -> str:
    """Also of a URI (RFC 3966): `tel:+49-30-123;ext=4` is called without its extension."""
    text = unescaped(value)
    return cut(re.split(";", text[4:])[0] if text.lower().startswith("tel:") else text)


def written(users: Sequence[Exported], version: Version) -> bytes:
    """The whole file."""
    return b"".join(line for one in users for line in _card(one, version))


def _card(one: Exported, version: Version) -> Iterator[bytes]:
    user = one.user
    yield b"BEGIN:VCARD\r\n"
    yield f"VERSION:{version.value}\r\n".encode()
    yield _line("N", ";".join(map(_escaped, (user.last, user.first, "", "", ""))), version)
    yield _line("FN", _escaped(user.label), version)
    yield _line("NICKNAME", _escaped(user.nick), version)
    yield from (
        _line(head, value, version)
        for head, value in (
            (
                {
                    Version.V2: "TEL;CELL",
                    Version.V3: "TEL;TYPE=CELL",
                    Version.V4: "TEL;VALUE=uri;TYPE=cell",
                }[version],
                f"tel:{user.number}" if version is Version.V4 else user.number,
            ),
            ("CATEGORIES", ",".join(map(_escaped, one.groups))),
        )
        if value
    )
    yield b"END:VCARD\r\n"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPE)


def _line(head: str, value: str, version: Version) -> bytes:
    """One property, folded after 75 octets and never within a character."""
    if version is Version.V2 and not value.isascii():
        quoted = encodestring(value.encode()).replace(b"=\n", b"").replace(b"\n", b"=0A")
        return f"{head};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:".encode() + quoted + b"\r\n"
    lines, line = list[bytes](), b""
    for char in f"{head}:{value}":
        octets = char.encode()
        if len(line) + len(octets) > _FIRST_LINE and version is not Version.V2:
            lines.append(line)
            line = b" "
        line += octets
    return b"\r\n".join((*lines, line)) + b"\r\n"
