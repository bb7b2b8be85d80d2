"""The header of a file by 3GPP TS 32.297, clause 6.1.1, and what we say in its private extension. Pure.

HEADER_PARTS has each field. Year and destination have no place in the first 52 octets, and so stand in the
private extension. The last 32 octets are the SHA-256 of the file with zeros there and in the file's length.
"""

import struct
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import BinaryIO, NamedTuple

from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.ts32297 import ber
from usnd.domain.billing.ts32297.record import time, time_of

VERSION = 1
"""Of what is in the frames: the records, and our part of the header."""
RELEASE_9 = 6
"""The last release that needs no further octet in each header."""
TIME_IS_OVER = 2
UNKNOWN = 0xFFFFFFFF
"""What stands where a number has no room."""
DIGEST_SIZE = 32
LENGTH_SIZE = 4
HEADER_PARTS = (
    ("1-4", "file length", "of the whole file, in octets; `FFFFFFFF` where it does not fit"),
    ("5-8", "header length", "octets before the first record"),
    ("9", "high release, version", "Release 9 (6 in the upper 3 bits), version 1 of what is in the file"),
    ("10", "low release, version", "the same"),
    ("11-14", "file opening time", "begin of the hour, UTC: month, day, hour, minute, `+`, 0, 0"),
    ("15-18", "time of the last CDR", "end of the hour, UTC"),
    ("19-22", "number of CDRs", "how many records"),
    ("23-26", "file sequence number", "as in the name: 1, 2, 3, … for each destination"),
    ("27", "closure trigger reason", "2: the time is over"),
    ("28-47", "address of the node", "`FFFFFFFF`, then `node_address` as IPv6 (IPv4 is mapped), or zeros"),
    ("48", "lost CDR indicator", "0: none is lost"),
    ("49-50", "length of the CDR routeing filter", "0: there is none"),
    ("51-52", "length of the private extension", "in octets"),
    ("53-", "private extension", "`FileExtension` of the module; its last 32 octets are the SHA-256"),
)
"""Octets, name, and what we write there."""
_FIXED = struct.Struct(">IIBBIIIIB20sBHH")
_POSITIVE = 1 << 11
_PADDING = b"\xff" * 4
_FIELDS_TAG, _NAME = 6, b"\x16"  # an IA5String in the sequence of names
_EXTENSION = tuple(ber.context(tag, constructed=tag == _FIELDS_TAG) for tag in range(8))


class NoHeader(ValueError):
    """The octets are no header of ours; the message says why."""


@dataclass(frozen=True, slots=True)
class Header:
    """What it says. length: of the file, in octets. digest: SHA-256. Both are zeros until they are known."""

    destination: str
    number: int
    since: datetime
    until: datetime
    first: int
    last: int
    layout: tuple[str, ...]
    node_address: str
    version: int = VERSION
    length: int = 0
    digest: bytes = bytes(DIGEST_SIZE)

    @property
    def records(self) -> int:
        """How many."""
        return self.last - self.first + 1


class _Fixed(NamedTuple):
    length: int
    size: int
    high: int
    low: int
    opened: int
    appended: int
    records: int
    number: int
    reason: int
    address: bytes
    lost: int
    filter_size: int
    extension_size: int


def header_of(file: CdrFile) -> Header:
    """Before anything is known of the file's octets."""
    return Header(
        file.destination,
        file.number,
        file.since,
        file.until,
        file.first,
        file.last,
        file.layout,
        file.node_address,
    )


def written(header: Header) -> bytes:
    """Its octets. Their number does not depend on length and digest."""
    extension = _extension(header)
    fixed = _Fixed(
        length=min(header.length, UNKNOWN),
        size=_FIXED.size + len(extension),
        high=RELEASE_9 << 5 | header.version,
        low=RELEASE_9 << 5 | header.version,
        opened=_minute(header.since),
        appended=_minute(header.until),
        records=min(header.records, UNKNOWN),
        number=header.number,
        reason=TIME_IS_OVER,
        address=_address(header.node_address),
        lost=0,
        filter_size=0,
        extension_size=len(extension),
    )
    return _FIXED.pack(*fixed) + extension


def unsealed(header: Header) -> Header:
    """As it was when the rest of the file was written."""
    return replace(header, length=0, digest=bytes(DIGEST_SIZE))


def begins(start: bytes) -> bool:
    """Whether a file with these first 8 octets can be one of ours: no text has zeros there."""
    return len(start) >= 2 * LENGTH_SIZE and start[LENGTH_SIZE : LENGTH_SIZE + 2] == bytes(2)


def read(source: BinaryIO) -> tuple[Header, bytes]:
    """What the file says at its beginning, and the octets that say it. Raises NoHeader."""
    start = source.read(_FIXED.size)
    if len(start) < _FIXED.size:
        raise NoHeader("breaks off")
    fixed = _Fixed(*_FIXED.unpack(start))
    if fixed.filter_size or fixed.size != _FIXED.size + fixed.extension_size:
        raise NoHeader("is not as long as it says, or has a CDR routeing filter")
    extension = source.read(fixed.extension_size)
    try:
        header = replace(
            _from_extension(extension),
            number=fixed.number,
            length=fixed.length,
            node_address=_address_of(fixed.address),
        )
        fits = written(header) == start + extension
    except (ValueError, struct.error) as error:
        raise NoHeader(f"cannot be read: {error}") from None
    if header.version != VERSION:
        raise NoHeader(f"is of version {header.version}, and this program knows {VERSION}")
    if not fits or len(header.digest) != DIGEST_SIZE:
        raise NoHeader("has values that do not fit each other")
    return header, start + extension


def _extension(header: Header) -> bytes:
    names = b"".join(ber.encoded(_NAME, name.encode()) for name in header.layout)
    contents = (
        ber.integer(header.version),
        header.destination.encode(),
        time(header.since),
        time(header.until),
        ber.integer(header.first),
        ber.integer(header.last),
        names,
        header.digest,
    )
    parts = map(ber.encoded, _EXTENSION, contents)
    return ber.encoded(ber.SEQUENCE, b"".join(parts))


def _from_extension(octets: bytes) -> Header:
    found = list(ber.values(ber.content_of(octets)))
    if tuple(identifier for identifier, _ in found) != _EXTENSION:
        raise ber.NotBer("not the private extension that we write")
    version, destination, since, until, first, last, names, digest = (content for _, content in found)
    return Header(
        destination=destination.decode(),
        number=0,
        since=datetime.fromisoformat(time_of(since)),
        until=datetime.fromisoformat(time_of(until)),
        first=ber.number_of(first),
        last=ber.number_of(last),
        layout=tuple(content.decode() for _, content in ber.values(names)),
        node_address="",
        version=ber.number_of(version),
        digest=digest,
    )


def _minute(at: datetime) -> int:
    """Month, day, hour, minute, and the difference to UTC, which is +00:00: 4, 5, 5, 6, 1, 5 and 6 bits."""
    utc = at.astimezone(UTC)
    return utc.month << 28 | utc.day << 23 | utc.hour << 18 | utc.minute << 12 | _POSITIVE


def _address(written: str) -> bytes:
    """In 20 octets; zeros behind the padding: none is told."""
    found = ip_address(written or "::")
    mapped = b"\x00" * 10 + b"\xff\xff" + found.packed if isinstance(found, IPv4Address) else found.packed
    return _PADDING + mapped


def _address_of(octets: bytes) -> str:
    found = IPv6Address(octets[len(_PADDING) :])
    return "" if not int(found) else str(found.ipv4_mapped or found)
