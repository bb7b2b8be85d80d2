"""Which call may come in where, by its caller, the number dialled and a PIN (REQUIREMENTS C3, C4, C5).

services/dial_in/admission.py asks. What a wrong PIN means is in wrong_pins.py. A withheld calling number is
nobody's: it is never the subscriber.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from usnd.domain.conference.call_plan import owner_coming
from usnd.domain.conference.model import OVER, Conference
from usnd.domain.numbers.e164 import to_e164

PIN_DIGITS = 7


class PinKind(Enum):
    """ACTIVATION starts a conference as its subscriber; USER joins the running one."""

    ACTIVATION = "activation"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Pin:
    """A PIN, and the conference (1 to 30) of the subscriber that it is for."""

    digits: str
    kind: PinKind
    subscriber_id: int
    instant: int


@dataclass(frozen=True, slots=True)
class DialInNumbers:
    """The numbers that lead here: one where a PIN is asked for, and one for each conference 1 to 30."""

    common: str = ""
    conferences: tuple[str, ...] = ()


NO_NUMBERS = DialInNumbers()


def as_configured(written: str, e164: str | None, numbers: DialInNumbers, home_region: str) -> str:
    """The number dialled, as the configuration writes it if it leads here, in whatever spelling."""
    own = [number for number in (numbers.common, *numbers.conferences) if number]
    if written in own:
        return written
    return next((one for one in own if e164 is not None and e164 == _meant(one, home_region)), written)


def _meant(number: str, home_region: str) -> str | None:
    """A configured number, which may lack the `+`, as E.164."""
    return to_e164(number, home_region) or to_e164(f"+{number}", home_region)


def written_twice(numbers: Iterable[str], home_region: str) -> tuple[str, str] | None:
    """Two of the configured numbers that are one, in whatever spelling; None if there are none."""
    seen: dict[str, str] = {}
    for number in filter(None, numbers):
        meant = _meant(number, home_region) or number.removeprefix("+")
        if meant in seen:
            return seen[meant], number
        seen[meant] = number
    return None


class Denial(Enum):
    """Why a call is turned away, as the caller hears it."""

    UNKNOWN = "unknown"
    NOT_RUNNING = "not-running"
    LOCKED = "locked"
    FULL = "full"
    WRONG_PIN = "wrong-pin"
    BUSY = "busy"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Rejoin:
    """Into that conference, as its subscriber."""

    conference: int


@dataclass(frozen=True, slots=True)
class Join:
    """Into that conference, as a participant."""

    conference: int


@dataclass(frozen=True, slots=True)
class LaunchInstant:
    """Launch that conference (1 to 30) with the caller as its subscriber: by id, or by calling number."""

    instant: int
    subscriber_id: int | None = None


@dataclass(frozen=True, slots=True)
class AskPin:
    """Ask for a PIN; `again` after a wrong one."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class Deny:
    """Say why, and release."""

    why: Denial


Way = Rejoin | Join | LaunchInstant | AskPin | Deny


def route(
    cli: str | None, dnis: str, numbers: DialInNumbers, live: Iterable[Conference], *, barred: bool
) -> Way:
    """What a call that comes in may do. `cli` is E.164 or None; `barred`: it has guessed PINs."""
    for conference in live:
        if cli is not None and conference.subscriber_number == cli and conference.state not in OVER:
            return Rejoin(conference.id)
    if dnis and dnis == numbers.common:
        return Deny(Denial.WRONG_PIN) if barred else AskPin()
    if cli is not None and dnis in numbers.conferences:
        return LaunchInstant(numbers.conferences.index(dnis) + 1)
    return Deny(Denial.WITHHELD if cli is None else Denial.UNKNOWN)


def counts(pin: Pin, cli: str | None, owner: str, live: Iterable[Conference], *, narrow: bool) -> bool:
    """Whether the PIN is one for that caller now; else it is a wrong one, and nothing tells that it is not.

    `owner`: its subscriber's number. `narrow`: so many PINs are given that who guesses would soon hit one. An
    Activation PIN then counts only from its subscriber's own number, a User PIN while its conference runs.
    """
    if not narrow:
        return True
    if pin.kind is PinKind.ACTIVATION:
        return cli is not None and cli == owner
    return any((one.subscriber_id, one.instant) == (pin.subscriber_id, pin.instant) for one in live)


def enter(pin: Pin, live: Iterable[Conference]) -> Way:
    """What a right PIN opens, as the conferences are now."""
    for conference in live:
        own = (conference.subscriber_id, conference.instant) == (pin.subscriber_id, pin.instant)
        if own and conference.state not in OVER:
            if pin.kind is PinKind.ACTIVATION and not owner_coming(conference):
                return Rejoin(conference.id)
            return Join(conference.id)
    if pin.kind is PinKind.USER:
        return Deny(Denial.NOT_RUNNING)
    return LaunchInstant(pin.instant, pin.subscriber_id)
