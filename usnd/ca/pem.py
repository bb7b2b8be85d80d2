"""Certificates, revocation lists, requests and keys out of files, PEM or DER. A refusal names the file."""

import re
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from usnd.ca.disk import CaError, read

LEAST_RSA, LEAST_EC = 2048, 256
"""Bits; OpenSSL refuses less in its usual setting."""
_WEAK_HASHES = {"md5": "MD5", "sha1": "SHA-1"}
"""Of OpenSSL's usual setting, by their names there."""
_GOOD_HASH = "SHA-256"
_CURVES = ec.SECP256R1, ec.SECP384R1, ec.SECP521R1
_TAKEN = f"P-256, P-384, P-521, Ed25519, or RSA of {LEAST_RSA} bits"
MOST_IN_A_FILE = 100
_LIST = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)
_LARGEST_REQUEST = 65_536


def certificates_in(path: Path) -> list[x509.Certificate]:
    """All certificates of the file. Raises CaError where it has none."""
    content = read(path)
    try:
        if b"-----BEGIN" not in content:
            return [x509.load_der_x509_certificate(content)]
        found = x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise CaError(f"{path}: holds no certificate, or one that cannot be read") from error
    if len(found) > MOST_IN_A_FILE:
        raise CaError(f"{path}: has {len(found)} certificates: at most {MOST_IN_A_FILE}, of authorities only")
    return found


def lists_of(path: Path) -> list[x509.CertificateRevocationList]:
    """All revocation lists of the file. Raises CaError where it has none."""
    if found := lists_in(read(path), path):
        return found
    raise CaError(f"{path}: holds no revocation list, or one that is cut off: get it again")


def lists_in(content: bytes, path: Path) -> list[x509.CertificateRevocationList]:
    """All revocation lists of that content of the file; none of an empty one. Raises CaError."""
    try:
        if content and b"-----BEGIN" not in content:
            return [x509.load_der_x509_crl(content)]
        return [x509.load_pem_x509_crl(one) for one in _LIST.findall(content)]
    except ValueError as error:
        raise CaError(f"{path}: has a revocation list that cannot be read") from error


def request_in(path: Path) -> CertificatePublicKeyTypes:
    """The key that the request (PKCS#10) is for, whose owner it is proof of. Raises CaError."""
    content = read(path, _LARGEST_REQUEST)
    try:
        der = b"-----BEGIN" not in content
        request = x509.load_der_x509_csr(content) if der else x509.load_pem_x509_csr(content)
        signed, key = request.is_signature_valid, request.public_key()
    except ValueError as error:
        raise CaError(f"{path}: is no certificate request (PKCS#10), or one that cannot be read") from error
    if not signed:
        raise CaError(f"{path}: is not signed with its own key: have it made anew")
    if weak := weakness_in_tls(key):
        raise CaError(f"{path}: {weak}: have a request made with a new key")
    return key


def weakness(key: CertificatePublicKeyTypes) -> str | None:
    """Why that key cannot be used; None: it can."""
    match key:
        case rsa.RSAPublicKey() if key.key_size < LEAST_RSA:
            return f"an RSA key of {key.key_size} bits is too short: {LEAST_RSA} at least"
        case ec.EllipticCurvePublicKey() if key.curve.key_size < LEAST_EC:
            return f"a key on {key.curve.name} is too short: take P-256 at least"
        case (
            rsa.RSAPublicKey()
            | ec.EllipticCurvePublicKey()
            | ed25519.Ed25519PublicKey()
            | ed448.Ed448PublicKey()
        ):
            return None
    return "this kind of key is not for TLS"


def weakness_in_tls(key: CertificatePublicKeyTypes) -> str | None:
    """Why the other side of TLS would not take that key; None: it does."""
    match key:
        case ec.EllipticCurvePublicKey() if not isinstance(key.curve, _CURVES):
            return f"a key on {key.curve.name} is not taken in TLS: take {_TAKEN}"
        case ed448.Ed448PublicKey():
            return f"an Ed448 key is not taken in TLS: take {_TAKEN}"
    return weakness(key)


def weak_signature(one: x509.Certificate | x509.CertificateRevocationList) -> str | None:
    """Why the signature on it is taken from nobody; None: it is."""
    try:
        hashed = one.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return f"is signed in a way that is not known here: ask for one that is signed with {_GOOD_HASH}"
    if hashed is None or hashed.name not in _WEAK_HASHES:
        return None
    return (
        f"is signed with {_WEAK_HASHES[hashed.name]}, which is forged too easily: nginx and usnd take it "
        f"from nobody. Ask whoever signed it for the same, signed with {_GOOD_HASH}"
    )


def key_in(path: Path) -> ec.EllipticCurvePrivateKey:
    """The authority's own key. Raises CaError."""
    try:
        key = load_pem_private_key(read(path), password=None)
    except (ValueError, TypeError) as error:
        raise CaError(f"{path}: is no private key: put it back from your backup") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CaError(f"{path}: is not the key that `usnd ca init` made: put it back from your backup")
    return key


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS#8, without a password: its file's mode keeps it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def pem(one: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    return one.public_bytes(Encoding.PEM)
