"""What an SMSC delivers becomes a text or a receipt, with a fingerprint that knows it again."""

import pytest

from usnd.smpp.pdu import DataSm, DeliverSm
from usnd.smpp.received import Receipt, ReceivedText, read_delivery
from usnd.smpp.segments import Concatenation
from usnd.smpp.text import Alphabet
from usnd.smpp.tlv import Tag


def read(pdu: DeliverSm | DataSm) -> ReceivedText | Receipt:
    return read_delivery(pdu, "north", "bind-1", Alphabet.GSM7)


def text(**fields: object) -> ReceivedText:
    made = read(DeliverSm(**{"source_addr": "491", "short_message": b"IC", **fields}))  # type: ignore[arg-type]
    assert isinstance(made, ReceivedText)
    return made


@pytest.mark.parametrize(
    ("ton", "digits", "address"),
    [(1, "491", "+491"), (1, "+491", "+491"), (2, "0171", "0171"), (0, "2663", "2663"), (5, "Bank", "Bank")],
)
def test_addresses(ton: int, digits: str, address: str) -> None:
    made = text(source_addr_ton=ton, source_addr=digits, dest_addr_ton=ton, destination_addr=digits)
    assert (made.sender, made.recipient) == (address, address)


def test_the_text_is_in_short_message_or_message_payload() -> None:
    payload = {Tag.MESSAGE_PAYLOAD: b"IC \x1b\x65" * 100}
    assert text().body == "IC"
    assert text(short_message=b"", tlvs=payload).body == "IC €" * 100
    made = read(DataSm(source_addr="491", tlvs=payload))
    assert isinstance(made, ReceivedText)
    assert made.body == "IC €" * 100
    assert text(short_message=b"").body == ""


def test_concatenation_by_header_or_by_tlv() -> None:
    assert text().concatenation is None
    made = text(esm_class=0x40, short_message=b"\x05\x00\x03\x07\x02\x01IC")
    assert (made.concatenation, made.body, made.octets) == (Concatenation(7, 2, 1), "IC", b"IC")
    sar = {
        Tag.SAR_MSG_REF_NUM: b"\x01\x00",
        Tag.SAR_TOTAL_SEGMENTS: b"\x03",
        Tag.SAR_SEGMENT_SEQNUM: b"\x02",
    }
    assert text(tlvs=sar).concatenation == Concatenation(256, 3, 2)
    assert text(tlvs={**sar, Tag.SAR_SEGMENT_SEQNUM: b"\x04"}).concatenation == Concatenation(256, 3, 4)
    assert text(tlvs={Tag.SAR_MSG_REF_NUM: b"\x01\x00"}).concatenation is None


def test_a_fingerprint_knows_what_is_delivered_again() -> None:
    sar = {
        Tag.SAR_MSG_REF_NUM: b"\x01\x00",
        Tag.SAR_TOTAL_SEGMENTS: b"\x02",
        Tag.SAR_SEGMENT_SEQNUM: b"\x01",
    }
    same = [text(), text(sequence=9), text(priority_flag=1), text(esm_class=0x03)]
    others = [
        text(source_addr="492"),
        text(destination_addr="1"),
        text(short_message=b"ID"),
        text(data_coding=8),
        text(esm_class=0x40),
        text(tlvs=sar),
        text(tlvs={**sar, Tag.SAR_SEGMENT_SEQNUM: b"\x02"}),
        text(source_addr="", destination_addr="491"),
    ]
    assert len({made.fingerprint for made in same}) == 1
    assert len({made.fingerprint for made in [same[0], *others]}) == len(others) + 1
    assert len(same[0].fingerprint) == 64


@pytest.mark.parametrize(
    ("pdu", "message_id", "stat"),
    [
        (DeliverSm(esm_class=0x04, short_message=b"id:0A1 sub:001 stat:DELIVRD err:000"), "0A1", "DELIVRD"),
        (DeliverSm(esm_class=0x20, short_message=b"Id:17 Stat:ENROUTE"), "17", "ENROUTE"),
        (DeliverSm(esm_class=0x08, short_message=b"seen"), "", ""),
        (
            DeliverSm(
                esm_class=0x04,
                short_message=b"id:17 stat:UNKNOWN",
                tlvs={Tag.RECEIPTED_MESSAGE_ID: b"11\0", Tag.MESSAGE_STATE: b"\x05"},
            ),
            "11",
            "UNDELIV",
        ),
        (DataSm(esm_class=0x04, tlvs={Tag.RECEIPTED_MESSAGE_ID: b"11\0"}), "11", ""),
    ],
)
def test_receipts(pdu: DeliverSm | DataSm, message_id: str, stat: str) -> None:
    made = read(pdu)
    assert isinstance(made, Receipt)
    assert (made.message_id, made.stat) == (message_id, stat)
