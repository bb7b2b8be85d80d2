"""What is done with subscribers: register, change, suspend, resume, remove (REQUIREMENTS S4, P1).

Called by `usnd subscriber …`, each function inside one unit of work; numbers come in as E.164. Nothing here
prints or asks: a result says what was done, NotRegistered and NotPossible say why nothing was.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from usnd.domain.dial_in.admission import Pin
from usnd.domain.directory.model import Subscriber
from usnd.store.core.transaction import Transaction
from usnd.store.pins import PinsExhausted
from usnd.store.subscribers import StillLive

_LANGUAGE = re.compile("[a-z]{2}")


class NotRegistered(Exception):
    """No subscriber has the number that it carries."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} is not registered")
        self.number = number


class NotPossible(Exception):
    """Nothing was done; the message says why, and what to do."""


class WrongValue(Exception):
    """A value that cannot be set; the message says how to write it."""


@dataclass(frozen=True, slots=True)
class SubscriberChange:
    """What is to be set; None: it stays as it is. `minutes` a month; 0: no limit."""

    call_texts: bool | None = None
    press_one: bool | None = None
    language: str | None = None
    minutes: int | None = None

    def __post_init__(self) -> None:
        """Raises WrongValue."""
        if self.language is not None and not _LANGUAGE.fullmatch(self.language):
            raise WrongValue(f"{self.language} is no language code: write two small letters, as `en`")


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """`changed`: False if it was so already. `running`: the id of the subscriber's live conference."""

    changed: bool
    running: int | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes with a subscriber, as counts. What stays is in `remove`."""

    users: int
    groups: int
    stored_conferences: int
    pins: int
    ended_conferences: int


def add(tx: Transaction, number: str, now: datetime, language: str) -> bool:
    """Registers the number; False if it is registered already, and stays as it is."""
    if tx.subscribers.by_number(number) is not None:
        return False
    tx.subscribers.add(number, now, language)
    return True


def change(tx: Transaction, number: str, wanted: SubscriberChange) -> Subscriber:
    """Sets what is wanted; gives the subscriber as they are now. Raises NotRegistered."""
    found = _registered(tx, number)
    changed = replace(
        found,
        call_texts=found.call_texts if wanted.call_texts is None else wanted.call_texts,
        press_one=found.press_one if wanted.press_one is None else wanted.press_one,
        language=wanted.language or found.language,
        minutes=found.minutes if wanted.minutes is None else wanted.minutes or None,
    )
    tx.subscribers.save(changed)
    return changed


def suspend(tx: Transaction, number: str) -> ServiceChange:
    """Takes the service away: texts, calls in and launches are refused, and the subscriber reads why.

    Everything they have stays for `resume`. A conference that runs goes on (decision 0042): its id is given,
    so that it can be ended. Raises NotRegistered.
    """
    return _set_suspended(tx, number, suspended=True)


def resume(tx: Transaction, number: str) -> ServiceChange:
    """Gives the service back. Raises NotRegistered."""
    return _set_suspended(tx, number, suspended=False)


def _set_suspended(tx: Transaction, number: str, *, suspended: bool) -> ServiceChange:
    found = _registered(tx, number)
    running = _running(tx, found)
    if found.suspended is suspended:
        return ServiceChange(changed=False, running=running)
    tx.subscribers.save(replace(found, suspended=suspended))
    return ServiceChange(changed=True, running=running)


def pins(tx: Transaction, number: str, draw: Callable[[int], int]) -> tuple[Pin, ...]:
    """The PINs of all stored conferences; those older than PINs get theirs now. Raises NotRegistered.

    `draw(n)` gives a number below n, from a secure source. When all PINs are given, those there are.
    """
    found = _registered(tx, number)
    with suppress(PinsExhausted):
        for instant in tx.directory.load(found.id).conferences:
            tx.pins.assign(found.id, instant, draw)
    return tx.pins.of(found.id)


def remove(tx: Transaction, number: str, *, dry_run: bool) -> Removal:
    """Removes a subscriber and all they made; CDRs, minutes used and recordings stay (REQUIREMENTS B3).

    `dry_run`: only counts. Raises NotRegistered; NotPossible while a conference of theirs runs.
    """
    found = _registered(tx, number)
    if (running := _running(tx, found)) is not None:
        raise NotPossible(
            f"{number} has a running conference: end it first with `usnd conference end {running}`"
        )
    directory = tx.directory.load(found.id)
    removal = Removal(
        users=len(directory.users),
        groups=len(directory.groups),
        stored_conferences=len(directory.conferences),
        pins=len(tx.pins.of(found.id)),
        ended_conferences=tx.conferences.count_of(found.id),
    )
    if not dry_run:
        try:
            tx.subscribers.remove(found.id)
        except StillLive as error:
            raise NotPossible(
                f"{number} has a conference that started this moment: see `usnd conference list`"
            ) from error
    return removal


def _registered(tx: Transaction, number: str) -> Subscriber:
    if (found := tx.subscribers.by_number(number)) is None:
        raise NotRegistered(number)
    return found


def _running(tx: Transaction, subscriber: Subscriber) -> int | None:
    live = tx.conferences.live_of([subscriber.id]).get(subscriber.id)
    return None if live is None else live[0]
