"""What the strict codec refuses and a person would still read is read; what could be another text is not.

All octets are put together by hand, from SMPP 3.4 §4.6.1 and §4.7.1.
"""

import struct
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from usnd.domain.numbers.e164 import to_e164
from usnd.smpp.pdu.lenient import read_leniently
from usnd.smpp.pdu.pdus import (
    DataSm,
    DeliverSm,
    EnquireLink,
    Pdu,
    SubmitSmResp,
    Unbind,
    decode,
)
from usnd.smpp.pdu.status import CommandStatus, PduError
from usnd.smpp.received import ReceivedText, read_delivery
from usnd.smpp.text.alphabets import Alphabet
from usnd.smpp.text.segments import Concatenation

S = CommandStatus
TEXT = b"IC Ann Bob Carl"
SENDER = "+447700900001"


@dataclass(frozen=True)
class Octets:
    """A deliver_sm, piece by piece; `tail` is what stands behind the message."""

    service_type: bytes = b"\0"
    source: bytes = b"\x01\x01447700900001\0"
    destination: bytes = b"\x00\x0152272\0"
    classes: bytes = b"\0\0\0"
    schedule: bytes = b"\0"
    validity: bytes = b"\0"
    coding: bytes = b"\0\0\0\0"
    length: bytes = b"\x0f"
    text: bytes = TEXT
    tail: bytes = b""

    def frame(self) -> bytes:
        return framed(5, b"".join(getattr(self, name) for name in self.__dataclass_fields__))


def framed(command: int, body: bytes, sequence: int = 9) -> bytes:
    return struct.pack(">IIII", 16 + len(body), command, 0, sequence) + body


def tlv(tag: int, value: bytes) -> bytes:
    return struct.pack(">HH", tag, len(value)) + value


def leniently(frame: bytes) -> tuple[Pdu, tuple[str, ...]]:
    """As a connection does; PduError."""
    try:
        return decode(frame), ()
    except PduError as error:
        return read_leniently(frame, error)


def text_of(frame: bytes) -> ReceivedText:
    pdu, _ = leniently(frame)
    assert isinstance(pdu, DeliverSm | DataSm)
    read = read_delivery(pdu, "smsc", "bind-1", Alphabet.GSM7)
    assert isinstance(read, ReceivedText)
    return read


def sar(number: bytes = b"\x02", total: bytes = b"\x03") -> bytes:
    return tlv(0x020C, b"\0\x07") + tlv(0x020E, total) + tlv(0x020F, number)


REFERENCE, PAYLOAD = 0x0204, 0x0424
LONG = b"IC " + b"+447700900123 " * 18
CUT = ("a cut-off TLV",)
ONE = b"\x01\x0152272\0"
OTHER_LENGTH = ("a TLV of another length",)


@pytest.mark.parametrize(
    ("octets", "oddities"),
    [
        (Octets(tail=b"\0"), ("octets behind the last TLV",)),
        (Octets(tail=b"\0\0\0"), ("octets behind the last TLV",)),
        (Octets(tail=tlv(REFERENCE, b"\0\1") + b"\0"), ("octets behind the last TLV",)),
        (Octets(tail=b"\r\n"), ("octets behind the last TLV",)),
        (Octets(tail=tlv(REFERENCE, b"\7")), OTHER_LENGTH),
        (Octets(tail=tlv(0x0201, b"")), OTHER_LENGTH),
        (Octets(tail=tlv(0x0005, b"\1\1\1")), OTHER_LENGTH),
        (Octets(tail=tlv(0x0427, b"\0\2")), OTHER_LENGTH),
        (Octets(tail=tlv(REFERENCE, b"\0\1") * 2), ("a TLV twice",)),
        (Octets(tail=tlv(0x1400, b"a") + tlv(0x1400, b"b")), ("a TLV twice",)),
        (Octets(tail=tlv(REFERENCE, b"\0\1")[:-1]), CUT),
        (Octets(tail=tlv(REFERENCE, b"\0\1")[:3]), CUT),
        (Octets(tail=tlv(REFERENCE, b"\0\1")[:2]), CUT),
        (Octets(tail=tlv(0x0201, b"\1") + b"\x14"), CUT),
        (Octets(tail=tlv(0x0201, b"\1") + tlv(0x1400, b"abc")[:5]), CUT),
        (Octets(tail=tlv(0x0201, b"\1\2") + b"\x14\0"), (*OTHER_LENGTH, *CUT)),
        (Octets(tail=tlv(0x1400, b"ab")[:-1]), CUT),
        (Octets(tail=tlv(0x3FFF, b"a" * 255)[:9]), CUT),
        (Octets(tail=tlv(0x2043, b"vendor")[:3]), CUT),
        (Octets(tail=tlv(0x0600, b"xyz")[:-3]), CUT),
        (Octets(service_type=b"SIXSIX\0"), ("a long service_type",)),
        (Octets(service_type=b"CMT" * 20 + b"\0"), ("a long service_type",)),
        (Octets(schedule=b"2026-01-01T00:00:00+00:00\0"), ("a long schedule_delivery_time",)),
        (Octets(validity=b"in the year 2026, some time" + b"\0"), ("a long validity_period",)),
        (Octets(destination=b"\0\1" + b"5" * 30 + b"\0"), ("a long destination_addr",)),
        (Octets(service_type=b"CMT"), ("service_type without its NUL",)),
        (Octets(source=b"\x01\x01447700900001", destination=ONE), ("source_addr without its NUL",)),
        (Octets(destination=b"\0\00152272"), ("destination_addr without its NUL",)),
        (Octets(validity=b"000001000000000R"), ("validity_period without its NUL",)),
        (Octets(tail=tlv(PAYLOAD, TEXT)), ("short_message and message_payload",)),
        (Octets(tail=tlv(PAYLOAD, b"")), ("short_message and message_payload",)),
        (Octets(tail=tlv(PAYLOAD, b"another text")), ("short_message and message_payload",)),
        (
            Octets(length=b"\x05", text=b"IC An", tail=tlv(PAYLOAD, TEXT)),
            ("short_message and message_payload",),
        ),
        (Octets(length=b"\x01", text=b"\0", tail=tlv(PAYLOAD, TEXT)), ("short_message and message_payload",)),
    ],
)
def test_what_the_text_does_not_need_is_read_over(octets: Octets, oddities: tuple[str, ...]) -> None:
    frame = octets.frame()
    pdu, found = leniently(frame)
    assert found == oddities
    assert pdu.sequence == 9
    text = text_of(frame)
    assert (text.sender, text.body) == (SENDER, TEXT.decode())
    with pytest.raises(PduError):
        decode(frame)


@pytest.mark.parametrize("length", [254, 255])
def test_the_longest_short_messages(length: int) -> None:
    text = LONG[:length]
    assert len(text) == length
    frame = Octets(length=bytes((length,)), text=text).frame()
    assert text_of(frame).body == text.decode()
    assert leniently(frame)[1] == (() if length == 254 else ("sm_length 255",))


def test_a_data_sm_is_read_as_well() -> None:
    head = b"SIXSIX\0" + b"\x01\x01447700900001\0" + b"\0\00152272\0" + b"\0\0\0"
    frame = framed(0x103, head + tlv(PAYLOAD, TEXT) + tlv(REFERENCE, b"\1") + b"\0")
    assert (text_of(frame).body, text_of(frame).sender) == (TEXT.decode(), SENDER)
    pdu, oddities = leniently(frame)
    assert isinstance(pdu, DataSm)
    assert oddities == ("a long service_type", *OTHER_LENGTH, "octets behind the last TLV")


@pytest.mark.parametrize(
    ("tail", "place"),
    [
        (sar() + b"\0", Concatenation(7, 3, 2)),
        (tlv(0x020C, b"\7") + sar()[6:], Concatenation(7, 3, 2)),
        (sar(b"\0\2", b"\0\0\0\3"), Concatenation(7, 3, 2)),
        (sar() + sar(), Concatenation(7, 3, 2)),
        (sar() + tlv(REFERENCE, b"\0\1")[:-1], Concatenation(7, 3, 2)),
    ],
)
def test_the_place_of_a_part_is_read_where_it_is_clear(tail: bytes, place: Concatenation) -> None:
    assert text_of(Octets(tail=tail).frame()).concatenation == place


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        # where the text ends is not clear
        (Octets(length=b"\x0a"), S.ESME_RINVOPTPARSTREAM),
        (Octets(length=b"\x0e"), S.ESME_RINVOPTPARSTREAM),
        (Octets(length=b"\x06"), S.ESME_RINVOPTPARSTREAM),
        *(
            # The length of the payload is said too small: behind it stands the end of the text.
            (
                Octets(length=b"\0", text=b"", tail=tlv(PAYLOAD, TEXT[:-few]) + TEXT[-few:]),
                S.ESME_RINVOPTPARSTREAM,
            )
            for few in (1, 2, 3, 6)
        ),
        (Octets(length=b"\0", text=b"", tail=tlv(REFERENCE, b"\0\1")[:-1]), S.ESME_RINVOPTPARSTREAM),
        (
            Octets(length=b"\0", text=b"", tail=tlv(PAYLOAD, b"a") + tlv(PAYLOAD, b"b")),
            S.ESME_RINVOPTPARSTREAM,
        ),
        (Octets(tail=tlv(REFERENCE, b"\0\1")[:1]), S.ESME_RINVOPTPARSTREAM),
        (Octets(tail=tlv(0x1400, b"ab" * 200)[:-1]), S.ESME_RINVOPTPARSTREAM),
        (Octets(tail=tlv(0x4142, b"ab")[:-1]), S.ESME_RINVOPTPARSTREAM),
        (
            Octets(length=b"\x1e", text=TEXT.decode().encode("utf-16-be"), tail=b"\x20\x13\0A\0n"),
            S.ESME_RINVOPTPARSTREAM,
        ),
        # the place of a part is not clear: alone it would be another text
        (Octets(tail=sar()[:-1]), S.ESME_RINVOPTPARSTREAM),
        (Octets(tail=sar(b"\2") + tlv(0x020F, b"\1")), S.ESME_RINVOPTPARSTREAM),
        (Octets(tail=sar(b"")), S.ESME_RINVPARLEN),
        (Octets(tail=sar(b"\1\2")), S.ESME_RINVPARLEN),
        (Octets(tail=b"\x02\x04\0\1\0\7" + sar()), S.ESME_RINVPARLEN),
        (Octets(tail=b"\x02\x04\0\x06\0\7" + sar()), S.ESME_RINVPARLEN),
        # who sent it is not clear
        (Octets(source=b"\1\1" + b"4" * 300 + b"\0"), S.ESME_RINVSRCADR),
        (Octets(source=b"\1\1\x01447700900001" + b"\2" * 12 + b"\0"), S.ESME_RINVSRCADR),
        (Octets(classes=b"", text=b"", length=b""), S.ESME_RINVCMDLEN),
        # the text is not all there, and nobody can surely be asked
        (Octets(source=b"\1\1\0", length=b"\x10"), S.ESME_RINVMSGLEN),
        (Octets(destination=b"\0\1\0", length=b"\x10"), S.ESME_RINVMSGLEN),
        (Octets(service_type=b"SIXSIX\0", length=b"\x10"), S.ESME_RINVSERTYP),
        (Octets(source=b"\1\1\x01447700900001\0", length=b"\x10"), S.ESME_RINVMSGLEN),
        # a receipt, of whose message id something may be missing
        (Octets(classes=b"\4\0\0", length=b"\x10"), S.ESME_RINVMSGLEN),
        (
            Octets(classes=b"\4\0\0", length=b"\0", text=b"", tail=tlv(PAYLOAD, TEXT)[:-1]),
            S.ESME_RINVOPTPARSTREAM,
        ),
    ],
)
def test_what_could_be_another_text_is_refused(octets: Octets, status: CommandStatus) -> None:
    with pytest.raises(PduError) as caught:
        leniently(octets.frame())
    assert caught.value.status is status
    assert caught.value.sequence == 9


SHORT = ("a text shorter than its length says",)


@pytest.mark.parametrize(
    ("octets", "body"),
    [
        (Octets(length=b"\x10"), TEXT),
        (Octets(length=b"\xff"), TEXT),
        (Octets(length=b"\x03", text=b"IC"), b"IC"),
        (Octets(length=b"\x01", text=b""), b""),
        (Octets(length=b"\0", text=b"", tail=tlv(PAYLOAD, TEXT)[:-1]), TEXT[:-1]),
        (Octets(length=b"\0", text=b"", tail=tlv(REFERENCE, b"\0\1") + tlv(PAYLOAD, TEXT)[:-9]), TEXT[:-9]),
        (Octets(length=b"\0", text=b"", tail=tlv(PAYLOAD, TEXT)[:4]), b""),
    ],
)
def test_a_text_that_ends_before_its_length_is_cut(octets: Octets, body: bytes) -> None:
    assert leniently(octets.frame())[1] == SHORT
    text = text_of(octets.frame())
    assert (text.sender, text.recipient, text.body, text.cut) == (SENDER, "52272", body.decode(), True)
    assert not text_of(Octets().frame()).cut


def test_a_data_sm_that_ends_before_its_length_is_cut() -> None:
    head = b"\0" + b"\x01\x01447700900001\0" + b"\0\00152272\0" + b"\0\0\0"
    text = text_of(framed(0x103, head + tlv(PAYLOAD, TEXT)[:-4]))
    assert (text.sender, text.body, text.cut) == (SENDER, "IC Ann Bob ", True)


def test_a_part_that_ends_before_its_length_is_cut_in_its_place() -> None:
    header = b"\5\0\3\7\3\2"
    text = text_of(Octets(classes=b"\x40\0\0", length=b"\x20", text=header + TEXT).frame())
    assert (text.concatenation, text.cut) == (Concatenation(7, 3, 2), True)
    lost = text_of(Octets(classes=b"\x40\0\0", length=b"\x20", text=header[:4]).frame())
    assert (lost.concatenation, lost.cut) == (None, True)


def test_a_string_without_its_nul_is_likelier_than_a_text_that_is_cut() -> None:
    text = text_of(Octets(service_type=b"CMT").frame())
    assert (text.body, text.cut) == (TEXT.decode(), False)


def test_only_one_string_may_lack_its_nul_and_only_in_one_way() -> None:
    with pytest.raises(PduError):
        leniently(
            Octets(source=b"\x01\x01447700900001", destination=ONE, validity=b"000001000000000R").frame()
        )


def test_other_requests_and_responses() -> None:
    assert leniently(framed(0x15, b"x")) == (EnquireLink(9), ("a body where there is none",))
    assert leniently(framed(0x06, b"x")) == (Unbind(9), ("a body where there is none",))
    odd = ("a response of another length",)
    assert leniently(framed(0x80000004, b"17")) == (SubmitSmResp(9, 0, {}, "17"), odd)
    assert leniently(framed(0x80000004, b"1" * 70 + b"\0")) == (SubmitSmResp(9, 0, {}, "1" * 70), odd)
    assert leniently(framed(0x80000004, b"17\0\x02")) == (SubmitSmResp(9, 0, {}, "17"), odd)
    for command in (0x777, 0x04, 0x80000001):
        with pytest.raises(PduError):
            leniently(framed(command, b"xyz"))


# Any mutation of what the text does not consist of

VARIANTS = {
    "plain": Octets(),
    "strings": Octets(service_type=b"CMT\0", validity=b"000001000000000R\0"),
    "tlvs": Octets(tail=tlv(REFERENCE, b"\0\1") + tlv(0x1400, b"vendor") + tlv(0x0201, b"\1")),
    "payload": Octets(length=b"\0", text=b"", tail=tlv(PAYLOAD, TEXT) + tlv(REFERENCE, b"\0\1")),
    "sar": Octets(tail=sar() + tlv(REFERENCE, b"\0\1")),
    "udh": Octets(
        classes=b"\x40\0\0", length=b"\x15", text=b"\5\0\3\7\3\2" + TEXT, tail=tlv(REFERENCE, b"\0\1")
    ),
}


def needed(octets: Octets) -> set[int]:
    """The places of what a text consists of: addresses, classes, coding, octets, place and payload."""
    kept: set[int] = set(range(16))
    pos = 16
    for name in octets.__dataclass_fields__:
        size = len(getattr(octets, name))
        if name in ("source", "destination", "classes", "coding", "text"):
            kept |= set(range(pos, pos + size))
        pos += size
    frame = octets.frame()
    for tag in (0x020C, 0x020E, 0x020F, PAYLOAD):
        found = frame.find(struct.pack(">H", tag))
        if found > 0:  # its name and its length, too: without them it is another TLV
            kept |= set(range(found, found + 4 + struct.unpack_from(">H", frame, found + 2)[0]))
    return kept


def mutated(octets: Octets, places: list[int], values: list[int], kind: str) -> bytes:
    frame, free = bytearray(octets.frame()), sorted(set(range(16, len(octets.frame()))) - needed(octets))
    for place, value in zip(places, values, strict=False):
        at = free[place % len(free)]
        if kind == "change" or at >= len(frame):
            frame[min(at, len(frame) - 1)] = value
        elif kind == "drop":
            del frame[at]
            break
        elif kind == "insert":
            frame.insert(at, value)
            break
        else:
            del frame[16 + place % (len(frame) - 16) :]
            break
    frame[:4] = struct.pack(">I", len(frame))
    return bytes(frame)


@settings(max_examples=4000, deadline=None, derandomize=True)
@given(
    some.sampled_from(sorted(VARIANTS)),
    some.lists(some.integers(0, 200), min_size=1, max_size=3),
    some.lists(
        some.one_of(some.sampled_from([0, 1, 2, 15, 16, 255]), some.integers(0, 255)), min_size=3, max_size=3
    ),
    some.sampled_from(["change", "drop", "insert", "cut"]),
)
def test_a_mutation_is_the_same_text_or_a_clear_refusal(
    variant: str, places: list[int], values: list[int], kind: str
) -> None:
    octets = VARIANTS[variant]
    was = text_of(octets.frame())
    try:
        pdu, _ = leniently(mutated(octets, places, values, kind))
    except PduError:
        return
    assert isinstance(pdu, DeliverSm | DataSm)
    now = read_delivery(pdu, "smsc", "bind-1", Alphabet.GSM7)
    if to_e164(now.sender, "GB") != SENDER:
        return  # nobody's text: it does nothing
    assert isinstance(now, ReceivedText)
    if now.cut:
        return  # its sender is asked: it does nothing
    if kind == "cut" and (not now.body or now.concatenation is None):
        return  # cut between two TLVs: a PDU as any other, which has lost its payload or its place
    if now.body.startswith(was.body) and not now.body[len(was.body) :].isascii():
        return  # sm_length reaches to the end of a TLV: the last name has signs behind it, nobody's name
    assert now.concatenation == was.concatenation
    if now.body.split()[:1] == ["IC"]:  # else it is answered with a question
        assert now.body.split() == was.body.split()
