"""How full the space of PINs is, what a guess hits by it, and when that is too much (REQUIREMENTS C14). Pure.

services/dial_in/pin_space.py counts the PINs and calls it; admission.py decides what a PIN still opens.
"""

from dataclasses import dataclass

from usnd.domain.alarms.threshold import Limits
from usnd.domain.dial_in.admission import PIN_DIGITS

SPACE: int = 10**PIN_DIGITS


@dataclass(frozen=True, slots=True)
class PinRules:
    """`one_in`: a guess may hit one time in so many; `full`: the share of PINs given that is an alarm."""

    one_in: int = 1000
    full: float = 0.5

    @property
    def narrowing(self) -> Limits:
        """In PINs: above the first what a PIN opens is narrowed, below the second no longer."""
        most = SPACE / self.one_in
        return Limits(most, most * 0.9)

    @property
    def filling(self) -> Limits:
        """In PINs: above the first they run out, which is an alarm."""
        most = SPACE * self.full
        return Limits(most, most * 0.9)


def one_in(openers: int) -> int | None:
    """Of how many guesses one hits, if so many PINs are right; None where nothing can be hit."""
    return SPACE // openers if openers else None
