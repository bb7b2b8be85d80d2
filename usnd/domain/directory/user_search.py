"""Which users somebody looks for: each word is in nick, name or number, without accents and letter case.

The text UL and the portal's list of users search by it.
"""

import re
from collections.abc import Iterable

from usnd.domain.directory.model import User
from usnd.domain.directory.similar_names import fold
from usnd.domain.numbers.e164 import to_e164
from usnd.domain.sms.characters import plain


def found_by(words: Iterable[str], users: Iterable[User], home_region: str) -> list[User]:
    """Those that all of the words are found in, in their order."""
    sought = [(fold(word), _numbers(word, home_region)) for word in dict.fromkeys(map(plain, words))]
    return [user for user in users if _matches(user, sought)]


def _numbers(word: str, home_region: str) -> tuple[str, ...]:
    """What of a word to look for in numbers: as E.164, and its digits without the 0 of a national number."""
    digits = re.sub(r"[^\w+]", "", word)
    part = digits.lstrip("+0") if digits.lstrip("+").isdecimal() else ""
    return tuple(filter(None, (to_e164(word, home_region), part)))


def _matches(user: User, sought: list[tuple[str, tuple[str, ...]]]) -> bool:
    names = fold(f"{user.nick} {user.full_name}")
    return all(key in names or any(number in user.number for number in numbers) for key, numbers in sought)
