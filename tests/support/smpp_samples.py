"""Seeded PDUs of every kind, for the codec's tests."""

import random
import string
from typing import Any

from usnd.smpp.pdu.fields import CString, Octets
from usnd.smpp.pdu.pdus import BY_COMMAND, Pdu, ShortMessage
from usnd.smpp.pdu.tlv import Tag

KINDS = tuple(BY_COMMAND.values())


def sample(kind: type[Pdu], rng: random.Random, *, with_tlvs: bool = True) -> Pdu:
    fields: dict[str, Any] = {"sequence": rng.randint(1, 0x7FFFFFFF)}
    for item in kind.layout:
        if isinstance(item, CString):
            fields[item.name] = "".join(rng.choices(string.printable, k=rng.randint(0, item.size - 1)))
        elif isinstance(item, Octets):
            fields.update((name, rng.randint(0, 255)) for name in item.names)
        else:
            fields["short_message"] = rng.randbytes(rng.randint(0, 254))
    if with_tlvs and issubclass(kind, ShortMessage):
        fields["tlvs"] = {
            Tag.SAR_MSG_REF_NUM: rng.randbytes(2),
            Tag.SAR_TOTAL_SEGMENTS: rng.randbytes(1),
            Tag.SAR_SEGMENT_SEQNUM: rng.randbytes(1),
        }
        if not fields["short_message"]:
            fields["tlvs"][Tag.MESSAGE_PAYLOAD] = rng.randbytes(rng.randint(1, 1000))
    return kind(**fields)
