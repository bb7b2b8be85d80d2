"""What the words of a command name: members, users, groups; or the reply that says why they do not.

The commands in domain/sms call it, and the launch. A word is a name first, else a telephone number. What may
be meant is offered in the reply; `write` gives the text that asks for it. Nothing is changed here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from usnd.domain.directory.model import (
    Directory,
    Group,
    Member,
    NumberMember,
    User,
    is_name,
    member_named,
    name_key,
    spelled,
)
from usnd.domain.directory.similar_names import member_like, parts_of, similar, spelled_like
from usnd.domain.numbers.e164 import as_written, example_number, readings, to_e164
from usnd.domain.replies.catalogue import Echo, Reply, Say, reply
from usnd.domain.sms.characters import is_wordlike
from usnd.domain.sms.commands import Words
from usnd.domain.sms.words import Known

LONGEST_PERSON = 40
"""Characters of a first and a last name together."""
_MOST_SOUGHT = 3
"""Unknown words of a text for which a likely name is looked for, among all names."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a word may mean, the likelier first."""

    likely: tuple[tuple[Member, ...], ...] = ()
    certain: bool = False
    known: bool = True


def known_in(directory: Directory) -> Known:
    """Tells whether a name is one of the directory's."""
    return lambda name: (key := name_key(name)) in directory.users or key in directory.groups


def members_of(
    words: Words, directory: Directory, home_region: str, write: Callable[[Words], str] = " ".join
) -> tuple[Member, ...] | Reply:
    """What the words mean, each once. Pieces of numbers are one word: see domain/sms/words.py."""
    named = [member_named(directory, word) for word in words]
    if all(named):
        return tuple(dict.fromkeys(filter(None, named)))
    meanings = {word: _meaning(word, directory, home_region) for word in words}
    unknown = [word for word, meaning in meanings.items() if not meaning.known]
    for word in unknown[:_MOST_SOUGHT]:
        meanings[word] = _similar_members(word, directory)
    if any(not meaning.likely for meaning in meanings.values()):
        names = tuple(map(_as_it_came, unknown))
        if all(map(_has_digits_first, unknown)):
            return reply(Say.UNSURE_NUMBERS, names=names, example=example_number(home_region))
        return reply(Say.UNKNOWN_NAMES, names=names)
    if all(meaning.certain for meaning in meanings.values()):
        return _chosen(meanings, 0)
    return _question(meanings, unknown, write)


def _has_digits_first(word: str) -> bool:
    """It is a number, if anything: a name begins with a letter."""
    return word.strip("+ ")[:1].isdecimal()


def _as_it_came(word: str) -> Echo:
    """A number's first bracket was taken for a mark around the word."""
    return Echo(re.sub(r"(?<![\d(])(\d+\))", r"(\1", word))


def _meaning(word: str, directory: Directory, home_region: str) -> _Meaning:
    if not _has_digits_first(word) and (member := member_like(word, directory)):
        return _Meaning(((member,),), certain=True)
    read = readings(word, home_region)
    likely = tuple(tuple(map(NumberMember, numbers)) for numbers in read.likely)
    return _Meaning(likely, read.certain, known=bool(likely))


def _similar_members(word: str, directory: Directory) -> _Meaning:
    names = similar(word, directory)
    members = [
        member for part in parts_of(word, directory, new=False) if (member := member_like(part, directory))
    ]
    likely: list[tuple[Member, ...]] = [
        (member,) for name in names if (member := member_like(name, directory))
    ]
    return _Meaning(tuple(likely or filter(None, [tuple(members)])), known=False)


def _chosen(meanings: Mapping[str, _Meaning], choice: int) -> tuple[Member, ...]:
    """Each word as it is meant most likely, or second likely."""
    chosen = (meaning.likely[choice : choice + 1] or meaning.likely[:1] for meaning in meanings.values())
    return tuple(dict.fromkeys(member for (members,) in chosen for member in members))


def _question(meanings: Mapping[str, _Meaning], unknown: list[str], write: Callable[[Words], str]) -> Reply:
    likely = [tuple(map(spelled, _chosen(meanings, choice))) for choice in (0, 1)]
    if not any(offers := [write(words) for words in likely]):
        doubtful = [word for word, meaning in meanings.items() if not meaning.certain]
        names = tuple(map(Echo, unknown or doubtful))
        return reply(Say.SIMILAR_NAMES_MEANT, names=names, likely=likely[0])
    if not unknown:
        return reply(Say.UNCLEAR).offering(*offers)
    return reply(Say.SIMILAR_NAMES, names=tuple(map(Echo, unknown))).offering(*offers)


def user_named(nick: str, directory: Directory, write: Callable[[str], str]) -> User | Reply:
    """The user of that nick."""
    if user := spelled_like(nick, directory.users):
        return user
    likely = similar(nick, directory, groups=False)
    return _unknown(Say.UNKNOWN_USER, nick, likely, write)


def user_known_as(
    who: str, directory: Directory, home_region: str, write: Callable[[str], str]
) -> User | Reply:
    """The user of that nick, or the only one of that phone."""
    if spelled_like(who, directory.users) or not who.strip("+")[:1].isdecimal():
        return user_named(who, directory, write)
    number = number_of(who, home_region, write)
    if isinstance(number, Reply):
        if number.offers:
            return number
        number = to_e164(who, home_region) or ""  # what no more can be stored may have been
    found = [user for user in directory.users.values() if user.number == number]
    if len(found) > 1:
        return reply(Say.SEVERAL_USERS, number=number, names=tuple(user.nick for user in found))
    return found[0] if found else reply(Say.UNKNOWN_USER, word=Echo(who))


def number_of(phone: str, home_region: str, write: Callable[[str], str]) -> str | Reply:
    """The one number that the pieces of digits are."""
    number = as_written(phone, home_region)
    if number is None:
        say = Say.UNSURE_NUMBER if to_e164(phone, home_region) else Say.BAD_NUMBER
        return reply(say, word=_as_it_came(phone), example=example_number(home_region))
    read = readings(phone, home_region)
    if read.certain and read.likely == ((number,),):
        return number
    others = (numbers[0] for numbers in read.likely if len(numbers) == 1)
    return reply(Say.UNCLEAR).offering(write(number), *map(write, others))


def group_named(name: str, directory: Directory, write: Callable[[str], str]) -> Group | Reply:
    """The group of that name."""
    if group := spelled_like(name, directory.groups):
        return group
    likely = similar(name, directory, users=False)
    return _unknown(Say.UNKNOWN_GROUP, name, likely, write)


def _unknown(problem: Say, word: str, likely: Words, write: Callable[[str], str]) -> Reply:
    if not likely:
        return reply(problem, word=Echo(word))
    return reply(Say.SIMILAR_NAMES, names=(Echo(word),)).offering(*map(write, likely))


def person_named(name: str) -> tuple[str, str] | Reply:
    """First and last name of `First.Last`; either may be empty."""
    first, _, last = name.partition(".")
    return person_called(first, last, name)


def person_called(first: str, last: str, written: str = "") -> tuple[str, str] | Reply:
    """First and last name, if somebody can be called so; `written`: as one word, to be said back."""
    if is_wordlike(f"{first}{last}") and len(first + last) <= LONGEST_PERSON:
        return first, last
    return reply(Say.BAD_PERSON, word=Echo(written or f"{first} {last}".strip()), most=LONGEST_PERSON)


def wrong_name(name: str) -> Reply | None:
    """Why a user or group cannot be named so."""
    return None if is_name(name) else reply(Say.BAD_NAME, word=Echo(name))


def taken(name: str, directory: Directory) -> Reply | None:
    """Whether a new user cannot have the nick."""
    if user := spelled_like(name, directory.users):
        return reply(Say.USER_EXISTS, nick=user.nick, number=user.number)
    if group := spelled_like(name, directory.groups):
        return reply(Say.NAME_TAKEN_BY_GROUP, name=group.name)
    return None


def taken_by_user(name: str, directory: Directory) -> Reply | None:
    """Whether a group cannot be named so."""
    user = spelled_like(name, directory.users)
    return reply(Say.NAME_TAKEN_BY_USER, name=user.nick) if user else None
