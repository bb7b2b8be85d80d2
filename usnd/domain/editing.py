"""The commands that change a directory: UC, UE, UD, GC, GD, CCx (REQUIREMENTS S5, S6, S8).

Owns that a wrong command changes nothing at all. Refuses to know how a directory is kept.
"""

from dataclasses import replace

from usnd.domain.commands import (
    CreateConference,
    CreateGroup,
    CreateUser,
    DeleteGroup,
    DeleteUser,
    Editing,
    EditUser,
    Words,
)
from usnd.domain.decision import Decision, TextRules
from usnd.domain.directory import (
    Change,
    Directory,
    Group,
    GroupMember,
    Member,
    NickMember,
    PutConference,
    PutGroup,
    PutUser,
    RemoveGroup,
    RemoveUser,
    User,
    changed,
    find_cycle,
    holders,
    less,
    name_key,
    people,
    spelled,
)
from usnd.domain.naming import (
    group_named,
    members_of,
    person_named,
    taken,
    taken_by_user,
    user_known_as,
    user_named,
    wrong_name,
)
from usnd.domain.numbers import to_e164
from usnd.domain.replies import Echo, Reply, Say, reply


def edit(command: Editing, directory: Directory, rules: TextRules) -> Decision:
    """What the command changes, or what is wrong with it."""
    match command:
        case CreateUser():
            return _create_user(command, directory, rules)
        case EditUser():
            return _edit_user(command, directory, rules)
        case DeleteUser(who):
            return _delete_user(who, directory, rules)
        case CreateGroup():
            return _create_group(command, directory, rules)
        case DeleteGroup(name):
            return _delete_group(name, directory)
        case CreateConference():  # pragma: no branch - mypy proves the match complete
            return _create_conference(command, directory, rules)


def _create_user(command: CreateUser, directory: Directory, rules: TextRules) -> Decision:
    nick = command.nick
    if (number := to_e164(command.phone, rules.home_region)) is None:
        return Decision(reply(Say.BAD_NUMBER, word=Echo(command.phone)))
    if problem := wrong_name(nick) or taken(nick, directory):
        return Decision(problem)
    name, joins = _name_or_group(command.name, command.joins, directory)
    person = person_named(name)
    if isinstance(person, Reply):
        return Decision(person)
    user = User(nick, number, *person)
    # A new user is in no group yet, so `-group` is true already.
    grouped = _regroup(user, joins, (), changed(directory, [PutUser(user)]))
    if isinstance(grouped, Reply):
        return Decision(grouped)
    changes = (PutUser(user), *grouped)
    return Decision(_user_told(Say.USER_CREATED, Say.USER_CREATED_IN, user, directory, changes), changes)


def _edit_user(command: EditUser, directory: Directory, rules: TextRules) -> Decision:
    user = user_named(command.nick, directory)
    if isinstance(user, Reply):
        return Decision(user)
    number = to_e164(command.phone, rules.home_region) if command.phone else user.number
    if number is None:
        return Decision(reply(Say.BAD_NUMBER, word=Echo(command.phone)))
    name, joins = _name_or_group(command.name, command.joins, directory)
    person = person_named(name)
    if isinstance(person, Reply):
        return Decision(person)
    first, last = person
    if name != ".":  # which takes the name away
        first, last = first or user.first, last or user.last
    edited = replace(user, number=number, first=first, last=last)
    grouped = _regroup(edited, joins, command.leaves, directory)
    if isinstance(grouped, Reply):
        return Decision(grouped)
    changes = (PutUser(edited), *grouped)
    return Decision(_user_told(Say.USER_CHANGED, Say.USER_CHANGED_IN, edited, directory, changes), changes)


def _name_or_group(name: str, joins: Words, directory: Directory) -> tuple[str, Words]:
    """In the name's place a word may stand that is a group of theirs: then the name was left out.

    A first name that is also a group is written with its dot: `Golf.`
    """
    if name_key(name) in directory.groups:
        return "", (name, *joins)
    return name, joins


def _regroup(user: User, joins: Words, leaves: Words, directory: Directory) -> tuple[Change, ...] | Reply:
    """The groups after the user joined and left them; a group that is not there yet is made."""
    member = NickMember(user.nick)
    changes: dict[str, Change] = {}
    for name in joins:
        if problem := wrong_name(name) or taken_by_user(name, directory):
            return problem
        group = directory.groups.get(name_key(name), Group(name))
        if less(group.members, member) == group.members:
            # The first spelling of a new group stays.
            changes.setdefault(name_key(name), PutGroup(replace(group, members=(*group.members, member))))
    for name in leaves:
        left = group_named(name, directory)
        if isinstance(left, Reply):
            return left
        if (members := less(left.members, member)) != left.members:
            changes[name_key(name)] = PutGroup(replace(left, members=members))
    return tuple(changes.values())


def _user_told(
    alone: Say, grouped: Say, user: User, directory: Directory, changes: tuple[Change, ...]
) -> Reply:
    """What the user is after the changes, and in which groups."""
    groups, _ = holders(changed(directory, changes), NickMember(user.nick))
    names = tuple(group.name for group in groups)
    say = grouped if names else alone
    return reply(say, nick=user.nick, details=details(user), groups=names)


def details(user: User) -> str:
    """Number and full name, as far as it is known."""
    return " ".join(filter(None, (user.number, user.full_name)))


def _delete_user(who: str, directory: Directory, rules: TextRules) -> Decision:
    user = user_known_as(who, directory, rules.home_region)
    if isinstance(user, Reply):
        return Decision(user)
    holding = _holding(directory, NickMember(user.nick))
    say = Say.USER_DELETED_FROM if holding else Say.USER_DELETED
    return Decision(reply(say, nick=user.nick, holders=holding), (RemoveUser(user.nick),))


def _create_group(command: CreateGroup, directory: Directory, rules: TextRules) -> Decision:
    if problem := wrong_name(command.group) or taken_by_user(command.group, directory):
        return Decision(problem)
    known = directory.groups.get(name_key(command.group))
    # The group may name itself: that is a cycle, not an unknown name.
    seen = directory if known else changed(directory, [PutGroup(Group(command.group))])
    members = members_of(command.members, seen, rules.home_region)
    if isinstance(members, Reply):
        return Decision(members)
    group = Group(known.name if known else command.group, members)
    if cycle := find_cycle(seen, group):
        return Decision(reply(Say.CYCLE, path=" > ".join(cycle.path)))
    say = Say.GROUP_REPLACED if known else Say.GROUP_CREATED
    return Decision(_members_told(say, members, name=group.name), (PutGroup(group),))


def _delete_group(name: str, directory: Directory) -> Decision:
    group = group_named(name, directory)
    if isinstance(group, Reply):
        return Decision(group)
    holding = _holding(directory, GroupMember(group.name))
    say = Say.GROUP_DELETED_FROM if holding else Say.GROUP_DELETED
    return Decision(reply(say, name=group.name, holders=holding), (RemoveGroup(group.name),))


def _create_conference(command: CreateConference, directory: Directory, rules: TextRules) -> Decision:
    members = members_of(command.members, directory, rules.home_region)
    if isinstance(members, Reply):
        return Decision(members)
    count = len(people(directory, members))
    if count > rules.most_participants:
        return Decision(reply(Say.TOO_MANY, count=count, most=rules.most_participants))
    known = command.number in directory.conferences
    say = Say.CONFERENCE_REPLACED if known else Say.CONFERENCE_CREATED
    told = _members_told(say, members, number=command.number)
    return Decision(told, (PutConference(command.number, members),), tells=command.number)


def _members_told(say: Say, members: tuple[Member, ...], **values: object) -> Reply:
    return reply(say, count=len(members), names=tuple(map(spelled, members)), **values)


def _holding(directory: Directory, member: Member) -> tuple[str, ...]:
    """The groups and conferences that hold the member, as they are written in commands."""
    groups, numbers = holders(directory, member)
    return (*(group.name for group in groups), *(f"IC {number}" for number in numbers))
