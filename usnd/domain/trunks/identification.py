"""Which trunk a call comes in by, where several switches call from one address (REQUIREMENTS V4).

config/trunks.py asks what cannot be told apart, config/pjsip_conf.py by what Asterisk is to tell. Asterisk 22
knows a call by the address it comes from, with its port if asked to, or by what stood in the Contact it
registered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from usnd.domain.network.hosts import Network


@dataclass(frozen=True, slots=True)
class Address:
    """From where a trunk's switch calls. `port`: None where it may be any, as with TCP and TLS."""

    trunk: str
    networks: tuple[Network, ...]
    port: int | None
    registers: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """Calls from `address` may be of either trunk."""

    one: str
    other: str
    address: str


@dataclass(frozen=True, slots=True)
class Known:
    """By what trunks are known that share an address; all others by their address alone."""

    by_port: frozenset[str]
    by_registration: frozenset[str]
    """By it alone: calls from that address that do not name it are of the trunk that does not register."""
    doubts: tuple[Doubt, ...]


def tell_apart(addresses: Sequence[Address]) -> Known:
    """How each trunk is known, and which cannot be.

    Where both trunks register, a call that does not name its registration is of the first of them.
    """
    by_port: set[str] = set()
    by_registration: set[str] = set()
    left: list[Doubt] = []
    for one, other in combinations(addresses, 2):
        shared = _shared(one, other)
        if shared is None:
            continue
        if None not in (one.port, other.port) and one.port != other.port:
            by_port |= {one.trunk, other.trunk}
        elif one.registers is not other.registers:
            by_registration.add(one.trunk if one.registers else other.trunk)
        elif not one.registers:
            left.append(Doubt(one.trunk, other.trunk, shared))
    return Known(frozenset(by_port), frozenset(by_registration), tuple(left))


def _shared(one: Address, other: Address) -> str | None:
    """An address of both; names are compared as they are written, since they are not looked up here."""
    for network in one.networks:
        for another in other.networks:
            if network.lower() == another.lower() or _overlap(network, another):
                return network
    return None


def _overlap(one: Network, other: Network) -> bool:
    here, there = one.network, other.network
    if here is None or there is None or here.version != there.version:
        return False
    return here.overlaps(there)
