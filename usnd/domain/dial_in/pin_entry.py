"""The digits of a PIN as a caller types them: a key that is told twice is one, as in the conference.

services/dial_in/admission.py gives each digit that Asterisk tells. Asterisk's own reading counts every
telling.
"""

from dataclasses import replace
from datetime import datetime

from usnd.domain.conference.dtmf_menu import Menu, Typed, told_again
from usnd.domain.dial_in.admission import PIN_DIGITS

_RULES = Menu()


def press_pin(typed: Typed, digit: str, now: datetime, *, begun: bool) -> tuple[Typed, str | None]:
    """What the caller has typed after one more digit, and the PIN once it is complete.

    `begun`: as of `menu.press`. Keys that are no digits are passed over: `#` ends Asterisk's reading.
    """
    again = told_again(_RULES, typed, digit, now, begun=begun)
    if again is not None:
        return again, None
    digits = typed.digits + digit if digit.isdecimal() else typed.digits
    typed = replace(typed, at=now, last=digit, bounced=False, begins=typed.begins or begun, digits=digits)
    return (typed, None) if len(digits) < PIN_DIGITS else (asked_anew(typed), digits)


def asked_anew(typed: Typed) -> Typed:
    """Nothing of the next PIN is typed yet; a key may still be told again."""
    return replace(typed, digits="")
