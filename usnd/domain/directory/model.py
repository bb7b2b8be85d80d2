"""A subscriber's users, groups and conferences: what a change does to them, and whom a list of names means.

Commands read it in domain/sms; store/directories.py loads it. The rules of names are here. A name (nick or
group) is unique per subscriber over both, in any letter case; it begins with a letter, so that it is never
taken for a number or a conference (REQUIREMENTS S5, S6). Members are kept by reference: what a group holds
later counts, and who is deleted is a member no more.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

import msgspec

from usnd.domain.conference.model import Participant
from usnd.domain.sms.characters import is_wordlike

SHORTEST_NAME, LONGEST_NAME = 2, 20
MOST_CONFERENCES = 30
"""Of one subscriber: each has its own DNIS (REQUIREMENTS C3)."""


def name_key(name: str) -> str:
    """What makes two names the same name: case and width of letters do not count (Unicode §3.13)."""
    if name.isascii():
        return name.casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_name(word: str) -> bool:
    """Whether the word can name a user or a group: two characters at the least, a letter first."""
    return SHORTEST_NAME <= len(word) <= LONGEST_NAME and word[0].isalpha() and is_wordlike(word)


class Subscriber(msgspec.Struct, frozen=True):
    """Who may command: the number is E.164 and registered (REQUIREMENTS S4).

    No dataclass: a page of a list makes a thousand of them, at a twelfth of its cost.
    """

    id: int
    number: str
    suspended: bool = False
    language: str = "en"
    call_texts: bool = False
    """Everybody who is called gets a text beside the call (REQUIREMENTS S10)."""
    press_one: bool = False
    """Everybody who is called must press 1 to join (REQUIREMENTS C9)."""
    minutes: int | None = None
    """That all calls of their conferences may last in a month; None: no limit (REQUIREMENTS C10)."""
    name: str = ""
    email: str = ""
    time_zone: str = ""
    """As IANA names it; empty: the node's."""
    participants: int | None = None
    """In one conference at most, where the node allows more; None: as many as it allows."""
    away: int | None = None
    """Seconds that the others wait for them (REQUIREMENTS C5); None: as the node says."""
    call_backs: int | None = None
    """How often they are called back (REQUIREMENTS C6); None: as the node says."""


def most_participants_of(subscriber: Subscriber, most: int) -> int:
    """How many people may be in a conference of theirs. most: on the node; theirs may be smaller."""
    return most if subscriber.participants is None else min(subscriber.participants, most)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody whom the subscriber can call by a nick."""

    nick: str
    number: str
    first: str = ""
    last: str = ""

    @property
    def full_name(self) -> str:
        """First and last name, as far as they are known."""
        return " ".join(part for part in (self.first, self.last) if part)

    @property
    def label(self) -> str:
        """How the subscriber reads them: the full name, else the nick."""
        return self.full_name or self.nick


class UserOrder(Enum):
    """How a list of users is sorted. NAME: the last name first; who has none is at the end."""

    NICK = "nick"
    NAME = "name"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class NickMember:
    """A user as member of a group."""

    nick: str


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A group as member of a group."""

    group: str


@dataclass(frozen=True, slots=True)
class NumberMember:
    """A bare E.164 number as member of a group."""

    number: str


Member = NickMember | GroupMember | NumberMember


@dataclass(frozen=True, slots=True)
class Group:
    """A named list of members, in the order given."""

    name: str
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """All that one subscriber has: users and groups by name key, the members of conferences by number."""

    users: Mapping[str, User] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))
    conferences: Mapping[int, tuple[Member, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PutUser:
    """Create the user, or replace the one of that nick."""

    user: User


@dataclass(frozen=True, slots=True)
class PutGroup:
    """Create the group, or replace the members of the one of that name."""

    group: Group


@dataclass(frozen=True, slots=True)
class JoinGroup:
    """Users come into the group behind its other members; it is made if it is not there yet."""

    name: str
    nicks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """Users go from the group; they and it stay."""

    name: str
    nicks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PutConference:
    """Define the conference of that number (1 to 30), or redefine it."""

    number: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class RemoveUser:
    """Delete the user, also from every group and conference."""

    nick: str


@dataclass(frozen=True, slots=True)
class RemoveGroup:
    """Delete the group, also from every group and conference; its members stay."""

    name: str


@dataclass(frozen=True, slots=True)
class RemoveConference:
    """Delete the conference of that number; its members stay."""

    number: int


_Put = PutUser | PutGroup | PutConference
Change = _Put | JoinGroup | LeaveGroup | RemoveUser | RemoveGroup | RemoveConference


@dataclass(frozen=True, slots=True)
class GroupCycle:
    """A group that would contain itself, by way of these groups."""

    path: tuple[str, ...]


def member_named(directory: Directory, name: str) -> Member | None:
    """The member that a name means, spelled as its owner spelled it first."""
    key = name_key(name)
    if user := directory.users.get(key):
        return NickMember(user.nick)
    if group := directory.groups.get(key):
        return GroupMember(group.name)
    return None


def changed(directory: Directory, changes: Iterable[Change]) -> Directory:
    """The directory after the changes: what a store must give after it wrote them."""
    for change in changes:
        match change:
            case PutUser(user):
                directory = replace(directory, users={**directory.users, name_key(user.nick): user})
            case PutGroup(group):
                directory = replace(directory, groups={**directory.groups, name_key(group.name): group})
            case JoinGroup(name, nicks):
                group = directory.groups.get(name_key(name), Group(name))
                directory = changed(directory, [PutGroup(joined(group, nicks))])
            case LeaveGroup(name, nicks):
                group = directory.groups.get(name_key(name), Group(name))
                directory = changed(directory, [PutGroup(left(group, nicks))])
            case PutConference(number, members):
                directory = replace(directory, conferences={**directory.conferences, number: members})
            case RemoveUser(nick):
                users = {key: user for key, user in directory.users.items() if key != name_key(nick)}
                directory = _without(replace(directory, users=users), NickMember(nick))
            case RemoveGroup(name):
                groups = {key: group for key, group in directory.groups.items() if key != name_key(name)}
                directory = _without(replace(directory, groups=groups), GroupMember(name))
            case RemoveConference(number):  # pragma: no branch - mypy proves the match complete
                rest = {one: members for one, members in directory.conferences.items() if one != number}
                directory = replace(directory, conferences=rest)
    return directory


def joined(group: Group, nicks: Iterable[str]) -> Group:
    """The group with these users behind its members, each once."""
    known = {name_key(one.nick) for one in group.members if isinstance(one, NickMember)}
    new = {name_key(nick): NickMember(nick) for nick in nicks if name_key(nick) not in known}
    return replace(group, members=(*group.members, *new.values()))


def left(group: Group, nicks: Iterable[str]) -> Group:
    """The group without these users."""
    gone = {name_key(nick) for nick in nicks}
    stay = (one for one in group.members if not (isinstance(one, NickMember) and name_key(one.nick) in gone))
    return replace(group, members=tuple(stay))


def _without(directory: Directory, gone: Member) -> Directory:
    groups = {
        key: replace(group, members=less(group.members, gone)) for key, group in directory.groups.items()
    }
    conferences = {number: less(members, gone) for number, members in directory.conferences.items()}
    return replace(directory, groups=groups, conferences=conferences)


def less(members: tuple[Member, ...], gone: Member) -> tuple[Member, ...]:
    """The members without that one, however it is spelled."""
    kind, key = type(gone), name_key(spelled(gone))
    return tuple(one for one in members if type(one) is not kind or name_key(spelled(one)) != key)


def holders(directory: Directory, member: Member) -> tuple[tuple[Group, ...], tuple[int, ...]]:
    """The groups, and the numbers of the conferences, that hold the member themselves."""
    groups = (group for group in directory.groups.values() if less(group.members, member) != group.members)
    numbers = (n for n, members in directory.conferences.items() if less(members, member) != members)
    return tuple(groups), tuple(sorted(numbers))


def spelled(member: Member) -> str:
    """The member as its owner wrote it."""
    match member:
        case NickMember(nick):
            return nick
        case GroupMember(group):
            return group
        case NumberMember(number):  # pragma: no branch - mypy proves the match complete
            return number


def find_cycle(directory: Directory, group: Group) -> GroupCycle | None:
    """The way by which `group`, put into the directory, would contain itself; None if it would not."""
    start = name_key(group.name)
    ways: list[tuple[tuple[str, ...], Group]] = [((group.name,), group)]
    seen = {start}
    while ways:
        path, here = ways.pop()
        for member in here.members:
            if not isinstance(member, GroupMember):
                continue
            key = name_key(member.group)
            if key == start:
                return GroupCycle((*path, group.name))
            if key not in seen and key in directory.groups:
                seen.add(key)
                ways.append(((*path, member.group), directory.groups[key]))
    return None


def people(directory: Directory, members: Iterable[Member]) -> tuple[Participant, ...]:
    """Everybody the members mean, groups opened, each number once, in the order written."""
    found: dict[str, Participant] = {}
    opened: set[str] = set()
    waiting = list(members)[::-1]
    while waiting:
        match waiting.pop():
            case NumberMember(number):
                found.setdefault(number, Participant(number, ""))
            case NickMember(nick):
                user = directory.users[name_key(nick)]
                found.setdefault(user.number, Participant(user.number, user.label))
            case GroupMember(group):  # pragma: no branch - mypy proves the match complete
                key = name_key(group)
                waiting += () if key in opened else directory.groups[key].members[::-1]
                opened.add(key)
    return tuple(found.values())
