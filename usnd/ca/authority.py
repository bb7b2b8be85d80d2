"""The authority: its directory, and what is done with it. `usnd ca` calls it, one command at a time.

    ca.key       its key: who has it can make terminals. Mode 0600, in a directory of mode 0700
    ca.pem       its certificate
    record.json  what it issued and revoked, whom it trusts, where it publishes: record.py
    crl.pem      its revocation list, made from the record
    outside-….crl  the lists of other authorities, as they came

The record is written first: a certificate before it is handed out, a revocation before the list has it. So a
command that was ended anywhere leaves a directory that the next one repairs (`repair`): what was not
handed out is revoked, and a list that lacks a revocation is written anew. Nothing here reads a clock: `now`
is given, in UTC.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256

from usnd.ca import handout, places, record, signing
from usnd.ca.disk import PUBLIC, CaError, Disk, alone, read
from usnd.ca.identity import certificate
from usnd.ca.newer import newer_there
from usnd.ca.outside import called, signed_by
from usnd.ca.pem import certificates_in, key_in, key_pem, lists_in, pem
from usnd.ca.record import Issued, Kind, Reason, Record
from usnd.ca.scope import outside_of
from usnd.ca.signing import Holder, Signer
from usnd.domain.certificates.terminal import serial_text
from usnd.domain.certificates.validity import Period
from usnd.process.os_errors import in_words

KEY, CERTIFICATE, LIST = "ca.key", "ca.pem", "crl.pem"
AUTHORITY_FOR = timedelta(days=3652)
CERTIFICATE_FOR = timedelta(days=730)
_OTHERS = 0o077
_NAME_OCTETS = 4
_KEPT_AFTER_END = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Order:
    """A certificate that is asked for.

    out: the directory that is made for it. hosts: of a server. key: of a request; None: a key is made here.
    lasts: from now on.
    """

    name: str
    kind: Kind
    out: Path
    hosts: tuple[str, ...] = ()
    key: CertificatePublicKeyTypes | None = None
    lasts: timedelta = CERTIFICATE_FOR


class Authority:
    """One that was initialised, while no other command works on it. Made by `opened`."""

    def __init__(self, directory: Path, now: datetime, disk: Disk) -> None:
        """Raises CaError."""
        self.directory, self.now, self.disk = directory, now, disk
        _check_directory(directory)
        self.record = record.load(directory)
        self.certificate = certificates_in(directory / CERTIFICATE)[0]

    @property
    def outside(self) -> list[x509.Certificate]:
        """The other authorities that are trusted."""
        return [certificate(one.encode()) for one in self.record.outside]

    @property
    def authorities(self) -> list[x509.Certificate]:
        """All: our own first."""
        return [self.certificate, *self.outside]

    def list_of(self, authority: x509.Certificate) -> x509.CertificateRevocationList | None:
        """The list of one of them, None where there is none that is whole and its own."""
        path = self.list_file(authority)
        try:
            found = [one for one in lists_in(read(path), path) if signed_by(one, authority)]
        except CaError:
            return None
        return signing.newest(found) if found else None

    def list_file(self, authority: x509.Certificate) -> Path:
        """Where the list of one of them lies. It is named by the key, which outlives a renewal."""
        if authority.subject == self.certificate.subject:
            return self.directory / LIST
        digest = x509.SubjectKeyIdentifier.from_public_key(authority.public_key()).digest
        return self.directory / f"outside-{digest.hex()}.crl"

    def save(self, changed: Record) -> None:
        """The record, on the disk when it returns. Raises OSError."""
        record.save(self.directory, changed, self.disk)
        self.record = changed

    def signer(self) -> Signer:
        """Raises CaError where the key is not there, or not this authority's."""
        key = key_in(self.directory / KEY)
        if key.public_key() != self.certificate.public_key():
            raise CaError(
                f"{self.directory / KEY}: is not the key of {CERTIFICATE}: put both back from your backup"
            )
        return Signer(self.certificate, key)

    # What the commands do -----------------------------------------------------------------------------------

    def issue(self, order: Order) -> Issued:
        """A new certificate, handed out. Raises CaError."""
        handout.check_free(order.out)
        self._check_room()
        key = signing.new_key() if order.key is None else None
        public = order.key if key is None else key.public_key()
        assert public is not None
        holder = Holder(order.name, order.kind, public, order.hosts)
        self._check_key(holder)
        signer = self.signer()
        when = signing.period(self.now, order.lasts, self.certificate.not_valid_after_utc)
        if when.ends <= self.now:
            raise CaError(
                "the authority's own certificate has ended: `usnd ca renew --authority`, then again"
            )
        made = signing.issue(signer, holder, when)
        one = _issued(holder, made, when, order.out)
        self.save(msgspec.structs.replace(self.record, issued=(*self._kept(), one)))
        handout.hand_out(handout.Handout(one.name, made, self.certificate, key), order.out, self.disk)
        one = msgspec.structs.replace(one, handed_out=True)
        self.save(self.record.with_changed(one))
        return one

    def revoke(self, which: list[Issued], reason: Reason) -> None:
        """On the list at once, which is not published yet. Raises CaError."""
        changed = self.record
        for one in which:
            changed = changed.with_changed(msgspec.structs.replace(one, revoked_at=self.now, reason=reason))
        self.save(changed)
        self.write_list()

    def write_list(self) -> x509.CertificateRevocationList:
        """A new revocation list of our own. Raises CaError."""
        signer, number = self.signer(), self.record.crl_number + 1
        self.save(msgspec.structs.replace(self.record, crl_number=number))
        revoked = signing.on_list(self.record.issued, self.now)
        made = signing.revocation_list(signer, revoked, number, self.now)
        self.disk.write(self.directory / LIST, pem(made), PUBLIC)
        return made

    def renew_authority(self) -> None:
        """Our own certificate anew, of the same name and key: what it signed stays good. Raises CaError."""
        signer = self.signer()
        when = signing.period(self.now, AUTHORITY_FOR)
        self.certificate = signing.authority(signer.key, self.certificate.subject, when)
        self.disk.write(self.directory / CERTIFICATE, pem(self.certificate), PUBLIC)

    def publish_to(self, wanted: tuple[str, ...]) -> None:
        """From now on. Raises OSError."""
        self.save(msgspec.structs.replace(self.record, places=wanted))

    def unusable_lists(self) -> list[str]:
        """The other authorities whose list, taken in by an earlier release, nginx cannot use, and why."""
        lists = [(one, self.list_of(one)) for one in self.outside]
        return [
            f"{called(one)}, whose list {why}"
            for one, found in lists
            if found is not None and (why := outside_of(found, one, self.authorities))
        ]

    def publish(self) -> list[places.Published]:
        """To all places; each tells what became of it. A place that has a newer list keeps it."""
        return places.publish(self.record.places, self.bundle(), self.disk)

    def bundle(self) -> places.Bundle:
        """What is published."""
        lists = [(one, found) for one in self.authorities if (found := self.list_of(one)) is not None]
        revoked = [one.serial for one in self.record.issued if one.revoked_at is not None]
        return places.Bundle(
            b"".join(map(pem, self.authorities)),
            b"".join(pem(found) for _, found in lists),
            lambda there: newer_there(there, lists, revoked),
        )

    # After an interruption ----------------------------------------------------------------------------------

    def repair(self) -> None:
        """What a command that was ended half-way has left. Raises CaError, OSError."""
        for one in self.record.issued:
            if one.handed_out or one.revoked_at is not None:
                continue
            if handout.arrived(one):
                self.save(self.record.with_changed(msgspec.structs.replace(one, handed_out=True)))
                continue
            handout.take_back(one, self.disk)
            gone = msgspec.structs.replace(one, revoked_at=self.now, reason=Reason.SUPERSEDED)
            self.save(self.record.with_changed(gone))
        listed = self.list_of(self.certificate)
        if listed is None or any(
            listed.get_revoked_certificate_by_serial_number(int(one.serial, 16)) is None
            for one in signing.on_list(self.record.issued, self.now)
        ):
            self.write_list()

    def _check_room(self) -> None:
        if len(self._kept()) >= record.MOST_ISSUED:
            raise CaError(f"{record.MOST_ISSUED} certificates are recorded: no more can be issued")

    def _kept(self) -> list[Issued]:
        """Without those that are over for a year."""
        return [one for one in self.record.issued if one.ends > self.now - _KEPT_AFTER_END]

    def _check_key(self, holder: Holder) -> None:
        """A key that is known to be stolen gets no certificate again, nor does the authority's own."""
        if holder.key == self.certificate.public_key():
            raise CaError("the request is for the authority's own key: make one with a new key")
        for one in self.record.issued:
            if (
                one.reason is Reason.KEY_COMPROMISE
                and certificate(one.pem.encode()).public_key() == holder.key
            ):
                raise CaError(
                    f"the request is for the key of {one.serial}, which was revoked as stolen: make one with "
                    "a new key"
                )


@contextmanager
def opened(directory: Path, now: datetime, disk: Disk | None = None) -> Iterator[Authority]:
    """For one command: nobody else works on it, and it is repaired. Raises CaError."""
    with alone(directory), _disk_in_words(directory):
        authority = Authority(directory, now, disk or Disk())
        authority.repair()
        yield authority


def init(
    directory: Path, name: str | None, into: tuple[str, ...], now: datetime, disk: Disk | None = None
) -> None:
    """A new authority in a directory that is not there, or empty: whole or not at all. Raises CaError.

    name: its common name; None: one that no other authority has. into: where it publishes.
    """
    disk = disk or Disk()
    with alone(directory), _disk_in_words(directory):
        if directory.exists() and any(directory.iterdir()):
            raise CaError(
                f"{directory}: is not empty: an authority is never replaced, since all that it issued would "
                "be worth nothing. Name another directory"
            )
        new = directory.with_name(f".{directory.name}.new")
        disk.make(new)
        key, when = signing.new_key(), signing.period(now, AUTHORITY_FOR)
        digest = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest
        subject = signing.common_name(name or f"USN provisioning authority {digest[:_NAME_OCTETS].hex()}")
        made = signing.authority(key, subject, when)
        disk.write(new / KEY, key_pem(key))
        disk.write(new / CERTIFICATE, pem(made), PUBLIC)
        first = signing.revocation_list(Signer(made, key), (), 1, now)
        disk.write(new / LIST, pem(first), PUBLIC)
        record.save(new, Record(crl_number=1, places=into), disk)
        disk.move(new, directory)


def fingerprint(one: x509.Certificate) -> str:
    """SHA-256, as OpenSSL writes it."""
    return one.fingerprint(SHA256()).hex(":").upper()


def _issued(holder: Holder, made: x509.Certificate, when: Period, out: Path) -> Issued:
    return Issued(
        serial=serial_text(made.serial_number),
        name=holder.name,
        kind=holder.kind,
        begins=when.begins,
        ends=when.ends,
        pem=pem(made).decode(),
        out=str(out),
        hosts=holder.hosts,
    )


def _check_directory(directory: Path) -> None:
    if not (directory / record.FILE).exists():
        raise CaError(
            f"{directory}: there is no authority: make one with `usnd ca init`, or name its directory"
        )
    for path, mode in ((directory, "700"), (directory / KEY, "600")):
        if path.exists() and path.stat().st_mode & _OTHERS:
            raise CaError(
                f"{path}: others than its owner may read it: `chmod {mode} {path}`, see who did, then again"
            )


@contextmanager
def _disk_in_words(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CaError(
            f"{in_words(error, directory)}: nothing is lost; mend that, then run it again"
        ) from error
