"""How often somebody may try a password or a code before they must wait: counters, what closes them. Pure.

services/portal asks before it looks at a password or a code, and counts the try before it knows the outcome:
tries at the same time cannot outrun the count. What was right is then forgiven.

Each try counts in several counters at once. A device that signed in to the account before, which its cookie
proves, has counters of its own. All others share one an account and source, one an account, and one a
source. So who guesses from elsewhere closes the account for strangers only: the subscriber's own device is
let in, and from any other the code that is sent as SMS still is (docs/decisions/0048).

A counter is CLEAR until a try, COUNTING until its window is over, and at its limit CLOSED for a while. Time
alone makes it CLEAR again: LAPSED. It is kept as three values (`Counter`), and its state is worked out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType

from usnd.domain.tables import every_cell

_QUARTER, _HOUR = timedelta(minutes=15), timedelta(hours=1)


class CounterKind(Enum):
    """What a counter counts, and of whom."""

    DEVICE = "device"
    """Wrong passwords for an account from one device that signed in to it before."""
    ACCOUNT_FROM = "account-from"
    """Wrong passwords for an account from one source, by all other devices."""
    ACCOUNT = "account"
    """The same from everywhere: many sources together."""
    SOURCE = "source"
    """Wrong passwords and codes from one source, whatever the account, by devices that are not known."""
    CODE = "code"
    """Wrong codes for a number, by devices that are not known; whichever code was meant."""
    CODE_DEVICE = "code-device"
    """Wrong codes for a number from a device that signed in to it before."""
    CODES_SENT = "codes-sent"
    """Codes for one number."""
    CODES_ASKED = "codes-asked"
    """Codes that one source asked for, whatever the number."""
    PINS_SENT = "pins-sent"
    """How often a subscriber had a User PIN sent to others."""


class CounterState(Enum):
    """CLOSED: who comes is sent away, and what they wrote is not looked at."""

    CLEAR = "clear"
    COUNTING = "counting"
    CLOSED = "closed"


class CounterEvent(Enum):
    """TRIED: one more. REACHED: one more, which reaches the limit. FORGIVEN: it was right, all is forgotten.

    TAKEN_BACK: it was right, and others count. LAPSED: the window, or the time it is closed for, is over.
    """

    TRIED = "tried"
    REACHED = "limit reached"
    FORGIVEN = "forgiven"
    TAKEN_BACK = "taken back"
    LAPSED = "time over"


COUNTER_TABLE = every_cell(
    {
        CounterState.CLEAR: {
            CounterEvent.TRIED: CounterState.COUNTING,
            CounterEvent.REACHED: CounterState.CLOSED,
        },
        CounterState.COUNTING: {
            CounterEvent.REACHED: CounterState.CLOSED,
            CounterEvent.FORGIVEN: CounterState.CLEAR,
            CounterEvent.LAPSED: CounterState.CLEAR,
        },
        # The try that closed it was let in, and may be right.
        CounterState.CLOSED: {
            CounterEvent.FORGIVEN: CounterState.CLEAR,
            CounterEvent.TAKEN_BACK: CounterState.COUNTING,
            CounterEvent.LAPSED: CounterState.CLEAR,
        },
    },
    CounterEvent,
)


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` tries in a `window`, which begins with the first; the last of them closes it for `closed`."""

    most: int
    window: timedelta
    closed: timedelta


Limits = Mapping[CounterKind, Limit]
LIMITS: Limits = MappingProxyType(
    {
        CounterKind.DEVICE: Limit(10, _QUARTER, _QUARTER),
        CounterKind.ACCOUNT_FROM: Limit(5, _QUARTER, _QUARTER),
        CounterKind.ACCOUNT: Limit(100, _HOUR, _HOUR),
        CounterKind.SOURCE: Limit(50, _QUARTER, _QUARTER),
        CounterKind.CODE: Limit(5, _HOUR, _HOUR),
        CounterKind.CODE_DEVICE: Limit(5, _HOUR, _HOUR),
        CounterKind.CODES_SENT: Limit(3, _HOUR, _HOUR),
        CounterKind.CODES_ASKED: Limit(20, _HOUR, _HOUR),
        CounterKind.PINS_SENT: Limit(5, _HOUR, _HOUR),
    }
)
_SHARED = frozenset({CounterKind.ACCOUNT, CounterKind.SOURCE})
"""Of many: one who may sign in must not clear by that what others tried."""


@dataclass(frozen=True, slots=True)
class CounterKey:
    """Which counter. `whose`: a number, a device's name, a source, or two of them."""

    kind: CounterKind
    whose: str


@dataclass(frozen=True, slots=True)
class Counter:
    """As it is kept. since: the first try of its window."""

    tries: int = 0
    since: datetime | None = None
    closed_until: datetime | None = None


Counters = Mapping[CounterKey, Counter]


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a try is let in. closed_until: until when not; None: it is. counters: as they are then."""

    closed_until: datetime | None
    counters: Counters


def keys_of_sign_in(account: str, source: str, device: str | None) -> tuple[CounterKey, ...]:
    """Where a try of a password counts. device: the name of one that signed in to the account before."""
    if device is not None:
        return (CounterKey(CounterKind.DEVICE, device),)
    return (
        CounterKey(CounterKind.ACCOUNT_FROM, f"{account} {source}"),
        CounterKey(CounterKind.ACCOUNT, account),
        CounterKey(CounterKind.SOURCE, source),
    )


def keys_of_code(account: str, source: str, device: str | None) -> tuple[CounterKey, ...]:
    """Where a try of a code counts; device: as of `keys_of_sign_in`."""
    if device is not None:
        return (CounterKey(CounterKind.CODE_DEVICE, device),)
    return CounterKey(CounterKind.CODE, account), CounterKey(CounterKind.SOURCE, source)


def keys_of_sending(account: str, source: str) -> tuple[CounterKey, ...]:
    """Where asking for a code counts."""
    return CounterKey(CounterKind.CODES_SENT, account), CounterKey(CounterKind.CODES_ASKED, source)


def keys_of_pins(account: str) -> tuple[CounterKey, ...]:
    """Where it counts that PINs are sent to others."""
    return (CounterKey(CounterKind.PINS_SENT, account),)


def keys_of_account(account: str) -> tuple[CounterKey, ...]:
    """Those that are about the number alone; of ACCOUNT_FROM there is one a source beside these."""
    kinds = (CounterKind.ACCOUNT, CounterKind.CODE, CounterKind.CODES_SENT)
    return tuple(CounterKey(kind, account) for kind in kinds)


def state_of(counter: Counter, limit: Limit, now: datetime) -> CounterState:
    """As it is at that time."""
    if counter.closed_until is not None:
        return CounterState.CLOSED if now < counter.closed_until else CounterState.CLEAR
    if counter.since is None or now >= counter.since + limit.window:
        return CounterState.CLEAR
    return CounterState.COUNTING


def admit(keys: Iterable[CounterKey], known: Counters, now: datetime, limits: Limits = LIMITS) -> Admission:
    """Lets a try in and counts it, unless one of its counters is closed: then nothing counts.

    known: those of the keys that there are.
    """
    each = {key: known.get(key, Counter()) for key in keys}
    closed = [
        counter.closed_until
        for key, counter in each.items()
        if counter.closed_until is not None
        and state_of(counter, limits[key.kind], now) is CounterState.CLOSED
    ]
    if closed:
        return Admission(max(closed), {})
    return Admission(None, {key: _one_more(each[key], limits[key.kind], now) for key in each})


def forgive(counters: Counters) -> Counters:
    """What is left of the counters of a try that was right: as `admit` gave them, or as they are by now."""
    return {
        key: _less_one(counter) if key.kind in _SHARED else Counter() for key, counter in counters.items()
    }


def lapses_at(counter: Counter, limit: Limit) -> datetime | None:
    """When it is CLEAR by itself, and need not be kept; None: it is already."""
    if counter.closed_until is not None:
        return counter.closed_until
    return None if counter.since is None else counter.since + limit.window


def _one_more(counter: Counter, limit: Limit, now: datetime) -> Counter:
    fresh = state_of(counter, limit, now) is CounterState.CLEAR
    tries = 1 if fresh else counter.tries + 1
    since = now if fresh else counter.since
    return Counter(tries, since, now + limit.closed if tries >= limit.most else None)


def _less_one(counter: Counter) -> Counter:
    if counter.tries <= 1:
        return Counter()
    return replace(counter, tries=counter.tries - 1, closed_until=None)
