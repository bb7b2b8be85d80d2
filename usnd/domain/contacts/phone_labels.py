"""Which of somebody's telephone numbers is called: what programs call each tells how likely it is right."""

import re
from collections.abc import Iterable

_MOBILE = re.compile(r"mobile?|cell|handy|iphone|natel|smartphone", re.IGNORECASE)
_PREFERRED = re.compile(r"\bpref\b|main|primary|haupt", re.IGNORECASE)
_NOBODY_SPEAKS = re.compile(r"fax|pager|modem|isdn|telex|bbs|textphone", re.IGNORECASE)
MOBILE, PREFERRED, OTHER, NOBODY = range(4)
"""Who is in a conference is called where they are: mobile numbers come first."""


def likelihood(label: str) -> int:
    """The smaller the likelier. NOBODY: a fax and the like, which is never called."""
    if _NOBODY_SPEAKS.search(label):
        return NOBODY
    if _MOBILE.search(label):
        return MOBILE
    return PREFERRED if _PREFERRED.search(label) else OTHER


def likeliest_first(phones: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """Those that somebody may answer, each with its likelihood; of equal ones the first written first."""
    callable_ = [one for one in phones if one[0] != NOBODY]
    return tuple(dict.fromkeys(number for _, number in sorted(callable_, key=lambda one: one[0])))
