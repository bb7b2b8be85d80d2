"""A receipt is told by its type, its TLVs or its words; a person who writes of ids and states is not one."""

import pytest

from usnd.smpp.delivery_receipts import ReceiptWord, read_receipt
from usnd.smpp.pdu.tlv import Tag

FULL = "id:0A1 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:IC Bob"


def told(body: str, esm_class: int = 0, octets: bytes | None = None, **tlvs: bytes) -> ReceiptWord | None:
    named = {Tag[name.upper()]: value for name, value in tlvs.items()}
    return read_receipt(esm_class, named, body, body.encode() if octets is None else octets)


@pytest.mark.parametrize(
    ("body", "message_id", "stat"),
    [
        (FULL, "0A1", "DELIVRD"),
        (FULL.replace("DELIVRD", "DELIVERED"), "0A1", "DELIVERED"),
        (FULL.replace("DELIVRD", "FAILED"), "0A1", "FAILED"),
        (FULL.replace(":", ": "), "0A1", "DELIVRD"),
        (FULL.replace(":", " : "), "0A1", "DELIVRD"),
        (FULL.upper(), "0A1", "DELIVRD"),
        (FULL.replace("err:000 ", ""), "0A1", "DELIVRD"),
        (FULL.replace("id:0A1", 'id:"0A1"'), "0A1", "DELIVRD"),
        (FULL.replace("id:0A1", "id:<0000161>,"), "0000161", "DELIVRD"),
        (FULL.replace("id:0A1", "message id:161"), "161", "DELIVRD"),
        (FULL.replace("2601010001", "2026-01-01 00:01:00"), "0A1", "DELIVRD"),
        (FULL.replace("DELIVRD", "2"), "0A1", "DELIVRD"),
        (FULL.replace("DELIVRD", "5"), "0A1", "UNDELIV"),
        (FULL.replace("DELIVRD", "ON-ITS-WAY"), "0A1", "ON-ITS-WAY"),
        ("err:000 stat:EXPIRED done date:2601010001 submit date:2601010000 sub:001 id:17", "17", "EXPIRED"),
        (
            FULL.replace("stat:DELIVRD", "status:DELIVRD").replace("IC Bob", "id:9 stat:REJECTD"),
            "0A1",
            "DELIVRD",
        ),
        ("Text: id:17 stat:DELIVRD sub:001 err:0", "17", "DELIVRD"),
    ],
)
def test_a_receipt_without_its_type_is_told_by_its_words(body: str, message_id: str, stat: str) -> None:
    assert told(body) == told(body, esm_class=0x04) == ReceiptWord(message_id, stat)


@pytest.mark.parametrize("body", ["id:17 stat:DELIVRD", "msgid: 17, status: failed", "stat:5 id:17 err:0"])
def test_few_words_may_be_a_persons(body: str) -> None:
    word = told(body)
    assert word is not None
    assert (word.message_id, word.sure) == ("17", False)


@pytest.mark.parametrize(
    "body",
    [
        "IC Mkting",
        "SB team: my id: is 5, the stat: good",
        "UC stat 07700900123 id.stat",
        "SB all: id: 12 stat: on my way",
        "stat:DELIVRD",
        "id:17",
        "bid:17 stats:DELIVRD",
        "id: stat:DELIVRD sub:001 err:000",
        "stat:ENROUTE id:17",
    ],
)
def test_a_text_stays_a_text(body: str) -> None:
    assert told(body) is None


def test_tlvs_tell_a_receipt_and_an_id_alone_does_not() -> None:
    """Some SMSCs write their id of an MO text there."""
    both = {"receipted_message_id": b"11\0", "message_state": b"\x05"}
    assert told("", **both) == told("done", **both) == ReceiptWord("11", "UNDELIV")
    assert told("IC Bob", receipted_message_id=b"11\0") is None
    assert told("id:11 err:0", message_state=b"\x02") == ReceiptWord("11", "DELIVRD")
    assert told("IC Bob", message_state=b"\x02") is None
    assert told("", receipted_message_id=b"11\0", message_state=b"\x09") == ReceiptWord("11", "SKIPPED")


@pytest.mark.parametrize(
    "octets",
    [
        FULL.encode(),
        FULL.encode("utf-16-be"),
        FULL.encode("utf-16-le"),
        b"\xff\xfe" + FULL.encode("utf-16-le"),
    ],
)
def test_a_receipt_in_another_alphabet_than_announced_is_read(octets: bytes) -> None:
    assert told("\u6964\u3a30", esm_class=0x04, octets=octets) == ReceiptWord("0A1", "DELIVRD")


def test_an_acknowledgement_has_neither() -> None:
    assert told("seen", esm_class=0x08) == ReceiptWord("", "")
    assert told("seen", esm_class=0x0C) is None  # reserved: it says nothing


@pytest.mark.parametrize(
    "body",
    [
        "SB bob: id:1 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD text:",
        "sb Ann Bob: id:77 stat:DELIVRD err:0",
        '"SB bob: id:1 sub:1 stat:DELIVRD err:000"',
        "IC id:1 sub:001 dlvrd:001 stat:DELIVRD",
    ],
)
def test_what_begins_with_a_command_is_a_subscribers_own_text(body: str) -> None:
    assert read_receipt(0, {}, body, body.encode()) is None
    assert read_receipt(0x04, {}, body, body.encode()) is not None


@pytest.mark.parametrize(
    ("body", "sure"),
    [
        ("id=17 sub=001 dlvrd=001 stat=DELIVRD err=000 text=", True),
        ("id = 17, stat = DELIVRD, err = 0, sub = 1", True),
        ("id=17 stat=DELIVRD", False),
        ("id:17 sub:001 dlvrd:001 stat:DELIVRD@", True),
    ],
)
def test_fields_may_have_an_equals_sign(body: str, *, sure: bool) -> None:
    assert read_receipt(0, {}, body, body.encode()) == ReceiptWord("17", "DELIVRD", sure=sure)
