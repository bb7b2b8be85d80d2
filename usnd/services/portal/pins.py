"""Units of work about the PINs of an instant conference: new ones, and the User PIN as SMS to others.

The Activation PIN is the subscriber's alone, and goes to nobody.
"""

import secrets
from collections.abc import Iterable
from contextlib import suppress

from msgspec.structs import replace

from usnd.domain.dial_in.admission import PinKind
from usnd.domain.directory.edits import Field, fault_of, values_of
from usnd.domain.directory.lookup import number_of
from usnd.domain.directory.model import Directory, Subscriber, people
from usnd.domain.directory.similar_names import spelled_like
from usnd.domain.messaging.message import Priority
from usnd.domain.portal.lockout import admit, keys_of_pins
from usnd.domain.portal.outcomes import Noted, Outcome
from usnd.domain.replies.catalogue import Reply, Say, reply
from usnd.domain.sms.characters import plain
from usnd.services.messaging.outbox import Outbox
from usnd.services.portal.sign_in import seconds_until
from usnd.services.portal.signed_in import whose
from usnd.services.portal.visit import Came, PortalNode, Visit
from usnd.store.pins import PinsExhausted

_SIGNED_OUT, _GONE = Came(Outcome.SIGNED_OUT), Came(Outcome.GONE)


def renew(visit: Visit, token: str, number: int, node: PortalNode) -> Came:
    """The conference gets new PINs, the old ones open nothing any more. DONE, GONE, SIGNED_OUT."""
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return _SIGNED_OUT
    if number not in visit.tx.member_lists.numbers(subscriber.id):
        return _GONE
    visit.tx.pins.take_back(subscriber.id, number)
    with suppress(PinsExhausted):
        visit.tx.pins.assign(subscriber.id, number, secrets.randbelow)
    visit.note(Noted.PINS_RENEWED, subscriber.number, f"instant conference {number}")
    return Came(Outcome.DONE)


def share(visit: Visit, token: str, number: int, to: str, node: PortalNode, outbox: Outbox) -> Came:
    """The User PIN goes as SMS to one nick or number, or, if `to` is empty, to all of the conference.

    DONE with how many were `called`; REFUSED: that is none; GONE: there is no such conference, nobody in it,
    or no PIN; CLOSED: too often; SIGNED_OUT.
    """
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return _SIGNED_OUT
    directory = visit.tx.directory.load(subscriber.id)
    recipients = _recipients(directory, number, plain(to).strip(), node)
    if isinstance(recipients, Reply):
        return Came(
            Outcome.REFUSED, fault=fault_of(recipients), place=Field.PHONE.value, values=values_of(recipients)
        )
    others = [one for one in recipients if one != subscriber.number][: node.most_of(subscriber)]
    digits = next(
        (
            pin.digits
            for pin in visit.tx.pins.of(subscriber.id)
            if (pin.instant, pin.kind) == (number, PinKind.USER)
        ),
        "",
    )
    if not others or not digits or not node.pin_number:
        return _GONE
    keys = keys_of_pins(subscriber.number)
    admission = admit(keys, visit.tx.portal_counters.find(keys), visit.now)
    if admission.closed_until is not None:
        return Came(Outcome.CLOSED, wait=seconds_until(admission.closed_until, visit.now))
    visit.tx.portal_counters.save(admission.counters)
    _send(visit, subscriber, others, digits, node, outbox)
    visit.note(Noted.PINS_SHARED, subscriber.number, f"instant conference {number}, to {len(others)}")
    return Came(Outcome.DONE, called=len(others))


def _recipients(directory: Directory, number: int, to: str, node: PortalNode) -> list[str] | Reply:
    members = directory.conferences.get(number)
    if members is None:
        return []
    if not to:
        return [one.number for one in people(directory, members)]
    if user := spelled_like(to, directory.users):
        return [user.number]
    found = number_of(to, node.region, lambda phone: phone)
    return [found] if isinstance(found, str) else found


def _send(
    visit: Visit,
    subscriber: Subscriber,
    numbers: Iterable[str],
    digits: str,
    node: PortalNode,
    outbox: Outbox,
) -> None:
    message = reply(Say.PIN_SHARED, sender=subscriber.number, number=node.pin_number, pin=digits)
    for number in numbers:
        draft = outbox.draft(number, message.said_in(subscriber.language), visit.now)
        visit.queue(replace(draft, priority=Priority.BULK))
