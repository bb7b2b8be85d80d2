"""A delivery that the strict codec refuses, read as far as its text can be understood (REQUIREMENTS S14).

`smpp/link/connection.py` calls it with a frame that `pdu.decode` did not take; what was odd comes back by
name, for the bind's counters. Sender, recipient, place in a long text and the text itself are never guessed:
where two readings remain, the strict codec's refusal stands. A text that ends before its announced length is
given as `cut`, if all before it is as it should be: it does nothing, and its sender is asked (decision 38).
"""

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from usnd.smpp.delivery_receipts import is_typed
from usnd.smpp.pdu.fields import LONGEST_SHORT_MESSAGE, CString, Octets
from usnd.smpp.pdu.pdus import (
    BY_COMMAND,
    HEADER_LENGTH,
    DataSm,
    DeliverSm,
    EnquireLink,
    MessageResp,
    Pdu,
    Unbind,
)
from usnd.smpp.pdu.status import PduError
from usnd.smpp.pdu.tlv import LENGTHS, Tag, read_tlvs

_FRAME = struct.Struct(">IIII")
_TLV = struct.Struct(">HH")
_LONGEST_STRING = 254
_RESERVED_TAGS = 0x4000
"""From here on SMPP 3.4 §5.3.2 has no tags, also none for vendors."""
_ADDRESSES = ("source_addr", "destination_addr")
_PRINTABLE = re.compile(rb"[\x20-\x7e]*")
_UNENDED = re.compile(rb"[\x20-\x3f\x41-\x7e]+")  # without `@`, which is also the UDHI of an esm_class
_PLACE = {Tag.SAR_MSG_REF_NUM: 2, Tag.SAR_TOTAL_SEGMENTS: 1, Tag.SAR_SEGMENT_SEQNUM: 1}
_NEEDED = frozenset({*_PLACE, Tag.MESSAGE_PAYLOAD})
_NEEDED_TAGS = re.compile(b"|".join(re.escape(tag.to_bytes(2, "big")) for tag in sorted(_NEEDED)))
_BLANK = b"\0 \r\n"
_SHORT = "a text shorter than its length says"
"""The oddity of a text whose end is missing."""


class _UnreadableError(Exception):
    """No text comes of reading it so."""


@dataclass(slots=True)
class _Reading:
    """Of a deliver_sm or data_sm, as far as it has come.

    unended: the string that lacks its NUL, by place. short: the text may end before its length says, and all
    before it must be as it should. cut: it does.
    """

    frame: bytes
    unended: int | None = None
    short: bool = False
    cut: bool = False
    pos: int = HEADER_LENGTH
    values: list[Any] = field(default_factory=list)
    tlvs: dict[int, bytes] = field(default_factory=dict)
    last: int | None = None
    """The tag of the last TLV that was read, kept or not."""
    oddities: list[str] = field(default_factory=list)


def read_leniently(frame: bytes, refused: PduError) -> tuple[Pdu, tuple[str, ...]]:
    """The PDU in `frame` and its oddities. Raises `refused` where that is right."""
    _, command, status, sequence = _FRAME.unpack_from(frame)
    kind = BY_COMMAND.get(command)
    if kind in (EnquireLink, Unbind):
        return kind(sequence, status), ("a body where there is none",)
    if kind is not None and issubclass(kind, MessageResp):
        message_id = _PRINTABLE.match(frame, HEADER_LENGTH)
        return kind(sequence, status, {}, message_id.group().decode() if message_id else ""), (
            "a response of another length",
        )
    if kind is not DeliverSm and kind is not DataSm:
        raise refused
    reading = _likeliest(kind, frame)
    if reading is None:
        raise refused
    pdu = kind(sequence, status, reading.tlvs, *reading.values)
    if reading.cut:
        if not pdu.source_addr or not pdu.destination_addr or is_typed(pdu.esm_class):
            raise refused  # nobody can be asked, or the id of a message may be missing
        pdu = replace(pdu, cut=True)
    return pdu, tuple(reading.oddities)


def _likeliest(kind: type[Pdu], frame: bytes) -> _Reading | None:
    """With all strings ended as they should be; else the only reading in which one is not, to the octet.

    If there is no such reading, one in which nothing is wrong but that the end of the text is missing.
    """
    try:
        return _read(kind, _Reading(frame))
    except _UnreadableError:
        found = list(_unended(kind, frame)) or list(_short(kind, frame))
    return found[0] if len(found) == 1 else None


def _unended(kind: type[Pdu], frame: bytes) -> Iterator[_Reading]:
    for place in range(sum(isinstance(item, CString) for item in kind.layout)):
        try:
            yield _read(kind, _Reading(frame, unended=place))
        except _UnreadableError:
            continue


def _short(kind: type[Pdu], frame: bytes) -> Iterator[_Reading]:
    with suppress(_UnreadableError):
        yield _read(kind, _Reading(frame, short=True))


def _read(kind: type[Pdu], reading: _Reading) -> _Reading:
    strings = 0
    for item in kind.layout:
        if isinstance(item, CString):
            _string(item, reading, ended=strings != reading.unended)
            strings += 1
        elif isinstance(item, Octets):
            _octets(item, reading)
        else:
            _message(reading)
    message: bytes = reading.values[-1] if kind is DeliverSm else b""
    if reading.unended is None:
        _tail(reading, message)
    else:
        _strict_tail(reading)
    if kind is DeliverSm:
        reading.values[-1] = _one_text(reading, message)
    return reading


def _string(item: CString, reading: _Reading, *, ended: bool) -> None:
    frame, pos = reading.frame, reading.pos
    if ended:
        end = frame.find(0, pos, pos + _LONGEST_STRING + 1)
        if end < 0 or (reading.short and end - pos >= item.size):
            raise _UnreadableError
        if end - pos >= item.size:
            reading.oddities.append(f"a long {item.name}")
    else:
        match = _UNENDED.match(frame, pos, pos + item.size - 1)
        if match is None:
            raise _UnreadableError
        end = match.end()
        reading.oddities.append(f"{item.name} without its NUL")
    value = frame[pos:end]
    if (item.name in _ADDRESSES or len(value) >= item.size) and not _PRINTABLE.fullmatch(value):
        raise _UnreadableError
    reading.values.append(value.decode("latin-1"))
    reading.pos = end + ended


def _octets(item: Octets, reading: _Reading) -> None:
    end = reading.pos + len(item.names)
    if end > len(reading.frame):
        raise _UnreadableError
    reading.values.extend(reading.frame[reading.pos : end])
    reading.pos = end


def _message(reading: _Reading) -> None:
    """sm_length above 254 is SMPP 5.0's; one that promises more than there is has lost text."""
    frame, pos = reading.frame, reading.pos + 1
    if pos > len(frame):
        raise _UnreadableError
    length = frame[pos - 1]
    if pos + length > len(frame):
        _ends_early(reading)
    elif length > LONGEST_SHORT_MESSAGE:
        reading.oddities.append("sm_length 255")
    reading.values.append(frame[pos : pos + length])
    reading.pos = min(pos + length, len(frame))


def _ends_early(reading: _Reading) -> None:
    if not reading.short:
        raise _UnreadableError
    reading.cut = True
    reading.oddities.append(_SHORT)


def _strict_tail(reading: _Reading) -> None:
    try:
        reading.tlvs = read_tlvs(reading.frame, reading.pos)
    except PduError as error:
        raise _UnreadableError from error


def _tail(reading: _Reading, message: bytes) -> None:
    frame, end = reading.frame, len(reading.frame)
    while reading.pos < end:
        rest = frame[reading.pos :]
        if not rest.strip(_BLANK):
            reading.oddities.append("octets behind the last TLV")
            return
        if len(rest) < _TLV.size or _TLV.unpack_from(rest)[1] > len(rest) - _TLV.size:
            if _is_payload_cut(rest, reading, message):
                _ends_early(reading)
                reading.tlvs[Tag.MESSAGE_PAYLOAD] = rest[_TLV.size :]
                return
            if not _may_be_cut(rest, reading, message):
                raise _UnreadableError
            reading.oddities.append("a cut-off TLV")
            return
        tag, length = _TLV.unpack_from(rest)
        _tlv(reading, tag, rest[_TLV.size : _TLV.size + length])
        reading.pos += _TLV.size + length


def _is_payload_cut(rest: bytes, reading: _Reading, message: bytes) -> bool:
    """Whether it is the text, of which the end is missing."""
    alone = not message and Tag.MESSAGE_PAYLOAD not in reading.tlvs
    return alone and len(rest) >= _TLV.size and _TLV.unpack_from(rest)[0] == Tag.MESSAGE_PAYLOAD


def _may_be_cut(rest: bytes, reading: _Reading, message: bytes) -> bool:
    """Whether what is cut off is surely no text: a TLV that tells nothing of it, behind others or known."""
    if not message and Tag.MESSAGE_PAYLOAD not in reading.tlvs:
        return False
    if _NEEDED_TAGS.search(rest):
        return False
    if reading.last not in (None, Tag.MESSAGE_PAYLOAD):
        return True
    # The first thing behind the text could be the end of a text whose length is said too small.
    message = reading.tlvs[Tag.MESSAGE_PAYLOAD] if reading.last is not None else message
    tag = int.from_bytes(rest[:2], "big") if len(rest) > 1 else -1
    length = int.from_bytes(rest[2:4].ljust(2, b"\0"), "big")
    if tag in LENGTHS:
        return len(rest) < _TLV.size or length == LENGTHS[tag]
    # Of a tag that we do not know, the high octet of its length tells it from text: in a text without any
    # zero there is none. UCS-2 is full of them.
    return 0 <= tag < _RESERVED_TAGS and rest[2:3] == b"\0" and b"\0" not in message and bool(message)


def _tlv(reading: _Reading, tag: int, value: bytes) -> None:
    reading.last = tag
    known = LENGTHS.get(tag, len(value))
    if len(value) != known:
        reading.oddities.append("a TLV of another length")
        if _NEEDED_TAGS.search(value):
            raise _UnreadableError  # the length is wrong, and this is the next TLV
        if tag not in _PLACE and tag != Tag.MESSAGE_STATE:
            return  # nothing here reads it
        number = int.from_bytes(value, "big")
        if not value or number >= 1 << 8 * known:
            raise _UnreadableError
        value = number.to_bytes(known, "big")
    if tag in reading.tlvs:
        reading.oddities.append("a TLV twice")
        if tag in _NEEDED and value != reading.tlvs[tag]:
            raise _UnreadableError
    reading.tlvs[tag] = value


def _one_text(reading: _Reading, message: bytes) -> bytes:
    """short_message; message_payload counts beside it where it is the longer form of the same (§5.3.2.32)."""
    payload = reading.tlvs.get(Tag.MESSAGE_PAYLOAD)
    if payload is None or not message:
        return message
    reading.oddities.append("short_message and message_payload")
    if payload.startswith(message.rstrip(_BLANK)):
        return b""
    del reading.tlvs[Tag.MESSAGE_PAYLOAD]
    return message
