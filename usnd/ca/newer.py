"""Whether a place has a newer list than the one that is to be published: then our directory is an old copy.

authority.py has places.py ask it of each place. A newer list has a higher number, or revokes what this copy
does not know to be revoked. Nothing is read here.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography import x509

from usnd.ca.disk import CaError
from usnd.ca.outside import called, signed_by
from usnd.ca.pem import lists_in
from usnd.domain.certificates.terminal import serial_text

List = x509.CertificateRevocationList


def newer_there(
    content: bytes, ours: Sequence[tuple[x509.Certificate, List]], revoked: Iterable[str]
) -> str | None:
    """What is newer in the lists of a place than in those of ours; None: nothing.

    revoked: the serial numbers that our own authority, the first of `ours`, knows to be revoked.
    """
    try:
        there = lists_in(content, Path())
    except CaError:
        return None
    for authority, mine in ours:
        theirs = [one for one in there if signed_by(one, authority)]
        known = set(revoked) if authority is ours[0][0] else None
        if why := next((why for one in theirs if (why := _newer(one, mine, known))), None):
            return (
                f"has a newer list of {called(authority)} ({why}), so this is an old copy of the authority: "
                "bring the newest copy of its directory here, then do this again"
            )
    return None


def _newer(theirs: List, mine: List, known: set[str] | None) -> str | None:
    there, here = number(theirs), number(mine)
    if there is None or here is None:
        newer = theirs.last_update_utc > mine.last_update_utc
        return f"of {theirs.last_update_utc:%Y-%m-%d %H:%M} UTC" if newer else None
    if there > here:
        return f"number {there}, ours is {here}"
    if known is None:
        return None
    unknown = [text for one in theirs if (text := serial_text(one.serial_number)) not in known]
    return f"it revokes {unknown[0]}, which is not revoked here" if unknown else None


def number(one: List) -> int | None:
    """The list's number; None: it has none."""
    try:
        return one.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except (x509.ExtensionNotFound, ValueError):
        return None
