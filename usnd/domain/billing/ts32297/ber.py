"""Basic Encoding Rules, ITU-T X.690: as much of them as our CDRs need. Pure.

What is written is what DER, their strict form, prescribes: of one value there is one encoding. Read is what
BER allows, but for lengths that are not told.
"""

from collections.abc import Iterator

SEQUENCE = b"\x30"
_CONTEXT, _CONSTRUCTED = 0x80, 0x20
_MULTIPLE = 0x1F
"""Of a tag's number: it stands in the octets behind."""
_LONG = 0x80
_MOST_OCTETS = 4
"""Of a length, or of a tag's number."""
_MOST_OF_INTEGER = 9


class NotBer(ValueError):
    """The octets are no BER, or none that we write; the message says why."""


def context(tag: int, *, constructed: bool = False) -> bytes:
    """The identifier octets of a context-specific tag."""
    first = _CONTEXT | (_CONSTRUCTED if constructed else 0)
    if tag < _MULTIPLE:
        return bytes((first | tag,))
    sevens = [tag & 0x7F]
    while tag := tag >> 7:
        sevens.append(0x80 | tag & 0x7F)
    return bytes((first | _MULTIPLE, *reversed(sevens)))


def encoded(identifier: bytes, content: bytes) -> bytes:
    """A value, with its identifier and its length before it."""
    return identifier + length(len(content)) + content


def length(octets: int) -> bytes:
    """Of a value: in one octet if it is under 128, otherwise in as many as it needs behind their number."""
    if octets < _LONG:
        return bytes((octets,))
    told = octets.to_bytes((octets.bit_length() + 7) // 8, "big")
    return bytes((_LONG | len(told),)) + told


def integer(number: int) -> bytes:
    """The content octets: two's complement, as few as hold it."""
    bits = number if number >= 0 else ~number
    return number.to_bytes(bits.bit_length() // 8 + 1, "big", signed=True)


def number_of(content: bytes) -> int:
    """Of an INTEGER of at most 64 bits. Raises NotBer."""
    if not 1 <= len(content) <= _MOST_OF_INTEGER:
        raise NotBer(f"an INTEGER of {len(content)} octets")
    return int.from_bytes(content, "big", signed=True)


def values(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Identifier and content of each value, one behind the other. Raises NotBer."""
    at = 0
    while at < len(octets):
        begin = at
        at = _behind_identifier(octets, at)
        identifier = octets[begin:at]
        size, at = _length_at(octets, at)
        if at + size > len(octets):
            raise NotBer("a value breaks off")
        yield identifier, octets[at : at + size]
        at += size


def content_of(octets: bytes, identifier: bytes = SEQUENCE) -> bytes:
    """Of the one value that the octets are. Raises NotBer."""
    found = list(values(octets))
    if len(found) != 1 or found[0][0] != identifier:
        raise NotBer("not the one SEQUENCE that is expected")
    return found[0][1]


def _behind_identifier(octets: bytes, at: int) -> int:
    if octets[at] & _MULTIPLE != _MULTIPLE:
        return at + 1
    for end in range(at + 1, at + 1 + _MOST_OCTETS):
        if end < len(octets) and not octets[end] & 0x80:
            return end + 1
    raise NotBer("the number of a tag does not end")


def _length_at(octets: bytes, at: int) -> tuple[int, int]:
    """The length that is told there, and where the value begins."""
    if at >= len(octets):
        raise NotBer("a value without a length")
    first = octets[at]
    if first < _LONG:
        return first, at + 1
    count = first - _LONG
    if not 1 <= count <= _MOST_OCTETS or at + 1 + count > len(octets):
        raise NotBer("a length that is not told, or breaks off")
    return int.from_bytes(octets[at + 1 : at + 1 + count], "big"), at + 1 + count
