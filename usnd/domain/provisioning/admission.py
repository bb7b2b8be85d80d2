"""Whether a terminal may do what it asks for; if not, by which code it is refused (REQUIREMENTS P2). Pure.

services/provisioning asks for each order, within its unit of work: a designation that an operator took back
counts from the next unit of work on, and so does a revocation, also on connections that are open. Which
authority signed, nginx has checked.
"""

from datetime import datetime

from usnd.domain.certificates.rights import OF_NO_NUMBER
from usnd.domain.certificates.rights import Operation as Permitted
from usnd.domain.certificates.terminal import Refusal, Terminal, refusal
from usnd.domain.certificates.validity import Listing
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.orders import Operation

_CODES = {
    Refusal.NOT_DESIGNATED: Code.CERTIFICATE_NOT_DESIGNATED,
    Refusal.REVOKED: Code.CERTIFICATE_REVOKED,
    Refusal.ENDED: Code.CERTIFICATE_NOT_BELIEVED,
}


def hears(terminal: Terminal | None, now: datetime, *, listing: Listing) -> Code | None:
    """The code to refuse whatever it asks for; None: it is heard.

    `terminal`: None, the certificate is not designated. `listing`: what the revocation lists say of it.
    """
    if listing is Listing.NO_LIST:
        return Code.REVOCATION_LIST_ENDED
    why = refusal(terminal, now, listed=listing is Listing.LISTED)
    return None if why is None else _CODES[why]


def permits(terminal: Terminal, operation: Operation, number: str) -> Code | None:
    """The code to refuse this by, to one that is heard; None: it may.

    `number`: E.164, of what is about one subscriber.
    """
    asked = Permitted(operation.value)
    if asked not in terminal.rights.operations:
        return Code.OPERATION_NOT_ALLOWED
    if asked in OF_NO_NUMBER or terminal.rights.covers(number):
        return None
    return Code.NUMBER_OUT_OF_RANGE
