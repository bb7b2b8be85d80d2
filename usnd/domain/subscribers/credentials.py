"""The first log-in of a new subscriber: derived from the node's key and the request, never kept in clear.

services/subscribers.py gives it with a subscriber whom a CRM creates. The same request gives the same
password again, so that a repeated request can be answered without one being stored (REQUIREMENTS P2, P3).
Only who has the key, the request and the number could reckon it.
"""

import base64
import hmac
from dataclasses import dataclass, field
from functools import lru_cache

from usnd.domain.subscribers.orders import Credentials

SHORTEST_KEY = 32
"""Octets."""
_PASSWORD, _STORED = b"usnd: password of a first log-in", b"usnd: what is stored of a password"
_OCTETS = 20
"""160 bits: 32 characters of base32, and nothing to fill up."""
_GROUP = 4


@dataclass(frozen=True, slots=True)
class CredentialKey:
    """The node's key, of at least SHORTEST_KEY octets, the same on both servers of a pair."""

    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """Which request creates the subscriber: as store/schema's provisioning_requests know it."""

    client: str
    request: str
    row: int


def first_log_in(key: CredentialKey, origin: Origin, number: str) -> Credentials:
    """The credentials that this request gives this number: always the same."""
    parts = (origin.client, origin.request, str(origin.row), number)
    digest = _hmac(key.key, b"".join(map(_framed, (_PASSWORD, *(part.encode() for part in parts)))))
    letters = base64.b32encode(digest[:_OCTETS]).decode().lower()
    groups = (letters[begin : begin + _GROUP] for begin in range(0, len(letters), _GROUP))
    return Credentials(number, "-".join(groups))


def stored(key: CredentialKey, credentials: Credentials) -> str:
    """What is kept of the password: enough to know it again with the key, and no more (hexadecimal)."""
    return _hmac(_key_of_stored(key), credentials.password.encode()).hex()


@lru_cache(1)
def _key_of_stored(key: CredentialKey) -> bytes:
    return _hmac(key.key, _STORED)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _framed(part: bytes) -> bytes:
    """With its length, so that two rows of parts never make one message."""
    return len(part).to_bytes(4, "big") + part
