"""What is to be said of the published files now: each certificate and each list, until when, and which alarm
it is.

services/certificates.py asks each hour and raises the alarms; `usnd ca check` shows the same to an operator.
Reads files, so it blocks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from usnd.ca.crl_watch import CrlWatch
from usnd.ca.disk import CaError
from usnd.ca.identity import period_of
from usnd.ca.outside import called
from usnd.ca.pem import certificates_in
from usnd.domain.alarms.catalogue import CERTIFICATE_UNUSABLE, AlarmKind
from usnd.domain.certificates.terminal import Terminal
from usnd.domain.certificates.validity import (
    CERTIFICATE_ALARMS,
    LIST_ALARMS,
    Period,
    validity,
)

SERVER = "server"
AUTHORITIES = "authorities"
_FOR_SERVERS = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """One certificate, or one list, as it is now. ends: UTC. alarm: None where all is well.

    of: `server`, `terminal NAME`, or the authority's name. state: the operator's word. trouble: why it
    cannot be used.
    """

    of: str
    state: str
    alarm: AlarmKind | None
    is_list: bool = False
    ends: datetime | None = None
    trouble: str | None = None


def of_files(server: Path | None, watch: CrlWatch, now: datetime) -> list[Finding]:
    """Of the server's own certificate, if one is named, of the authorities and of their lists."""
    found = [] if server is None else [of_server(server, now)]
    if not watch.authorities:
        return [*found, Finding(AUTHORITIES, "unreadable", CERTIFICATE_UNUSABLE, trouble=watch.trouble)]
    believed = (_of_certificate(called(one), period_of(one), now) for one in watch.authorities)
    return [*found, *believed, *_of_lists(watch, now)]


def of_terminals(terminals: Iterable[Terminal], now: datetime) -> list[Finding]:
    """Of those that are designated: of several certificates of one name, the one that holds longest."""
    last: dict[str, datetime] = {}
    for one in terminals:
        if one.revoked_at is None:
            last[one.name] = max(one.not_after, last.get(one.name, one.not_after))
    return [_of_certificate(f"terminal {name}", Period(_ALWAYS, ends), now) for name, ends in last.items()]


def of_server(path: Path, now: datetime) -> Finding:
    """Of a server's certificate: of all in the file, the one that ends first; the others are above it."""
    try:
        found = certificates_in(path)
    except CaError as error:
        return Finding(SERVER, "unreadable", CERTIFICATE_UNUSABLE, trouble=str(error))
    periods = [period_of(one) for one in found]
    if why := _no_server(found[0]):
        return Finding(
            SERVER, "no server's", CERTIFICATE_UNUSABLE, ends=periods[0].ends, trouble=f"{path}: {why}"
        )
    common = Period(max(one.begins for one in periods), min(one.ends for one in periods))
    return _of_certificate(SERVER, common, now)


def _of_certificate(of: str, period: Period, now: datetime) -> Finding:
    state = validity(period, now)
    alarm = CERTIFICATE_ALARMS[state]
    trouble = f"begins {period.begins:%Y-%m-%d}" if alarm is CERTIFICATE_UNUSABLE else None
    return Finding(of, state.value, alarm, ends=period.ends, trouble=trouble)


def _of_lists(watch: CrlWatch, now: datetime) -> Iterator[Finding]:
    for of, state in watch.states(now).items():
        why, ends = watch.unusable(of), watch.ends(of)
        yield Finding(of, state.value, LIST_ALARMS[state], is_list=True, ends=ends, trouble=why)


def _no_server(one: x509.Certificate) -> str | None:
    """Why who connects to a server would not take that certificate; None: they do.

    One that names no use is for all.
    """
    try:
        values = [extension.value for extension in one.extensions]
    except ValueError:
        return "has extensions that cannot be read: ask for another one"
    for value in values:
        match value:
            case x509.ExtendedKeyUsage() if _FOR_SERVERS.isdisjoint(value):
                return "is not a server's (no serverAuth in its extended key usage): have one issued for it"
            case x509.KeyUsage() if not value.digital_signature and not value.key_encipherment:
                return "is not a server's, by its key usage: the server's own certificate comes first"
    return None
