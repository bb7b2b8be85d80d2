"""A tap on the wire in front of the switch: SIP over UDP passes through it both ways.

It notes when each INVITE reached the switch (the kernel's time stamp) and what it said. It also changes one
thing, which the switch cannot say by itself: Asterisk has no cause for `402 Payment Required`, the refusal
for lack of credit, so the tap writes it over the switch's `403 Forbidden`. It changes nothing else.
"""

import asyncio
import re
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.parts.ports import HOST

SO_TIMESTAMPNS = 35  # Linux; not in the socket module
BUFFER = 65_535
Address = tuple[str, int]


@dataclass(frozen=True)
class Invite:
    """An INVITE as it reached the switch: `at` in seconds since the epoch, the kernel's, to the µs."""

    at: float
    called: str
    calling: str
    call_id: str
    usn: Address


def parse_invite(datagram: bytes, at: float, source: Address) -> Invite | None:
    """The INVITE in a datagram that starts a dialogue; None for anything else."""
    if not datagram.startswith(b"INVITE "):
        return None
    text = datagram.decode(errors="replace")
    called = re.match(r"INVITE sips?:([^@;>\s]+)@", text)
    calling = re.search(r"^(?:From|f)\s*:.*?sips?:([^@;>\s]+)@", text, re.MULTILINE | re.IGNORECASE)
    call_id = re.search(r"^(?:Call-ID|i)\s*:\s*(\S+)", text, re.MULTILINE | re.IGNORECASE)
    within = re.search(r"^(?:To|t)\s*:.*;tag=", text, re.MULTILINE | re.IGNORECASE)
    if not called or not call_id or within:
        return None
    return Invite(at, called[1], calling[1] if calling else "", call_id[1], source)


def parse_bye(datagram: bytes) -> str | None:
    """The Call-ID of a BYE; None for anything else."""
    if not datagram.startswith(b"BYE "):
        return None
    call_id = re.search(rb"^(?:Call-ID|i)\s*:\s*(\S+)", datagram, re.MULTILINE | re.IGNORECASE)
    return call_id[1].decode(errors="replace") if call_id else None


def payment_required(response: bytes) -> bytes:
    """A `403` as the `402` of a prepaid system, without the Q.850 reason that belongs to the 403."""
    head, separator, body = response.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n")[1:] if not line.lower().startswith(b"reason:")]
    return b"\r\n".join([b"SIP/2.0 402 Payment Required", *lines]) + separator + body


class Tap:
    """Listens on `front`, passes on to the switch's own port `back`, and the answers to whom they belong."""

    def __init__(self, front: int, back: int, has_credit: Callable[[str], bool], host: str = HOST) -> None:
        """`has_credit` tells it of a called number; `host`: the switch's address.

        `hung_up`: the Call-IDs of which a BYE passed here, if the switch gives the tap as its address.
        """
        self.invites: list[Invite] = []
        self.hung_up: set[str] = set()
        self._back = (host, back)
        self._has_credit = has_credit
        self._refused: set[bytes] = set()
        self._seen: set[str] = set()
        self._behind: dict[Address, socket.socket] = {}
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind((host, front))
        self._front.setblocking(False)  # noqa: FBT003 (positional-only)
        self._front.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def start(self) -> None:
        """Joins the running loop."""
        asyncio.get_running_loop().add_reader(self._front, self._inwards)

    def close(self) -> None:
        """Leaves the running loop."""
        loop = asyncio.get_running_loop()
        for one in (self._front, *self._behind.values()):
            loop.remove_reader(one)
            one.close()

    def put(self, datagram: bytes, source: Address) -> None:
        """Passes on to the switch what nobody sent, as if it came from there."""
        self._leg(source).sendto(datagram, self._back)

    def _inwards(self) -> None:
        datagram, ancillary, _flags, source = self._front.recvmsg(BUFFER, 64)
        invite = parse_invite(datagram, _kernel_time(ancillary), source)
        if invite is not None and invite.call_id not in self._seen:  # not a retransmission
            self._seen.add(invite.call_id)
            self.invites.append(invite)
            if not self._has_credit(invite.called):
                self._refused.add(invite.call_id.encode())
        self._note_bye(datagram)
        self.put(datagram, source)

    def _note_bye(self, datagram: bytes) -> None:
        if call_id := parse_bye(datagram):
            self.hung_up.add(call_id)

    def _leg(self, source: Address) -> socket.socket:
        leg = self._behind.get(source)
        if leg is None:
            leg = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            leg.bind((self._back[0], 0))
            leg.setblocking(False)  # noqa: FBT003 (positional-only)
            asyncio.get_running_loop().add_reader(leg, self._outwards, leg, source)
            self._behind[source] = leg
        return leg

    def _outwards(self, leg: socket.socket, source: Address) -> None:
        try:
            datagram = leg.recv(BUFFER)
        except ConnectionRefusedError:  # the switch is down, the kernel says; so will its silence
            return
        self._note_bye(datagram)
        if datagram.startswith(b"SIP/2.0 403 ") and any(call in datagram for call in self._refused):
            datagram = payment_required(datagram)
        self._front.sendto(datagram, source)


def _kernel_time(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("@ll", data)
            return float(seconds + nanoseconds / 1e9)
    return time.time()
