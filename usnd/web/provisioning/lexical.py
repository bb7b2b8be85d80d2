"""How texts in XML are read before they mean anything: white space, moments, what is not seen in them."""

import re
from datetime import UTC, datetime

from usnd.domain.subscribers.values import code_point

_IN_NUMBERS = frozenset("+0123456789")
_E164 = "write + and the code of the country, then the number without the 0 before it, 3 to 15 digits in all"
_BLANKS = re.compile("[ \t\r\n]+")
_BLANK = re.compile("[ \t\r\n]")


def collapsed(text: str) -> str:
    """Without white space around it, and with one blank where there was some (XML Schema 2 §4.3.6)."""
    return _BLANKS.sub(" ", text).strip(" ") if _BLANK.search(text) else text


def moment(text: str) -> datetime:
    """A moment in UTC, written with Z. Raises ValueError."""
    if not text.endswith("Z"):
        raise ValueError(text)
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)


def is_moment(text: str) -> bool:
    """Whether the calendar has it."""
    try:
        moment(text)
    except ValueError:
        return False
    return True


def written(at: datetime) -> str:
    """A moment, as `moment` reads it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def number_hint(text: str) -> str:
    """What is wrong with a text that is to be a telephone number, and how to write it."""
    strange = dict.fromkeys(char for char in text if char not in _IN_NUMBERS)
    if strange:
        named = " and ".join(_named(char) for char in list(strange)[:3])
        wrong = f"it has {named} in it: write only + and digits"
    elif not text.startswith("+"):
        wrong = "it has no + before it"
    elif "+" in text[1:]:
        wrong = "it has more than one +"
    elif text[1:2] == "0":
        wrong = "no code of a country begins with 0"
    else:
        wrong = f"it has {len(text) - 1} digits"
    return f"{wrong}; {_E164}, no blanks"


def _named(char: str) -> str:
    if char == " ":
        return "a blank"
    return f'"{char}"' if char.isprintable() and char.isascii() else code_point(char)
