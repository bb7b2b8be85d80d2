"""The keys of a handset in a conference: which digits mean which feature (REQUIREMENTS C8).

services/conference/keypads.py gives each digit. How many are collected is bounded; the pause after which they
are forgotten begins anew with each digit. Who may use a feature is decided in features.py. Only digits after
`*` or `#` mean something by default, so that a key pressed by chance does nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from usnd.domain.conference.events import Feature
from usnd.domain.numbers.e164 import as_written

DEFAULT_KEYS: Mapping[Feature, str] = MappingProxyType(
    {
        Feature.END: "**",
        Feature.ADD: "*2",
        Feature.DROP_LAST: "*3",
        Feature.COUNT: "*4",
        Feature.MUTE_ALL: "*5",
        Feature.MUTE_ME: "*6",
        Feature.LOCK: "*7",
        Feature.RECORD: "*8",
        Feature.HELP: "*0",
    }
)
_WORDS: Mapping[Feature, str] = MappingProxyType(
    {
        Feature.END: "end",
        Feature.ADD: "<number># add",
        Feature.DROP_LAST: "drop last",
        Feature.COUNT: "count",
        Feature.MUTE_ALL: "mute all",
        Feature.MUTE_ME: "mute me",
        Feature.LOCK: "lock",
        Feature.RECORD: "record",
        Feature.HELP: "this help",
    }
)
EXPLAINED: Mapping[Feature, str] = MappingProxyType(
    {
        Feature.END: "ends the conference; nobody is called back",
        Feature.ADD: "then the number and `#`: calls that number into the conference",
        Feature.DROP_LAST: "drops the participant added last",
        Feature.COUNT: "says how many others there are, to whoever asks only",
        Feature.MUTE_ALL: "mutes all participants, or lets them speak again; who joins later is muted too",
        Feature.MUTE_ME: "mutes the own handset, or lets it speak again, and says which",
        Feature.LOCK: "locks the conference, or opens it again: only who is called comes in",
        Feature.RECORD: "records the conference, or ends that; everybody is told, also who joins later",
        Feature.HELP: "sends the keys as a text",
    }
)
LONGEST_NUMBER = 20
NUMBER_ENDS = "#"


@dataclass(frozen=True, slots=True)
class Menu:
    """What the operator may set. An empty key switches its feature off."""

    keys: Mapping[Feature, str] = field(default_factory=lambda: DEFAULT_KEYS)
    home_region: str = "GB"
    pause: timedelta = timedelta(seconds=5)
    """After so long without a digit, those before it are forgotten."""
    spacing: timedelta = timedelta(milliseconds=500)
    """Choices that follow faster are not a person's, and are ignored."""
    bounce: timedelta = timedelta(milliseconds=80)
    """The same digit again within this is the same press, told twice: see `_is_told_again`."""

    @property
    def features(self) -> dict[str, Feature]:
        """By key."""
        return {key: feature for feature, key in self.keys.items() if key}


@dataclass(frozen=True, slots=True)
class Typed:
    """What one handset has typed so far."""

    digits: str = ""
    at: datetime | None = None
    chosen_at: datetime | None = None
    last: str = ""
    """The digit typed last, whatever became of it; `at` is when."""
    bounced: bool = False
    """It was told more than once."""
    wrong_at: datetime | None = None
    """When it was last told that its keys mean nothing: not again for each of many."""
    begins: bool = False
    """The switch hears its keys go down: one of which it does not is no press."""
    doubtful: bool = False
    """Such a key was told since the first of `digits`: perhaps Asterisk lost or moved others for it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A feature, with the number to add as E.164, empty if it is none; WRONG_KEY: the digits mean nothing."""

    feature: Feature
    number: str = ""
    keys: str = field(default="", compare=False)
    """What was typed for it."""


def press(
    menu: Menu, typed: Typed, digit: str, now: datetime, *, begun: bool = True
) -> tuple[Typed, Choice | None]:
    """What the handset has typed after one more digit, and what it chose by it, if anything.

    `begun`: the switch heard the key go down, not only up; it does not of each that comes by SIP INFO.
    """
    again = told_again(menu, typed, digit, now, begun=begun)
    if again is not None:
        return again, None
    stale = typed.at is not None and now - typed.at > menu.pause
    before = "" if stale else typed.digits
    typed = replace(typed, begins=typed.begins or begun, doubtful=typed.doubtful and before != "")
    digits = before + digit
    choice, rest = _read(menu, digits)
    if choice is None:
        return replace(typed, digits=rest, at=now, last=digit, bounced=False), None
    if choice.feature is Feature.WRONG_KEY:
        told = typed.wrong_at is not None and now - typed.wrong_at < menu.pause
        wrong_at = typed.wrong_at if told else now
        after = replace(typed, digits="", at=now, last=digit, bounced=False, wrong_at=wrong_at)
        return after, None if told else choice
    too_fast = typed.chosen_at is not None and now - typed.chosen_at < menu.spacing
    if typed.doubtful and choice.number:
        choice = replace(choice, number="")  # rather no number than a stranger's
    after = Typed("", now, now, digit, wrong_at=typed.wrong_at, begins=typed.begins)
    return after, None if too_fast else choice


def told_again(menu: Menu, typed: Typed, digit: str, now: datetime, *, begun: bool) -> Typed | None:
    """What is known of the keys after a digit that is no press of its own; None if it is one.

    Also for PINs: domain/dial_in/pin_entry.py.
    """
    if _is_told_again(menu, typed, digit, now, begun=begun):
        late = typed.doubtful or _is_late(menu, typed, now)
        return replace(typed, at=now, bounced=True, doubtful=late)
    if typed.begins and not begun:
        return replace(typed, doubtful=True)
    return None


def _is_told_again(menu: Menu, typed: Typed, digit: str, now: datetime, *, begun: bool) -> bool:
    """Whether this is no press of its own, but the one before.

    A gateway whose time stamp moves within an event (RFC 4733 §2.5.1.2) makes an event of each packet:
    Asterisk tells some at once, and spreads the rest, without a beginning, over what so many keys would take.
    """
    if digit != typed.last or typed.at is None:
        return False
    since = now - typed.at
    return since <= menu.bounce or (typed.bounced and not begun and since <= menu.pause)


def _is_late(menu: Menu, typed: Typed, now: datetime) -> bool:
    """Asterisk spread this repetition among the keys that followed, or will follow."""
    return typed.at is not None and now - typed.at > menu.bounce


def described(menu: Menu) -> str:
    """The keys that are on, for a text: "** end, *4 count"."""
    return ", ".join(
        f"{menu.keys[feature]} {_WORDS[feature]}" for feature in Feature if menu.keys.get(feature)
    )


def clashes(keys: Mapping[Feature, str]) -> tuple[str, str] | None:
    """Two keys of which one begins with the other, so that one of them could never be chosen."""
    used = sorted(key for key in keys.values() if key)
    return next(((one, other) for one, other in pairwise(used) if other.startswith(one)), None)


def _read(menu: Menu, digits: str) -> tuple[Choice | None, str]:
    """What the digits choose, or which of them may still become a choice."""
    features, adding = menu.features, menu.keys.get(Feature.ADD, "")
    if adding and digits.startswith(adding):
        number = digits.removeprefix(adding)
        if number.endswith(NUMBER_ENDS):
            return Choice(Feature.ADD, as_written(number[:-1], menu.home_region) or "", digits), ""
        if not number or (number.isdecimal() and len(number) <= LONGEST_NUMBER):
            return None, digits
    elif digits in features:
        return Choice(features[digits], keys=digits), ""
    elif any(key.startswith(digits) for key in features):
        return None, digits
    last = digits[-1]
    if any(key.startswith(last) for key in features):
        return None, last
    # One digit alone may be chance; after the beginning of a key it was meant.
    return (None if len(digits) == 1 else Choice(Feature.WRONG_KEY, keys=digits)), ""
