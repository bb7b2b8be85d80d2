"""A file of CDRs by 3GPP TS 32.297: the header, then each record in its frame (clause 6.1.2).

services/billing/writing.py writes it, check.py reads it. The specification has no trailer: count and SHA-256
stand in the header, and so this is written last. The same record gives the same octets for ever: VERSION of
header.py counts up should that change.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.ts32297.ber import NotBer
from usnd.domain.billing.ts32297.header import RELEASE_9, VERSION, NoHeader, header_of, read, written
from usnd.domain.billing.ts32297.record import encoder, values

NAME = "ts32297"
BER, NO_TS = 1, 31
FRAME_PARTS = (
    ("1-2", "CDR length", "of the record, without these four octets"),
    ("3", "release, version", "as in the header of the file"),
    ("4", "data record format, TS number", "1: BER; 31, as no 3GPP specification describes the record"),
    ("5-", "the record", "`CallRecord` of the module"),
)
FRAME = struct.Struct(">HBB")
_FRAME_END = RELEASE_9 << 5 | VERSION, BER << 5 | NO_TS


class BreaksOff(ValueError):
    """The file ends within a record."""


def opening(file: CdrFile) -> bytes:
    """The header, before length and SHA-256 are known."""
    return written(header_of(file))


def records(layout: Sequence[str], page: Sequence[tuple[int, Cdr]]) -> bytes:
    """A page of them, in order of their sequence numbers."""
    encode = encoder(layout)
    return b"".join(framed(encode(sequence, cdr)) for sequence, cdr in page)


def sealed(file: CdrFile, octets: int, digest: str) -> bytes:
    """The header as it stays. octets: of the file. digest: SHA-256 of all that was written before."""
    return written(replace(header_of(file), length=octets, digest=bytes.fromhex(digest)))


def framed(record: bytes) -> bytes:
    """The record behind its CDR header."""
    return FRAME.pack(len(record), *_FRAME_END) + record


def frames(source: BinaryIO) -> Iterator[bytes]:
    """Those behind the file's header, one after the other. Raises BreaksOff."""
    while start := source.read(FRAME.size):
        if len(start) < FRAME.size:
            raise BreaksOff("breaks off within its CDR header")
        size, *_ = FRAME.unpack(start)
        record = source.read(size)
        if len(record) < size:
            raise BreaksOff(f"breaks off: {len(record)} octets of {size} are there")
        yield start + record


def is_ours(frame: bytes) -> bool:
    """By its CDR header."""
    return (frame[2], frame[3]) == _FRAME_END


def lines(source: BinaryIO) -> Iterator[tuple[dict[str, str], bytes]]:
    """Each record: its values by their names, none if it cannot be read, and its octets with the CDR header.

    A check has all that is wrong; here it is passed over.
    """
    try:
        header, _ = read(source)
        for frame in frames(source):
            yield _named(header.layout, frame), frame
    except (NoHeader, BreaksOff):
        return


def _named(layout: Sequence[str], frame: bytes) -> dict[str, str]:
    try:
        found = values(frame[FRAME.size :])
    except NotBer:
        return {}
    return {name: found.get(name, "") for name in layout}
