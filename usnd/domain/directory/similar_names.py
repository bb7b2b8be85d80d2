"""Names that are written a little otherwise than they are spelled: `zoe` for Zoë, `Mktign` for Mkting.

lookup.py calls it for a name that is nobody's. An accent that is left out is no doubt. A letter that is
wrong is one: what is found by `similar` is only asked for, never acted on.
"""

import re
import unicodedata
from collections.abc import Mapping
from itertools import filterfalse
from typing import TypeVar

from usnd.domain.directory.model import (
    Directory,
    GroupMember,
    Member,
    NickMember,
    member_named,
    name_key,
)

T = TypeVar("T")

_ACCENTS = dict.fromkeys(range(0x300, 0x370))
"""Of Latin, Greek and Cyrillic. In other scripts marks are vowels, and make another name."""
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}  # noqa: RUF001 - is meant
)
_GLUE = re.compile(r"[&/\\+|]+")
_ANY_GLUE = re.compile(r"[&/\\+|._-]+")
"""What stands between two names that are written without a blank; the second also stands inside a name."""
_SHORTEST = 3
"""Letters of a name that may have a wrong one: of shorter names almost every one is like another."""


def fold(name: str) -> str:
    """The name as it is typed without accents, in small letters."""
    return name.casefold() if name.isascii() else _unaccented(name_key(name))


def _unaccented(key: str) -> str:
    if key.isascii():
        return key
    return unicodedata.normalize("NFD", key).translate(_ACCENTS).translate(_PLAIN_LETTERS)


def spelled_like(name: str, named: Mapping[str, T]) -> T | None:
    """What has that name, `named` by name key; without its accents it is found if only one has it then."""
    key = name_key(name)
    if key in named:
        return named[key]
    sought = _unaccented(key)
    accented = filterfalse(str.isascii, named)
    found = [named[other] for other in accented if _unaccented(other) == sought]
    if sought in named:
        found.append(named[sought])
    return found[0] if len(found) == 1 else None


def member_like(name: str, directory: Directory) -> Member | None:
    """The user or group of that name, as `spelled_like` finds it."""
    if member := member_named(directory, name):
        return member
    user, group = spelled_like(name, directory.users), spelled_like(name, directory.groups)
    if user and group:
        return None
    if user:
        return NickMember(user.nick)
    return GroupMember(group.name) if group else None


def differs_by_a_letter(one: str, other: str) -> bool:
    """Whether one letter is wrong, missing, too many, or two are swapped. A digit is never wrong."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < _SHORTEST:
        return False
    begin = 0
    while begin < min(len(one), len(other)) and one[begin] == other[begin]:
        begin += 1
    one, other = one[begin:], other[begin:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if any(char.isdigit() for char in one + other):
        return False
    swapped = len(one) == len("ab") and one == other[::-1]
    return swapped or max(len(one), len(other)) <= 1


def similar(word: str, directory: Directory, *, users: bool = True, groups: bool = True) -> tuple[str, ...]:
    """The names of users and groups that the word may mean: also by a person's own name."""
    sought = fold(word).strip("-")
    found: dict[str, None] = {}
    for user in directory.users.values() if users else ():
        own = (user.first, user.last, f"{user.first}.{user.last}")
        if _is_similar(sought, user.nick) or sought in map(fold, filter(None, own)):
            found[user.nick] = None
    for group in directory.groups.values() if groups else ():
        if _is_similar(sought, group.name):
            found[group.name] = None
    return tuple(found)


def parts_of(word: str, directory: Directory, *, new: bool) -> tuple[str, ...]:
    """Words that are written in one, `Bob&Mkting`, if there is such a name; else nothing.

    `new`: the word may become a name; then a dot or a hyphen in it is its own, and a part may be new as well.
    """
    parts = (_GLUE if new else _ANY_GLUE).split(word, maxsplit=_SHORTEST)
    known = [part for part in parts if member_like(part.removeprefix("-"), directory)]
    return tuple(parts) if len(parts) > 1 and (known if new else known == parts) else ()


def _is_similar(sought: str, name: str) -> bool:
    return sought == (folded := fold(name)) or differs_by_a_letter(sought, folded)
