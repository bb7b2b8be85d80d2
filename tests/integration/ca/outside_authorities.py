"""Authorities of others, with every fault that one can have; and what the real OpenSSL says of a terminal."""

import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crm.certificates import Made
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
SIGNS = {"key_cert_sign": True, "crl_sign": True}
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def named(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example, Ltd"),
        ]
    )


def key_usage(**uses: bool) -> x509.KeyUsage:
    fields = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
    more = ("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**(dict.fromkeys((*fields, *more), False) | uses))


def made(  # noqa: PLR0913 # each is one fault that an authority can have
    name: str | x509.Name,
    above: Made | None = None,
    *,
    ca: bool | None = True,
    below: int | None = None,
    begins: timedelta = -DAY,
    ends: timedelta = 365 * DAY,
    uses: dict[str, bool] | None = None,
    purpose: x509.ObjectIdentifier | None = None,
    key: Any = None,
    hashed: Any = None,
    serial: int | None = None,
) -> Made:
    """An authority (`ca`) or a terminal, signed by `above` or by itself. below: its path length."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = name if isinstance(name, x509.Name) else named(name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.subject if above else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(NOW + begins)
        .not_valid_after(NOW + ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=below), critical=True)
    if uses is not None:
        builder = builder.add_extension(key_usage(**uses), critical=True)
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    return Made(builder.sign(above.key if above else key, hashed or SHA256()), key)


def listed(
    issuer: Made,
    revoked: Iterable[x509.Certificate] = (),
    *,
    begins: timedelta = -DAY / 24,
    ends: timedelta = 10 * DAY,
    signer: Made | None = None,
    more: Iterable[tuple[x509.ExtensionType, bool]] = (),
) -> x509.CertificateRevocationList:
    """A revocation list in the name of `issuer`, signed by it or by `signer`."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW + begins)
        .next_update(NOW + ends)
    )
    for extension, critical in more:
        builder = builder.add_extension(extension, critical)
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(NOW - DAY)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign((signer or issuer).key, SHA256())


def signed_with_sha1(above: Path, path: Path, extensions: str) -> Path:
    """A certificate by OpenSSL, which still makes such ones. above: as `Made.save` puts it."""
    wanted = path.with_suffix(".ext")
    wanted.write_text(f"{extensions}\n")
    request = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=Weak")
    openssl("req", "-new", *request, "-keyout", path.with_suffix(".key"), "-out", path.with_suffix(".csr"))
    signed = ("-CA", above, "-CAkey", above.with_suffix(".key"), "-sha1", "-extfile", wanted)
    openssl("x509", "-req", "-in", path.with_suffix(".csr"), *signed, "-out", path)
    return path


def openssl(*arguments: object, check: bool = True) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def verdict(tls: Path, terminal: Path, at: datetime | None = None, purpose: str = "sslclient") -> str:
    """What OpenSSL says of it by the published files, as nginx asks it: `OK`, or why not.

    The terminal sends all certificates of its file; the first is its own.
    """
    files = ("-CAfile", tls / "client-ca.pem", "-CRLfile", tls / "client-crl.pem")
    asked = ("-crl_check", "-crl_check_all", "-no-CApath", "-no-CAstore", "-purpose", purpose)
    when = ("-attime", int(at.timestamp())) if at else ()
    said = openssl("verify", *asked, *files, *when, "-untrusted", terminal, terminal, check=False)
    if said.strip().endswith(": OK"):
        return "OK"
    return next(line.split(": ", 1)[1] for line in said.splitlines() if line.startswith("error "))
