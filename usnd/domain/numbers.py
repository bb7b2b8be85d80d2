"""Telephone numbers: what people write becomes E.164, or nothing.

Owns the only notion of "the same number" in the node. A number is a string of '+' and digits (E.164).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

_WRITTEN = re.compile(r"\+?[\d ().\-/]{2,30}")
_REMEMBERED = 10_000
"""Parsing takes 150 µs; a subscriber writes the same numbers again and again."""


@lru_cache(_REMEMBERED)
def to_e164(written: str, home_region: str) -> str | None:
    """The number as E.164 ('+447700900001'), or None if it cannot be a telephone number.

    Takes `+`, `00` and national forms (REQUIREMENTS S11). `home_region` is the ISO 3166 code whose national
    numbers are meant. Possible numbers pass, not only assigned ones: numbering plans grow faster than tables.
    A number without its area code does not: as E.164 it would be another one.
    """
    digits = written.strip()
    if not _WRITTEN.fullmatch(digits):  # the library would also take letters: "1800FLOWERS"
        return None
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    try:
        parsed = phonenumbers.parse(digits, home_region)
    except phonenumbers.NumberParseException:
        return None
    # is_possible_number would let local-only numbers through.
    possible = phonenumbers.is_possible_number_with_reason(parsed)
    if parsed.extension or possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@dataclass(frozen=True, slots=True)
class NumberPlan:
    """Which numbers may be called, by prefixes of E.164 (REQUIREMENTS C10): the longest that fits decides.

    Where none fits, a number may be called if nothing is `allowed` by name.
    """

    allowed: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    """Numbers that lead here: to call one would call ourselves, for ever."""

    def permits(self, number: str) -> bool:
        """Whether the E.164 number may be called."""
        if number in self.own:
            return False
        allowed, barred = _longest(self.allowed, number), _longest(self.barred, number)
        return allowed > barred or (barred == 0 and not self.allowed)


ANY_NUMBER = NumberPlan()


def _longest(prefixes: tuple[str, ...], number: str) -> int:
    return max((len(prefix) for prefix in prefixes if number.startswith(prefix)), default=0)
