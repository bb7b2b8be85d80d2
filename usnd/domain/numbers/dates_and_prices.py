"""Dates, times and prices: digits that people write beside names, and that are no telephone number.

e164.py asks before it takes digits for a number. In open numbering plans `24.12.2026` is also a number
that somebody has. What begins with `+` is never asked about: whoever writes that means a number.
"""

import re

_DAY, _MONTH = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_YEAR, _TIME = "(?:19|20)[0-9]{2}", r"[0-9]{1,2}(?:\.[0-9]{2})?"
_TWO_DAY, _TWO_MONTH = "(?:0[1-9]|[12][0-9]|3[01])", "(?:0[1-9]|1[0-2])"
_DATES = (
    f"(?:{_DAY}([./ -]){_MONTH}|{_MONTH}([./ -]){_DAY})(?:\\1|\\2){_YEAR}",
    f"{_YEAR}([./ -]){_MONTH}\\3{_DAY}",
)
_OTHERS = (
    f"(?:{_DAY}([./-]){_MONTH}|{_MONTH}([./-]){_DAY})(?:\\4|\\5)[0-9]{{2}}",  # 24.12.26
    f"{_MONTH}[./-]{_YEAR}",
    f"{_TIME}-{_TIME}",  # 9-17, 10.30-12.00
    "[0-9]{1,2}[./ -][0-9]{1,2}",  # 24.12, 10.30, 10 30
    r"[0-9]{1,3}[. ][0-9]{1,2}",  # 149.99
    r"[1-9][0-9]{0,2}[. ][0-9]{3}",  # 10.000
    r"[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}",
    "(?:[01][0-9]|2[0-3])[0-5][0-9]-(?:[01][0-9]|2[0-4])[0-5][0-9]",  # 0930-1100
    f"{_TWO_DAY}{_TWO_MONTH}{_YEAR}|{_TWO_MONTH}{_TWO_DAY}{_YEAR}|{_YEAR}{_TWO_MONTH}{_TWO_DAY}",  # 24122026
)
_DATE = re.compile("|".join(_DATES))
_FIGURE = re.compile("|".join((*_DATES, *_OTHERS)))


def is_figure(written: str) -> bool:
    """Whether the digits are written as a date, a time, a span of time or a price."""
    return _FIGURE.fullmatch(written) is not None


def has_figure(pieces: list[str]) -> bool:
    """Whether a date, time or price is among pieces of digits, in one of them or at their beginning."""
    if pieces[0].startswith("+"):
        return False
    dated = len(pieces) > 3 and _DATE.fullmatch(" ".join(pieces[:3]))  # noqa: PLR2004 - day, month, year
    return bool(dated) or is_figure(" ".join(pieces)) or any(map(is_figure, pieces))
