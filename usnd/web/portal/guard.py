"""Whether a form that comes was ours, and was sent by a page of ours: its token, and where a POST comes from.

site.py asks before any page does. In a session the token in each form is made from the session's own; before
one begins it is made from a cookie, which this process signed and which is good for an hour. So a form of a
process that ended is asked for once more: no key has to be kept.
"""

import hmac
import secrets
from collections.abc import Mapping

FIELD = "form_token"
LASTS = 3600
"""Seconds that a form before the sign-in may be open."""
_NONCE_OCTETS = 16
_OF_SESSION, _OF_TABS, _OF_COOKIE, _COOKIE = (
    b"usn portal: form of a session",
    b"usn portal: tabs of a session",
    b"usn portal: form",
    b"usn portal: cookie",
)


def token_of_session(token: str) -> str:
    """What each form of the session holds."""
    return _mac(token.encode("utf-8", "replace"), _OF_SESSION)


def channel_of_session(token: str) -> str:
    """By which the tabs of one session find each other; it says nothing of the token."""
    return _mac(token.encode("utf-8", "replace"), _OF_TABS)[:16]


class FormCookies:
    """For who is not signed in. now: seconds since 1970."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def fresh(self, now: float) -> str:
        """A new cookie."""
        value = f"{int(now) + LASTS}.{secrets.token_hex(_NONCE_OCTETS)}"
        return f"{value}.{_mac(self._key, _COOKIE + value.encode())}"

    def holds(self, cookie: str, now: float, least: float = 0) -> bool:
        """Whether it is one of ours, and good for so many seconds more."""
        value, _, signature = cookie.rpartition(".")
        if not _is_same(signature, _mac(self._key, _COOKIE + value.encode("utf-8", "replace"))):
            return False
        return int(value.partition(".")[0]) > now + least

    def token(self, cookie: str) -> str:
        """What each form that goes with that cookie holds."""
        return _mac(self._key, _OF_COOKIE + cookie.encode("utf-8", "replace"))


def is_token(given: str, wanted: str) -> bool:
    """Whether the form holds the token."""
    return bool(wanted) and _is_same(given, wanted)


def is_from_here(environ: Mapping[str, str]) -> bool:
    """Whether a POST was sent by a page of ours: the browser says so, in a header that no page can write.

    Sec-Fetch-Site (Fetch Metadata) and Origin (RFC 6454): each that is there must say it, and one must be.
    """
    site, origin = environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN")
    if site is not None and site != "same-origin":
        return False
    if origin is None:
        return site is not None
    return origin == f"https://{environ.get('HTTP_HOST', '')}"


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _mac(key: bytes, message: bytes) -> str:
    return hmac.digest(key, message, "sha256").hex()
