"""What the authority knows: what it issued and revoked, whom it trusts, where its lists go. One JSON file.

authority.py writes it before anything that follows from it leaves the directory: a certificate that is in no
record was given to nobody. It has no secret in it.
"""

from datetime import datetime
from enum import Enum
from pathlib import Path

import msgspec

from usnd.ca.disk import CaError, Disk, read

FILE = "record.json"
MOST_ISSUED = 10_000


class Kind(Enum):
    """Whose certificate; the value is the operator's word."""

    TERMINAL = "terminal"
    SERVER = "server"


class Reason(Enum):
    """Why a certificate is revoked (RFC 5280 §5.3.1)."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key-compromise"
    AFFILIATION_CHANGED = "affiliation-changed"
    SUPERSEDED = "superseded"
    CESSATION = "cessation-of-operation"
    WITHDRAWN = "privilege-withdrawn"


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate. Times are UTC.

    pem: the certificate. out: the directory it is handed out to; handed_out: it has arrived there whole.
    """

    serial: str
    name: str
    kind: Kind
    begins: datetime
    ends: datetime
    pem: str
    out: str
    hosts: tuple[str, ...] = ()
    handed_out: bool = False
    revoked_at: datetime | None = None
    reason: Reason | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """crl_number: of the newest list. outside: certificates of authorities that are trusted, PEM, one each.

    places: where the authorities and their lists are published.
    """

    issued: tuple[Issued, ...] = ()
    crl_number: int = 0
    outside: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def named(self, name: str) -> list[Issued]:
        """The certificates of that name that are not revoked, the oldest first."""
        return [one for one in self.issued if one.name == name and one.revoked_at is None]

    def with_changed(self, changed: Issued) -> "Record":
        """With this one in the place of the one with its serial number."""
        issued = tuple(changed if one.serial == changed.serial else one for one in self.issued)
        return msgspec.structs.replace(self, issued=issued)


def load(directory: Path) -> Record:
    """Raises CaError."""
    path = directory / FILE
    try:
        return msgspec.json.decode(read(path), type=Record)
    except msgspec.MsgspecError as error:
        raise CaError(
            f"{path}: cannot be understood ({error}): put the directory back as your last backup has it"
        ) from error


def save(directory: Path, record: Record, disk: Disk) -> None:
    """Raises OSError."""
    disk.write(directory / FILE, msgspec.json.format(msgspec.json.encode(record), indent=1))
