"""Links, addresses and neighbours by netlink and ARP: carrier of the cross-over, who answers for an address.

machine.py asks. keepalived's events are not listened to: what counts is read here.
Needs CAP_NET_RAW for ARP; without it nothing is known, which permits nothing.
"""

import asyncio
import socket
import struct
from typing import Any

from pyroute2 import IPRoute

_ETHERNET_ARP, _ARP_REQUEST, _ARP_REPLY = 0x0806, 1, 2
_FORM = struct.Struct("!HHBBH6s4s6s4s")
_HEAD = 14
_BROADCAST = b"\xff" * 6
_READ_EVERY = 0.05


def carrier(interface: str) -> bool | None:
    """Whether the link has one; None when there is no such interface."""
    with IPRoute() as netlink:
        found: list[Any] = list(netlink.get_links(ifname=interface))
        return bool(found[0].get_attr("IFLA_CARRIER")) if found else None


def has_address(interface: str, address: str) -> bool:
    """Whether the interface holds the IPv4 address."""
    with IPRoute() as netlink:
        index: list[int] = netlink.link_lookup(ifname=interface)
        held = netlink.get_addr(family=socket.AF_INET, index=index[0]) if index else ()
        held_here: list[str] = [entry.get_attr("IFA_ADDRESS") for entry in held]
        return address in held_here


def request(mac: bytes, wanted: str) -> bytes:
    """An Ethernet frame that asks who has the address, from nobody's address (RFC 5227 §2.1.1: a probe)."""
    arp = _FORM.pack(1, 0x0800, 6, 4, _ARP_REQUEST, mac, bytes(4), bytes(6), socket.inet_aton(wanted))
    return _BROADCAST + mac + struct.pack("!H", _ETHERNET_ARP) + arp


def claimant(frame: bytes, wanted: str) -> bytes:
    """The MAC address of whoever claims the address by a frame; empty when it is no claim."""
    if len(frame) < _HEAD + _FORM.size:
        return b""
    *_, operation, mac, sender, _target, _asked = _FORM.unpack_from(frame, _HEAD)
    return bytes(mac) if operation == _ARP_REPLY and sender == socket.inet_aton(wanted) else b""


class Neighbour:
    """An address on a link, asked for again and again on a socket that stays open.

    An answer waits in the socket, so that a busy process hears it late but never misses it. `by`: the MAC
    address of whoever answered last. A switch that answers in this server's own name is nobody else.
    """

    def __init__(self, interface: str, address: str) -> None:
        self._interface, self._address = interface, address
        self._link: socket.socket | None = None
        self.by = ""

    async def answers(self, patience: float = 0.3) -> bool | None:
        """Whether anybody else claims the address, by a new question; None when it cannot be asked."""
        try:
            link = self._open()
            self._heard(link)  # what came before the question answers nothing
            link.send(request(link.getsockname()[4], self._address))
            return await self._listen(link, patience)
        except OSError:
            self.close()
            return None

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _open(self) -> socket.socket:
        if self._link is None:
            self._link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETHERNET_ARP))
            self._link.setblocking(False)  # noqa: FBT003 # positional-only
            self._link.bind((self._interface, _ETHERNET_ARP))
        return self._link

    async def _listen(self, link: socket.socket, patience: float) -> bool:
        clock = asyncio.get_running_loop().time
        deadline = clock() + patience
        while True:
            over = clock() >= deadline  # looked at before reading: a late process reads once more
            if self._heard(link):
                return True
            if over:
                return False
            await asyncio.sleep(_READ_EVERY)

    def _heard(self, link: socket.socket) -> bool:
        """Reads all that waits."""
        heard, own = False, link.getsockname()[4]
        while True:
            try:
                mac = claimant(link.recv(64), self._address)
            except BlockingIOError:
                return heard
            if mac not in (b"", own):
                heard, self.by = True, mac.hex(":")
