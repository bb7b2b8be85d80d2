"""SMPP 3.4 PDUs: octets ↔ frozen values, strictly, and the splitter of a stream into PDUs.

The link calls it. The wire format is one table of fields per PDU (§4), in the order of the wire. What the
tables do not allow is an error with the command_status to answer. No session, no sequence numbering and no
alphabet is known here.
The codec is our own because smpplib goes by the tag instead of a TLV's length, takes garbage in silence
and costs three times the processor; smpplib is the oracle of its test.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from usnd.smpp.pdu.fields import CString, Item, Octets, SmLengthAndMessage
from usnd.smpp.pdu.status import RESPONSE_BIT, CommandId, CommandStatus, FramingError, PduError
from usnd.smpp.pdu.tlv import Tag, Tlvs, read_tlvs, write_tlvs

HEADER_LENGTH = 16
LONGEST_PDU = 64 * 1024

_HEADER = struct.Struct(">IIII")
_SEQUENCE_AT = 12
_UNTOLD = ("password", "short_message")
_INTEGER = struct.Struct(">I")


class Pdu(msgspec.Struct, frozen=True):
    """The header (§3.2) and optional parameters that all share. Fields below are in the order of the wire.

    No dataclass: a SubmitSm of twenty fields is made for each segment, at a tenth of its cost.
    """

    command: ClassVar[CommandId]
    layout: ClassVar[tuple[Item, ...]] = ()

    sequence: int = 0
    status: int = 0
    tlvs: Tlvs = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Without passwords and texts: it may come into the journal."""
        told = (name for name in self.__struct_fields__ if name not in _UNTOLD)
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in told)})"


class Bind(Pdu, frozen=True):
    layout = (
        CString("system_id", 16, CommandStatus.ESME_RINVSYSID),
        CString("password", 9, CommandStatus.ESME_RINVPASWD),
        CString("system_type", 13, CommandStatus.ESME_RINVSYSTYP),
        Octets("interface_version", "addr_ton", "addr_npi"),
        CString("address_range", 41),
    )

    system_id: str = ""
    password: str = ""
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


class BindReceiver(Bind, frozen=True):
    command = CommandId.BIND_RECEIVER


class BindTransmitter(Bind, frozen=True):
    command = CommandId.BIND_TRANSMITTER


class BindTransceiver(Bind, frozen=True):
    command = CommandId.BIND_TRANSCEIVER


class BindResp(Pdu, frozen=True):
    layout = (CString("system_id", 16, CommandStatus.ESME_RINVSYSID),)

    system_id: str = ""


class BindReceiverResp(BindResp, frozen=True):
    command = CommandId.BIND_RECEIVER_RESP


class BindTransmitterResp(BindResp, frozen=True):
    command = CommandId.BIND_TRANSMITTER_RESP


class BindTransceiverResp(BindResp, frozen=True):
    command = CommandId.BIND_TRANSCEIVER_RESP


class ShortMessage(Pdu, frozen=True):
    """What submit_sm (§4.4.1) and deliver_sm (§4.6.1) have alike: all of it."""

    layout = (
        CString("service_type", 6, CommandStatus.ESME_RINVSERTYP),
        Octets("source_addr_ton", "source_addr_npi"),
        CString("source_addr", 21, CommandStatus.ESME_RINVSRCADR),
        Octets("dest_addr_ton", "dest_addr_npi"),
        CString("destination_addr", 21, CommandStatus.ESME_RINVDSTADR),
        Octets("esm_class", "protocol_id", "priority_flag"),
        CString("schedule_delivery_time", 17, CommandStatus.ESME_RINVSCHED),
        CString("validity_period", 17, CommandStatus.ESME_RINVEXPIRY),
        Octets("registered_delivery", "replace_if_present_flag", "data_coding", "sm_default_msg_id"),
        SmLengthAndMessage(),
    )

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""


class SubmitSm(ShortMessage, frozen=True):
    command = CommandId.SUBMIT_SM


class DeliverSm(ShortMessage, frozen=True):
    command = CommandId.DELIVER_SM

    cut: bool = False
    """Not of the wire: the text is shorter than its length says, see lenient.py."""


class DataSm(Pdu, frozen=True):
    """§4.7.1: the message is in message_payload."""

    command = CommandId.DATA_SM
    layout = (
        CString("service_type", 6, CommandStatus.ESME_RINVSERTYP),
        Octets("source_addr_ton", "source_addr_npi"),
        CString("source_addr", 65, CommandStatus.ESME_RINVSRCADR),
        Octets("dest_addr_ton", "dest_addr_npi"),
        CString("destination_addr", 65, CommandStatus.ESME_RINVDSTADR),
        Octets("esm_class", "registered_delivery", "data_coding"),
    )

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    cut: bool = False
    """As in DeliverSm."""


class MessageResp(Pdu, frozen=True):
    layout = (CString("message_id", 65, CommandStatus.ESME_RINVMSGID),)

    message_id: str = ""


class SubmitSmResp(MessageResp, frozen=True):
    command = CommandId.SUBMIT_SM_RESP


class DeliverSmResp(MessageResp, frozen=True):
    command = CommandId.DELIVER_SM_RESP


class DataSmResp(MessageResp, frozen=True):
    command = CommandId.DATA_SM_RESP


class EnquireLink(Pdu, frozen=True):
    command = CommandId.ENQUIRE_LINK


class EnquireLinkResp(Pdu, frozen=True):
    command = CommandId.ENQUIRE_LINK_RESP


class Unbind(Pdu, frozen=True):
    command = CommandId.UNBIND


class UnbindResp(Pdu, frozen=True):
    command = CommandId.UNBIND_RESP


class GenericNack(Pdu, frozen=True):
    command = CommandId.GENERIC_NACK


class AlertNotification(Pdu, frozen=True):
    """§4.12.1; the one request without a response."""

    command = CommandId.ALERT_NOTIFICATION
    layout = (
        Octets("source_addr_ton", "source_addr_npi"),
        CString("source_addr", 65, CommandStatus.ESME_RINVSRCADR),
        Octets("esme_addr_ton", "esme_addr_npi"),
        CString("esme_addr", 65, CommandStatus.ESME_RINVDSTADR),
    )

    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    esme_addr_ton: int = 0
    esme_addr_npi: int = 0
    esme_addr: str = ""


RESPONSES: Mapping[type[Pdu], type[Pdu]] = {
    BindReceiver: BindReceiverResp,
    BindTransmitter: BindTransmitterResp,
    BindTransceiver: BindTransceiverResp,
    SubmitSm: SubmitSmResp,
    DeliverSm: DeliverSmResp,
    DataSm: DataSmResp,
    EnquireLink: EnquireLinkResp,
    Unbind: UnbindResp,
}
_KINDS: tuple[type[Pdu], ...] = (*RESPONSES, *RESPONSES.values(), GenericNack, AlertNotification)
BY_COMMAND: Mapping[int, type[Pdu]] = {kind.command: kind for kind in _KINDS}


def encode(pdu: Pdu) -> bytes:
    """The octets of `pdu`. PduError: a field does not fit; its status says which."""
    out = bytearray(HEADER_LENGTH)
    for item in pdu.layout:
        item.write(pdu, out)
    write_tlvs(pdu.tlvs, out)
    if len(out) > LONGEST_PDU:
        raise PduError(CommandStatus.ESME_RINVCMDLEN, f"{len(out)} octets are too many for one PDU")
    _HEADER.pack_into(out, 0, len(out), pdu.command, pdu.status, pdu.sequence)
    return bytes(out)


def with_sequence(frame: bytes, sequence: int) -> bytes:
    """`frame` under another sequence number: encoded before one was spent on it."""
    return frame[:_SEQUENCE_AT] + _INTEGER.pack(sequence) + frame[HEADER_LENGTH:]


def decode(frame: bytes) -> Pdu:
    """The PDU in `frame`, one whole PDU as Framer gives it. PduError: with all its fields set."""
    _, command, status, sequence = _HEADER.unpack_from(frame)
    try:
        return _body(command, frame, status, sequence)
    except PduError as error:
        error.command, error.header_status, error.sequence = command, status, sequence
        raise


def _body(command: int, frame: bytes, status: int, sequence: int) -> Pdu:
    kind = BY_COMMAND.get(command)
    if kind is None:
        raise PduError(CommandStatus.ESME_RINVCMDID, f"command_id 0x{command:08X}")
    if len(frame) == HEADER_LENGTH and command & RESPONSE_BIT:
        return kind(sequence, status)  # §4.4.2: a response that refuses has no body
    values: list[Any] = []
    pos = HEADER_LENGTH
    for item in kind.layout:
        pos = item.read(frame, pos, values)
    if pos == len(frame):
        return kind(sequence, status, {}, *values)
    if not kind.layout:
        raise PduError(CommandStatus.ESME_RINVCMDLEN, f"{kind.command.name.lower()} has a body")
    tlvs = read_tlvs(frame, pos)
    if Tag.MESSAGE_PAYLOAD in tlvs and issubclass(kind, ShortMessage) and values[-1]:
        # §5.3.2.32: which of the two would be the text?
        raise PduError(CommandStatus.ESME_ROPTPARNOTALLWD, "message_payload beside short_message")
    return kind(sequence, status, tlvs, *values)


class Framer:
    """Splits a stream into PDUs. Holds at most one unfinished PDU; of no use after a FramingError."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Whole PDUs, as they become so. May be left unfinished: the rest comes with the next call."""
        buffer = self._buffer
        buffer += data
        while len(buffer) >= _INTEGER.size:
            (length,) = _INTEGER.unpack_from(buffer)
            if not HEADER_LENGTH <= length <= LONGEST_PDU:
                raise FramingError(f"command_length={length}")
            if len(buffer) < length:
                return
            frame = bytes(buffer[:length])
            del buffer[:length]
            yield frame
