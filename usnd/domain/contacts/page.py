"""One page of an import: what it changes in the directory as it is now, and how that is undone. Pure.

services/portal does a page in one unit of work, and keeps what comes of it. Rules and words are those of the
forms (domain/directory/edits.py). What changed since the preview is left alone, and told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from usnd.domain.contacts.plan import Doing, Entry
from usnd.domain.directory.edits import Refused, UserForm, edit_user, fault_of, values_of
from usnd.domain.directory.lookup import taken_by_user, wrong_name
from usnd.domain.directory.model import (
    Change,
    Directory,
    Group,
    GroupMember,
    JoinGroup,
    LeaveGroup,
    NickMember,
    PutUser,
    RemoveGroup,
    RemoveUser,
    User,
    holders,
    name_key,
)
from usnd.domain.directory.similar_names import spelled_like
from usnd.domain.directory.undo import Kept
from usnd.domain.directory.versions import ABSENT, version_of_user
from usnd.domain.replies.catalogue import Reply, Say, reply

CHANGED_MEANWHILE = "changed-meanwhile"
"""The fault of an entry whose user is not any more as the preview showed."""
Line = Annotated[int, Meta(ge=1)]


class NotDone(msgspec.Struct, frozen=True):
    """An entry that was to be done and could not be; fault, values: as of Entry."""

    line: int
    name: str
    fault: str
    values: dict[str, str] = {}


class Done(msgspec.Struct, frozen=True):
    """A user that was added, or was changed from `before`. joined: the groups that they came into."""

    nick: str
    is_now: str
    before: Kept | None = None
    joined: tuple[str, ...] = ()


class PageResult(msgspec.Struct, frozen=True):
    """What became of a page. made: groups that were not there before."""

    done: tuple[Done, ...] = ()
    made: tuple[str, ...] = ()
    not_done: tuple[NotDone, ...] = ()

    @property
    def added(self) -> int:
        """How many users are new."""
        return sum(one.before is None for one in self.done)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Changes, in order, and what came of it."""

    changes: tuple[Change, ...]
    result: PageResult


@dataclass(frozen=True, slots=True)
class UndonePage:
    """Changes, in order; the nicks of users who were changed or are used elsewhere by now, and stay."""

    changes: tuple[Change, ...]
    stay: tuple[str, ...]


def do_page(
    entries: Sequence[Entry],
    without: Iterable[int],
    kinds: Iterable[Doing],
    directory: Directory,
    region: str,
) -> Outcome:
    """Does the entries of those kinds, but not those of the lines `without`."""
    left_out, wanted = frozenset(without), frozenset(kinds)
    work = _Page(dict(directory.users), dict(directory.groups), directory, region)
    for entry in entries:
        if entry.doing in wanted and entry.line not in left_out:
            work.do(entry)
    joins = tuple(JoinGroup(name, tuple(nicks)) for name, nicks in work.joins.items())
    result = PageResult(tuple(work.done), tuple(work.made), tuple(work.not_done))
    return Outcome((*work.puts, *joins), result)


@dataclass(slots=True)
class _Page:
    """The directory as the entries so far make it."""

    users: dict[str, User]
    groups: dict[str, Group]
    stored: Directory
    region: str
    puts: list[PutUser] = field(default_factory=list)
    joins: dict[str, list[str]] = field(default_factory=dict)
    """By the group's name."""
    made: list[str] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    not_done: list[NotDone] = field(default_factory=list)
    members: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of groups that were looked at."""

    def do(self, entry: Entry) -> None:
        there = self.users.get(name_key(entry.nick))
        wanted = User(entry.nick if there is None else there.nick, entry.number, entry.first, entry.last)
        if version_of_user(there) != entry.was and there != wanted:
            self._refuse(entry, CHANGED_MEANWHILE)
            return
        now = Directory(self.users, self.groups, self.stored.conferences)
        version = ABSENT if there is None else version_of_user(there)
        edit = edit_user(
            UserForm(entry.nick, entry.number, entry.first, entry.last, version), now, self.region
        )
        if isinstance(edit, Refused):
            self._refuse(entry, fault_of(edit.why), values_of(edit.why))
            return
        groups = [self._group(name, entry.nick, now) for name in entry.groups]
        if problems := [one for one in groups if isinstance(one, Reply)]:
            self._refuse(entry, fault_of(problems[0]), values_of(problems[0]))
            return
        self._put(wanted, there, [one for one in groups if isinstance(one, Group)])

    def _group(self, name: str, nick: str, now: Directory) -> Group | Reply:
        if there := spelled_like(name, now.groups):
            return there
        problem = wrong_name(name) or taken_by_user(name, now)
        if problem is None and name_key(name) == name_key(nick):
            problem = reply(Say.GROUP_LIKE_NICK, name=nick)
        return problem or Group(name)

    def _put(self, wanted: User, there: User | None, groups: Sequence[Group]) -> None:
        key = name_key(wanted.nick)
        joined = [group for group in groups if key not in self._members(group)]
        for group in joined:
            if name_key(group.name) not in self.groups:
                self.groups[name_key(group.name)] = group
                self.made.append(group.name)
            self.joins.setdefault(group.name, []).append(wanted.nick)
        if there == wanted and not joined:
            return
        self.users[key] = wanted
        self.puts.append(PutUser(wanted))
        before = Kept(there.nick, there.number, there.first, there.last) if there else None
        names = tuple(group.name for group in joined)
        self.done.append(Done(wanted.nick, version_of_user(wanted), before, names))

    def _members(self, group: Group) -> frozenset[str]:
        key = name_key(group.name)
        if key not in self.members:
            nicks = (name_key(one.nick) for one in group.members if isinstance(one, NickMember))
            self.members[key] = frozenset(nicks)
        return self.members[key]

    def _refuse(self, entry: Entry, fault: str, values: Mapping[str, str] | None = None) -> None:
        self.not_done.append(NotDone(entry.line, entry.nick, fault, dict(values or {})))


def undo_page(result: PageResult, directory: Directory) -> UndonePage:
    """Takes back what a page did, as far as it is as the page left it.

    Pages are undone from the last to the first: so a group that one made is empty again when that one is.
    """
    held_by = _holders(directory)
    puts, removed, leaves, stay = list[Change](), list[Change](), dict[str, list[str]](), list[str]()
    for one in result.done:
        user = directory.users.get(name_key(one.nick))
        if user is None:
            continue
        elsewhere = held_by.get(name_key(one.nick), frozenset()) - {name_key(name) for name in one.joined}
        if version_of_user(user) != one.is_now or (one.before is None and elsewhere):
            stay.append(one.nick)
        elif one.before is None:
            removed.append(RemoveUser(one.nick))
        else:
            puts.append(PutUser(User(one.before.name, one.before.number, one.before.first, one.before.last)))
            for name in one.joined:
                leaves.setdefault(name, []).append(one.nick)
    gone = {name_key(one.nick) for one in result.done} - {name_key(nick) for nick in stay}
    emptied = [
        RemoveGroup(name)
        for name in result.made
        if (group := directory.groups.get(name_key(name)))
        and all(isinstance(one, NickMember) and name_key(one.nick) in gone for one in group.members)
        and holders(directory, GroupMember(name)) == ((), ())
    ]
    parted = (
        LeaveGroup(name, tuple(nicks)) for name, nicks in leaves.items() if name_key(name) in directory.groups
    )
    return UndonePage((*puts, *parted, *removed, *emptied), tuple(stay))


def _holders(directory: Directory) -> dict[str, frozenset[str]]:
    """Of each user, by key: the keys of the groups and the numbers of the conferences that hold them."""
    held = dict[str, set[str]]()
    lists = [
        *((key, group.members) for key, group in directory.groups.items()),
        *((str(number), members) for number, members in directory.conferences.items()),
    ]
    for holder, members in lists:
        for one in members:
            if isinstance(one, NickMember):
                held.setdefault(name_key(one.nick), set()).add(holder)
    return {nick: frozenset(holders) for nick, holders in held.items()}
