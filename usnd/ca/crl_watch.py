"""Who is revoked, as of this second: the published files, read again when they changed.

The provisioning site and usnd ask it for each order, so that a revocation ends open connections too, which
nginx does not do (REQUIREMENTS P2). Any thread may ask. In doubt the answer is: revoked.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from usnd.ca.disk import CaError, read
from usnd.ca.identity import Identity, identity_of, period_of, presented_certificate
from usnd.ca.outside import called, issued_by, signed_by
from usnd.ca.pem import certificates_in, lists_in
from usnd.ca.scope import not_covered, outside_of, scope
from usnd.domain.certificates.validity import USABLE_LISTS, CrlState, Listing, Period, crl_state, worst

EVERY = timedelta(seconds=1)
MOST_REMEMBERED = 1_000
"""Certificates that were shown and are known to be of one of our authorities."""
_Marks = tuple[tuple[int, ...] | None, ...]


@dataclass(frozen=True, slots=True)
class _List:
    """What one authority's list says; serials: as numbers."""

    period: Period
    serials: frozenset[int]
    scope: x509.IssuingDistributionPoint | None


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Both files as of `marks`. lists: by issuer; a text: why the one that is there cannot be used."""

    marks: _Marks
    authorities: tuple[x509.Certificate, ...] = ()
    lists: Mapping[str, _List | str] = field(default_factory=dict)
    trouble: str = ""
    broken: CrlState = CrlState.MISSING
    """What every list is, while there is trouble."""
    shown: dict[str, Identity] = field(default_factory=dict)


class CrlWatch:
    """authorities, lists: the published files. clock: gives UTC."""

    def __init__(self, authorities: Path, lists: Path, clock: Callable[[], datetime]) -> None:
        self._paths = authorities, lists
        self._clock = clock
        self._lock = threading.Lock()
        self._looked: datetime | None = None
        self._loaded = _Loaded(())

    def identify(self, escaped: str) -> Identity | None:
        """Whose certificate nginx saw (`$ssl_client_escaped_cert`); None: no authority here signed it itself.

        That is checked here, too: an authority below one of ours could else give another's name and number.
        """
        loaded = self._newest()
        if (known := loaded.shown.get(escaped)) is not None:
            return known
        try:
            shown = presented_certificate(escaped)
            found = identity_of(shown)
        except CaError:
            return None
        if not any(one.subject == shown.issuer and issued_by(shown, one) for one in loaded.authorities):
            return None
        if len(loaded.shown) >= MOST_REMEMBERED:
            loaded.shown.clear()
        loaded.shown[escaped] = found
        return found

    def revoked(self, serial: str, issuer: str) -> bool:
        """Whether that certificate must not be believed now: it is listed, or there is no usable list.

        serial, issuer: as `Identity` has them.
        """
        return self.listing(serial, issuer) is not Listing.NOT_LISTED

    def listing(self, serial: str, issuer: str) -> Listing:
        """What the list of its authority says of that certificate now, if that list can be used."""
        loaded = self._newest()
        if _state(loaded, issuer, self._clock()) not in USABLE_LISTS:
            return Listing.NO_LIST
        found = loaded.lists[issuer]
        assert isinstance(found, _List)
        try:
            return Listing.LISTED if int(serial, 16) in found.serials else Listing.NOT_LISTED
        except ValueError:
            return Listing.LISTED

    def standing(self, serial: str, issuer: str, now: datetime) -> str:
        """What nginx makes of a certificate that has not ended: `good`, or why it is not believed."""
        signers = [one for one in self.authorities if called(one) == issuer]
        if not signers:
            return "authority not trusted" if self.authorities else "no authorities"
        if all(now >= one.not_valid_after_utc for one in signers):
            return "authority ended"
        if (found := self.states(now)[issuer]) not in USABLE_LISTS:
            return f"revocation list {found.value}"
        return "revoked" if self.revoked(serial, issuer) else "good"

    def state(self, now: datetime) -> CrlState:
        """The worst of all lists."""
        return worst(self.states(now).values())

    def states(self, now: datetime) -> dict[str, CrlState]:
        """Of the list of each authority, by its name. Empty where the authorities cannot be read."""
        loaded = self._newest()
        return {called(one): _state(loaded, called(one), now) for one in loaded.authorities}

    @property
    def trouble(self) -> str:
        """Why a file cannot be used; empty: both can."""
        return self._newest().trouble

    @property
    def authorities(self) -> Sequence[x509.Certificate]:
        """Who is believed, our own first."""
        return self._newest().authorities

    def ends(self, issuer: str) -> datetime | None:
        """Until when the list of that authority holds. None: there is none."""
        found = self._newest().lists.get(issuer)
        return found.period.ends if isinstance(found, _List) else None

    def unusable(self, issuer: str) -> str | None:
        """Why that authority's list, which is there, cannot be used; None: nothing is known against it."""
        found = self._newest().lists.get(issuer)
        return self.trouble or (found if isinstance(found, str) else None)

    def not_covered(self, one: x509.Certificate) -> str | None:
        """Why its authority's list is not for that certificate, so that nginx refuses it; None: it is."""
        found = self._newest().lists.get(one.issuer.rfc4514_string())
        return not_covered(found.scope, one) if isinstance(found, _List) else None

    def _newest(self) -> _Loaded:
        now = self._clock()
        if self._looked is not None and abs(now - self._looked) < EVERY:
            return self._loaded
        with self._lock:
            marks = tuple(map(mark, self._paths))
            if marks != self._loaded.marks:
                self._loaded = _load(*self._paths, marks)
            self._looked = now
            return self._loaded


def _state(loaded: _Loaded, issuer: str, now: datetime) -> CrlState:
    if loaded.trouble:
        return loaded.broken
    if issuer not in loaded.lists:
        return CrlState.MISSING
    found = loaded.lists[issuer]
    return CrlState.UNREADABLE if isinstance(found, str) else crl_state(found.period, now)


def mark(path: Path) -> tuple[int, ...] | None:
    """Changes whenever the file does, or who may read it."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def _load(authorities: Path, lists: Path, marks: _Marks) -> _Loaded:
    believed: tuple[x509.Certificate, ...] = ()
    try:
        believed = tuple(certificates_in(authorities))
        return _Loaded(marks, believed, _lists(believed, lists_in(read(lists), lists)))
    except CaError as error:
        broken = CrlState.MISSING if None in marks else CrlState.UNREADABLE
        return _Loaded(marks, believed, trouble=str(error), broken=broken)


def _lists(
    believed: Sequence[x509.Certificate], found: Sequence[x509.CertificateRevocationList]
) -> dict[str, _List | str]:
    """Those of authorities that are believed; one that its authority did not sign spoils all of its name."""
    lists: dict[str, _List | str] = {}
    for authority in believed:
        named = [one for one in found if one.issuer == authority.subject]
        if not named:
            continue
        if not all(signed_by(one, authority) for one in named):
            lists[called(authority)] = "its list is not signed by it"
            continue
        lists[called(authority)] = _list(named, authority, believed)
    return lists


def _list(
    named: Sequence[x509.CertificateRevocationList],
    authority: x509.Certificate,
    believed: Sequence[x509.Certificate],
) -> _List | str:
    """Of all lists of one authority: revoked is who stands on any; the newest that nginx can use counts."""
    why = [outside_of(one, authority, believed) for one in named]
    usable = [one for one, trouble in zip(named, why, strict=True) if trouble is None]
    if not usable:
        return f"its list {why[0]}"
    newest = max(usable, key=lambda one: one.last_update_utc)
    serials = frozenset(entry.serial_number for one in named for entry in one)
    return _List(period_of(newest), serials, scope(newest))
