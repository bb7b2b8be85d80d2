"""To trust the authority of somebody else, to bring its newest list, and to end that: for `usnd ca trust`."""

from collections.abc import Sequence

import msgspec
from cryptography import x509

from usnd.ca.authority import Authority, fingerprint
from usnd.ca.disk import PUBLIC, CaError
from usnd.ca.outside import called, check_authorities, check_list
from usnd.ca.pem import pem


def trust(
    ours: Authority,
    certificates: Sequence[x509.Certificate],
    lists: Sequence[x509.CertificateRevocationList],
) -> None:
    """Both are checked whole before anything is written: the lists, then who is trusted. Raises CaError.

    A certificate of the name and key of one that is trusted takes its place; so does a newer list.
    """
    if any(one.subject == ours.certificate.subject for one in certificates):
        raise CaError(f"{called(ours.certificate)}: is our own, and trusted already")
    names = {called(one) for one in certificates}
    kept = [one for one in ours.outside if called(one) not in names]
    check_authorities(certificates, ours.authorities, ours.now)
    everyone = [*certificates, *kept]
    owners = [check_list(one, everyone, ours.now) for one in lists]
    for one, owner in zip(lists, owners, strict=True):
        present = ours.list_of(owner)
        if present is not None and one.last_update_utc < present.last_update_utc:
            raise CaError(
                f"a list of {called(owner)}: is of {one.last_update_utc:%Y-%m-%d %H:%M} UTC, older than the "
                f"one that is in force ({present.last_update_utc:%Y-%m-%d %H:%M}): get the newest one"
            )
    for one, owner in zip(lists, owners, strict=True):
        ours.disk.write(ours.list_file(owner), pem(one), PUBLIC)
    if certificates:
        _save(ours, everyone)


def without_list(ours: Authority) -> list[str]:
    """The other authorities of whom nobody is heard, since there is no list."""
    return [called(one) for one in ours.outside if ours.list_of(one) is None]


def outside(ours: Authority, which: str) -> x509.Certificate:
    """The other authority of that name or fingerprint, as `usnd ca list` writes them. Raises CaError."""
    for one in ours.outside:
        if which in (called(one), fingerprint(one)):
            return one
    raise CaError(f"{which}: is no authority that is trusted here: `usnd ca list` names those that are")


def untrust(ours: Authority, gone: x509.Certificate) -> None:
    """Nobody of that authority is heard any more. Raises CaError."""
    check_untrusted(ours, gone)
    _save(ours, [one for one in ours.outside if one != gone])
    ours.disk.remove(ours.list_file(gone))


def check_untrusted(ours: Authority, gone: x509.Certificate) -> None:
    """Raises CaError where another authority stands below it."""
    kept = [one for one in ours.outside if one != gone]
    for one in kept:
        if one.issuer == gone.subject:
            raise CaError(
                f"{called(one)}: is signed by {called(gone)}, without which nobody is believed: end it first"
            )


def _save(ours: Authority, outside_now: Sequence[x509.Certificate]) -> None:
    texts = tuple(pem(one).decode() for one in outside_now)
    ours.save(msgspec.structs.replace(ours.record, outside=texts))
