"""What is asked of a terminal's certificate before it is designated: all that nginx would refuse it for.

`usnd terminal designate` calls it. nginx tells a terminal little, and its operator nothing: it is said here.
"""

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from usnd.ca.crl_watch import CrlWatch
from usnd.ca.disk import CaError
from usnd.ca.identity import Identity, identity_of, period_of
from usnd.ca.outside import issued_by
from usnd.ca.pem import certificates_in, weak_signature, weakness_in_tls
from usnd.domain.certificates.validity import Validity, validity


def terminal_in(path: Path, watch: CrlWatch, now: datetime) -> Identity:
    """Whose certificate stands first in the file. Raises CaError, saying why nginx would refuse it."""
    one = certificates_in(path)[0]
    found = identity_of(one)
    if why := _unfit(one, now) or _not_believed(one, found, watch):
        raise CaError(f"{path}: {why}")
    return found


def _unfit(one: x509.Certificate, now: datetime) -> str | None:
    """Of the certificate itself."""
    try:
        extensions = one.extensions
    except ValueError:
        return "has extensions that cannot be read: ask for another one"
    uses = [use for extension in extensions for use in _uses(extension.value)]
    if any(
        isinstance(extension.value, x509.BasicConstraints) and extension.value.ca for extension in extensions
    ):
        return "is an authority's: give the terminal's own certificate"
    if ExtendedKeyUsageOID.CLIENT_AUTH not in uses:
        whose = (
            "is a server's"
            if ExtendedKeyUsageOID.SERVER_AUTH in uses
            else "does not say that it is a client's"
        )
        return f"{whose} (no clientAuth in its extended key usage): have one issued for a terminal"
    if weak := weakness_in_tls(one.public_key()):
        return weak
    if weak := weak_signature(one):
        return weak
    match validity(period_of(one), now):
        case Validity.ENDED:
            return f"ended on {one.not_valid_after_utc:%Y-%m-%d}: designate the newer one"
        case Validity.NOT_BEGUN:
            return f"begins on {one.not_valid_before_utc:%Y-%m-%d}: is our clock right?"
    return None


def _uses(value: x509.ExtensionType) -> list[x509.ObjectIdentifier]:
    return list(value) if isinstance(value, x509.ExtendedKeyUsage) else []


def _not_believed(one: x509.Certificate, found: Identity, watch: CrlWatch) -> str | None:
    """By the authorities that nginx believes, and their lists."""
    if watch.trouble:
        return f"whom nginx believes cannot be read: {watch.trouble}"
    if not any(known.subject == one.issuer and issued_by(one, known) for known in watch.authorities):
        return (
            f"is signed by {found.issuer}, which is not trusted here: see `usnd ca trust` and `usnd ca issue`"
        )
    if watch.revoked(found.serial, found.issuer):
        return "is revoked, or its authority has no list in force: see `usnd ca check`"
    if why := watch.not_covered(one):
        return f"nginx refuses it, for its authority's list {why}: ask for a full list"
    return None
