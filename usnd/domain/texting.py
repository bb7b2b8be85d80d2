"""What a subscriber's text does: one reply, changes to the directory, perhaps a conference.

Owns the meaning of commands. Refuses I/O: the caller gives the subscriber's directory and whether
a conference of theirs is alive, and commits what is decided in one transaction with the reply (S11).
"""

from dataclasses import dataclass, field, replace

from usnd.domain.conference import ConferenceState, Participant
from usnd.domain.directory import (
    Change,
    Directory,
    Group,
    GroupMember,
    Member,
    NickMember,
    NumberMember,
    PutGroup,
    PutUser,
    Subscriber,
    User,
    find_cycle,
    is_name,
    member_named,
    name_key,
    people,
)
from usnd.domain.grammar import COMMAND_WORDS, FORMS, CreateGroup, CreateUser, Help, LaunchAdHoc, parse
from usnd.domain.numbers import to_e164
from usnd.domain.replies import Echo, Reply, Say, reply

LONGEST_PERSON = 40
"""Characters of a first and a last name together."""


@dataclass(frozen=True, slots=True)
class TextRules:
    """What the operator may set about texts."""

    home_region: str
    most_participants: int = 60


@dataclass(frozen=True, slots=True)
class Situation:
    """What the store knows of the sender at the moment of the text. No subscriber: not registered."""

    subscriber: Subscriber | None
    directory: Directory = field(default_factory=Directory)
    conference: ConferenceState | None = None
    """The state of the subscriber's live conference."""
    voice_up: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """What to commit, all or nothing; the reply goes out afterwards."""

    reply: Reply
    changes: tuple[Change, ...] = ()
    launch: tuple[Participant, ...] = ()
    recall: bool = False


def decide(body: str, situation: Situation, rules: TextRules) -> Decision:
    """What the text does. Total: any body in any situation gets exactly one reply (REQUIREMENTS S4, S11)."""
    if situation.subscriber is None:
        return Decision(reply(Say.NO_SERVICE))
    if situation.subscriber.suspended:
        return Decision(reply(Say.SUSPENDED))
    command = parse(body)
    match command:
        case Reply():
            return Decision(command)
        case Help():
            return _help(command)
        case CreateUser():
            return _create_user(command, situation.directory, rules)
        case CreateGroup():
            return _create_group(command, situation.directory, rules)
        case LaunchAdHoc():  # pragma: no branch - mypy proves the match complete
            return _launch(command, situation, situation.subscriber, rules)


def _help(command: Help) -> Decision:
    form = FORMS.get(command.about.upper())
    if form is None:
        return Decision(reply(Say.HELP, commands=COMMAND_WORDS))
    return Decision(reply(Say.HELP_COMMAND, syntax=form.syntax, explains=form.explains))


def _create_user(command: CreateUser, directory: Directory, rules: TextRules) -> Decision:
    number = to_e164(command.phone, rules.home_region)
    if number is None:
        return Decision(reply(Say.BAD_NUMBER, word=Echo(command.phone)))
    wanted = _wrong_name(command.nick) or _taken(directory, command.nick) or _wrong_person(command)
    if wanted is not None:
        return Decision(wanted)
    changes: list[Change] = [PutUser(User(command.nick, number, command.first, command.last))]
    joins: dict[str, str] = {}
    for name in command.joins:
        joins.setdefault(name_key(name), name)
    for name in joins.values():
        problem = _wrong_name(name) or _taken_by_user(directory, name, command.nick)
        if problem is not None:
            return Decision(problem)
        group = directory.groups.get(name_key(name), Group(name))
        changes.append(PutGroup(replace(group, members=(*group.members, NickMember(command.nick)))))
    # A new user is in no group yet, so `-group` is true already; the edit command will take users out.
    groups = f", in {', '.join(joins.values())}" if joins else ""
    created = reply(Say.USER_CREATED, nick=command.nick, number=number, groups=groups)
    return Decision(created, tuple(changes))


def _create_group(command: CreateGroup, directory: Directory, rules: TextRules) -> Decision:
    problem = _wrong_name(command.group) or _taken_by_user(directory, command.group)
    if problem is not None:
        return Decision(problem)
    known = directory.groups.get(name_key(command.group))
    # The group may name itself: that is a cycle, not an unknown name.
    seen = _with_group(directory, known or Group(command.group))
    members = _members(command.members, seen, rules)
    if isinstance(members, Reply):
        return Decision(members)
    group = Group(known.name if known else command.group, members)
    if cycle := find_cycle(seen, group):
        return Decision(reply(Say.CYCLE, path=" > ".join(cycle.path)))
    say = Say.GROUP_REPLACED if known else Say.GROUP_CREATED
    names = tuple(_spelled(member) for member in members)
    told = reply(say, name=group.name, count=_count(len(members), "member"), names=names)
    return Decision(told, (PutGroup(group),))


def _launch(command: LaunchAdHoc, situation: Situation, subscriber: Subscriber, rules: TextRules) -> Decision:
    if situation.conference is ConferenceState.AWAY and situation.voice_up:
        return Decision(reply(Say.RECALLED), recall=True)
    if situation.conference is not None:
        busy = Say.NO_VOICE if situation.conference is ConferenceState.AWAY else Say.STILL_RUNNING
        return Decision(reply(busy))
    members = _members(command.members, situation.directory, rules)
    if isinstance(members, Reply):
        return Decision(members)
    everybody = people(situation.directory, members)
    others = tuple(person for person in everybody if person.number != subscriber.number)
    if not others:
        return Decision(reply(Say.NOBODY))
    if len(others) > rules.most_participants:
        return Decision(reply(Say.TOO_MANY, count=len(others), most=rules.most_participants))
    if not situation.voice_up:
        return Decision(reply(Say.NO_VOICE))
    names = tuple(person.name or person.number for person in others)
    return Decision(reply(Say.LAUNCHED, count=_count(len(others), "other"), names=names), launch=others)


def _members(words: tuple[str, ...], directory: Directory, rules: TextRules) -> tuple[Member, ...] | Reply:
    """What the words mean, each once: a name first, else a number."""
    found: dict[Member, None] = {}
    unknown: list[Echo] = []
    for word in words:
        if member := member_named(directory, word):
            found[member] = None
        elif number := to_e164(word, rules.home_region):
            found[NumberMember(number)] = None
        else:
            unknown.append(Echo(word))
    if unknown:
        return reply(Say.UNKNOWN_NAMES, names=tuple(unknown))
    return tuple(found)


def _wrong_name(name: str) -> Reply | None:
    return None if is_name(name) else reply(Say.BAD_NAME, word=Echo(name))


def _wrong_person(command: CreateUser) -> Reply | None:
    """A full name may be anything that can be read: no control characters, no halves of surrogate pairs."""
    name = f"{command.first}{command.last}"
    if name.isprintable() and len(name) <= LONGEST_PERSON:
        return None
    return reply(Say.BAD_PERSON, word=Echo(name), most=LONGEST_PERSON)


def _taken(directory: Directory, name: str) -> Reply | None:
    if name_key(name) in directory.groups:
        return reply(Say.NAME_TAKEN_BY_GROUP, name=name)
    return _taken_by_user(directory, name)


def _taken_by_user(directory: Directory, name: str, new_nick: str = "") -> Reply | None:
    key = name_key(name)
    if key in directory.users or key == name_key(new_nick):
        return reply(Say.NAME_TAKEN_BY_USER, name=name)
    return None


def _with_group(directory: Directory, group: Group) -> Directory:
    return replace(directory, groups={name_key(group.name): group, **directory.groups})


def _spelled(member: Member) -> str:
    match member:
        case NickMember(nick):
            return nick
        case GroupMember(group):
            return group
        case NumberMember(number):  # pragma: no branch - mypy proves the match complete
            return number


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
