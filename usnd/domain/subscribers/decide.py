"""What becomes of an order about a subscriber: one decision, whoever asks (REQUIREMENTS P1, S4).

services/subscribers.py gives the subscriber as they are, and carries out what is decided; command, CRM and
console come by it. Many orders of one unit of work are decided one after the other upon a `View`, so that
each finds what the one before it made. What is asked for twice is done once: the second time nothing changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from msgspec import structs

from usnd.domain.directory.model import Subscriber
from usnd.domain.numbers.e164 import to_e164
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.attributes import NodeOwn, RefusedValue, UnknownAttribute, differing, with_values
from usnd.domain.subscribers.orders import CHANGING, Operation, Order
from usnd.domain.subscribers.values import shown

NEW = 0
"""The id of a subscriber who is not in the store yet."""
_ANYWHERE = "ZZ"
"""A region without national numbers."""
_TAKES_VALUES = frozenset({Operation.CREATE, Operation.CHANGE})
_ENDS_CONFERENCES = frozenset({Operation.SUSPEND, Operation.DELETE})


class Changed(Enum):
    """What happened to a subscriber, as the history says it."""

    CREATED = "created"
    CHANGED = "changed"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Decision:
    """The result of an order, and what to write.

    code, text, attribute: as in `OrderResult`. changed: None if nothing is written. after: the subscriber as
    they are then; None: there is none. ends: the conference that is to be ended once this is committed.
    attributes: the names of those that a change changes.
    """

    code: Code
    text: str = ""
    attribute: str = ""
    changed: Changed | None = None
    after: Subscriber | None = None
    ends: int | None = None
    attributes: tuple[str, ...] = ()


def decide(order: Order, found: Subscriber | None, running: int | None, node: NodeOwn) -> Decision:
    """What becomes of the order. found: who has its number; running: the id of their live conference.

    Total: an order that cannot be is refused with a code, also one that changes nothing by its nature.
    """
    blank = _with_its_values(order, node)
    if isinstance(blank, Decision):
        return replace(blank, after=found)
    if order.operation is Operation.CREATE:
        return _create(blank, found)
    if found is None:
        return Decision(Code.NO_SUCH_SUBSCRIBER)
    return _OF_REGISTERED[order.operation](order, found, running, node)


def is_e164(number: str) -> bool:
    """Whether it is a possible telephone number, written as E.164 and in no other way.

    `+4407700900001` is not: it has the 0 that is dialled only within the country, and is no other's number.
    """
    return to_e164(number, _ANYWHERE) == number


def _with_its_values(order: Order, node: NodeOwn) -> Subscriber | Decision:
    """Somebody of whom only that is set; or what is wrong with the order, whoever has the number."""
    asked = order.operation.value
    if order.operation not in CHANGING:
        return Decision(Code.VALUE_NOT_ALLOWED, f"{asked} changes nothing, and is not done here", "operation")
    if not is_e164(order.number):
        wrong = (
            f"{shown(order.number)} is no telephone number as E.164 writes it: write + and the code of the "
            "country, then the number without the 0 before it, and no blanks"
        )
        return Decision(Code.VALUE_NOT_ALLOWED, wrong, "number")
    if order.values and order.operation not in _TAKES_VALUES:
        return Decision(Code.UNKNOWN_NAME, f"{asked} takes no attributes", next(iter(order.values)))
    if order.end_conference and order.operation not in _ENDS_CONFERENCES:
        return Decision(Code.VALUE_NOT_ALLOWED, f"{asked} ends no conference: leave it out", "endConference")
    try:
        return with_values(Subscriber(NEW, order.number, language=node.language), order.values, node)
    except UnknownAttribute as unknown:
        told = f"{shown(unknown.name)} is no attribute of a subscriber"
        return Decision(Code.UNKNOWN_NAME, told, unknown.name)
    except RefusedValue as refused:
        return Decision(Code.VALUE_NOT_ALLOWED, f"{refused.name}: {refused}", refused.name)


def _create(new: Subscriber, found: Subscriber | None) -> Decision:
    if found is not None:
        return Decision(Code.SUBSCRIBER_EXISTS, after=found)
    return Decision(Code.DONE, changed=Changed.CREATED, after=new)


def _change(order: Order, found: Subscriber, _running: int | None, node: NodeOwn) -> Decision:
    after = with_values(found, order.values, node)
    if after == found:
        return Decision(Code.DONE, "It was so already.", after=found)
    return Decision(Code.DONE, changed=Changed.CHANGED, after=after, attributes=differing(found, after))


def _suspend(order: Order, found: Subscriber, running: int | None, _node: NodeOwn) -> Decision:
    """From now on they launch and text nothing; a conference that runs goes on unless it is to be ended."""
    ends = running if order.end_conference else None
    goes_on = f"Conference {running} goes on until it ends." if running is not None and ends is None else ""
    if found.suspended:
        already = " ".join(filter(None, ("It was so already.", goes_on)))
        return Decision(Code.DONE, already, after=found, ends=ends)
    after = structs.replace(found, suspended=True)
    return Decision(Code.DONE, goes_on, changed=Changed.SUSPENDED, after=after, ends=ends)


def _resume(_order: Order, found: Subscriber, _running: int | None, _node: NodeOwn) -> Decision:
    if not found.suspended:
        return Decision(Code.DONE, "It was so already.", after=found)
    return Decision(Code.DONE, changed=Changed.RESUMED, after=structs.replace(found, suspended=False))


def _delete(order: Order, found: Subscriber, running: int | None, _node: NodeOwn) -> Decision:
    """Not while a conference runs: its calls and records name their subscriber until they are over."""
    if running is None:
        return Decision(Code.DONE, changed=Changed.DELETED)
    if not order.end_conference:
        return Decision(Code.CONFERENCE_RUNS, f"It is conference {running}.", after=found)
    told = f"Conference {running} is being ended: ask again in some seconds."
    return Decision(Code.CONFERENCE_RUNS, told, after=found, ends=running)


_OF_REGISTERED: Mapping[Operation, Callable[[Order, Subscriber, int | None, NodeOwn], Decision]] = {
    Operation.CHANGE: _change,
    Operation.SUSPEND: _suspend,
    Operation.RESUME: _resume,
    Operation.DELETE: _delete,
}


class View:
    """The subscribers of one unit of work by number, as the orders decided so far leave them.

    found: those that are in the store; running: the ids of live conferences, by their subscriber's number.
    """

    def __init__(self, found: Mapping[str, Subscriber], running: Mapping[str, int], node: NodeOwn) -> None:
        self._before = dict(found)
        self._now = dict(found)
        self._running = running
        self._node = node

    def decide(self, order: Order, *, check: bool = False) -> Decision:
        """What becomes of the order; the next ones find it done. check: it is only asked about."""
        found = self._now.get(order.number)
        running = self._running.get(order.number) if found is not None and found.id != NEW else None
        decision = decide(order, found, running, self._node)
        if decision.changed is None or check:
            return decision
        if decision.after is None:
            del self._now[order.number]
        else:
            self._now[order.number] = decision.after
        return decision

    @property
    def added(self) -> tuple[Subscriber, ...]:
        """Who is to be added to the store; first those of `removed` go."""
        return tuple(one for one in self._now.values() if one.id == NEW)

    @property
    def saved(self) -> tuple[Subscriber, ...]:
        """Who is in the store, and is not as they were."""
        stay = (one for one in self._now.values() if one.id != NEW)
        return tuple(one for one in stay if one != self._before[one.number])

    @property
    def removed(self) -> tuple[Subscriber, ...]:
        """Who goes from the store."""
        kept = {one.id for one in self._now.values()}
        return tuple(one for one in self._before.values() if one.id not in kept)
