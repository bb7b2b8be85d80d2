"""Authorities of others: what is asked of one before its terminals can be designated.

nginx refuses the certificates of an authority that it cannot follow up to a self-signed one, and those of an
authority without a list, and tells the terminal nothing but that the connection is closed. So it is all said
here, before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from usnd.ca.disk import CaError
from usnd.ca.identity import period_of
from usnd.ca.pem import weak_signature, weakness
from usnd.ca.scope import outside_of
from usnd.domain.certificates.validity import Validity, validity

_AHEAD = timedelta(minutes=5)
"""How far the clock of who signed a list may be ahead of ours."""
LONGEST_CHAIN = 10


def check_authorities(
    new: Sequence[x509.Certificate], known: Sequence[x509.Certificate], now: datetime
) -> None:
    """Whether nginx can believe terminals of these, together with those `known`. Raises CaError."""
    everyone = [*new, *known]
    for one in new:
        if why := _unfit(one, now):
            raise CaError(f"{called(one)}: {why}")
        for other in everyone:
            if other.subject == one.subject and other.public_key() != one.public_key():
                raise CaError(
                    f"{called(one)}: there is another authority of that name with another key: of the two "
                    "nobody could say whose a terminal is. If this one takes its place, `usnd ca untrust` "
                    "the former"
                )
        _check_chain(one, everyone)


def check_list(
    new: x509.CertificateRevocationList, authorities: Sequence[x509.Certificate], now: datetime
) -> x509.Certificate:
    """Whether nginx can use that list; gives whose it is. Raises CaError."""
    issuer = new.issuer.rfc4514_string()
    named = [one for one in authorities if one.subject == new.issuer]
    if not named:
        raise CaError(f"a list of {issuer}: that authority is not trusted here: give its certificate too")
    if weak := weak_signature(new):
        raise CaError(f"a list of {issuer}: {weak}")
    if not signed_by(new, named[0]):
        raise CaError(f"a list of {issuer}: is not signed by that authority: get it from there again")
    if new.next_update_utc is None:
        raise CaError(f"a list of {issuer}: does not say until when it holds: ask for one with nextUpdate")
    if now >= new.next_update_utc:
        raise CaError(
            f"a list of {issuer}: ended on {new.next_update_utc:%Y-%m-%d %H:%M} UTC: get the newest one"
        )
    if new.last_update_utc > now + _AHEAD:
        raise CaError(
            f"a list of {issuer}: begins on {new.last_update_utc:%Y-%m-%d %H:%M} UTC: is our clock right?"
        )
    if part := outside_of(new, named[0], authorities):
        raise CaError(f"a list of {issuer}: {part}: ask for the full list")
    return named[0]


def signed_by(one: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether it is this authority's, by its name and its key."""
    if one.issuer != issuer.subject:
        return False
    try:
        return one.is_signature_valid(issuer.public_key())  # type: ignore[arg-type] # TypeError
    except (TypeError, ValueError):
        return False


def issued_by(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether that authority's key signed it."""
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def called(one: x509.Certificate) -> str:
    """An authority in a sentence and in lists."""
    return one.subject.rfc4514_string()


def _unfit(one: x509.Certificate, now: datetime) -> str | None:
    try:
        limits = one.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError):
        limits = None
    if limits is None or not limits.ca:
        return "is no authority's certificate (CA:FALSE): give that of the authority, not a terminal's own"
    if usage := _usage(one):
        return usage
    if weak := weakness(one.public_key()):
        return weak
    if not _names_itself(one) and (weak := weak_signature(one)):
        return weak
    match validity(period_of(one), now):
        case Validity.ENDED:
            return f"ended on {one.not_valid_after_utc:%Y-%m-%d}: ask for the newer one"
        case Validity.NOT_BEGUN:
            return f"begins on {one.not_valid_before_utc:%Y-%m-%d}: is our clock right?"
    return None


def _names_itself(one: x509.Certificate) -> bool:
    return one.subject == one.issuer


def _is_root(one: x509.Certificate) -> bool:
    """It signed itself. A weak signature is not looked at there: who is trusted is trusted by hand."""
    return _names_itself(one) and (weak_signature(one) is not None or issued_by(one, one))


def _usage(one: x509.Certificate) -> str | None:
    try:
        usage = one.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    if not usage.key_cert_sign:
        return "may not sign certificates, by its key usage: give the authority that signs the terminals'"
    return (
        None
        if usage.crl_sign
        else "may not sign revocation lists, by its key usage: without them no one is heard"
    )


def _check_chain(one: x509.Certificate, everyone: Sequence[x509.Certificate]) -> None:
    """Up to one that signed itself. Raises CaError."""
    below, at = 0, one
    while not _is_root(at):
        above = next((other for other in everyone if other is not at and issued_by(at, other)), None)
        if above is None:
            raise CaError(
                f"{called(at)}: is signed by {at.issuer.rfc4514_string()}, whose certificate is not here. "
                "nginx believes nobody below it without that, and says so to nobody: give it too, up to "
                "the one that signed itself"
            )
        at, below = above, below + 1
        allowed = at.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
        if below > LONGEST_CHAIN or (allowed is not None and below > allowed):
            raise CaError(f"{called(one)}: {called(at)} allows no authority so far below it")
