"""What an SMSC delivers: deliver_sm or data_sm → a subscriber's text (MO) or a delivery receipt.

link/link.py calls it. It reads addresses, esm_class and concatenation (SMPP 3.4 §5.2.12);
delivery_receipts.py tells receipts, and smpp/text/reading.py what octets say. Total: any PDU the codec lets
through gives one of the two, with what was odd about it by name. What a text says is not judged here.
"""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from usnd.smpp.delivery_receipts import MESSAGE_TYPE, ReceiptWord, is_reserved_type, read_receipt
from usnd.smpp.pdu.pdus import DataSm, DeliverSm
from usnd.smpp.pdu.tlv import Tag, Tlvs, integer
from usnd.smpp.text.alphabets import DEFAULT_CODING, Alphabet, alphabet_of, is_compressed, unpack
from usnd.smpp.text.national import decode_national
from usnd.smpp.text.reading import HALF, is_cut, read, without_nul
from usnd.smpp.text.segments import Concatenation, Header, possible, read_udh

_UDHI = 0x40
_SIZE = struct.Struct(">I")
# Type of number and numbering plan (§5.2.5, §5.2.6). What a subscriber can choose is alphanumeric (5); of
# network specific (3) and abbreviated (6) ones the digits are no telephone number, nor are those of other
# plans than ISDN: data, telex, IMSI, private, ERMES, Internet, WAP.
_INTERNATIONAL = 0x01
_NATIONAL_FORMS = frozenset({0x00, 0x02, 0x04})
_OTHER_PLANS = frozenset({3, 4, 6, 9, 10, 14, 18})
_GSM_TYPE = 0x80
NO_NUMBER = "name:"
"""Before a sender that is no number the network vouches for, whatever its digits say."""
_SAR = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
_IDS = (Tag.RECEIPTED_MESSAGE_ID, Tag.USER_MESSAGE_REFERENCE)
# A header without its flag: in no alphabet does a text begin so.
_HEADERS = (b"\x05\x00\x03", b"\x06\x08\x04")
_NO_HEADER = Header()


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """An MO text, or one part of one.

    sender, recipient: the digits as they came, `+` before them when the TON is international; NO_NUMBER
    before a sender that is none. fingerprint: sha256 in hex, the same for what an SMSC delivers again.
    octets, alphabet: the body for joining the parts of a concatenation. waited: seconds for which it may have
    lain unread. repeated: nothing shows that the SMSC has read in time what an equal one was answered on this
    bind; identified: the SMSC's own message id is in the fingerprint. cut: something behind it is missing.
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
    oddities: tuple[str, ...] = ()
    waited: float = 0.0
    repeated: bool = False
    identified: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery receipt or acknowledgement; message_id and stat as the SMSC writes them, else empty.

    otherwise: what it is if it fits no message: a person may write "id:" and "stat:".
    """

    smsc: str
    session: str
    sender: str
    recipient: str
    message_id: str
    stat: str
    fingerprint: str
    otherwise: ReceivedText | None = None
    oddities: tuple[str, ...] = ()


def read_delivery(  # the last two are the bind's, and have their default
    pdu: DeliverSm | DataSm,
    smsc: str,
    session: str,
    default: Alphabet,
    waited: float = 0.0,
    repeats: Callable[[str], bool] | None = None,
    *,
    ends_with_nul: bool = False,
) -> ReceivedText | Receipt:
    """default: the alphabet of data_coding 0 on this link. repeats: whether what has that fingerprint may be
    one that was answered. waited: seconds. ends_with_nul: this SMSC puts a NUL behind each text.
    """
    odd: list[str] = []
    payload = _payload(pdu)
    sender = _sender(pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr, odd)
    recipient = _address(pdu.dest_addr_ton, pdu.destination_addr)
    header = _header(pdu.esm_class, payload, odd)
    place = header.concatenation or (_sar(pdu.tlvs, odd) if pdu.tlvs else None)
    octets, alphabet, cut = _text(pdu.data_coding, payload, header, default, odd)
    octets = without_nul(octets, alphabet) if ends_with_nul else octets
    body, found, half = read(octets, alphabet)
    cut = cut or pdu.cut or (half and place is None)  # what a part lacks may stand in the next
    fingerprint = _fingerprint(pdu, sender, recipient, payload)
    word = _receipt_word(pdu, body, octets, odd)
    oddities = (*odd, *found) if odd or found else ()
    whose = (smsc, session, sender, recipient)
    if word is not None and word.sure:
        return Receipt(*whose, word.message_id, word.stat, fingerprint, None, oddities)
    text = ReceivedText(
        *whose,
        body,
        fingerprint,
        place,
        octets,
        alphabet,
        oddities,
        waited,
        repeats is not None and repeats(fingerprint),
        bool(pdu.tlvs) and bool(pdu.tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b"").strip(b"0\0 ")),
        cut,
    )
    if word is None:
        return text
    return Receipt(*whose, word.message_id, word.stat, fingerprint, text, oddities)


def _receipt_word(pdu: DeliverSm | DataSm, body: str, octets: bytes, odd: list[str]) -> ReceiptWord | None:
    """What the PDU says of a message sent before; None of a subscriber's text."""
    if not (pdu.tlvs or pdu.esm_class & MESSAGE_TYPE or ":" in body or "=" in body):
        return None
    if is_reserved_type(pdu.esm_class):
        odd.append("an unknown message type in esm_class")
    return read_receipt(pdu.esm_class, pdu.tlvs, body, octets)


def _payload(pdu: DeliverSm | DataSm) -> bytes:
    if isinstance(pdu, DeliverSm) and pdu.short_message:
        return pdu.short_message
    return pdu.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")


def _address(ton: int, digits: str) -> str:
    return "+" + digits if ton == _INTERNATIONAL and not digits.startswith("+") else digits


def _sender(ton: int, npi: int, digits: str, odd: list[str]) -> str:
    """The number, if the network says that it is one: who commands is told by it (REQUIREMENTS S4)."""
    if ton == _INTERNATIONAL and npi <= 1 and not digits.startswith("0"):  # nearly every text
        return _address(ton, digits)
    if ton & _GSM_TYPE:  # the octet of TS 23.040 §9.1.2.5: type and plan in one
        odd.append("a GSM type of address as TON")
        ton, npi = ton >> 4 & 0x07, ton & 0x0F
    if npi in _OTHER_PLANS or ton not in (_INTERNATIONAL, *_NATIONAL_FORMS):
        return NO_NUMBER + digits
    if ton == _INTERNATIONAL and digits.startswith("0"):  # no country code does: it is a national form
        odd.append("a national number with TON 1")
        return digits
    return _address(ton, digits)


def _header(esm_class: int, payload: bytes, odd: list[str]) -> Header:
    if not esm_class & _UDHI:
        if not payload.startswith(_HEADERS) or read_udh(payload).concatenation is None:
            return _NO_HEADER
        odd.append("a user data header without UDHI")
    header = read_udh(payload)
    if header.ignored:
        odd.append("a part that cannot be")
    if header.broken:
        odd.append("a user data header that is cut off")
    return header


def _text(
    data_coding: int, payload: bytes, header: Header, default: Alphabet, odd: list[str]
) -> tuple[bytes, Alphabet, bool]:
    """The octets behind the header, in an alphabet in which parts can be joined; whether they are cut off."""
    if data_coding == DEFAULT_CODING and header is _NO_HEADER and default is not Alphabet.PACKED:
        return payload, default, False  # nearly every text
    alphabet = alphabet_of(data_coding, default)
    if is_compressed(data_coding):
        odd.append("compressed")
    cut = False
    if alphabet is Alphabet.PACKED:
        cut = is_cut(payload, alphabet)
        octets, alphabet = unpack(payload, header.length), Alphabet.GSM7
    else:
        octets = payload[header.length :]
    if alphabet is Alphabet.GSM7 and (header.single_shift or header.locking_shift):
        cut = cut or is_cut(octets, alphabet)
        text = decode_national(octets, header.single_shift, header.locking_shift)
        octets, alphabet = text.encode("utf-16-be"), Alphabet.UCS2
    if cut:
        odd.append(HALF)
    return octets, alphabet, cut or header.broken


def _sar(tlvs: Tlvs, odd: list[str]) -> Concatenation | None:
    """§5.3.2.22: without the other two, each is ignored."""
    reference, total, number = (integer(tlvs, tag) for tag in _SAR)
    if reference is None and total is None and number is None:
        return None
    place = possible(reference or 0, total or 0, number or 0) if reference is not None else None
    if place is None:
        odd.append("a part that cannot be")
    return place


def _fingerprint(pdu: DeliverSm | DataSm, sender: str, recipient: str, payload: bytes) -> str:
    # The SAR TLVs are in it: two parts of one text may be alike in everything else. So are the ids that
    # an SMSC or a handset gives: what has another is another text.
    tlvs = pdu.tlvs
    flags = bytes((pdu.esm_class & _UDHI, pdu.data_coding))
    pieces = [sender.encode("latin-1"), recipient.encode("latin-1"), flags, b"", b"", b"", payload]
    if tlvs:
        pieces[3:6] = [tlvs.get(tag, b"") for tag in _SAR]
        pieces += [tlvs[tag] for tag in _IDS if tag in tlvs]
    return hashlib.sha256(b"".join([_SIZE.pack(len(piece)) + piece for piece in pieces])).hexdigest()
