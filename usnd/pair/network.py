"""Links, addresses and neighbours by netlink and ARP: carrier of the cross-over, who answers for an address.

Owns how these are asked. keepalived's events are hints only: what counts is read here each second.
Needs CAP_NET_RAW for ARP; without it nothing is known, which permits nothing.
"""

import socket
import struct
from contextlib import suppress
from typing import Any

from pyroute2 import IPRoute

_ETHERNET_ARP, _ARP_REQUEST, _ARP_REPLY = 0x0806, 1, 2
_FORM = struct.Struct("!HHBBH6s4s6s4s")
_HEAD = 14
_BROADCAST = b"\xff" * 6


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


def answers(frame: bytes, wanted: str) -> bool:
    """Whether a frame is somebody's claim to the address."""
    if len(frame) < _HEAD + _FORM.size:
        return False
    *_, operation, _mac, sender, _target, _asked = _FORM.unpack_from(frame, _HEAD)
    return bool(operation == _ARP_REPLY and sender == socket.inet_aton(wanted))


def somebody_has(interface: str, address: str, patience: float = 0.3) -> bool | None:
    """Whether anybody on the link answers an ARP probe for the address; None when it cannot be asked."""
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETHERNET_ARP)) as link:
            link.bind((interface, _ETHERNET_ARP))
            link.settimeout(patience)
            link.send(request(link.getsockname()[4], address))
            with suppress(TimeoutError):
                for _ in range(64):
                    if answers(link.recv(64), address):
                        return True
    except OSError:
        return None
    return False
