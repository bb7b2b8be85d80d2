"""What a form of the portal changes in a directory: the changes, or why there are none.

services/portal calls it in its unit of work. Rules and words are those of texts (lookup.py), which
domain/sms/directory_commands.py has, too; what is in doubt in a text is not here, since each word of a form
has a field of its own. `version`: of what the form was made from, see versions.py; another one is stored
meanwhile: STALE, and nothing is changed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from usnd.domain.directory.lookup import (
    number_of,
    person_called,
    taken,
    taken_by_user,
    wrong_name,
)
from usnd.domain.directory.model import (
    Change,
    Directory,
    Group,
    JoinGroup,
    Member,
    NickMember,
    NumberMember,
    PutConference,
    PutGroup,
    PutUser,
    User,
    changed,
    find_cycle,
    member_named,
    name_key,
    people,
    spelled,
)
from usnd.domain.directory.similar_names import spelled_like
from usnd.domain.directory.versions import ABSENT, version_of_members, version_of_user
from usnd.domain.replies.catalogue import LONGEST_ECHO, Echo, Reply, Say, reply
from usnd.domain.sms.characters import echo_of, plain

MOST_AD_HOC = 10
"""Bare numbers in an instant conference, where the portal adds one (the customer's paper, appendix B)."""
_SHORT_PATH = 5


class Field(Enum):
    """Of a form, where something is wrong in it."""

    NICK = "nick"
    PHONE = "phone"
    PERSON = "first"
    NAME = "name"
    NUMBERS = "numbers"
    MEMBERS = "members"


class Stop(Enum):
    """Why nothing is changed that is no mistake in the form."""

    STALE = "stale"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Refused:
    """What is wrong, and where."""

    field: Field
    why: Reply


Edit = tuple[Change, ...] | Refused | Stop


@dataclass(frozen=True, slots=True)
class UserForm:
    """What somebody wrote. version: ABSENT: a new user."""

    nick: str
    phone: str
    first: str = ""
    last: str = ""
    version: str = ABSENT


@dataclass(frozen=True, slots=True)
class MembersForm:
    """Who is to come into a group or an instant conference, and who is to leave it, by names as spelled.

    numbers: as typed, each one number; those that leave are among the names, as E.164.
    """

    joins: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    version: str = ABSENT


def edit_user(form: UserForm, directory: Directory, home_region: str) -> Edit:
    """A new user, or one that is there already: their nick stays, as in texts."""
    nick, there = plain(form.nick).strip(), directory.users.get(name_key(form.nick))
    if form.version != ABSENT:
        if there is None:
            return Stop.GONE
        if version_of_user(there) != form.version:
            return Stop.STALE
        nick = there.nick
    elif problem := wrong_name(nick) or taken(nick, directory):
        return Refused(Field.NICK, problem)
    number = number_of(plain(form.phone).strip(), home_region, lambda phone: phone)
    if isinstance(number, Reply):
        return Refused(Field.PHONE, number)
    person = person_called(plain(form.first).strip(), plain(form.last).strip())
    if isinstance(person, Reply):
        return Refused(Field.PERSON, person)
    return (PutUser(User(nick, number, *person)),)


def edit_group(written: str, form: MembersForm, directory: Directory, home_region: str) -> Edit:
    """A new group, or one that is there already: its name stays, as in texts."""
    name = plain(written).strip()
    there = directory.groups.get(name_key(name))
    stored = version_of_members(there.members if there else None)
    if form.version != ABSENT and (stop := _stop(stored, form.version)):
        return stop
    if form.version == ABSENT and (problem := _new_group(name, directory)):
        return Refused(Field.NAME, problem)
    group = there or Group(name)
    seen = directory if there else changed(directory, [PutGroup(group)])
    members = _members(group.members, form, seen, home_region)
    if isinstance(members, Refused):
        return members
    group = replace(group, members=members)
    if problem := in_itself(group, seen):
        return Refused(Field.MEMBERS, problem)
    return (PutGroup(group),)


@dataclass(frozen=True, slots=True)
class Joining:
    """Who comes into which group. is_new: it is made by that."""

    change: JoinGroup
    is_new: bool


def edit_joining(written: str, nicks: Iterable[str], directory: Directory) -> Joining | Refused:
    """Users that are there come into a group, which is made if there is none of that name."""
    name = plain(written).strip()
    there = spelled_like(name, directory.groups)
    if there is None and (problem := wrong_name(name) or taken_by_user(name, directory)):
        return Refused(Field.NAME, problem)
    group = there or Group(name)
    known = {name_key(spelled(one)) for one in group.members if isinstance(one, NickMember)}
    new = tuple(nick for nick in nicks if name_key(nick) not in known)
    return Joining(JoinGroup(group.name, new), there is None)


def edit_conference(
    number: int, form: MembersForm, directory: Directory, home_region: str, most: int
) -> Edit:
    """Defines the instant conference of that number, or changes it. most: people in one conference."""
    there = directory.conferences.get(number)
    if stop := _stop(version_of_members(there), form.version):
        return stop
    members = _members(there or (), form, directory, home_region)
    if isinstance(members, Refused):
        return members
    if not members:
        return Refused(Field.MEMBERS, reply(Say.MEMBERS_MISSING))
    ad_hoc = sum(isinstance(one, NumberMember) for one in members)
    if form.numbers and ad_hoc > MOST_AD_HOC:
        return Refused(Field.NUMBERS, reply(Say.TOO_MANY_NUMBERS, count=ad_hoc, most=MOST_AD_HOC))
    if problem := too_many(members, directory, most):
        return Refused(Field.MEMBERS, problem)
    return (PutConference(number, members),)


def in_itself(group: Group, directory: Directory) -> Reply | None:
    """Why the group cannot be put into the directory: it would contain itself."""
    cycle = find_cycle(directory, group)
    if cycle is None:
        return None
    path = cycle.path
    shown = path if len(path) <= _SHORT_PATH else (*path[:2], "...", *path[-2:])
    return reply(Say.CYCLE, path=" > ".join(shown))


def too_many(members: Iterable[Member], directory: Directory, most: int) -> Reply | None:
    """Why an instant conference cannot have these members: more people than may be called."""
    count = len(people(directory, members))
    return reply(Say.TOO_MANY, count=count, most=most) if count > most else None


def fault_of(why: Reply) -> str:
    """What a refusal is called where words are chosen for it: the name of its `Say`, in small letters."""
    return why.say.name.lower().replace("_", "-")


def values_of(why: Reply) -> dict[str, str]:
    """What is filled into the words of a refusal, fit to be shown; `offers`: what may have been meant."""
    values = {name: _shown(value) for name, value in why.values.items()}
    return {**values, "offers": " / ".join(why.offers)} if why.offers else values


def _shown(value: object) -> str:
    match value:
        case Echo(word=word):
            return echo_of(word, LONGEST_ECHO)
        case tuple():
            return ", ".join(map(_shown, value))
    return str(value)


@dataclass(frozen=True, slots=True)
class Picked:
    """Which of those that were to be deleted are, and which changed meanwhile."""

    names: tuple[str, ...]
    changed: tuple[str, ...]


def pick_users(versions: Mapping[str, str], directory: Directory) -> Picked:
    """versions: by nick, as the page showed them. Who is not there any more is neither."""
    there = {nick: directory.users.get(name_key(nick)) for nick in versions}
    return _picked(versions, {nick: version_of_user(user) for nick, user in there.items() if user})


def pick_groups(versions: Mapping[str, str], directory: Directory) -> Picked:
    """The same by the names of groups."""
    there = {name: directory.groups.get(name_key(name)) for name in versions}
    return _picked(
        versions, {name: version_of_members(group.members) for name, group in there.items() if group}
    )


def pick_conferences(
    versions: Mapping[str, str], directory: Directory, running: Collection[int]
) -> Picked | None:
    """The same by the numbers of instant conferences, in digits. None: one of them runs, with its PINs."""
    there = {str(number): version_of_members(one) for number, one in directory.conferences.items()}
    picked = _picked(versions, there)
    return None if {str(one) for one in running} & set(picked.names) else picked


def _picked(wanted: Mapping[str, str], there: Mapping[str, str]) -> Picked:
    same = tuple(name for name in wanted if there.get(name) == wanted[name])
    return Picked(same, tuple(name for name in wanted if name in there and name not in same))


def _stop(stored: str, version: str) -> Stop | None:
    if stored == version:
        return None
    return Stop.GONE if stored == ABSENT else Stop.STALE


def _new_group(name: str, directory: Directory) -> Reply | None:
    """Why no group can be made by that name."""
    if like := spelled_like(name, directory.groups):
        return reply(Say.NAME_TAKEN_BY_GROUP, name=like.name)
    return wrong_name(name) or taken_by_user(name, directory)


def _members(
    there: Sequence[Member], form: MembersForm, directory: Directory, home_region: str
) -> tuple[Member, ...] | Refused:
    """Those that stay, then those that join, each once."""
    leaves = {name_key(name) for name in form.leaves}
    members = [one for one in there if name_key(spelled(one)) not in leaves]
    unknown = list[Echo]()
    for name in form.joins:
        joined = member_named(directory, plain(name).strip())
        if joined is None:
            unknown.append(Echo(name))
        else:
            members.append(joined)
    if unknown:
        return Refused(Field.MEMBERS, reply(Say.UNKNOWN_NAMES, names=tuple(unknown)))
    for typed in form.numbers:
        number = number_of(plain(typed).strip(), home_region, lambda phone: phone)
        if isinstance(number, Reply):
            return Refused(Field.NUMBERS, number)
        members.append(NumberMember(number))
    return tuple(dict.fromkeys(members))
