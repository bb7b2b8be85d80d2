"""What the words of a command name: members, users, groups; or the reply that says why they do not.

Owns how a word is understood: a name first, else a telephone number. Refuses to change anything.
"""

from usnd.domain.characters import is_wordlike
from usnd.domain.commands import Words
from usnd.domain.directory import (
    Directory,
    Group,
    Member,
    NumberMember,
    User,
    is_name,
    member_named,
    name_key,
)
from usnd.domain.numbers import to_e164
from usnd.domain.replies import Echo, Reply, Say, reply

LONGEST_PERSON = 40
"""Characters of a first and a last name together."""


def members_of(words: Words, directory: Directory, home_region: str) -> tuple[Member, ...] | Reply:
    """What the words mean, each once."""
    found: dict[Member, None] = {}
    unknown: list[Echo] = []
    for word in dict.fromkeys(words):
        if member := member_named(directory, word):
            found[member] = None
        elif number := to_e164(word, home_region):
            found[NumberMember(number)] = None
        else:
            unknown.append(Echo(word))
    if unknown:
        return reply(Say.UNKNOWN_NAMES, names=tuple(unknown))
    return tuple(found)


def user_named(nick: str, directory: Directory) -> User | Reply:
    """The user of that nick."""
    return directory.users.get(name_key(nick)) or reply(Say.UNKNOWN_USER, word=Echo(nick))


def user_known_as(who: str, directory: Directory, home_region: str) -> User | Reply:
    """The user of that nick, or the only one of that phone."""
    if user := directory.users.get(name_key(who)):
        return user
    number = to_e164(who, home_region)
    found = [user for user in directory.users.values() if user.number == number]
    if len(found) > 1:
        return reply(Say.SEVERAL_USERS, number=number, names=tuple(user.nick for user in found))
    return found[0] if found else reply(Say.UNKNOWN_USER, word=Echo(who))


def group_named(name: str, directory: Directory) -> Group | Reply:
    """The group of that name."""
    return directory.groups.get(name_key(name)) or reply(Say.UNKNOWN_GROUP, word=Echo(name))


def person_named(name: str) -> tuple[str, str] | Reply:
    """First and last name of `First.Last`; either may be empty."""
    first, _, last = name.partition(".")
    if is_wordlike(name) and len(first + last) <= LONGEST_PERSON:
        return first, last
    return reply(Say.BAD_PERSON, word=Echo(name), most=LONGEST_PERSON)


def wrong_name(name: str) -> Reply | None:
    """Why a user or group cannot be named so."""
    return None if is_name(name) else reply(Say.BAD_NAME, word=Echo(name))


def taken(name: str, directory: Directory) -> Reply | None:
    """Whether a new user cannot have the nick."""
    if user := directory.users.get(name_key(name)):
        return reply(Say.USER_EXISTS, nick=user.nick, number=user.number)
    if group := directory.groups.get(name_key(name)):
        return reply(Say.NAME_TAKEN_BY_GROUP, name=group.name)
    return None


def taken_by_user(name: str, directory: Directory) -> Reply | None:
    """Whether a group cannot be named so."""
    user = directory.users.get(name_key(name))
    return reply(Say.NAME_TAKEN_BY_USER, name=user.nick) if user else None
