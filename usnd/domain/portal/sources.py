"""Where somebody comes from, as counters and the audit have it. Pure."""

from ipaddress import IPv6Address, IPv6Network, ip_address

UNKNOWN = "unknown"
_LONGEST_PREFIX = 64


def source_of(address: str) -> str:
    """What one household has: an IPv4 address, of IPv6 the network of 64 bits. UNKNOWN: it is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return UNKNOWN
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Network((found.packed, _LONGEST_PREFIX), strict=False))
