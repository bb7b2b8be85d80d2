"""Names that files have, made into names that a directory can have: nicks, groups, names of persons.

What can stay as it is, stays. Elsewhere blanks and other signs are allowed in names, here they are not
(domain/directory/model.py), since names are words of texts.
"""

import sys
from collections.abc import Callable, Iterator
from itertools import chain

from usnd.domain.contacts.contact import Contact
from usnd.domain.directory.lookup import LONGEST_PERSON
from usnd.domain.directory.model import LONGEST_NAME, is_name
from usnd.domain.sms.characters import is_wordlike, plain

_NO_GROUPS = frozenset({"mycontacts", "starred", "all contacts", "my contacts"})
"""Everybody is in these, who is in Google's contacts."""
_DIGITS_SHOWN = 6
_FEW = 100
"""So many of one name are counted, others get a long number."""


def as_written(text: str) -> str:
    """As a form takes it."""
    return plain(text).strip()


def person_of(first: str, last: str) -> tuple[str, str]:
    """First and last name as a user can have them: blanks become hyphens, other signs go."""
    fit_first, fit_last = _person(first), _person(last)
    fit_last = fit_last[: LONGEST_PERSON - min(len(fit_first), LONGEST_PERSON // 2)]
    return fit_first[: LONGEST_PERSON - len(fit_last)], fit_last


def group_of(written: str) -> str | None:
    """The name of a group that a file's category means, as far as there is one in it.

    None: it is none of the subscriber's own making.
    """
    bare = as_written(written).removeprefix("*").strip()
    return None if bare.casefold() in _NO_GROUPS else _name(bare)


def nick_for(contact: Contact, number: str, is_free: Callable[[str], bool]) -> str:
    """A nick that nobody has: the nickname, the first name, with some of the last, else with a number."""
    first, last = _name(contact.first), _name(contact.last)
    wishes = (
        contact.nickname,
        first,
        f"{first}.{last[:1]}" if last else "",
        f"{first}.{last}" if last else "",
        last,
    )
    fit = [name for name in map(_name, wishes) if is_name(name)]
    base = next(iter(fit), f"T{number[-_DIGITS_SHOWN:]}")
    return next(name for name in chain(fit, _numbered(base, contact.line)) if is_free(name))


def _numbered(base: str, line: int) -> Iterator[str]:
    """line: of the file; tells apart those of whom there are many by one name."""
    counts = chain(range(2, _FEW), range(line * _FEW, sys.maxsize))
    return chain((base,), (f"{base[: LONGEST_NAME - len(str(count))]}{count}" for count in counts))


def _name(text: str) -> str:
    """Its words in one, each but the first with a capital; only what can stand in a name."""
    if is_name(whole := as_written(text)):
        return whole
    first, *others = whole.split() or [""]
    kept = _kept("".join((first, *(word[:1].upper() + word[1:] for word in others))))
    while kept and not kept[0].isalpha():
        kept = kept[1:]
    return kept[:LONGEST_NAME].rstrip(".-_&'") or kept[:LONGEST_NAME]


def _person(text: str) -> str:
    name = as_written(text)
    return name if is_wordlike(name) else _kept("-".join(name.split())).strip("-.")


def _kept(text: str) -> str:
    return "".join(char for char in text if is_wordlike(char))
