"""Wrong PINs: what one more means for the calling number, and whether the call may try again (C4).

services/dial_in/wrong_pins.py keeps a count of each number; services/dial_in/admission.py asks.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from usnd.domain.alarms.threshold import Limits
from usnd.domain.dial_in.admission import AskPin, Denial, Deny, Way

DEFAULT_ALARM = Limits(30, 15)


@dataclass(frozen=True, slots=True)
class GuessRules:
    """How wrong PINs are met. Beyond `free` in a row, a number is barred, each time twice as long.

    Withheld ones are many people, and one of them must not keep the others out: those of a trunk are barred
    for `longest_withheld` at most, and their PINs count as where there are too many, see `counts`.
    `alarm`: wrong PINs in an hour, of all numbers together.
    """

    tries: int = 3
    free: int = 5
    first_bar: timedelta = timedelta(minutes=1)
    longest_bar: timedelta = timedelta(hours=24)
    longest_withheld: timedelta = timedelta(minutes=1)
    forgotten: timedelta = timedelta(hours=24)
    alarm: Limits = DEFAULT_ALARM


@dataclass(frozen=True, slots=True)
class Guesses:
    """The wrong PINs of one calling number, or of all withheld ones of a trunk."""

    wrong: int = 0
    at: datetime | None = None
    barred_until: datetime | None = None

    def barred(self, now: datetime) -> bool:
        """May not try now."""
        return self.barred_until is not None and now < self.barred_until


def wrong_pin(guesses: Guesses, rules: GuessRules, now: datetime, *, withheld: bool = False) -> Guesses:
    """One more wrong PIN."""
    wrong = 1 if _is_old(guesses, rules, now) else guesses.wrong + 1
    if wrong <= rules.free:
        return Guesses(wrong, now)
    doublings = min(wrong - rules.free - 1, 30)
    longest = rules.longest_withheld if withheld else rules.longest_bar
    bar = min(rules.first_bar * 2**doublings, longest)
    return replace(guesses, wrong=wrong, at=now, barred_until=now + bar)


def guesses_go_on(guesses: Guesses, rules: GuessRules, now: datetime) -> bool:
    """More wrong PINs than people mistype, and not forgotten yet."""
    return guesses.wrong > rules.free and not _is_old(guesses, rules, now)


def _is_old(guesses: Guesses, rules: GuessRules, now: datetime) -> bool:
    return guesses.at is not None and now - guesses.at > rules.forgotten


def after_wrong_pin(tries: int, guesses: Guesses, rules: GuessRules, now: datetime) -> Way:
    """Whether a call that had so many wrong PINs may try again."""
    if tries >= rules.tries or guesses.barred(now):
        return Deny(Denial.WRONG_PIN)
    return AskPin(again=True)
