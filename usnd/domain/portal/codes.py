"""The codes that are sent as SMS, and the cookies by which a device is known again. Pure.

Both are kept or proven by the node's key, which both servers of a pair have: a code is stored as what the key
makes of it, a device's cookie names no account and is good for one only.
"""

import hmac
from datetime import timedelta

from usnd.domain.subscribers.credentials import CredentialKey

CODE_SPACE = 10**6
CODE_DIGITS = 6
CODE_VALID = timedelta(minutes=10)
DEVICE_OCTETS = 16
_CODE, _DEVICE = b"usnd: code of a reset", b"usnd: device of a subscriber"
_BETWEEN = "."


def code_of(drawn: int) -> str:
    """The digits of a number below CODE_SPACE."""
    return f"{drawn:0{CODE_DIGITS}d}"


def code_digest(key: CredentialKey, number: str, code: str) -> str:
    """What is kept of a code for that number (hexadecimal)."""
    return _hmac(_hmac(key.key, _CODE), f"{number} {code}").hex()


def is_same(one: str, other: str) -> bool:
    """Whether two digests are the same; it takes as long whether they are or not."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def device_cookie(key: CredentialKey, number: str, name: str) -> str:
    """What a device keeps that signed in to that number. name: drawn for it, of letters and digits."""
    return f"{name}{_BETWEEN}{_signature(key, number, name)}"


def known_device(key: CredentialKey, number: str, cookie: str) -> str | None:
    """The name of the device, if it signed in to that number before; None: it is nobody's that is known."""
    name, _, signature = cookie.partition(_BETWEEN)
    genuine = is_same(signature, _signature(key, number, name))
    return name if genuine and name else None


def _signature(key: CredentialKey, number: str, name: str) -> str:
    return _hmac(_hmac(key.key, _DEVICE), f"{number} {name}").hex()


def _hmac(key: bytes, message: bytes | str) -> bytes:
    octets = message if isinstance(message, bytes) else message.encode("utf-8", "replace")
    return hmac.digest(key, octets, "sha256")
