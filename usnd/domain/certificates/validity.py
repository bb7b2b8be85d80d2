"""Until when a certificate holds, and a revocation list; which alarm each of that is. Pure.

services/certificates.py asks for the alarms, `usnd ca list` and `usnd ca check` for the words, and
ca/crl_watch.py for the state of a list. Times are UTC. What is in doubt counts as not usable.

certificate    | before begins | more than 30 days left | 30 days or fewer | 7 days or fewer | none left
---------------+---------------+------------------------+------------------+-----------------+----------
Validity       | NOT_BEGUN     | GOOD                   | ENDS_SOON        | ENDS_THIS_WEEK  | ENDED
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from usnd.domain.alarms.catalogue import (
    CERTIFICATE_ENDED,
    CERTIFICATE_ENDS_IN_A_WEEK,
    CERTIFICATE_ENDS_SOON,
    CERTIFICATE_UNUSABLE,
    REVOCATION_LIST_ENDED,
    REVOCATION_LIST_ENDS_SOON,
    REVOCATION_LIST_MISSING,
    AlarmKind,
)

SOON = timedelta(days=30)
THIS_WEEK = timedelta(days=7)
LIST_SOON = timedelta(days=7)
"""Of a list that holds for 14 days or longer; of a shorter one the half of its time."""


@dataclass(frozen=True, slots=True)
class Period:
    """When a certificate or a list holds: from `begins` on, before `ends`."""

    begins: datetime
    ends: datetime


class Validity(Enum):
    """Of a certificate at one moment; the value is the operator's word."""

    GOOD = "good"
    ENDS_SOON = "ends soon"
    ENDS_THIS_WEEK = "ends within a week"
    ENDED = "ended"
    NOT_BEGUN = "not begun"


class CrlState(Enum):
    """Of the revocation list of one authority, or the worst of several: the later, the worse."""

    GOOD = "good"
    ENDS_SOON = "ends soon"
    ENDED = "ended"
    MISSING = "missing"
    UNREADABLE = "unreadable"


class Listing(Enum):
    """What the revocation lists say of one certificate."""

    NOT_LISTED = "not listed"
    LISTED = "listed"
    NO_LIST = "its authority has no list that can be used"


USABLE_LISTS = frozenset({CrlState.GOOD, CrlState.ENDS_SOON})
"""With any other, no certificate of that authority is believed."""
CERTIFICATE_ALARMS: dict[Validity, AlarmKind | None] = {
    Validity.GOOD: None,
    Validity.ENDS_SOON: CERTIFICATE_ENDS_SOON,
    Validity.ENDS_THIS_WEEK: CERTIFICATE_ENDS_IN_A_WEEK,
    Validity.ENDED: CERTIFICATE_ENDED,
    Validity.NOT_BEGUN: CERTIFICATE_UNUSABLE,
}
LIST_ALARMS: dict[CrlState, AlarmKind | None] = {
    CrlState.GOOD: None,
    CrlState.ENDS_SOON: REVOCATION_LIST_ENDS_SOON,
    CrlState.ENDED: REVOCATION_LIST_ENDED,
    CrlState.MISSING: REVOCATION_LIST_MISSING,
    CrlState.UNREADABLE: REVOCATION_LIST_MISSING,
}
_BY_GRAVITY = tuple(CrlState)


def validity(period: Period, now: datetime) -> Validity:
    """By the table above."""
    left = period.ends - now
    if left <= timedelta(0):
        return Validity.ENDED
    if now < period.begins:
        return Validity.NOT_BEGUN
    if left <= THIS_WEEK:
        return Validity.ENDS_THIS_WEEK
    return Validity.ENDS_SOON if left <= SOON else Validity.GOOD


def crl_state(period: Period, now: datetime) -> CrlState:
    """Of a list that could be read and is signed as it should be. One of the future cannot be used."""
    left = period.ends - now
    if left <= timedelta(0):
        return CrlState.ENDED
    if now < period.begins:
        return CrlState.UNREADABLE
    soon = min(LIST_SOON, (period.ends - period.begins) / 2)
    return CrlState.ENDS_SOON if left <= soon else CrlState.GOOD


def worst(states: Iterable[CrlState]) -> CrlState:
    """Of all lists; MISSING where there is none at all."""
    return max(states, key=_BY_GRAVITY.index, default=CrlState.MISSING)


def days_left(ends: datetime, now: datetime) -> int:
    """Whole days; negative when it is over."""
    return (ends - now).days
