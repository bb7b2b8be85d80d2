"""The certificates and lists that the authority signs, by RFC 5280: what stands in each.

authority.py calls it. Nothing is read or written here. Keys are ECDSA on P-256; a serial number is random,
of 20 octets.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from usnd.ca.record import Issued, Kind, Reason
from usnd.domain.certificates.validity import Period

BACKDATED = timedelta(hours=1)
"""A server whose clock is behind believes it at once, too."""
CRL_FOR = timedelta(days=14)
_KEPT_ON_LIST = timedelta(days=30)
"""After its end, for clocks that are behind."""
_USES = {Kind.TERMINAL: ExtendedKeyUsageOID.CLIENT_AUTH, Kind.SERVER: ExtendedKeyUsageOID.SERVER_AUTH}
_REASONS = {
    Reason.KEY_COMPROMISE: x509.ReasonFlags.key_compromise,
    Reason.AFFILIATION_CHANGED: x509.ReasonFlags.affiliation_changed,
    Reason.SUPERSEDED: x509.ReasonFlags.superseded,
    Reason.CESSATION: x509.ReasonFlags.cessation_of_operation,
    Reason.WITHDRAWN: x509.ReasonFlags.privilege_withdrawn,
}


@dataclass(frozen=True, slots=True)
class Signer:
    """The authority's certificate and key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose certificate it will be. hosts: names and addresses of a server, as they are dialled."""

    name: str
    kind: Kind
    key: CertificatePublicKeyTypes
    hosts: tuple[str, ...] = ()


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def period(now: datetime, length: timedelta, bound: datetime | None = None) -> Period:
    """From a little before now; not longer than `bound`, the authority's own end."""
    now = now.astimezone(UTC).replace(microsecond=0)
    return Period(now - BACKDATED, min(now + length, bound or datetime.max.replace(tzinfo=UTC)))


def authority(key: ec.EllipticCurvePrivateKey, name: x509.Name, when: Period) -> x509.Certificate:
    """The authority's own certificate: it signs terminals and servers, and no other authority."""
    return (
        _begun(name, key.public_key(), when)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .sign(key, SHA256())
    )


def issue(signer: Signer, holder: Holder, when: Period) -> x509.Certificate:
    """A certificate for a terminal (clientAuth) or a server (serverAuth, with its hosts)."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, holder.name)])
    above = signer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _begun(name, holder.key, when)
        .issuer_name(signer.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_USES[holder.kind]]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
    )
    if holder.hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_host(one) for one in holder.hosts]), critical=False
        )
    return builder.sign(signer.key, SHA256())


def revocation_list(
    signer: Signer, revoked: Iterable[Issued], number: int, now: datetime
) -> x509.CertificateRevocationList:
    """The list of all that are revoked."""
    when = period(now, CRL_FOR)
    above = signer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(when.begins)
        .next_update(when.ends)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
    )
    for one in revoked:
        builder = builder.add_revoked_certificate(_entry(one))
    return builder.sign(signer.key, SHA256())


def on_list(issued: Iterable[Issued], now: datetime) -> list[Issued]:
    """Those that a list of now must have: revoked, and not over for long."""
    return [one for one in issued if one.revoked_at is not None and one.ends > now - _KEPT_ON_LIST]


def _begun(name: x509.Name, key: CertificatePublicKeyTypes, when: Period) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(when.begins)
        .not_valid_after(when.ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(written: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(written))
    except ValueError:
        return x509.DNSName(written)


def _entry(one: Issued) -> x509.RevokedCertificate:
    assert one.revoked_at is not None
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(int(one.serial, 16))
        .revocation_date(one.revoked_at.astimezone(UTC).replace(microsecond=0))
    )
    if (reason := _REASONS.get(one.reason or Reason.UNSPECIFIED)) is not None:
        entry = entry.add_extension(x509.CRLReason(reason), critical=False)
    return entry.build()


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def newest(lists: Sequence[x509.CertificateRevocationList]) -> x509.CertificateRevocationList:
    """Of several lists of one authority."""
    return max(lists, key=lambda one: one.last_update_utc)
