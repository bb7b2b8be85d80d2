"""What an SMSC delivers becomes a text or a receipt, with a fingerprint that knows it again."""

import pytest

from usnd.domain.numbers.e164 import to_e164
from usnd.smpp.pdu.pdus import DataSm, DeliverSm
from usnd.smpp.pdu.tlv import Tag
from usnd.smpp.received import Receipt, ReceivedText, read_delivery
from usnd.smpp.text.alphabets import Alphabet
from usnd.smpp.text.segments import Concatenation

SAR = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
FULL = b"id:17 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:"


def read(pdu: DeliverSm | DataSm) -> ReceivedText | Receipt:
    return read_delivery(pdu, "north", "bind-1", Alphabet.GSM7)


def text(**fields: object) -> ReceivedText:
    made = read(DeliverSm(**{"source_addr": "491", "short_message": b"IC", **fields}))
    assert isinstance(made, ReceivedText)
    return made


@pytest.mark.parametrize(
    ("ton", "digits", "address"),
    [(1, "491", "+491"), (1, "+491", "+491"), (2, "0171", "0171"), (0, "2663", "2663"), (4, "0171", "0171")],
)
def test_addresses(ton: int, digits: str, address: str) -> None:
    made = text(source_addr_ton=ton, source_addr=digits, dest_addr_ton=ton, destination_addr=digits)
    assert (made.sender, made.recipient) == (address, address)
    assert made.oddities == ()


@pytest.mark.parametrize(
    ("ton", "npi"),
    [
        (5, 0),
        (5, 1),
        (3, 1),
        (6, 1),
        (7, 1),
        (0x7F, 1),
        (0xD0, 0),
        *((1, npi) for npi in (3, 4, 6, 9, 14, 18)),
    ],
)
@pytest.mark.parametrize("digits", ["447700900001", "+447700900001", "07700900001", "Bank"])
def test_what_the_network_does_not_call_a_number_is_no_subscribers(ton: int, npi: int, digits: str) -> None:
    made = text(source_addr_ton=ton, source_addr_npi=npi, source_addr=digits)
    assert made.sender == f"name:{digits}"
    assert to_e164(made.sender, "GB") is None


@pytest.mark.parametrize(
    ("ton", "npi", "digits", "number"),
    [
        (1, 0, "447700900001", "+447700900001"),
        (1, 8, "447700900001", "+447700900001"),
        (1, 1, "07700900001", "+447700900001"),  # a national number under a wrong TON
        (1, 1, "00447700900001", "+447700900001"),
        (2, 8, "07700900001", "+447700900001"),
        (2, 1, "7700900001", "+447700900001"),
        (0, 0, "+447700900001", "+447700900001"),
        (0, 1, "447700900001", "+447700900001"),
        (0x91, 0, "447700900001", "+447700900001"),  # a whole GSM type of address
        (0xA1, 0, "07700900001", "+447700900001"),
    ],
)
def test_what_the_network_calls_a_number_is_one(ton: int, npi: int, digits: str, number: str) -> None:
    made = text(source_addr_ton=ton, source_addr_npi=npi, source_addr=digits)
    assert to_e164(made.sender, "GB") == number


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


@pytest.mark.parametrize(
    "odd",
    [
        {"tlvs": {Tag.SAR_MSG_REF_NUM: b"\x01\x00"}},
        {"tlvs": {Tag.SAR_TOTAL_SEGMENTS: b"\x02", Tag.SAR_SEGMENT_SEQNUM: b"\x01"}},
        *(
            {"tlvs": dict(zip(SAR, (b"\x01\x00", bytes((total,)), bytes((number,))), strict=True))}
            for total, number in ((3, 4), (3, 0), (0, 0), (0, 1))
        ),
        *(
            {"esm_class": 0x40, "short_message": bytes((5, 0, 3, 7, total, number)) + b"IC"}
            for total, number in ((3, 5), (3, 0), (0, 0))
        ),
        {"esm_class": 0x40, "short_message": b"\x06\x08\x04\x01\x07\x02\x03IC"},
    ],
)
def test_a_part_that_cannot_be_is_a_text_alone(odd: dict[str, object]) -> None:
    """TS 23.040 §9.2.3.24.1, SMPP 3.4 §5.3.2.22: such an element is ignored."""
    made = text(**odd)
    assert (made.concatenation, made.body) == (None, "IC")
    assert made.oddities == ("a part that cannot be",)


def test_a_header_without_its_flag_is_read() -> None:
    made = text(short_message=b"\x05\x00\x03\x07\x02\x01IC")
    assert (made.concatenation, made.body) == (Concatenation(7, 2, 1), "IC")
    assert made.oddities == ("a user data header without UDHI",)
    assert text(short_message=b"\x05\x00\x03\x07\x02\x05IC").body == "é@¥ì$éIC"


def test_packed_septets_behind_a_header_are_unpacked() -> None:
    packed = bytes.fromhex("050003070201")
    septets = b"IC Mkting"
    bits = sum(septet << 7 * (7 + number) for number, septet in enumerate(septets))
    body = (bits | int.from_bytes(packed, "little")).to_bytes(14, "little")
    made = read_delivery(DeliverSm(esm_class=0x40, short_message=body), "n", "b", Alphabet.PACKED)
    assert isinstance(made, ReceivedText)
    assert (made.body, made.octets, made.alphabet) == ("IC Mkting", septets, Alphabet.GSM7)


def test_a_part_with_a_national_shift_table_can_be_joined_with_others() -> None:
    """Turkish single shift and Hindi locking shift (TS 23.040 §9.2.3.24.15, .16), and both at once."""
    turkish = text(esm_class=0x40, short_message=bytes((8, 0x24, 1, 1, 0, 3, 7, 2, 1)) + b"\x1bS\x1bg")
    assert (turkish.body, turkish.concatenation) == ("Şğ", Concatenation(7, 2, 1))
    assert (turkish.octets.decode("utf-16-be"), turkish.alphabet) == ("Şğ", Alphabet.UCS2)
    hindi = text(esm_class=0x40, short_message=bytes((3, 0x25, 1, 6)) + b"\x17\x1b\x65")
    assert hindi.body == "\u0917€"
    both = text(esm_class=0x40, short_message=bytes((6, 0x24, 1, 6, 0x25, 1, 6)) + b"\x17\x1b\x1c")
    assert both.body == "\u0917\u0966"
    assert text(esm_class=0x40, short_message=bytes((3, 0x25, 1, 99)) + b"IC").body == "IC"


def test_a_fingerprint_knows_what_is_delivered_again() -> None:
    sar = {
        Tag.SAR_MSG_REF_NUM: b"\x01\x00",
        Tag.SAR_TOTAL_SEGMENTS: b"\x02",
        Tag.SAR_SEGMENT_SEQNUM: b"\x01",
    }
    same = [text(), text(sequence=9), text(priority_flag=1), text(esm_class=0x03), text(tlvs={0x1400: b"x"})]
    others = [
        text(source_addr="492"),
        text(destination_addr="1"),
        text(short_message=b"ID"),
        text(data_coding=8),
        text(esm_class=0x40),
        text(tlvs=sar),
        text(tlvs={**sar, Tag.SAR_SEGMENT_SEQNUM: b"\x02"}),
        text(source_addr="", destination_addr="491"),
        text(tlvs={Tag.RECEIPTED_MESSAGE_ID: b"17\0"}),
        text(tlvs={Tag.RECEIPTED_MESSAGE_ID: b"18\0"}),
        text(tlvs={Tag.USER_MESSAGE_REFERENCE: b"\0\x01"}),
    ]
    assert len({made.fingerprint for made in same}) == 1
    assert len({made.fingerprint for made in [same[0], *others]}) == len(others) + 1
    assert len(same[0].fingerprint) == 64
    assert [made.identified for made in others] == [False] * 8 + [True, True, False]
    assert not text(tlvs={Tag.RECEIPTED_MESSAGE_ID: b"000\0"}).identified  # of none, and of all


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
    assert made.otherwise is None


def test_what_may_be_a_receipt_is_kept_as_the_text_that_it_may_be() -> None:
    made = read(DeliverSm(source_addr="491", short_message=b"id:17 stat:DELIVERED"))
    assert isinstance(made, Receipt)
    assert (made.message_id, made.stat) == ("17", "DELIVERED")
    assert made.otherwise is not None
    assert (made.otherwise.body, made.otherwise.fingerprint) == ("id:17 stat:DELIVERED", made.fingerprint)


def test_an_unknown_message_type_is_told_by_content() -> None:
    made = text(esm_class=0x0C)
    assert (made.body, made.oddities) == ("IC", ("an unknown message type in esm_class",))
    assert isinstance(read(DeliverSm(esm_class=0x0C, short_message=FULL)), Receipt)


def test_a_compressed_text_is_counted() -> None:
    assert text(data_coding=0x20).oddities == ("compressed",)


@pytest.mark.parametrize(
    ("fields", "cut"),
    [
        ({"short_message": "UD Anna".encode("utf-16-be")[:-1], "data_coding": 8}, True),
        ({"short_message": "UD Anna".encode("utf-16-be"), "data_coding": 8}, False),
        ({"short_message": b"UD Anna\x1b"}, True),
        ({"short_message": b"\x03\x24\x01\x01UD Anna\x1b", "esm_class": 0x40}, True),
        ({"short_message": b"\x03\x24\x01\x01UD Anna", "esm_class": 0x40}, False),
        # Of a part what is missing may stand in the next one, but not with septets or tables of its own.
        (
            {
                "short_message": b"\x05\0\x03\x07\x02\x01" + "UD Anna".encode("utf-16-be")[:-1],
                "data_coding": 8,
                "esm_class": 0x40,
            },
            False,
        ),
        ({"short_message": b"\x08\0\x03\x07\x02\x01\x24\x01\x01UD Anna\x1b", "esm_class": 0x40}, True),
    ],
)
def test_a_text_whose_end_is_missing_is_marked(fields: dict[str, object], *, cut: bool) -> None:
    made = text(**fields)
    assert made.cut is cut
    assert cut is False or made.oddities == ("half a character behind the text",)


@pytest.mark.parametrize(
    "octets",
    [
        bytes.fromhex("20 00 03 07 02 01") + b"UD bob",  # longer than the message
        bytes.fromhex("03 00 03 07") + b"UD bob",  # longer than the header
        bytes.fromhex("09 08 04 00 07 02"),
    ],
)
def test_a_place_in_a_long_text_that_is_not_whole_does_nothing(octets: bytes) -> None:
    made = text(short_message=octets, esm_class=0x40)
    assert made.cut
    assert made.oddities == ("a user data header that is cut off",)


def test_a_text_with_the_flag_of_a_header_and_none_is_read() -> None:
    assert text(short_message=b"UD bob", esm_class=0x40).body == "UD bob"


def test_packed_septets_with_bits_left_over_are_cut() -> None:
    for octets, cut in ((bytes.fromhex("d5220a1a"), True), (bytes.fromhex("d5220a0a"), False)):
        pdu = DeliverSm(source_addr="491", short_message=octets)
        made = read_delivery(pdu, "north", "bind-1", Alphabet.PACKED)
        assert isinstance(made, ReceivedText)
        assert made.cut is cut


def test_a_bind_whose_texts_end_with_nul() -> None:
    for coding, octets in ((0, b"IC Bob\0"), (8, "IC Bob".encode("utf-16-be") + b"\0"), (1, b"IC Bob\0")):
        pdu = DeliverSm(source_addr="491", short_message=octets, data_coding=coding)
        made = read_delivery(pdu, "north", "bind-1", Alphabet.GSM7, ends_with_nul=True)
        assert isinstance(made, ReceivedText)
        assert (made.body, made.cut, made.oddities) == ("IC Bob", False, ())
