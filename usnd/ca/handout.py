"""What is handed out of a new certificate: a directory of its own, with everything that its owner needs.

authority.py calls it, between two writes of the record. NAME.pem is the certificate, ca.pem the authority's.
Where the key was made here there are also NAME.key, and both in NAME.p12 (PKCS#12) with its password in
NAME.p12.password. All of it for its owner only (0700, 0600).
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from usnd.ca.disk import CaError, Disk, read
from usnd.ca.identity import certificate
from usnd.ca.pem import key_pem, pem
from usnd.ca.record import Issued
from usnd.domain.certificates.terminal import serial_text

_PASSWORD_OCTETS = 18


@dataclass(frozen=True, slots=True)
class Handout:
    """key: None where it never left its owner, who sent a request."""

    name: str
    certificate: x509.Certificate
    authority: x509.Certificate
    key: ec.EllipticCurvePrivateKey | None


def check_free(out: Path) -> None:
    """Whether it can be made there. Raises CaError."""
    if not out.is_absolute() or out.name in ("", ".."):
        raise CaError(f"{out}: write the directory from the root")
    if out.exists():
        raise CaError(f"{out}: is there already: name a directory that is not there yet, it is made")
    if not out.parent.is_dir():
        raise CaError(f"{out.parent}: there is no such directory: make it, or name another")


def hand_out(handout: Handout, out: Path, disk: Disk) -> None:
    """The whole directory, or nothing of it. Raises OSError."""
    new = _new(out)
    disk.make(new)
    for name, content in _files(handout).items():
        disk.write(new / name, content)
    disk.move(new, out)


def arrived(one: Issued) -> bool:
    """Whether that certificate lies where it was to be handed out."""
    try:
        found = certificate(read(Path(one.out) / f"{one.name}.pem"))
    except CaError:
        return False
    return serial_text(found.serial_number) == one.serial


def take_back(one: Issued, disk: Disk) -> None:
    """What an interrupted command left of it. Raises OSError."""
    disk.remove(_new(Path(one.out)))


def _files(handout: Handout) -> dict[str, bytes]:
    name = handout.name
    files = {"ca.pem": pem(handout.authority)}
    if handout.key is not None:
        password = secrets.token_urlsafe(_PASSWORD_OCTETS).encode()
        files[f"{name}.key"] = key_pem(handout.key)
        files[f"{name}.p12.password"] = password + b"\n"
        files[f"{name}.p12"] = serialize_key_and_certificates(
            name.encode(),
            handout.key,
            handout.certificate,
            [handout.authority],
            BestAvailableEncryption(password),
        )
    return {**files, f"{name}.pem": pem(handout.certificate)}


def _new(out: Path) -> Path:
    return out.with_name(f".{out.name}.new")
