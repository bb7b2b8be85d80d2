"""What an import does with each contact of a file: the preview that a subscriber chooses from. Pure.

The portal's site makes the plan of what is stored then; usnd does each entry that was chosen only if it still
is so: page.py. The same file again finds what the first time made: a user is found by the nick that the file
gives, else by number and name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

from usnd.domain.contacts.contact import MOST_GROUPS, Contact
from usnd.domain.contacts.names import as_written, group_of, nick_for, person_of
from usnd.domain.directory.edits import fault_of, values_of
from usnd.domain.directory.lookup import number_of, wrong_name
from usnd.domain.directory.model import Directory, NickMember, User, is_name, name_key
from usnd.domain.directory.similar_names import fold
from usnd.domain.directory.versions import ABSENT, version_of_user
from usnd.domain.replies.catalogue import Echo, Reply, Say, reply

MOST_USERS = 20_000
"""Of one subscriber, where an import adds some."""
ON_A_PAGE = 50
"""Entries that are shown together, and done in one unit of work."""
Word = Annotated[str, Meta(max_length=64)]


class Doing(Enum):
    """What is done with a contact."""

    REFUSED = "refused"
    CHANGE = "change"
    ADD = "add"
    SAME = "same"


class Fault(Enum):
    """Why a contact is refused, beside what texts are refused for."""

    NO_NUMBER = "number-missing"
    TWICE = "twice"
    """The file has it before, in the line that `values` says."""
    FULL = "too-many-users"


class Entry(msgspec.Struct, frozen=True):
    """A contact, and what is done with it. line: of the file. was: version of the user that is changed.

    before: that user's number and name. made: whether the nick is made here. others: how many more numbers
    the file has. fault, values: why it is refused, by the names of domain/replies/catalogue.py.
    """

    line: int
    doing: Doing
    nick: Word = ""
    number: Word = ""
    first: Word = ""
    last: Word = ""
    groups: Annotated[tuple[Word, ...], Meta(max_length=MOST_GROUPS)] = ()
    was: Word = ABSENT
    before: Annotated[str, Meta(max_length=128)] = ""
    made: bool = False
    others: int = 0
    fault: Word = ""
    values: Annotated[dict[Word, Annotated[str, Meta(max_length=512)]], Meta(max_length=4)] = {}


def planned(contacts: Sequence[Contact], directory: Directory, home_region: str) -> tuple[Entry, ...]:
    """An entry for each: first the refused ones, then those that change, add, and change nothing."""
    work = _Plan(directory, home_region)
    work.keep_free(group for one in contacts for group in one.groups)
    entries = [work.entry(one) for one in contacts]
    order = list(Doing)
    return tuple(sorted(entries, key=lambda one: order.index(one.doing)))


class _Refusal(Exception):
    def __init__(self, fault: str, values: dict[str, str]) -> None:
        super().__init__(fault)
        self.fault, self.values = fault, values


@dataclass(slots=True)
class _Plan:
    """The directory as the entries so far make it."""

    directory: Directory
    home_region: str
    users: dict[str, User] = field(init=False)
    by_number: dict[str, list[User]] = field(init=False)
    folded: dict[str, User] = field(init=False)
    groups: dict[str, str] = field(init=False)
    """Names by how they are typed without accents."""
    wanted: set[str] = field(default_factory=set)
    """Names of the file's groups: no nick is made of them."""
    members: set[tuple[str, str]] = field(init=False)
    met: dict[str, int] = field(default_factory=dict)
    """Users that the file had, by key, with its line."""

    def __post_init__(self) -> None:
        self.users = dict(self.directory.users)
        self.folded = {fold(user.nick): user for user in self.users.values()}
        self.groups = {fold(group.name): group.name for group in self.directory.groups.values()}
        self.by_number = {}
        for user in self.users.values():
            self.by_number.setdefault(user.number, []).append(user)
        self.members = {
            (fold(group.name), name_key(one.nick))
            for group in self.directory.groups.values()
            for one in group.members
            if isinstance(one, NickMember)
        }

    def keep_free(self, groups: Iterable[str]) -> None:
        self.wanted = {fold(group_of(one) or "") for one in set(groups)}

    def entry(self, contact: Contact) -> Entry:
        shown = Entry(
            contact.line,
            Doing.REFUSED,
            as_written(contact.nick or contact.nickname)[:64],
            next(iter(contact.phones), "")[:64],
            contact.first[:64],
            contact.last[:64],
        )
        try:
            return self._entry(contact)
        except _Refusal as refusal:
            return msgspec.structs.replace(shown, fault=refusal.fault, values=refusal.values)

    def _entry(self, contact: Contact) -> Entry:
        number = self._number(contact)
        first, last = person_of(contact.first, contact.last)
        there = self._meant(contact, number, (first, last))
        if there is not None and not first and not last:
            first, last = there.first, there.last
        nick = there.nick if there else self._new_nick(contact, number)
        if before := self.met.get(name_key(nick)):
            raise _Refusal(Fault.TWICE.value, {"line": str(before)})
        groups = self._groups(contact, nick)
        user = User(nick, number, first, last)
        self._keep(user, there, contact.line)
        joins = tuple(one for one in groups if (fold(one), name_key(nick)) not in self.members)
        same = there == user and not joins
        return Entry(
            contact.line,
            Doing.ADD if there is None else Doing.SAME if same else Doing.CHANGE,
            nick,
            number,
            first,
            last,
            groups,
            version_of_user(there),
            " ".join(filter(None, (there.number, there.full_name))) if there else "",
            made=there is None and not contact.nick and name_key(nick) != name_key(contact.nickname),
            others=max(len(contact.phones) - 1, 0),
        )

    def _number(self, contact: Contact) -> str:
        """The first that is one, as the likeliest are first."""
        problem: Reply | None = None
        for phone in contact.phones:
            written = as_written(phone)
            if written in self.by_number:
                return written
            found = number_of(written, self.home_region, lambda number: number)
            if isinstance(found, str):
                return found
            problem = problem or found
        if problem is None:
            raise _Refusal(Fault.NO_NUMBER.value, {})
        raise _refused(problem)

    def _meant(self, contact: Contact, number: str, person: tuple[str, str]) -> User | None:
        """The user that the contact is, if there is one."""
        if contact.nick:
            return self.users.get(name_key(as_written(contact.nick)))
        of_number = self.by_number.get(number, [])
        named = self.users.get(name_key(as_written(contact.nickname)))
        if named in of_number:
            return named
        others = [user for user in of_number if not contact.nickname or name_key(user.nick) not in self.met]
        same = [user for user in others if (user.first, user.last) == person]
        if same or (person == ("", "") and not contact.nickname):
            return next(iter(same or of_number), None)
        if named is not None and name_key(named.nick) not in self.met:
            return named
        nameless = (user for user in others if not user.full_name and name_key(user.nick) not in self.met)
        return next(nameless, None)

    def _new_nick(self, contact: Contact, number: str) -> str:
        if len(self.users) >= MOST_USERS:
            raise _Refusal(Fault.FULL.value, {"most": str(MOST_USERS)})
        if not contact.nick:
            return nick_for(contact, number, self._is_free)
        nick = as_written(contact.nick)
        if problem := wrong_name(nick) or self._taken(nick):
            raise _refused(problem)
        return nick

    def _is_free(self, nick: str) -> bool:
        key = fold(nick)
        return key not in self.folded and key not in self.groups and key not in self.wanted

    def _taken(self, nick: str) -> Reply | None:
        key = fold(nick)
        if user := self.folded.get(key):
            return reply(Say.USER_EXISTS, nick=user.nick, number=user.number)
        return reply(Say.NAME_TAKEN_BY_GROUP, name=self.groups[key]) if key in self.groups else None

    def _groups(self, contact: Contact, nick: str) -> tuple[str, ...]:
        """The groups as they are spelled, those of the subscriber or the file's first."""
        groups = dict[str, None]()
        for written in contact.groups:
            if (name := group_of(written)) is None:
                continue
            if not is_name(name):
                raise _refused(reply(Say.BAD_NAME, word=Echo(written)))
            if fold(name) == fold(nick):
                raise _refused(reply(Say.GROUP_LIKE_NICK, name=nick))
            if user := self.folded.get(fold(name)):
                raise _refused(reply(Say.NAME_TAKEN_BY_USER, name=user.nick))
            groups[self.groups.get(fold(name), name)] = None
        for name in groups:
            self.groups.setdefault(fold(name), name)
        return tuple(groups)

    def _keep(self, user: User, there: User | None, line: int) -> None:
        key = name_key(user.nick)
        if there is not None:
            self.by_number[there.number].remove(there)
        self.users[key] = self.folded[fold(user.nick)] = user
        self.by_number.setdefault(user.number, []).append(user)
        self.met[key] = line


def _refused(problem: Reply) -> _Refusal:
    return _Refusal(fault_of(problem), values_of(problem))
