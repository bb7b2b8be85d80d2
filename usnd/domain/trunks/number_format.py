"""How the switch of a trunk writes telephone numbers, and we to it (REQUIREMENTS V4).

config/trunks.py makes it; asterisk/calls.py writes the numbers of calls that go out by it,
services/dial_in/admission.py reads those of calls that come in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import phonenumbers
from phonenumbers import NumberParseException

from usnd.domain.numbers.e164 import to_e164
from usnd.domain.trunks.sip_uri import VOUCHED, Identity


class Style(Enum):
    """How a number is written: +447700900001, 447700900001, 00447700900001, 07700900001."""

    E164 = "e164"
    DIGITS = "digits"
    ZEROS = "00"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Writing:
    """One kind of number in one direction; without `style`, what comes in is read as people write it.

    `strip` is taken from its front, if it is there, then `add` is put there: going out after the number was
    put into its style, coming in before it is read.
    """

    style: Style | None = None
    strip: str = ""
    add: str = ""


PLAIN = Writing()


@dataclass(frozen=True, slots=True)
class TrunkNumbers:
    """All of one trunk. `called_in_to`: To has the number called; `trusted`: which headers the caller's."""

    called_out: Writing = PLAIN
    calling_out: Writing = PLAIN
    called_in: Writing = PLAIN
    calling_in: Writing = PLAIN
    called_in_to: bool = False
    trusted: Sequence[Identity] = VOUCHED


def write(number: str, writing: Writing, home_region: str) -> str:
    """The E.164 number as that switch wants it."""
    match writing.style:
        case Style.DIGITS:
            written = number.removeprefix("+")
        case Style.ZEROS:
            written = "00" + number.removeprefix("+")
        case Style.NATIONAL:
            written = _national(number, home_region)
        case _:
            written = number
    return _changed(written, writing)


def read(written: str, writing: Writing, home_region: str) -> tuple[str, str | None]:
    """The number that the switch means: its digits, and as E.164, None if it cannot be one.

    `+` and `00` always mean what they do; else the style tells whether a number of digits has its country
    code. Where no style is set, it is a national one if it can be, as with what people write.
    """
    digits = _changed(written, writing)
    national, international = to_e164(digits, home_region), to_e164(f"+{digits}", home_region)
    if writing.style in (Style.E164, Style.DIGITS) and not digits.startswith(("+", "00")):
        return digits, international
    return digits, national or (international if writing.style is None else None)


def _changed(number: str, writing: Writing) -> str:
    return writing.add + number.removeprefix(writing.strip)


def _national(number: str, home_region: str) -> str:
    """As it is dialled from a telephone of that country; one of another country with the prefix for that."""
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:  # not E.164: as it is
        return number
    shown = phonenumbers.format_out_of_country_calling_number(parsed, home_region)
    return re.sub(r"[^+0-9]", "", shown)
