"""What a terminal may read, from the database: one subscriber, a page of them, the change that waits longest.

site.py asks, from its threads. Whether the terminal may is decided on what the database says at the moment
of reading, so a designation that was taken back counts at once. A terminal sees only numbers that begin as
its own do.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from usnd.ca.identity import Identity
from usnd.domain.certificates.rights import EVERY_NUMBER
from usnd.domain.certificates.terminal import Terminal
from usnd.domain.certificates.validity import Listing
from usnd.domain.directory.model import Subscriber
from usnd.domain.provisioning.admission import hears, permits
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.attributes import values_of
from usnd.domain.subscribers.orders import Operation
from usnd.store.core.reader import Reader
from usnd.store.core.transaction import Transaction
from usnd.store.subscriber_changes import StoredChange
from usnd.web.clock import utc_now
from usnd.web.provisioning import answers
from usnd.web.provisioning.request_reader import List, Poll, Read
from usnd.web.provisioning.xml_reader import Fault

MOST_COUNTED = 10_000
"""Changes that wait, of a terminal that does not see all."""
_AT_ONCE = 500
_LONGEST_NUMBER = 16
Found = tuple[Code, str]
"""The code, and the elements of the answer."""


class Reads:
    """For any number of threads."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def answer(self, who: Identity, asked: Read | List | Poll) -> Found:
        """What was asked for. Raises Fault; StoreAway where the database cannot be read."""
        return self._reader.read(lambda tx: _found(tx, who, asked, utc_now()))

    def would_take(self, who: Identity, change: int) -> Code:
        """What would come of an acknowledgement of that change. Raises Fault, StoreAway."""
        return self._reader.read(lambda tx: _would_take(tx, who, change, utc_now()))

    def name_of(self, who: Identity) -> str:
        """The name of a terminal that is designated, else "". Raises StoreAway."""
        found = self._reader.read(lambda tx: _terminal(tx, who))
        return "" if found is None else found.name


def _terminal(tx: Transaction, who: Identity) -> Terminal | None:
    return tx.terminals.find({(who.serial, who.issuer)}).get((who.serial, who.issuer))


def _found(tx: Transaction, who: Identity, asked: Read | List | Poll, now: datetime) -> Found:
    terminal = _terminal(tx, who)
    match asked:
        case Read(number=number):
            _admitted(terminal, Operation.READ, number, now)
            return _one(tx, number)
        case List():
            return _page(tx, _admitted(terminal, Operation.LIST, "", now), asked)
        case Poll():
            return _change(tx, _admitted(terminal, Operation.POLL, "", now))


def _would_take(tx: Transaction, who: Identity, change: int, now: datetime) -> Code:
    terminal = _admitted(_terminal(tx, who), Operation.POLL, "", now)
    number = tx.subscriber_changes.number_of(change)
    seen = number is not None and terminal.rights.covers(number)
    return Code.WOULD_BE_DONE if seen else Code.NO_SUCH_CHANGE


def _admitted(terminal: Terminal | None, operation: Operation, number: str, now: datetime) -> Terminal:
    code = hears(terminal, now, listing=Listing.NOT_LISTED)  # of the lists certificates.py knows
    if terminal is None or code is not None:
        raise Fault(code or Code.CERTIFICATE_NOT_DESIGNATED, "")
    if (refused := permits(terminal, operation, number)) is not None:
        raise Fault(refused, "")
    return terminal


def _one(tx: Transaction, number: str) -> Found:
    found = tx.subscribers.by_number(number)
    if found is None:
        raise Fault(Code.NO_SUCH_SUBSCRIBER, "", "/p:request/p:read/p:number")
    return Code.DONE, answers.subscriber(found.number, values_of(found))


def _page(tx: Transaction, terminal: Terminal, asked: List) -> Found:
    rows = list[Subscriber]()
    for prefix in apart(terminal.rights.prefixes):
        rows += _of_prefix(tx, prefix, asked, asked.limit + 1 - len(rows))
        if len(rows) > asked.limit:
            break
    page = rows[: asked.limit]
    following = page[-1].number if len(rows) > asked.limit else ""
    return Code.DONE, answers.subscribers(((one.number, values_of(one)) for one in page), following)


def _of_prefix(tx: Transaction, prefix: str, asked: List, most: int) -> Iterator[Subscriber]:
    """Those whose number begins so, in order, behind `after`."""
    after = max(asked.after, before(prefix))
    for one in tx.subscribers.page(after, most, asked.changed_since):
        if not one.number.startswith(prefix):
            return
        yield one


def apart(prefixes: Iterable[str]) -> list[str]:
    """Those that are within no other of them, in order."""
    found = list[str]()
    for prefix in sorted(prefixes):
        if not found or not prefix.startswith(found[-1]):
            found.append(prefix)
    return found


def before(prefix: str) -> str:
    """A text behind all numbers that come before those with the prefix, and before these."""
    if prefix in ("", EVERY_NUMBER):
        return ""
    rest, digit = prefix[:-1], prefix[-1]
    return rest if digit == "0" else f"{rest}{int(digit) - 1}".ljust(_LONGEST_NUMBER + 1, "9")


def _change(tx: Transaction, terminal: Terminal) -> Found:
    rights, changes = terminal.rights, tx.subscriber_changes
    if EVERY_NUMBER in rights.prefixes:
        first, waiting = next(iter(changes.waiting(1)), None), changes.count_waiting()
    else:
        seen = [one for one in _waiting(tx) if rights.covers(one.change.number)]
        first, waiting = next(iter(seen), None), len(seen)
    if first is None:
        return Code.NOTHING_TO_POLL, ""
    return Code.CHANGE_TO_ACKNOWLEDGE, answers.change(first, waiting)


def _waiting(tx: Transaction) -> Iterator[StoredChange]:
    after = 0
    for _ in range(MOST_COUNTED // _AT_ONCE):
        lot = tx.subscriber_changes.waiting(_AT_ONCE, after)
        yield from lot
        if len(lot) < _AT_ONCE:
            return
        after = lot[-1].id
