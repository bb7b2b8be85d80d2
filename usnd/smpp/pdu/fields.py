"""The kinds of mandatory fields a PDU is a table of: octets of the wire ↔ Python values (SMPP 3.4 §3.1).

pdus.py makes its tables of them. How one field is read and written is here, and the command_status when it
cannot be. No PDU is known here.
"""

from operator import attrgetter
from typing import Protocol

from usnd.smpp.pdu.status import CommandStatus, PduError

LONGEST_SHORT_MESSAGE = 254


class Item(Protocol):
    """read: appends the values at body[pos:] and gives the next pos. write: appends the octets. PduError."""

    def read(self, body: bytes, pos: int, values: list[object]) -> int: ...
    def write(self, pdu: object, out: bytearray) -> None: ...


class CString:
    """A C-Octet String of at most `size` octets with its NUL (§3.1). Latin-1: any octet survives."""

    __slots__ = ("name", "size", "status")

    def __init__(self, name: str, size: int, status: CommandStatus = CommandStatus.ESME_RINVPARLEN) -> None:
        self.name, self.size, self.status = name, size, status

    def read(self, body: bytes, pos: int, values: list[object]) -> int:
        end = body.find(0, pos, pos + self.size)
        if end < 0:
            cut = len(body) - pos < self.size
            raise PduError(
                CommandStatus.ESME_RINVCMDLEN if cut else self.status,
                f"{self.name} is cut off" if cut else f"{self.name} is longer than {self.size - 1} octets",
            )
        values.append(body[pos:end].decode("latin-1"))
        return end + 1

    def write(self, pdu: object, out: bytearray) -> None:
        value: str = getattr(pdu, self.name)
        if len(value) >= self.size or "\0" in value:
            raise PduError(self.status, f"{self.name} is not a string of at most {self.size - 1} octets")
        try:
            out += value.encode("latin-1")
        except UnicodeEncodeError as error:
            raise PduError(self.status, f"{self.name} has characters that are no octets") from error
        out.append(0)


class Octets:
    """A run of several one-octet integers; SMPP 3.4 has no wider ones outside of TLVs."""

    __slots__ = ("_values", "names")

    def __init__(self, first: str, second: str, *more: str) -> None:
        self.names = (first, second, *more)
        self._values = attrgetter(*self.names)

    def read(self, body: bytes, pos: int, values: list[object]) -> int:
        end = pos + len(self.names)
        if end > len(body):
            raise PduError(CommandStatus.ESME_RINVCMDLEN, f"cut off before {self.names[len(body) - pos]}")
        values.extend(body[pos:end])
        return end

    def write(self, pdu: object, out: bytearray) -> None:
        values: tuple[int, ...] = self._values(pdu)
        try:
            out += bytes(values)
        except ValueError as error:
            told = ", ".join(f"{name}={value}" for name, value in zip(self.names, values, strict=True))
            raise PduError(CommandStatus.ESME_RINVPARLEN, f"not octets: {told}") from error


class SmLengthAndMessage:
    """sm_length and short_message (§5.2.21, §5.2.22)."""

    __slots__ = ()

    def read(self, body: bytes, pos: int, values: list[object]) -> int:
        if pos >= len(body):
            raise PduError(CommandStatus.ESME_RINVCMDLEN, "cut off before sm_length")
        length, pos = body[pos], pos + 1
        if length > LONGEST_SHORT_MESSAGE or length > len(body) - pos:
            raise PduError(
                CommandStatus.ESME_RINVMSGLEN, f"sm_length={length}, {len(body) - pos} octets are left"
            )
        values.append(body[pos : pos + length])
        return pos + length

    def write(self, pdu: object, out: bytearray) -> None:
        value: bytes = getattr(pdu, "short_message")  # noqa: B009 # as the others do
        if len(value) > LONGEST_SHORT_MESSAGE:
            raise PduError(CommandStatus.ESME_RINVMSGLEN, f"short_message has {len(value)} octets")
        out.append(len(value))
        out += value
