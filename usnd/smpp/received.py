"""What an SMSC delivers: deliver_sm or data_sm → a subscriber's text (MO) or a delivery receipt.

Owns the reading of addresses, esm_class, concatenation and receipts (SMPP 3.4 §5.2.12, Appendix B). Total:
any PDU the codec lets through gives one of the two. Refuses to judge what a text says.
"""

import hashlib
import re
from dataclasses import dataclass, field

from usnd.smpp.pdu import DataSm, DeliverSm
from usnd.smpp.segments import Concatenation, take_udh
from usnd.smpp.text import Alphabet, alphabet_of, decode
from usnd.smpp.tlv import Tag, Tlvs, integer

_UDHI = 0x40
_MESSAGE_TYPE = 0x3C  # receipts and acknowledgements; zero is a text
_INTERNATIONAL = 0x01
_SAR = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
_MESSAGE_STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """An MO text, or one part of one.

    sender, recipient: the digits as they came, `+` before them when the TON is international.
    fingerprint: sha256 in hex, the same for what an SMSC delivers again.
    octets, alphabet: the body as it came, for joining the parts of a concatenation.
    """

    smsc: str
    session: str
    sender: str
    recipient: str
    body: str
    fingerprint: str
    concatenation: Concatenation | None = None
    octets: bytes = field(default=b"", repr=False)
    alphabet: Alphabet = Alphabet.GSM7


@dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery receipt or acknowledgement; message_id and stat as the SMSC writes them, else empty."""

    smsc: str
    session: str
    sender: str
    recipient: str
    message_id: str
    stat: str
    fingerprint: str


def read_delivery(
    pdu: DeliverSm | DataSm, smsc: str, session: str, default: Alphabet
) -> ReceivedText | Receipt:
    """default: the alphabet of data_coding 0 on this link."""
    payload = _payload(pdu)
    sender = _address(pdu.source_addr_ton, pdu.source_addr)
    recipient = _address(pdu.dest_addr_ton, pdu.destination_addr)
    concatenation, octets = take_udh(payload) if pdu.esm_class & _UDHI else (None, payload)
    concatenation = concatenation or _sar(pdu.tlvs)
    alphabet = alphabet_of(pdu.data_coding, default)
    body = decode(octets, alphabet)
    fingerprint = _fingerprint(pdu, sender, recipient, payload)
    if pdu.esm_class & _MESSAGE_TYPE:
        return Receipt(smsc, session, sender, recipient, *_receipted(pdu.tlvs, body), fingerprint)
    return ReceivedText(smsc, session, sender, recipient, body, fingerprint, concatenation, octets, alphabet)


def _payload(pdu: DeliverSm | DataSm) -> bytes:
    if isinstance(pdu, DeliverSm) and pdu.short_message:
        return pdu.short_message
    return pdu.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")


def _address(ton: int, digits: str) -> str:
    return "+" + digits if ton == _INTERNATIONAL and not digits.startswith("+") else digits


def _sar(tlvs: Tlvs) -> Concatenation | None:
    reference, total, number = (integer(tlvs, tag) for tag in _SAR)
    if reference is None or total is None or number is None:
        return None
    return Concatenation(reference, total, number)


def _fingerprint(pdu: DeliverSm | DataSm, sender: str, recipient: str, payload: bytes) -> str:
    # The SAR TLVs are in it: two parts of one text may be alike in everything else.
    sar = [pdu.tlvs.get(tag, b"") for tag in _SAR]
    flags = bytes((pdu.esm_class & _UDHI, pdu.data_coding))
    digest = hashlib.sha256()
    for piece in (sender.encode("latin-1"), recipient.encode("latin-1"), flags, *sar, payload):
        digest.update(len(piece).to_bytes(4, "big") + piece)
    return digest.hexdigest()


def _receipted(tlvs: Tlvs, body: str) -> tuple[str, str]:
    """message_id and stat: by TLV (§5.3.2.12, §5.3.2.35), else from the text (Appendix B)."""
    by_tlv = tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1")
    state = _MESSAGE_STATES.get(integer(tlvs, Tag.MESSAGE_STATE) or 0, "")
    return by_tlv or _word("id", body), state or _word("stat", body)


def _word(key: str, body: str) -> str:
    found = re.search(rf"\b{key}:(\S+)", body, re.IGNORECASE)
    return found.group(1) if found else ""
