"""Optional parameters (SMPP 3.4 §3.2.4, §5.3.2): tags, exact lengths, octets ↔ mapping.

pdus.py calls it for the TLVs behind a PDU's mandatory fields. Unknown tags are kept as they came; a known tag
of a wrong length or a tag that comes twice is refused by name, because a reader that goes by the tag instead
of the length (smpplib does) loses everything behind it. What of a refused delivery can be read: lenient.py.
"""

import struct
from collections.abc import Mapping
from enum import IntEnum

from usnd.smpp.pdu.status import CommandStatus, PduError

Tlvs = Mapping[int, bytes]
"""tag → value octets."""


class Tag(IntEnum):
    DEST_ADDR_SUBUNIT = 0x0005
    DEST_NETWORK_TYPE = 0x0006
    DEST_BEARER_TYPE = 0x0007
    DEST_TELEMATICS_ID = 0x0008
    SOURCE_ADDR_SUBUNIT = 0x000D
    SOURCE_NETWORK_TYPE = 0x000E
    SOURCE_BEARER_TYPE = 0x000F
    SOURCE_TELEMATICS_ID = 0x0010
    QOS_TIME_TO_LIVE = 0x0017
    PAYLOAD_TYPE = 0x0019
    RECEIPTED_MESSAGE_ID = 0x001E
    MS_MSG_WAIT_FACILITIES = 0x0030
    PRIVACY_INDICATOR = 0x0201
    USER_MESSAGE_REFERENCE = 0x0204
    USER_RESPONSE_CODE = 0x0205
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    LANGUAGE_INDICATOR = 0x020D
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    CALLBACK_NUM_PRES_IND = 0x0302
    NUMBER_OF_MESSAGES = 0x0304
    DPF_RESULT = 0x0420
    SET_DPF = 0x0421
    MS_AVAILABILITY_STATUS = 0x0422
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MORE_MESSAGES_TO_SEND = 0x0426
    MESSAGE_STATE = 0x0427
    USSD_SERVICE_OP = 0x0501
    DISPLAY_TIME = 0x1201
    SMS_SIGNAL = 0x1203
    MS_VALIDITY = 0x1204
    ALERT_ON_MESSAGE_DELIVERY = 0x130C
    ITS_REPLY_TYPE = 0x1380
    ITS_SESSION_INFO = 0x1383


_FREE_LENGTH = frozenset(
    {
        Tag.RECEIPTED_MESSAGE_ID,
        Tag.MESSAGE_PAYLOAD,
        Tag.ALERT_ON_MESSAGE_DELIVERY,
    }  # the last: 0 here, 1 in SMPP 5.0
)
_OTHER_LENGTH = {
    Tag.DEST_TELEMATICS_ID: 2,
    Tag.QOS_TIME_TO_LIVE: 4,
    Tag.USER_MESSAGE_REFERENCE: 2,
    Tag.SOURCE_PORT: 2,
    Tag.DESTINATION_PORT: 2,
    Tag.SAR_MSG_REF_NUM: 2,
    Tag.NETWORK_ERROR_CODE: 3,
    Tag.SMS_SIGNAL: 2,
    Tag.ITS_SESSION_INFO: 2,
}
LENGTHS: Mapping[int, int] = {tag.value: _OTHER_LENGTH.get(tag, 1) for tag in Tag if tag not in _FREE_LENGTH}
"""tag → the octets that its value has, of those that always have as many."""
_HEADER = struct.Struct(">HH")


def read_tlvs(body: bytes, pos: int) -> dict[int, bytes]:
    """Everything from `pos` to the end of `body`. PduError: RINVOPTPARSTREAM, RINVPARLEN."""
    tlvs: dict[int, bytes] = {}
    end = len(body)
    while pos < end:
        if end - pos < _HEADER.size:
            raise PduError(CommandStatus.ESME_RINVOPTPARSTREAM, f"{end - pos} octets behind the last TLV")
        tag, length = _HEADER.unpack_from(body, pos)
        pos += _HEADER.size
        if length > end - pos:
            raise PduError(
                CommandStatus.ESME_RINVOPTPARSTREAM,
                f"{_name(tag)} says {length} octets, {end - pos} are left",
            )
        if tag in tlvs:
            raise PduError(CommandStatus.ESME_RINVOPTPARSTREAM, f"{_name(tag)} comes twice")
        tlvs[tag] = _checked(tag, body[pos : pos + length])
        pos += length
    return tlvs


def write_tlvs(tlvs: Tlvs, out: bytearray) -> None:
    """Appends to `out`. PduError: RINVPARLEN."""
    for tag, value in tlvs.items():
        out += _HEADER.pack(tag, len(_checked(tag, value)))
        out += value


def integer(tlvs: Tlvs, tag: Tag) -> int | None:
    value = tlvs.get(tag)
    return None if value is None else int.from_bytes(value, "big")


def _checked(tag: int, value: bytes) -> bytes:
    if len(value) != LENGTHS.get(tag, len(value)):
        raise PduError(
            CommandStatus.ESME_RINVPARLEN, f"{_name(tag)} has {len(value)} octets, not {LENGTHS[tag]}"
        )
    return value


def _name(tag: int) -> str:
    try:
        return Tag(tag).name.lower()
    except ValueError:
        return f"TLV 0x{tag:04X}"
