"""The codec: our octets are smpplib's and the reverse; what SMPP does not allow is refused by name."""

import random
import struct
from typing import Any

import pytest
from smpp_samples import KINDS, sample
from smpplib.smpp import make_pdu, parse_pdu

from usnd.smpp.pdu.fields import CString, Octets
from usnd.smpp.pdu.pdus import (
    LONGEST_PDU,
    AlertNotification,
    Bind,
    DataSm,
    DeliverSm,
    EnquireLink,
    Framer,
    GenericNack,
    Pdu,
    SubmitSmResp,
    decode,
    encode,
    with_sequence,
)
from usnd.smpp.pdu.status import CommandStatus, FramingError, PduError, status_name
from usnd.smpp.pdu.tlv import Tag

S = CommandStatus


class Numbers:
    """smpplib wants to count for itself."""

    sequence = 1

    def next_sequence(self) -> int:
        return 1


def fields_of(pdu: Pdu) -> dict[str, Any]:
    """The mandatory fields, within what smpplib can write."""
    names: list[str] = []
    for item in pdu.layout:
        if isinstance(item, CString):
            names.append(item.name)
        elif isinstance(item, Octets):
            names.extend(item.names)
        else:
            names.append("short_message")
    fields = {name: getattr(pdu, name) for name in names}
    if isinstance(pdu, DataSm):  # smpplib cuts them
        fields.update(source_addr=pdu.source_addr[:20], destination_addr=pdu.destination_addr[:20])
    if isinstance(pdu, Bind):  # smpplib sets its own
        fields["interface_version"] = 0x34
    return fields


def value_of(tag: int, octets: bytes) -> int | bytes:
    return octets if tag == Tag.MESSAGE_PAYLOAD else int.from_bytes(octets, "big")


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind is not AlertNotification], ids=lambda kind: kind.__name__
)
def test_round_trips_through_smpplib_both_ways(kind: type[Pdu]) -> None:
    rng = random.Random(kind.__name__)
    name = kind.command.name.lower()
    for _ in range(50):
        made = sample(kind, rng)
        fields = fields_of(made)
        ours = kind(sequence=made.sequence, tlvs=made.tlvs, **fields)
        tlvs = {Tag(tag).name.lower(): value_of(tag, octets) for tag, octets in ours.tlvs.items()}

        read = parse_pdu(encode(ours), client=Numbers(), allow_unknown_opt_params=True)
        assert (read.command, read.sequence) == (name, ours.sequence)
        for field, value in {**fields, **tlvs}.items():
            got = getattr(read, field)
            assert (got.decode("latin-1") if isinstance(value, str) else got or type(value)()) == value, field

        theirs = make_pdu(name, client=Numbers(), **fields, **tlvs)
        theirs.sequence = ours.sequence
        assert decode(theirs.generate()) == ours


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_round_trips_through_itself(kind: type[Pdu]) -> None:
    rng = random.Random(kind.__name__)
    for _ in range(20):
        pdu = sample(kind, rng)
        assert decode(encode(pdu)) == pdu


def test_a_spent_sequence_number_is_put_into_an_encoded_pdu() -> None:
    pdu = DeliverSm(sequence=0, short_message=b"IC")
    assert decode(with_sequence(encode(pdu), 77)) == DeliverSm(sequence=77, short_message=b"IC")


def raw(command: int, body: bytes = b"", status: int = 0, sequence: int = 5) -> bytes:
    return struct.pack(">IIII", 16 + len(body), command, status, sequence) + body


MO = encode(DeliverSm(source_addr="1", destination_addr="2663", short_message=b"IC"))[16:]
EMPTY_MO = encode(DeliverSm())[16:]


@pytest.mark.parametrize(
    ("frame", "status", "reason"),
    [
        (raw(0x777), S.ESME_RINVCMDID, "command_id 0x00000777"),
        (raw(0x15, b"x"), S.ESME_RINVCMDLEN, "enquire_link has a body"),
        (raw(5), S.ESME_RINVCMDLEN, "service_type is cut off"),
        (raw(5, MO[:2]), S.ESME_RINVCMDLEN, "source_addr_npi"),
        (raw(5, MO[:-3]), S.ESME_RINVCMDLEN, "sm_length"),
        (raw(5, MO[:-1]), S.ESME_RINVMSGLEN, "sm_length=2, 1 octets are left"),
        (raw(5, EMPTY_MO[:-1] + b"\xff" + b"x" * 255), S.ESME_RINVMSGLEN, "sm_length=255"),
        (raw(5, b"toolong\0" + MO[1:]), S.ESME_RINVSERTYP, "service_type is longer than 5"),
        (raw(5, b"\0\1\1" + b"1" * 21 + b"\0" + MO), S.ESME_RINVSRCADR, "source_addr"),
        (raw(5, b"\0\1\1\0\1\1" + b"1" * 21 + b"\0" + MO), S.ESME_RINVDSTADR, "destination_addr"),
        (raw(5, MO + b"\x02"), S.ESME_RINVOPTPARSTREAM, "behind the last TLV"),
        (raw(5, MO + b"\x02\x0c\x00\x02\x00"), S.ESME_RINVOPTPARSTREAM, "sar_msg_ref_num says 2"),
        (raw(5, MO + b"\x02\x0c\x00\x01\x00"), S.ESME_RINVPARLEN, "sar_msg_ref_num has 1 octets, not 2"),
        (raw(5, MO + b"\x04\x24\x00\x01x"), S.ESME_ROPTPARNOTALLWD, "message_payload beside"),
        (raw(0x80000004, b"1" * 70 + b"\0"), S.ESME_RINVMSGID, "message_id"),
    ],
)
def test_refuses_with_the_status_to_answer(frame: bytes, status: CommandStatus, reason: str) -> None:
    with pytest.raises(PduError, match=reason) as caught:
        decode(frame)
    assert caught.value.status is status
    assert caught.value.sequence == 5
    assert caught.value.command == struct.unpack_from(">I", frame, 4)[0]


def test_a_wrong_integer_length_does_not_lose_the_payload_behind_it() -> None:
    """smpplib goes by its own idea of the length, and the text is gone."""
    body = EMPTY_MO + b"\x02\x04\x00\x01\x07" + b"\x04\x24\x00\x02IC"
    with pytest.raises(PduError, match="user_message_reference has 1 octets, not 2"):
        decode(raw(5, body))


def test_unknown_tlvs_are_kept_and_known_ones_behind_them_are_read() -> None:
    pdu = decode(raw(5, EMPTY_MO + b"\x14\x00\x00\x03abc" + b"\x04\x24\x00\x02IC"))
    assert pdu.tlvs == {0x1400: b"abc", Tag.MESSAGE_PAYLOAD: b"IC"}


def test_a_response_that_refuses_may_have_no_body() -> None:
    assert decode(raw(0x80000004, status=0x58)) == SubmitSmResp(sequence=5, status=0x58)


@pytest.mark.parametrize(
    ("pdu", "status"),
    [
        (DeliverSm(source_addr="1" * 21), S.ESME_RINVSRCADR),
        (DeliverSm(destination_addr="Ж"), S.ESME_RINVDSTADR),
        (DeliverSm(destination_addr="1\0002"), S.ESME_RINVDSTADR),
        (DeliverSm(short_message=b"x" * 255), S.ESME_RINVMSGLEN),
        (DeliverSm(esm_class=256), S.ESME_RINVPARLEN),
        (DeliverSm(tlvs={Tag.SAR_TOTAL_SEGMENTS: b"12"}), S.ESME_RINVPARLEN),
        (DeliverSm(tlvs={Tag.MESSAGE_PAYLOAD: b"x" * 65535}), S.ESME_RINVCMDLEN),
    ],
)
def test_does_not_write_what_it_would_not_read(pdu: Pdu, status: CommandStatus) -> None:
    with pytest.raises(PduError) as caught:
        encode(pdu)
    assert caught.value.status is status


def test_a_password_and_a_text_are_not_in_a_repr() -> None:
    assert "secret" not in repr(Bind(password="secret"))
    assert "Mkting" not in repr(DeliverSm(short_message=b"IC Mkting"))


def test_names_of_statuses() -> None:
    assert status_name(0x58) == "ESME_RTHROTTLED"
    assert status_name(0x400) == "0x00000400"


def test_frames_are_the_same_however_the_stream_is_cut() -> None:
    rng = random.Random(7)
    frames = [encode(sample(rng.choice(KINDS), rng)) for _ in range(200)]
    stream = b"".join(frames)
    for longest in (1, 7, 100, len(stream)):
        framer, got, pos = Framer(), [], 0
        while pos < len(stream):
            size = rng.randint(1, longest)
            got += framer.feed(stream[pos : pos + size])
            pos += size
        assert got == frames


def test_a_feed_left_unfinished_goes_on_with_the_next() -> None:
    framer = Framer()
    first = next(framer.feed(encode(EnquireLink(1)) + encode(EnquireLink(2))))
    assert [first, *framer.feed(encode(GenericNack(3)))] == [
        encode(EnquireLink(1)),
        encode(EnquireLink(2)),
        encode(GenericNack(3)),
    ]


@pytest.mark.parametrize("length", [0, 15, LONGEST_PDU + 1, 0xFFFFFFFF])
def test_an_impossible_length_is_fatal(length: int) -> None:
    with pytest.raises(FramingError, match=f"command_length={length}"):
        list(Framer().feed(struct.pack(">I", length)))


def test_the_longest_pdu_passes() -> None:
    frame = struct.pack(">I", LONGEST_PDU) + bytes(LONGEST_PDU - 4)
    assert list(Framer().feed(frame)) == [frame]
