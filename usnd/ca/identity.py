"""A certificate as the product names it: serial number and issuer, in the one form that is compared.

Who designates a terminal names its certificate by it; crl_watch.py the one that nginx saw. nginx gives the
certificate itself (`$ssl_client_escaped_cert`): its own words for issuer and serial number are written
in another way, and are not to be compared.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote_to_bytes

from cryptography import x509

from usnd.ca.disk import CaError
from usnd.domain.certificates.terminal import serial_text
from usnd.domain.certificates.validity import Period

LARGEST_CERTIFICATE = 32_768
"""Octets of one certificate in PEM."""


@dataclass(frozen=True, slots=True)
class Identity:
    """serial: hexadecimal, small letters, no zeros in front. issuer: RFC 4514. not_after: UTC."""

    serial: str
    issuer: str
    not_after: datetime


def identity(pem: bytes) -> Identity:
    """Of one certificate in PEM. Raises CaError."""
    return identity_of(certificate(pem))


def presented_certificate(escaped: str) -> x509.Certificate:
    """Out of nginx's `$ssl_client_escaped_cert`. Raises CaError, also where none was shown."""
    if len(escaped) > 3 * LARGEST_CERTIFICATE:
        raise CaError("the certificate is too large")
    return certificate(unquote_to_bytes(escaped))


def certificate(pem: bytes) -> x509.Certificate:
    """Raises CaError."""
    if len(pem) > LARGEST_CERTIFICATE:
        raise CaError("the certificate is too large")
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise CaError("that is no certificate in PEM") from error


def identity_of(one: x509.Certificate) -> Identity:
    """Raises CaError where its names cannot be read."""
    try:
        return Identity(serial_text(one.serial_number), one.issuer.rfc4514_string(), one.not_valid_after_utc)
    except ValueError as error:
        raise CaError("the certificate's names cannot be read") from error


def period_of(one: x509.Certificate | x509.CertificateRevocationList) -> Period:
    """When it holds. A list that names no next one is over at once. UTC."""
    if isinstance(one, x509.Certificate):
        return Period(one.not_valid_before_utc, one.not_valid_after_utc)
    return Period(one.last_update_utc, one.next_update_utc or one.last_update_utc)
