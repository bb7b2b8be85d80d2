"""Decodes a file of CDRs by 3GPP TS 32.297, as a receiver who has the specification and nothing of ours.

Written from the layout in clauses 6.1.1 and 6.1.2, and from X.690. It knows no field of a record: what the
records say is for whoever has the ASN.1 module.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address


@dataclass(frozen=True)
class Stamp:
    """Month, day, hour and minute of local time, and how far that is ahead of UTC."""

    month: int
    day: int
    hour: int
    minute: int
    ahead: timedelta


@dataclass(frozen=True)
class Decoded:
    """The header's fields by the names of the specification, and the records with their headers' fields."""

    file_length: int
    header_length: int
    high: tuple[int, int]
    low: tuple[int, int]
    opened: Stamp
    appended: Stamp
    number_of_cdrs: int
    file_sequence_number: int
    closure_reason: int
    address: IPv6Address
    lost: int
    routeing_filter: bytes
    private_extension: bytes
    cdrs: list["DecodedCdr"]


@dataclass(frozen=True)
class DecodedCdr:
    """release: with its version. data_format: 1 is BER."""

    release: tuple[int, int]
    data_format: int
    ts_number: int
    content: bytes


def decode(octets: bytes) -> Decoded:
    """All of a file; ValueError where its lengths do not fit."""
    if len(octets) < 50:
        raise ValueError("shorter than a header")

    def number(first: int, last: int) -> int:
        """Of the octets, counted from 1."""
        return int.from_bytes(octets[first - 1 : last], "big")

    filter_length = number(49, 50)
    at = 51 + filter_length
    extension_length = number(at, at + 1)
    header_length = number(5, 8)
    if header_length != at + 1 + extension_length:
        raise ValueError(f"header length {header_length}")
    return Decoded(
        file_length=number(1, 4),
        header_length=header_length,
        high=_release(octets[8]),
        low=_release(octets[9]),
        opened=_stamp(number(11, 14)),
        appended=_stamp(number(15, 18)),
        number_of_cdrs=number(19, 22),
        file_sequence_number=number(23, 26),
        closure_reason=octets[26],
        address=IPv6Address(octets[31:47]),
        lost=octets[47],
        routeing_filter=octets[50 : 50 + filter_length],
        private_extension=octets[at + 1 : header_length],
        cdrs=list(_cdrs(octets[header_length:])),
    )


def sha256_of(octets: bytes) -> tuple[bytes, bytes]:
    """The one that the header tells in its last 32 octets, and the one that the file has."""
    end = int.from_bytes(octets[4:8], "big")
    zeroed = bytes(4) + octets[4 : end - 32] + bytes(32) + octets[end:]
    return octets[end - 32 : end], hashlib.sha256(zeroed).digest()


def elements(octets: bytes) -> dict[int, bytes]:
    """Of a SEQUENCE in BER: the contents of its elements, by the numbers of their context-specific tags."""
    ((identifier, content),) = list(_tlv(octets))
    assert identifier == 0x30, hex(identifier)
    found = list(_tlv(content))
    assert all(identifier & 0xC0 == 0x80 for identifier, _ in found)
    by_tag = {identifier & 0x1F: content for identifier, content in found}
    assert len(by_tag) == len(found), "a tag stands there twice"
    return by_tag


def _cdrs(octets: bytes) -> Iterator[DecodedCdr]:
    at = 0
    while at < len(octets):
        size = int.from_bytes(octets[at : at + 2], "big")
        content = octets[at + 4 : at + 4 + size]
        if len(content) != size:
            raise ValueError("a CDR breaks off")
        yield DecodedCdr(_release(octets[at + 2]), octets[at + 3] >> 5, octets[at + 3] & 0x1F, content)
        at += 4 + size


def _release(octet: int) -> tuple[int, int]:
    """0 is Release 99, 1 is Release 4, … 6 is Release 9; 7, with an octet more, does not come here."""
    return (99, *range(4, 10))[octet >> 5], octet & 0x1F


def _stamp(bits: int) -> Stamp:
    ahead = timedelta(hours=bits >> 6 & 0x1F, minutes=bits & 0x3F)
    sign = 1 if bits >> 11 & 1 else -1
    return Stamp(bits >> 28, bits >> 23 & 0x1F, bits >> 18 & 0x1F, bits >> 12 & 0x3F, sign * ahead)


def _tlv(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """With tags under 31 and definite lengths."""
    at = 0
    while at < len(octets):
        identifier, size, at = octets[at], octets[at + 1], at + 2
        if size >= 0x80:
            many = size & 0x7F
            size, at = int.from_bytes(octets[at : at + many], "big"), at + many
        assert at + size <= len(octets)
        yield identifier, octets[at : at + size]
        at += size
