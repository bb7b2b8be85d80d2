"""A terminal of the CRM: its name, its certificate, what it may do, and whether it is heard now. Pure.

The store gives a `Terminal` for each row of its table `terminals`; the provisioning site and usnd ask
`refusal` for each order, on open connections too (REQUIREMENTS P2). ca/identity.py makes the serial number
and the issuer from the certificate that nginx saw, in the form that is compared here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeVar

from usnd.domain.certificates.rights import Operation, Rights

LONGEST_NAME = 64
"""X.520: of a common name."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_SERIAL = re.compile(r"(?:serial=)?(?:0x)?0*([1-9a-f][0-9a-f]{0,39})")
"""RFC 5280 §4.1.2.2: 20 octets."""


class BadName(ValueError):
    """That is no name or serial number; the message says what to write."""


class Certified(Protocol):
    """A certificate as an operator means it. serial: as `serial_text` writes it."""

    @property
    def name(self) -> str: ...

    @property
    def serial(self) -> str: ...


C = TypeVar("C", bound=Certified)


@dataclass(frozen=True, slots=True)
class Terminal:
    """One designated certificate.

    serial: hexadecimal, small letters, without zeros in front; with issuer (RFC 4514) it names the
    certificate. not_after: UTC. revoked_at: UTC, None while it is designated.
    """

    name: str
    serial: str
    issuer: str
    not_after: datetime
    rights: Rights
    revoked_at: datetime | None = None

    @property
    def taken_out(self) -> bool:
        """Revoked, and then taken out: it is only known so that it is never designated again."""
        return self.revoked_at is not None and not self.rights.operations


class Refusal(Enum):
    """Why a terminal is not heard, or may not do this."""

    NOT_DESIGNATED = "not designated"
    REVOKED = "revoked"
    ENDED = "ended"
    NOT_PERMITTED = "not permitted"


def refusal(terminal: Terminal | None, now: datetime, *, listed: bool) -> Refusal | None:
    """Why it is not heard at all; None: it is. `listed`: on a revocation list, or no list says otherwise."""
    if listed:
        return Refusal.REVOKED
    if terminal is None:
        return Refusal.NOT_DESIGNATED
    if terminal.revoked_at is not None:
        return Refusal.REVOKED
    return Refusal.ENDED if now >= terminal.not_after else None


def refusal_of(
    terminal: Terminal | None, operation: Operation, number: str | None, now: datetime, *, listed: bool
) -> Refusal | None:
    """As `refusal`, and whether it may do this; `number` (E.164): whose; None for list and poll."""
    if (why := refusal(terminal, now, listed=listed)) is not None or terminal is None:
        return why
    return None if terminal.rights.permits(operation, number) else Refusal.NOT_PERMITTED


def parse_name(written: str) -> str:
    """The name of a terminal or a server. Raises BadName."""
    if len(written) > LONGEST_NAME or not _NAME.fullmatch(written):
        raise BadName(
            f"{written} cannot be a name: write small letters, digits, hyphens and dots, "
            f"at most {LONGEST_NAME}"
        )
    return written


def parse_serial(written: str) -> str:
    """A serial number as `usnd ca list` writes it, or OpenSSL: `serial=0A1B`, `0x0a1b`, `0A:1B`.

    Raises BadName.
    """
    found = _SERIAL.fullmatch(written.strip().replace(":", "").lower())
    if found is None:
        raise BadName(f"{written} is no serial number: write it as `usnd ca list` or OpenSSL does")
    return found[1]


def meant(written: str, known: Iterable[C]) -> list[C]:
    """All of that name, or the one of that serial number; none: no such one is known.

    Nothing is guessed, since what is meant is revoked for ever. Raises BadName where it is not clear.
    """
    try:
        serial = parse_serial(written)
    except BadName:
        serial = ""
    found = list(known)
    named = [one for one in found if one.name == written]
    numbered = [one for one in found if one.serial == serial]
    if named and any(one not in named for one in numbered):
        raise BadName(
            f"{written} is a name, and the serial number of {_names(numbered)}: for the latter write "
            f"serial={serial}"
        )
    if not named and len(numbered) > 1:
        raise BadName(
            f"{written} is the serial number of {_names(numbered)}, of different authorities: write a name"
        )
    return named or numbered


def _names(certificates: Iterable[Certified]) -> str:
    return " and ".join(one.name for one in certificates)


def serial_text(serial: int) -> str:
    """The form in which serial numbers are stored and compared."""
    return f"{serial:x}"
