"""Unit of work of the portal's settings: what a subscriber sets themselves, by the table of attributes.

It is an order like any other about a subscriber (services/subscribers.py): the history says *portal*, and the
CRM polls it.
"""

from collections.abc import Mapping

from usnd.domain.directory.model import Subscriber
from usnd.domain.directory.versions import version_of_values
from usnd.domain.portal.outcomes import Noted, Outcome
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.attributes import ATTRIBUTES, values_of
from usnd.domain.subscribers.orders import Operation, Order
from usnd.services.portal.reset import BY
from usnd.services.portal.signed_in import whose
from usnd.services.portal.visit import Came, PortalNode, Visit
from usnd.services.subscribers import Ordered, apply

THEIRS = tuple(one.name for one in ATTRIBUTES if one.is_theirs)
NOT_THEIRS, WRONG_VALUE = "not-theirs", "wrong-value"
"""Faults."""


def version_of(subscriber: Subscriber) -> str:
    """By what the form knows what it was made from."""
    values = values_of(subscriber)
    return version_of_values(values[name] for name in THEIRS)


def save(visit: Visit, token: str, values: Mapping[str, str], was: str, node: PortalNode) -> Came:
    """Sets attributes; "" takes one back. DONE, STALE, SIGNED_OUT; REFUSED: `place` is the attribute."""
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return Came(Outcome.SIGNED_OUT)
    if foreign := [name for name in values if name not in THEIRS]:
        return Came(Outcome.REFUSED, fault=NOT_THEIRS, place=foreign[0])
    if version_of(subscriber) != was:
        return Came(Outcome.STALE)
    order = Order(operation=Operation.CHANGE, number=subscriber.number, values=values)
    applied = apply(visit.tx, [Ordered(order, BY)], node.own, visit.now)
    (result,) = applied.results
    if result.code != Code.DONE:
        return Came(Outcome.REFUSED, fault=WRONG_VALUE, place=result.attribute)
    if applied.changed:
        visit.note(Noted.SETTINGS, subscriber.number)
    return Came(Outcome.DONE)
