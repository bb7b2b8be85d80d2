"""Hosts, addresses and networks as an operator writes them: read once, and then known to be what they say.

The configuration makes them, of trunks, SMSCs and a pair; domain/trunks/identification.py compares them. Each
is the text as written, for the file that Asterisk reads, with what it means beside it. Nothing is looked up.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER = re.compile("[0-9-]+|0x[0-9a-fA-F]*")
"""Also `20-30`, which means a range to some, and what libc takes for an address."""
_LONGEST_NAME = 253
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(//|.*@)|(sips?|tel|smpp|https?):", re.IGNORECASE)
WIDEST = {4: 8, 6: 16}
"""The fewest bits of a network by IP version. A wider one is a slip, and would let strangers in as a switch:
a carrier's largest private network is 10.0.0.0/8."""

_BROADCAST = IPv4Address("255.255.255.255")

Address = IPv4Address | IPv6Address


class Unusable(ValueError):
    """What was written is none; the message says why, and what to write instead."""


class Host(str):
    """A host to connect to: a name, or the address of one host."""

    __slots__ = ()

    def __new__(cls, written: str) -> Self:
        """Raises Unusable."""
        found = _address(written)
        if found is None:
            _check_name(written)
        elif found.is_unspecified or found.is_multicast or found == _BROADCAST:
            raise Unusable(f'"{written}" is the address of no host: write that of the one that is meant')
        return super().__new__(cls, written)

    @property
    def address(self) -> Address | None:
        """None of a name."""
        return _address(self)


class HostAddress(Host):
    """The address of one host, where no name will do."""

    __slots__ = ()

    def __new__(cls, written: str) -> Self:
        """Raises Unusable."""
        if _address(written) is None:
            raise Unusable(f'"{written}" is no address: write it in numbers, as "192.0.2.20", without port')
        return super().__new__(cls, written)


class OwnAddress(str):
    """An address of this server, to listen at; 0.0.0.0 or :: for all of them."""

    __slots__ = ()

    def __new__(cls, written: str) -> Self:
        """Raises Unusable."""
        found = _address(written)
        if found is None:
            raise Unusable(
                f'"{written}" is no address: write one of this server\'s, as "192.0.2.212", without port'
            )
        if found.is_multicast:
            raise Unusable(f'"{written}" is the address of no host: write one of this server\'s')
        return super().__new__(cls, written)

    @property
    def address(self) -> Address:
        """What it is."""
        return ip_address(str(self))


class Network(str):
    """From where a switch calls: a host, or a network that is no wider than a carrier's."""

    __slots__ = ()

    def __new__(cls, written: str) -> Self:
        """Raises Unusable."""
        if "/" not in written:
            return super().__new__(cls, Host(written))
        found = _network(written)
        if found is None:
            if _URI.match(written):
                _check_name(written)
            raise Unusable(f'"{written}" is no network: write its address and its bits, as "192.0.2.0/28"')
        if found.prefixlen < WIDEST[found.version]:
            raise Unusable(
                f'"{written}" lets in who is no switch of yours, as a subscriber if they like: write your'
                f" carrier's own networks, each with {WIDEST[found.version]} bits or more"
            )
        if found.is_multicast:
            raise Unusable(f'"{written}" holds the address of no host: write your carrier\'s own networks')
        return super().__new__(cls, written)

    @property
    def network(self) -> IPv4Network | IPv6Network | None:
        """None of a name."""
        return _network(self)


def _address(written: str) -> Address | None:
    try:
        return None if "%" in written else ip_address(written)
    except ValueError:
        return None


def _network(written: str) -> IPv4Network | IPv6Network | None:
    """Bits behind the network's own are passed over, as Asterisk does."""
    address, slash, bits = written.partition("/")
    if _address(address) is None or (slash and not (bits.isascii() and bits.isdecimal())):
        return None
    try:
        return ip_network(written, strict=False)
    except ValueError:
        return None


def _check_name(written: str) -> None:
    """Raises Unusable of what is no name either."""
    if _URI.match(written):
        raise Unusable(
            f'"{written}" is a URI: write the host alone, as "192.0.2.20"; its port is a key of its own'
        )
    if "[" in written or "]" in written:
        raise Unusable(f'"{written}": write an IPv6 address without [ ] and port, as "2001:db8::20"')
    host, colon, port = written.rpartition(":")
    if colon and port.isdecimal() and ":" not in host:
        raise Unusable(f'"{written}" has a port in it: write "{host}", and {port} as the key for the port')
    labels = written.removesuffix(".").split(".")
    if all(map(_LABEL.fullmatch, labels)) and len(written) <= _LONGEST_NAME:
        if not _NUMBER.fullmatch(labels[-1]):  # RFC 1123 §2.1: no name ends like an address
            return
        raise Unusable(f'"{written}" is no address: four numbers from 0 to 255, as "192.0.2.20"')
    raise Unusable(f'"{written}" is neither a host name nor an address: write one, as "192.0.2.20"')
