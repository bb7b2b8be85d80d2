"""Which terminals are heard at this moment: asked in the unit of work that carries out what they ask for.

So a designation that was taken back, or a certificate that was revoked, counts on open connections too.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from usnd.domain.certificates.terminal import Terminal
from usnd.domain.certificates.validity import Listing
from usnd.domain.provisioning.admission import hears
from usnd.domain.provisioning.codes import Code
from usnd.store.core.transaction import Transaction
from usnd.store.provisioning.terminals import Certificate

ListingOf = Callable[[str, str], Listing]
"""What the revocation lists say of the certificate of that serial number and issuer. For any thread."""


def heard(
    tx: Transaction, certificates: Collection[Certificate], listing_of: ListingOf, now: datetime
) -> dict[Certificate, Terminal | Code]:
    """For each certificate its terminal, or the code to refuse it by."""
    found = tx.terminals.find(certificates)
    return {which: _heard(found.get(which), listing_of(*which), now) for which in certificates}


def _heard(terminal: Terminal | None, listing: Listing, now: datetime) -> Terminal | Code:
    code = hears(terminal, now, listing=listing)
    if code is not None or terminal is None:
        return code or Code.CERTIFICATE_NOT_DESIGNATED
    return terminal
