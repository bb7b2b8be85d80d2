"""What is done with subscribers: register, change, suspend, resume, delete (REQUIREMENTS S4, P1).

Each function is called inside a unit of work. `apply` carries out orders, one or hundreds with the same few
statements: `usnd subscriber …` comes by it, and the CRM. domain/subscribers/decide.py decides each. Nothing
here prints or asks; what is to be done in the running usnd after the commit is in what `apply` gives.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import available_timezones

from usnd.domain.dial_in.admission import Pin
from usnd.domain.directory.model import Subscriber
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.attributes import NodeOwn, values_of
from usnd.domain.subscribers.credentials import Origin, first_log_in, stored
from usnd.domain.subscribers.decide import Changed, Decision, View
from usnd.domain.subscribers.orders import Credentials, Order, OrderResult
from usnd.services.messaging.left_behind import take_back
from usnd.store.core.transaction import Transaction
from usnd.store.pins import PinsExhausted
from usnd.store.subscriber_changes import SubscriberChange

HISTORY_KEPT = timedelta(days=366)
"""How long it is known what was changed, also by whom: services/provisioning/housekeeping.py."""


class NotRegistered(Exception):
    """No subscriber has the number that it carries."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} is not registered")
        self.number = number


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order, and who gives it. by: for the history; by_crm: a CRM does, which then need not be told.

    check: it is only asked what would become of it. origin: the request of a CRM that it came by; with one
    a new subscriber gets the credentials of a first log-in.
    """

    order: Order
    by: str
    by_crm: bool = False
    check: bool = False
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of orders, one result for each in their order; to be told once it is committed.

    changed: how many changed something. ends: the ids of conferences that are to be ended then, by who runs
    them. withdrawn: how many texts to others were taken back that waited to be sent.
    """

    results: tuple[OrderResult, ...]
    changed: int = 0
    ends: tuple[int, ...] = ()
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a subscriber has, as counts: it goes with them. CDRs, minutes used and recordings stay."""

    users: int
    groups: int
    stored_conferences: int
    pins: int
    ended_conferences: int
    texts: tuple[int, ...] = ()
    """The ids of texts to them that waited and are dropped; of a dry run none."""


@lru_cache(1)
def time_zones() -> frozenset[str]:
    """All that this machine knows; read once, from its files. Empty where they are not installed."""
    return frozenset(available_timezones())


def apply(tx: Transaction, asked: Sequence[Ordered], node: NodeOwn, now: datetime) -> Applied:
    """Decides the orders one after the other, each upon what those before it made, and writes what follows.

    `node` has its time zones (`time_zones`); `now` is in UTC. What is refused changes nothing and holds up
    no other. Raises StillLive if a conference of somebody who is to be deleted was launched this moment by
    another process: nothing is done then.
    """
    work = _Work(tx, [one.order.number for one in asked], node)
    results = tuple(map(work.decide, asked))
    work.write(now)
    withdrawn = _take_back(tx, work.changes, node.home_region, now)
    return Applied(results, len(work.changes), tuple(work.ends), withdrawn)


@dataclass(slots=True)
class _Work:
    """The orders of one unit of work, as far as they are decided."""

    tx: Transaction
    numbers: Sequence[str]
    node: NodeOwn
    changes: list[tuple[Ordered, Changed, tuple[str, ...]]] = field(default_factory=list)
    """Each with the names of the attributes that it changed."""
    ends: dict[int, None] = field(default_factory=dict)
    _view: View = field(init=False)
    _stored: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = self.tx.subscribers.by_numbers(set(self.numbers))
        numbers = {one.id: one.number for one in found.values()}
        live = self.tx.conferences.live_of(numbers) if numbers else {}
        running = {numbers[owner]: conference for owner, (conference, _) in live.items()}
        self._view = View(found, running, self.node)

    def decide(self, one: Ordered) -> OrderResult:
        decision = self._view.decide(one.order, check=one.check)
        credentials = None
        if not one.check:
            if decision.ends is not None:
                self.ends[decision.ends] = None
            if decision.changed is not None:
                self.changes.append((one, decision.changed, decision.attributes))
                credentials = self._credentials(one, decision.changed)
        return _result(one, decision, credentials)

    def _credentials(self, one: Ordered, changed: Changed) -> Credentials | None:
        number = one.order.number
        if changed is Changed.DELETED:
            self._stored.pop(number, None)
        if changed is not Changed.CREATED or self.node.key is None or one.origin is None:
            return None
        credentials = first_log_in(self.node.key, one.origin, number)
        self._stored[number] = stored(self.node.key, credentials)
        return credentials

    def write(self, now: datetime) -> None:
        if not self.changes:
            return
        view, subscribers = self._view, self.tx.subscribers
        subscribers.remove_all([one.id for one in view.removed])
        new = [(one, self._stored.get(one.number)) for one in view.added]
        if len(subscribers.add_all(new, now)) != len(new):
            raise RuntimeError("a number that nobody had is registered: the database is not as it was read")
        subscribers.save_all(view.saved, now)
        suspended = {one.order.number for one, changed, _ in self.changes if changed is Changed.SUSPENDED}
        self.tx.portal_sessions.end_of_numbers(suspended)
        self.tx.subscriber_changes.add_all(
            [
                SubscriberChange(now, one.order.number, changed.value, one.by, one.by_crm, attributes)
                for one, changed, attributes in self.changes
            ]
        )


def _result(one: Ordered, decision: Decision, credentials: Credentials | None) -> OrderResult:
    done = decision.code is Code.DONE
    told = values_of(decision.after) if done and decision.after is not None else {}
    return OrderResult(
        code=int(Code.WOULD_BE_DONE if done and one.check else decision.code),
        text=decision.text,
        attribute=decision.attribute,
        number=one.order.number,
        subscriber=told,
        credentials=credentials,
    )


def _take_back(
    tx: Transaction,
    changes: Sequence[tuple[Ordered, Changed, tuple[str, ...]]],
    home_region: str,
    now: datetime,
) -> int:
    """What waits of those who are suspended or deleted now; how many texts."""
    deleted = {one.order.number for one, changed, _ in changes if changed is Changed.DELETED}
    suspended = {one.order.number for one, changed, _ in changes if changed is Changed.SUSPENDED} - deleted
    return take_back(tx, suspended=suspended, deleted=deleted, home_region=home_region, now=now)


def pins(tx: Transaction, number: str, draw: Callable[[int], int]) -> tuple[Pin, ...]:
    """The PINs of all stored conferences; those older than PINs get theirs now. Raises NotRegistered.

    `draw(n)` gives a number below n, from a secure source. When all PINs are given, those there are.
    """
    found = registered(tx, number)
    with suppress(PinsExhausted):
        for instant in tx.member_lists.numbers(found.id):
            tx.pins.assign(found.id, instant, draw)
    return tx.pins.of(found.id)


def holdings(tx: Transaction, number: str) -> Holdings:
    """What would go with a subscriber. Raises NotRegistered."""
    found = registered(tx, number)
    directory = tx.directory.load(found.id)
    return Holdings(
        users=len(directory.users),
        groups=len(directory.groups),
        stored_conferences=len(directory.conferences),
        pins=len(tx.pins.of(found.id)),
        ended_conferences=tx.conferences.count_of(found.id),
    )


def running_of(tx: Transaction, number: str) -> int | None:
    """The id of a number's live conference."""
    found = tx.subscribers.by_number(number)
    live = {} if found is None else tx.conferences.live_of([found.id])
    return next((conference for conference, _ in live.values()), None)


def is_suspended(tx: Transaction, subscriber: int) -> bool:
    """Whether nobody is to be called for the subscriber of that id; so of one who is gone."""
    found = tx.subscribers.by_id(subscriber)
    return found is None or found.suspended


def registered(tx: Transaction, number: str) -> Subscriber:
    """Who has the number. Raises NotRegistered."""
    if (found := tx.subscribers.by_number(number)) is None:
        raise NotRegistered(number)
    return found
