"""The commands that change a directory: UC, UE, UD, GC, GD, CCx (REQUIREMENTS S5, S6, S8).

interpreter.py calls it. A wrong command changes nothing at all. How a directory is kept: directory/model.py.
"""

from dataclasses import replace
from functools import partial
from typing import TypeVar

from usnd.domain.directory.edits import in_itself, too_many
from usnd.domain.directory.lookup import (
    group_named,
    members_of,
    number_of,
    person_named,
    taken,
    taken_by_user,
    user_known_as,
    user_named,
    wrong_name,
)
from usnd.domain.directory.model import (
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
    holders,
    less,
    name_key,
    spelled,
)
from usnd.domain.directory.similar_names import parts_of, similar, spelled_like
from usnd.domain.numbers.e164 import to_e164
from usnd.domain.replies.catalogue import Echo, Reply, Say, reply
from usnd.domain.sms.commands import (
    CreateConference,
    CreateGroup,
    CreateUser,
    DeleteGroup,
    DeleteUser,
    Editing,
    EditUser,
    Words,
    written,
)
from usnd.domain.sms.decision import Decision, TextRules
from usnd.domain.sms.instruction_words import (
    about_list,
    about_new_group,
    about_new_name,
    about_several,
    about_single_word,
    about_user,
    changing,
)

ByNick = TypeVar("ByNick", CreateUser, EditUser)


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
    number = number_of(command.phone, rules.home_region, lambda phone: written(replace(command, phone=phone)))
    if isinstance(number, Reply):
        return Decision(number)
    unclear = about_new_name(nick, Say.UC_SYNTAX, directory)
    if problem := unclear or wrong_name(nick) or taken(nick, directory):
        return Decision(problem)
    sure = _with_name(replace(command, phone=number), User(nick, number), directory)
    if isinstance(sure, Reply):
        return Decision(sure)
    person = person_named(sure.name)
    if isinstance(person, Reply):
        return Decision(person)
    user = User(nick, number, *person)
    # A new user is in no group yet, so `-group` is true already.
    grouped = _regroup(user, replace(sure, leaves=()), changed(directory, [PutUser(user)]))
    if isinstance(grouped, Reply):
        return Decision(grouped)
    told = _user_told(Say.USER_CREATED, Say.USER_CREATED_IN, user, directory, grouped)
    return Decision(told, (PutUser(user), *grouped))


def _edit_user(command: EditUser, directory: Directory, rules: TextRules) -> Decision:
    user = user_named(command.nick, directory, lambda nick: written(replace(command, nick=nick)))
    if isinstance(user, Reply):
        return Decision(user)
    number: str | Reply = user.number
    if command.phone:
        number = number_of(
            command.phone, rules.home_region, lambda phone: written(replace(command, phone=phone))
        )
    if isinstance(number, Reply):
        return Decision(number)
    sure = _with_name(replace(command, phone=number if command.phone else ""), user, directory)
    if isinstance(sure, Reply):
        return Decision(sure)
    person = person_named(sure.name)
    if isinstance(person, Reply):
        return Decision(person)
    first, last = person
    if sure.name != ".":  # which takes the name away
        first, last = first or user.first, last or user.last
    edited = replace(user, number=number, first=first, last=last)
    grouped = _regroup(edited, sure, directory)
    if isinstance(grouped, Reply):
        return Decision(grouped)
    told = _user_told(Say.USER_CHANGED, Say.USER_CHANGED_IN, edited, directory, grouped)
    return Decision(told, (PutUser(edited), *grouped))


def _with_name(command: ByNick, user: User, directory: Directory) -> ByNick | Reply:
    """The command with a person's name in the name's place, or with none; the question, if that is in doubt.

    A word in the name's place that is a group of theirs means the group: then the name was left out. A dot at
    one end of it says that it is a name, or was left by thumbs; a word like a group's may be that group.
    `Ben Stone` may be a whole name: without a last name only a group that is there can stand behind it.
    """
    syntax = Say.UC_SYNTAX if isinstance(command, CreateUser) else Say.UE_SYNTAX
    if question := about_user(command, directory, syntax):
        return question
    name = command.name
    word = name.strip(".")
    if not word:
        return command
    if spelled_like(name, directory.groups) is not None:
        return about_single_word(command, user, directory, syntax) or replace(
            command, name="", joins=(name, *command.joins)
        )
    if name.startswith(".."):
        return reply(Say.UNCLEAR).offering(
            *(written(replace(command, name=own)) for own in (f".{word}", _with_last(word, user)))
        )
    if parts := parts_of(word, directory, new=True):
        return reply(Say.UNCLEAR).offering(written(replace(command, name=" ".join(parts))))
    if groups := similar(word, directory, users=False) if "." not in word else ():
        first, last = (user.first, word) if name.startswith(".") else (word, user.last)
        as_group = written(replace(command, name="", joins=(groups[0], *command.joins)))
        as_name = written(replace(command, name=f"{first}.{last}")) if first and last else ""
        return reply(Say.UNCLEAR).offering(as_group, as_name)
    behind = "" if "." in name.removesuffix(".") else next(iter(command.joins), "")
    other = spelled_like(behind, directory.groups)
    if not behind or other is not None or similar(behind, directory, users=False):
        if isinstance(person_named(name), Reply):
            return command  # which is told as such
        return about_single_word(command, user, directory, syntax) or command
    groups = tuple(group for group in command.joins if spelled_like(group, directory.groups) is not None)
    as_last = replace(command, name=f"{word}.{behind}", joins=command.joins[1:])
    as_first = replace(command, name=word, joins=groups)
    return reply(Say.UNCLEAR).offering(written(as_last), written(as_first))


def _with_last(first: str, user: User) -> str:
    return f"{first}.{user.last}" if user.last else first


def _regroup(user: User, command: ByNick, directory: Directory) -> tuple[Change, ...] | Reply:
    """The groups after the user joined and left them; a group that is not there yet is made."""
    member = NickMember(user.nick)
    changes: dict[str, Change] = {}
    for written_name in command.joins:
        name = written_name.removeprefix("+")
        if problem := _no_group(name, user, command, directory):
            return problem
        group: Group = spelled_like(name, directory.groups) or Group(name)
        if less(group.members, member) == group.members:
            # The first spelling of a new group stays.
            put = PutGroup(replace(group, members=(*group.members, member)))
            changes.setdefault(name_key(group.name), put)
    for name in command.leaves:
        left = group_named(name, directory, partial(_rewritten, command, name))
        if isinstance(left, Reply):
            return left
        if (members := less(left.members, member)) != left.members:
            changes[name_key(left.name)] = PutGroup(replace(left, members=members))
    return tuple(changes.values())


def _no_group(name: str, user: User, command: ByNick, directory: Directory) -> Reply | None:
    """Why the user cannot join the group of that name, or whether a group of a name like it is meant."""
    if name_key(name) == name_key(user.nick):
        return reply(Say.GROUP_LIKE_NICK, name=user.nick)
    if spelled_like(name, directory.groups) is None and (parts := parts_of(name, directory, new=True)):
        return reply(Say.UNCLEAR).offering(_rewritten(command, name, " ".join(parts)))
    if problem := wrong_name(name) or taken_by_user(name, directory):
        return problem
    if spelled_like(name, directory.groups) is not None or not (
        likely := similar(name, directory, users=False)
    ):
        return None
    offers = [_rewritten(command, name, group) for group in likely]
    return reply(Say.SIMILAR_NAMES, names=(Echo(name),)).offering(*offers)


def _rewritten(command: ByNick, name: str, likely: str) -> str:
    """The text that asks for the command with another group in the place of one."""
    joins, leaves = (
        tuple(likely if group.removeprefix("+") == name else group for group in groups)
        for groups in (command.joins, command.leaves)
    )
    return written(replace(command, joins=joins, leaves=leaves))


def _user_told(
    alone: Say, grouped: Say, user: User, directory: Directory, regrouped: tuple[Change, ...]
) -> Reply:
    """What the user is, and in which groups once these are changed."""
    groups, _ = holders(changed(directory, regrouped), NickMember(user.nick))
    names = tuple(group.name for group in groups)
    say = grouped if names else alone
    return reply(say, nick=user.nick, details=details(user), groups=names)


def details(user: User) -> str:
    """Number and full name, as far as it is known."""
    return " ".join(filter(None, (user.number, user.full_name)))


def _delete_user(who: str, directory: Directory, rules: TextRules) -> Decision:
    words = who.split()
    digits = " ".join(word for word in words if word.lstrip("+")[:1].isdecimal())
    names = [word for word in words if not word.lstrip("+")[:1].isdecimal()]
    if names and len(words) > 1:
        number = to_e164(digits, rules.home_region)
        named = [user.nick for user in directory.users.values() if user.number == number] or [digits]
        if question := about_several((*names, *(named if digits else ())), directory):
            return Decision(question)
    user = user_known_as(who, directory, rules.home_region, lambda likely: written(DeleteUser(likely)))
    if isinstance(user, Reply):
        return Decision(user)
    holding = _holding(directory, NickMember(user.nick))
    say = Say.USER_DELETED_FROM if holding else Say.USER_DELETED
    return Decision(reply(say, nick=user.nick, holders=holding), (RemoveUser(user.nick),))


def _create_group(command: CreateGroup, directory: Directory, rules: TextRules) -> Decision:
    unclear = about_new_group(command.group, command.members, directory)
    if problem := unclear or wrong_name(command.group) or taken_by_user(command.group, directory):
        return Decision(problem)
    known = spelled_like(command.group, directory.groups)
    there = tuple(map(spelled, known.members)) if known else ()
    if changing(command.members, directory, command.adds if known else ""):
        return Decision(_group_changing(command, there, directory))
    # The group may name itself: that is a cycle, not an unknown name.
    seen = directory if known else changed(directory, [PutGroup(Group(command.group))])
    members = members_of(
        command.members, seen, rules.home_region, lambda words: written(replace(command, members=words))
    )
    if isinstance(members, Reply):
        return Decision(members)
    group = Group(known.name if known else command.group, members)
    if problem := in_itself(group, seen):
        return Decision(problem)
    say = Say.GROUP_REPLACED if known else Say.GROUP_CREATED
    return Decision(_members_told(say, members, name=group.name), (PutGroup(group),))


def _group_changing(command: CreateGroup, there: Words, directory: Directory) -> Reply:
    """GC names all members: the question whether those that there are shall be changed."""
    return about_list(
        command.members,
        there,
        directory,
        lambda words: written(CreateGroup(command.group, words)),
        Say.GC_SYNTAX,
        command.adds,
    )


def _delete_group(name: str, directory: Directory) -> Decision:
    group = group_named(name, directory, lambda likely: written(DeleteGroup(likely)))
    if isinstance(group, Reply):
        return Decision(group)
    holding = _holding(directory, GroupMember(group.name))
    say = Say.GROUP_DELETED_FROM if holding else Say.GROUP_DELETED
    return Decision(reply(say, name=group.name, holders=holding), (RemoveGroup(group.name),))


def _create_conference(command: CreateConference, directory: Directory, rules: TextRules) -> Decision:
    there = tuple(map(spelled, directory.conferences.get(command.number, ())))
    if changing(command.members, directory, command.adds if there else ""):
        question = about_list(
            command.members,
            there,
            directory,
            lambda words: written(CreateConference(command.number, words)),
            Say.CCX_SYNTAX,
            command.adds,
        )
        return Decision(question)
    members = members_of(
        command.members, directory, rules.home_region, lambda words: written(replace(command, members=words))
    )
    if isinstance(members, Reply):
        return Decision(members)
    if problem := too_many(members, directory, rules.most_participants):
        return Decision(problem)
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
