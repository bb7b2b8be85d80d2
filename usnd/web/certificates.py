"""Whose certificate nginx saw, and whether it is believed this second.

Each request asks, and each lot of a bulk. nginx has checked it when the connection began; a revocation
counts on open connections, too (REQUIREMENTS P2). The header is nginx's: nobody else reaches the site's
socket.
"""

from functools import lru_cache
from pathlib import Path

from usnd.ca.crl_watch import CrlWatch
from usnd.ca.disk import CaError
from usnd.ca.identity import Identity, identity_of, presented_certificate
from usnd.domain.certificates.validity import Listing
from usnd.domain.provisioning.codes import Code
from usnd.web.clock import utc_now

CERTIFICATE = "x-usn-terminal-certificate"
"""The header with nginx's `$ssl_client_escaped_cert`."""


class NotBelieved(Exception):
    """`code` says why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


class Certificates:
    """authorities, lists: files; without them each certificate is believed that nginx passes on."""

    def __init__(self, authorities: Path | None, lists: Path | None) -> None:
        self._watch = CrlWatch(authorities, lists, utc_now) if authorities and lists else None

    def shown(self, escaped: str) -> Identity:
        """Whose certificate came with the request, in that header; "": none did. Raises NotBelieved."""
        if not escaped:
            raise NotBelieved(Code.NO_CERTIFICATE)
        found = _read(escaped) if self._watch is None else self._watch.identify(escaped)
        if found is None:
            raise NotBelieved(self._disbelief())
        self.check(found)
        return found

    def check(self, identity: Identity) -> None:
        """Looks again. Raises NotBelieved."""
        if utc_now() >= identity.not_after:
            raise NotBelieved(Code.CERTIFICATE_NOT_BELIEVED)
        if self._watch is None:
            return
        match self._watch.listing(identity.serial, identity.issuer):
            case Listing.LISTED:
                raise NotBelieved(Code.CERTIFICATE_REVOKED)
            case Listing.NO_LIST:
                raise NotBelieved(Code.REVOCATION_LIST_ENDED)

    def _disbelief(self) -> Code:
        """Of a certificate that no authority signed; unless it is not known who the authorities are."""
        known = self._watch is None or self._watch.authorities
        return Code.CERTIFICATE_NOT_BELIEVED if known else Code.REVOCATION_LIST_ENDED


@lru_cache(256)
def _read(escaped: str) -> Identity | None:
    try:
        return identity_of(presented_certificate(escaped))
    except CaError:
        return None
