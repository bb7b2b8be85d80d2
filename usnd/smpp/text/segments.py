"""Text ↔ segments: the split of an MT text, the user data header of a concatenation (TS 23.040 §9.2.3.24.1).

services/messaging/bind_sender.py splits with it, received.py reads the header. How many units a segment holds
and where a text may be cut is decided here. It keeps no state: whoever joins parts waits for them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from usnd.smpp.text.alphabets import (
    DEFAULT_CODING,
    UCS2_CODING,
    Alphabet,
    decode,
    encode_character,
    encode_singles,
)

MOST_SEGMENTS = 255
_CONCATENATED_8 = 0x00
_CONCATENATED_16 = 0x08
_SINGLE_SHIFT = 0x24
_LOCKING_SHIFT = 0x25
_PLACES = ((_CONCATENATED_8, 3), (_CONCATENATED_16, 4))
# Octets of short_message in a single text and in each of several: 160 or 153 septets, 70 or 67 UCS-2 units.
# A link whose default alphabet is ASCII or Latin-1 is held to 8-bit data: the SMSC's recoding has room.
_ROOM = {
    Alphabet.GSM7: (160, 153),
    Alphabet.ASCII: (140, 134),
    Alphabet.LATIN1: (140, 134),
    Alphabet.UCS2: (140, 134),
}  # what else MO texts come in, is never sent


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Which part of which text: `number` counts from 1 to `total`, `reference` comes round again."""

    reference: int
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a user data header says: languages of the shift tables (TS 23.040 §9.2.3.24.15, .16), 0 for none.

    length: octets before the text. ignored: an element that cannot be was read over (part 0, or 5 of 3).
    broken: the place in a long text is there, and not whole.
    """

    length: int = 0
    concatenation: Concatenation | None = None
    single_shift: int = 0
    locking_shift: int = 0
    ignored: bool = False
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """What submit_sm carries of a text. `has_udh`: `octets` begins with a user data header (UDHI)."""

    octets: bytes
    data_coding: int
    has_udh: bool = False


def split(text: str, default: Alphabet, reference: int = 0) -> list[Segment]:
    """The segments of `text`: in the link's default alphabet if it fits, else UCS-2; at least one.

    reference: of the concatenation, taken modulo 256. ValueError: more than 255 segments.
    """
    octets = encode_singles(text, default)
    if octets is not None and len(octets) <= _ROOM[default][0]:
        return [Segment(octets, DEFAULT_CODING)]
    alphabet, units = _smallest(text, default)
    coding = UCS2_CODING if alphabet is Alphabet.UCS2 else DEFAULT_CODING
    single, each = _ROOM[alphabet]
    if sum(map(len, units)) <= single:
        return [Segment(b"".join(units), coding)]
    parts = list(_cut(units, each))
    if len(parts) > MOST_SEGMENTS:
        raise ValueError(f"the text needs {len(parts)} segments, {MOST_SEGMENTS} are possible")
    header = (5, _CONCATENATED_8, 3, reference % 256, len(parts))
    return [
        Segment(bytes((*header, number)) + part, coding, has_udh=True) for number, part in enumerate(parts, 1)
    ]


def join(parts: Iterable[bytes], alphabet: Alphabet) -> str:
    """The text of parts in order, without headers: a character its sender cut in two is whole again."""
    return decode(b"".join(parts), alphabet)


def take_udh(octets: bytes) -> tuple[Concatenation | None, bytes]:
    """The concatenation a user data header tells of, and the text behind it."""
    header = read_udh(octets)
    return header.concatenation, octets[header.length :]


def read_udh(octets: bytes) -> Header:
    """One longer than the message is taken for text, if it does not begin with a place in a long text."""
    broken = any(octets[1:3] == bytes((element, length)) for element, length in _PLACES)
    if not octets or octets[0] >= len(octets):
        return Header(broken=broken)
    end = octets[0] + 1
    found: dict[int, int] = {}
    place, ignored = None, False
    broken = broken and octets[2] + 2 > octets[0]
    for element, data in _elements(octets[1:end]):
        if element in (_SINGLE_SHIFT, _LOCKING_SHIFT) and len(data) == 1:
            found[element] = data[0]
        elif (element, len(data)) in _PLACES:  # §9.2.3.24.1, .8: the last one that can be counts
            told = possible(int.from_bytes(data[:-2], "big"), data[-2], data[-1])
            place, ignored = told or place, ignored or told is None
    return Header(end, place, found.get(_SINGLE_SHIFT, 0), found.get(_LOCKING_SHIFT, 0), ignored, broken)


def possible(reference: int, total: int, number: int) -> Concatenation | None:
    """None for what cannot be, which is read as if it were not there (TS 23.040 §9.2.3.24.1)."""
    return Concatenation(reference, total, number) if 1 <= number <= total <= MOST_SEGMENTS else None


def _smallest(text: str, default: Alphabet) -> tuple[Alphabet, list[bytes]]:
    units = [encode_character(char, default) for char in text]
    known = [unit for unit in units if unit is not None]
    if len(known) == len(units):
        return default, known
    wide = (encode_character(char, Alphabet.UCS2) for char in text)
    return Alphabet.UCS2, [unit for unit in wide if unit is not None]


def _cut(units: Iterable[bytes], room: int) -> Iterator[bytes]:
    """Parts of at most `room` octets; a unit, be it escape or surrogate pair, stays whole."""
    part = bytearray()
    for unit in units:
        if len(part) + len(unit) > room:
            yield bytes(part)
            part.clear()
        part += unit
    yield bytes(part)


def _elements(header: bytes) -> Iterator[tuple[int, bytes]]:
    pos = 0
    while pos + 2 <= len(header):
        end = pos + 2 + header[pos + 1]
        if end <= len(header):
            yield header[pos], header[pos + 2 : end]
        pos = end
