"""A subscriber's users and groups: what a change does to them, and whom a list of names means.

Owns the rules of names. A name (nick or group) is unique per subscriber over both, in any letter case; it
begins with a letter, so that it is never taken for a number or a conference (REQUIREMENTS S5, S6).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from usnd.domain.conference import Participant

LONGEST_NAME = 20
_NAME = re.compile(rf"[^\W\d_][\w.&'-]{{1,{LONGEST_NAME - 1}}}")


def name_key(name: str) -> str:
    """What makes two names the same name."""
    return name.casefold()


def is_name(word: str) -> bool:
    """Whether the word can name a user or a group: two letters at the least, a letter first."""
    return _NAME.fullmatch(word) is not None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who may command: the number is E.164 and registered (REQUIREMENTS S4)."""

    id: int
    number: str
    suspended: bool = False
    press_one: bool = False
    """Whoever this subscriber's conferences call must press 1 to join (REQUIREMENTS C9)."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody whom the subscriber can call by a nick."""

    nick: str
    number: str
    first: str = ""
    last: str = ""

    @property
    def label(self) -> str:
        """How the subscriber reads them: the full name, else the nick."""
        return " ".join(part for part in (self.first, self.last) if part) or self.nick


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
    """All users and groups of one subscriber, by name key."""

    users: Mapping[str, User] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PutUser:
    """Create the user, or replace the one of that nick."""

    user: User


@dataclass(frozen=True, slots=True)
class PutGroup:
    """Create the group, or replace the members of the one of that name."""

    group: Group


Change = PutUser | PutGroup


@dataclass(frozen=True, slots=True)
class UnknownNames:
    """Names that are neither a user nor a group."""

    names: tuple[str, ...]


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
                if key not in opened:
                    opened.add(key)
                    waiting += directory.groups[key].members[::-1]
    return tuple(found.values())
