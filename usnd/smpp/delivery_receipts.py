"""Whether a delivery is a receipt, and of which message: by esm_class, by TLVs, and by what its text says.

`received.py` asks for each delivery. SMSCs forget the message type in esm_class (SMPP 3.4 §5.2.12) and write
appendix B in many ways; a person may write "id:" and "stat:", too. domain/messaging/delivery_receipts.py
knows what states mean.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from usnd.domain.messaging.delivery_receipts import final_state
from usnd.domain.sms.grammar import FORMS
from usnd.smpp.pdu.tlv import Tag, Tlvs, integer

MESSAGE_TYPE = 0x3C
"""The bits of esm_class that say what it is."""
_TYPES = frozenset({0x04, 0x08, 0x10, 0x18, 0x20})  # §5.2.12; others are reserved, and say nothing
_STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
    9: "SKIPPED",  # SMPP 5.0 §4.7.15
}
_FIELD = re.compile(
    r"\b(?:(?:message|msg)[ _]?)?(id|sub|dlvrd?|submit[ _]?date|done[ _]?date|stat(?=us\b|e\b|\b)|err|text)"
    r"(?:us|e|or)?\s*[:=]\s*",
    re.IGNORECASE,
)
_SIGN = re.compile("[:=]")
_OTHERS = frozenset({"sub", "dlv", "sbm", "don", "err"})
_SURE = 2
_NO_ASCII = bytes((0, *range(0x80, 0x100)))
_AROUND = "\"'`<>[](){},;.@\0"
_COMMANDS = frozenset(word.removesuffix("x") for word in FORMS)
_FIRST_WORD = re.compile(r"\W*(\w+)")


@dataclass(frozen=True, slots=True)
class ReceiptWord:
    """What a receipt says, as the SMSC writes it. sure: it can be nothing else; else a person may have."""

    message_id: str
    stat: str
    sure: bool = True


def is_typed(esm_class: int) -> bool:
    """Whether it is marked as a receipt or an acknowledgement."""
    return esm_class & MESSAGE_TYPE in _TYPES


def is_reserved_type(esm_class: int) -> bool:
    """Whether it is marked as something that SMPP 3.4 does not know."""
    return bool(esm_class & MESSAGE_TYPE) and not is_typed(esm_class)


def read_receipt(esm_class: int, tlvs: Tlvs, body: str, octets: bytes) -> ReceiptWord | None:
    """None for a text. body: the text as its data_coding says; octets: the same, for when that is wrong."""
    typed = is_typed(esm_class)
    by_id = _id_of(tlvs)
    by_state = _STATES.get(integer(tlvs, Tag.MESSAGE_STATE) or 0, "")
    if not typed and not by_state and (_is_command(body) or not _SIGN.search(body)):
        return None
    fields = _fields(body)
    if typed and not fields:
        fields = _fields(octets.translate(None, _NO_ASCII).decode("ascii"))
    message_id, stat = by_id or fields.get("id", ""), by_state or _state(fields.get("sta", ""))
    if typed or (by_id and by_state):
        return ReceiptWord(message_id, stat)
    if not message_id or not stat:
        return None
    if len(_OTHERS & fields.keys()) >= _SURE or by_state:
        return ReceiptWord(message_id, stat)
    return ReceiptWord(message_id, stat, sure=False) if final_state(stat) else None


def _is_command(body: str) -> bool:
    """A subscriber may text others what looks like a receipt."""
    first = _FIRST_WORD.match(body)
    return first is not None and first.group(1).upper() in _COMMANDS


def _id_of(tlvs: Tlvs) -> str:
    return tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1").strip()


def _fields(body: str) -> dict[str, str]:
    """Appendix B in any order and case; of a field that comes twice the first: behind `text` is our own."""
    found = list(_FIELD.finditer(body))
    fields: dict[str, str] = {}
    for field, behind in pairwise([*found, None]):
        if field is None:  # the last one alone is
            break
        name = _name(field.group(1))
        if name == "tex" and {"id", "sta"} <= fields.keys():
            break
        words = body[field.end() : behind.start() if behind else len(body)].split(maxsplit=1)
        fields.setdefault(name, words[0].strip(_AROUND) if words else "")
    return fields


def _name(written: str) -> str:
    name = written.lower()
    return "sbm" if name.startswith("submit") else name[:3]


def _state(written: str) -> str:
    """A number is that of the TLV (§5.2.28)."""
    return _STATES.get(int(written), written) if written.isdecimal() and len(written) == 1 else written
