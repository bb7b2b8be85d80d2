"""Which certificates a revocation list is for: what OpenSSL, and so nginx, refuses as "different CRL scope".

outside.py asks before a list is taken, crl_watch.py of each list that is published, designation.py of a
terminal's certificate. A list without an issuing distribution point is for all of its authority.
"""

from collections.abc import Iterable

from cryptography import x509


def scope(one: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    """What the list says that it is for; None: for all. Raises ValueError where that cannot be read."""
    try:
        return one.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return None


def partial(one: x509.CertificateRevocationList) -> str | None:
    """Why nobody can be judged by that list; None: somebody can."""
    try:
        extensions = one.extensions
    except ValueError:
        return "has extensions that cannot be read"
    for extension in extensions:
        match extension.value:
            case x509.DeltaCRLIndicator():
                return "has only what changed since another one (delta)"
            case x509.IssuingDistributionPoint() as point if (
                point.indirect_crl or point.only_contains_attribute_certs or point.only_some_reasons
            ):
                return "has only a part of what is revoked, or what others revoked"
    return None


def outside_of(
    one: x509.CertificateRevocationList, issuer: x509.Certificate, authorities: Iterable[x509.Certificate]
) -> str | None:
    """Why nginx cannot use that list of `issuer`, who signed some of these authorities; None: it can."""
    if why := partial(one):
        return why
    point = scope(one)
    for below in authorities:
        if below.issuer == issuer.subject and (why := not_covered(point, below)):
            return f"{why}, and so not for {below.subject.rfc4514_string()}"
    return None


def not_covered(point: x509.IssuingDistributionPoint | None, one: x509.Certificate) -> str | None:
    """Why a list with that scope says nothing of a certificate of its authority; None: it does."""
    if point is None:
        return None
    if point.only_contains_user_certs and _is_authority(one):
        return "is only for certificates of users"
    if point.only_contains_ca_certs and not _is_authority(one):
        return "is only for certificates of authorities"
    if point.full_name is None and point.relative_name is None:
        return None
    named = set(point.full_name or ())
    if any(named & set(known.full_name or ()) for known in _points(one)):
        return None
    return "is only for certificates that name its distribution point"


def _is_authority(one: x509.Certificate) -> bool:
    try:
        return one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _points(one: x509.Certificate) -> Iterable[x509.DistributionPoint]:
    try:
        return one.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
