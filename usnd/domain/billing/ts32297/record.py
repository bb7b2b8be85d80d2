"""A CDR as the ASN.1 type CallRecord (module.py), in BER. Pure.

Each field has its tag, in fields.py, and each kind of field its type. Whatever order a destination wants its
fields in, they stand in the order of their tags; one without a value is left out. The values are those of a
CSV file: `values` gives them as texts again.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.fields import BY_NAME, FIELDS, Field, Kind, printable, seconds_text
from usnd.domain.billing.ts32297 import ber

LONGEST_TEXT = 255
"""In characters; a longer one is cut, so that no record is longer than its frame can tell."""
_TIME = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,3}))?Z")
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class AsnType:
    """How the values of one kind are encoded. name: of the type, in the module. write: the content octets."""

    name: str
    write: Callable[[Any], bytes]
    read: Callable[[bytes], str]


def _text(value: str) -> bytes:
    return printable(value[:LONGEST_TEXT]).encode()


def _text_of(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ber.NotBer("a text that is not UTF-8") from None


def time(at: datetime) -> bytes:
    """Of a GeneralizedTime, to the millisecond: zeros at the end of the fraction are left out."""
    utc = at.astimezone(UTC)
    thousandths = utc.microsecond // 1000
    fraction = f".{thousandths:03}".rstrip("0") if thousandths else ""
    return f"{utc:%Y%m%d%H%M%S}{fraction}Z".encode()


def time_of(content: bytes) -> str:
    """As each format writes it. Raises NotBer."""
    found = _TIME.fullmatch(content)
    if found is None:
        raise ber.NotBer("a time that is none")
    year, month, day, hour, minute, second, fraction = (part.decode() for part in found.groups(b""))
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}.{fraction:0<3}Z"


def _seconds(value: timedelta) -> bytes:
    return ber.integer(value // _MILLISECOND)


def _seconds_of(content: bytes) -> str:
    return seconds_text(ber.number_of(content))


def _flag(value: bool) -> bytes:  # noqa: FBT001 # called by a table, as the others, with a value
    return b"\xff" if value else b"\x00"


def _flag_of(content: bytes) -> str:
    if len(content) != 1:
        raise ber.NotBer("a BOOLEAN that is not one octet")
    return "no" if content == b"\x00" else "yes"


def _number_of(content: bytes) -> str:
    return str(ber.number_of(content))


TYPES = {
    Kind.NUMBER: AsnType("INTEGER", ber.integer, _number_of),
    Kind.TEXT: AsnType("Text", _text, _text_of),
    Kind.WORD: AsnType("Word", _text, _text_of),
    Kind.TIME: AsnType("Time", time, time_of),
    Kind.SECONDS: AsnType("Milliseconds", _seconds, _seconds_of),
    Kind.FLAG: AsnType("BOOLEAN", _flag, _flag_of),
}
_BY_IDENTIFIER = {ber.context(field.tag): field for field in FIELDS}
Encoder = Callable[[int, Cdr], bytes]


def encoder(layout: Sequence[str]) -> Encoder:
    """Makes a CallRecord of a sequence number and a CDR, with those fields."""
    fields = sorted((BY_NAME[name] for name in layout), key=lambda field: field.tag)
    plan = [(ber.context(field.tag), field.of, TYPES[field.kind].write) for field in fields]

    def encode(sequence: int, cdr: Cdr) -> bytes:
        parts: list[bytes] = []
        for identifier, of, write in plan:
            value = of(sequence, cdr)
            if value is not None and value != "":
                content = write(value)
                parts += (identifier, ber.length(len(content)), content)
        return ber.encoded(ber.SEQUENCE, b"".join(parts))

    return encode


def values(octets: bytes) -> dict[str, str]:
    """Of a CallRecord, by the fields' names. Raises NotBer."""
    return {field.name: TYPES[field.kind].read(content) for field, content in _fields(octets)}


def _fields(octets: bytes) -> Iterator[tuple[Field, bytes]]:
    before = -1
    for identifier, content in ber.values(ber.content_of(octets)):
        field = _BY_IDENTIFIER.get(identifier)
        if field is None:
            raise ber.NotBer(f"a field with the identifier {identifier.hex()}, which none has")
        if field.tag <= before:
            raise ber.NotBer(f"{field.name} is not at its place")
        before = field.tag
        yield field, content
