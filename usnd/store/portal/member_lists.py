"""Who is in one group or instant conference, and lists of groups: what a page shows, without all the rest.

The portal's site reads by it: a directory of ten thousand users is never loaded to show a page of a group.
"""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, bindparam, func, or_, select, union

from usnd.domain.directory.model import (
    Directory,
    Group,
    GroupMember,
    Member,
    NickMember,
    NumberMember,
    User,
    name_key,
)
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.schema import (
    group_members,
    groups,
    instant_conference_members,
    instant_conferences,
    users,
)

_MINE = groups.c.subscriber_id == bindparam("owner")
_GROUPS = (
    select(groups.c.id, groups.c.name)
    .where(_MINE)
    .order_by(groups.c.name_key)
    .limit(bindparam("most"))
    .offset(bindparam("first"))
)
_COUNT_GROUPS = select(func.count()).select_from(groups).where(_MINE)
_GROUP = select(groups.c.id, groups.c.name).where(_MINE, groups.c.name_key == bindparam("key"))
_CONFERENCES = (
    select(instant_conferences.c.id, instant_conferences.c.number)
    .where(instant_conferences.c.subscriber_id == bindparam("owner"))
    .order_by(instant_conferences.c.number)
)
_USER = (users.c.nick, users.c.number, users.c.first, users.c.last)
_NAMED = select(*_USER).where(users.c.subscriber_id == bindparam("owner"), OneOf(users.c.nick_key, "keys"))


def _members(table: Table) -> Select[Any]:
    """Of several lists, each member with the list's id, in their order."""
    holder = table.c[0]
    return (
        select(holder, table.c.number, users.c.nick, groups.c.name)
        .select_from(
            table.outerjoin(users, users.c.id == table.c.user_id).outerjoin(
                groups, groups.c.id == table.c.member_group_id
            )
        )
        .where(OneOf(holder, "holders"))
        .order_by(holder, table.c.position)
    )


def _others(table: Table) -> Select[Any]:
    """The first users by nick who are not in a list."""
    inside = select(table.c.user_id).where(table.c[0] == bindparam("holder"), table.c.user_id == users.c.id)
    return (
        select(*_USER)
        .where(users.c.subscriber_id == bindparam("owner"), ~inside.exists())
        .order_by(users.c.nick_key)
        .limit(bindparam("most"))
    )


_OF_GROUPS, _OF_CONFERENCES = _members(group_members), _members(instant_conference_members)
_NOT_IN_GROUP, _NOT_IN_CONFERENCE = _others(group_members), _others(instant_conference_members)


def _people() -> Select[Any]:
    """How many numbers are in each instant conference, groups opened, each number once."""
    conference, inside, behind = instant_conferences, instant_conference_members, group_members
    theirs = (
        select(conference.c.number.label("of"), inside.c.member_group_id, inside.c.user_id, inside.c.number)
        .join(inside, inside.c.instant_conference_id == conference.c.id)
        .where(conference.c.subscriber_id == bindparam("owner"))
        .subquery()
    )
    reach = (
        select(theirs.c.of, theirs.c.member_group_id.label("group_id"))
        .where(theirs.c.member_group_id.is_not(None))
        .cte("reach", recursive=True)
    )
    reach = reach.union(
        select(reach.c.of, behind.c.member_group_id)
        .join(behind, behind.c.group_id == reach.c.group_id)
        .where(behind.c.member_group_id.is_not(None))
    )
    reached = reach.join(behind, behind.c.group_id == reach.c.group_id)
    numbers = union(
        select(theirs.c.of, theirs.c.number.label("number")).where(theirs.c.number.is_not(None)),
        select(theirs.c.of, users.c.number).join(users, users.c.id == theirs.c.user_id),
        select(reach.c.of, behind.c.number).select_from(reached).where(behind.c.number.is_not(None)),
        select(reach.c.of, users.c.number).select_from(reached.join(users, users.c.id == behind.c.user_id)),
    ).subquery()
    return select(numbers.c.of, func.count()).group_by(numbers.c.of)


_PEOPLE = _people()


def _reached() -> Select[Any]:
    """Members of the groups of some names or in one instant conference, and of all that these hold.

    A row for each, in their order, with the group and with who it is; one without for a group of nobody.
    """
    conference, inside, behind = instant_conferences, instant_conference_members, group_members
    in_it = (
        select(inside.c.member_group_id)
        .join(conference, conference.c.id == inside.c.instant_conference_id)
        .where(
            conference.c.subscriber_id == bindparam("owner"),
            conference.c.number == bindparam("number"),
            inside.c.member_group_id.is_not(None),
        )
    )
    begin = select(groups.c.id).where(_MINE, or_(OneOf(groups.c.name_key, "keys"), groups.c.id.in_(in_it)))
    reach = begin.cte("reach", recursive=True)
    reach = reach.union(
        select(behind.c.member_group_id)
        .join(reach, reach.c.id == behind.c.group_id)
        .where(behind.c.member_group_id.is_not(None))
    )
    held = groups.alias("held")
    return (
        select(groups.c.name, behind.c.number, held.c.name, *_USER)
        .select_from(
            reach.join(groups, groups.c.id == reach.c.id)
            .outerjoin(behind, behind.c.group_id == groups.c.id)
            .outerjoin(users, users.c.id == behind.c.user_id)
            .outerjoin(held, held.c.id == behind.c.member_group_id)
        )
        .order_by(groups.c.id, behind.c.position)
    )


_REACHED = _reached()
_NUMBERS = select(instant_conferences.c.number).where(
    instant_conferences.c.subscriber_id == bindparam("owner")
)


class List(NamedTuple):
    """A group by its name, or an instant conference by its number, with its members in their order."""

    id: int
    name: str
    members: tuple[Member, ...]


class MemberLists:
    """Of one subscriber at a time."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def count_groups(self, owner: int) -> int:
        """How many groups a subscriber has."""
        return int(self._tx.execute(_COUNT_GROUPS, {"owner": owner}).scalar_one())

    def group_names(self, owner: int, most: int, first: int = 0) -> list[str]:
        """So many names of groups, in their order, from the one in that place on."""
        rows = self._tx.execute(_GROUPS, {"owner": owner, "most": most, "first": first})
        return [name for _, name in rows]

    def groups(self, owner: int, most: int, first: int = 0) -> list[List]:
        """The same groups, with their members."""
        rows = self._tx.execute(_GROUPS, {"owner": owner, "most": most, "first": first}).all()
        return self._filled(_OF_GROUPS, rows)

    def group(self, owner: int, name: str) -> List | None:
        """The group of that name."""
        rows = self._tx.execute(_GROUP, {"owner": owner, "key": name_key(name)}).all()
        return next(iter(self._filled(_OF_GROUPS, rows)), None)

    def conferences(self, owner: int) -> list[List]:
        """All instant conferences."""
        return self._filled(_OF_CONFERENCES, self._tx.execute(_CONFERENCES, {"owner": owner}).all())

    def people(self, owner: int) -> dict[int, int]:
        """How many people are in each instant conference, by its number; where nobody is, none."""
        rows = self._tx.execute(_PEOPLE, {"owner": owner})
        return {int(number): int(count) for number, count in rows}

    def numbers(self, owner: int) -> list[int]:
        """Which instant conferences there are."""
        return sorted(int(row[0]) for row in self._tx.execute(_NUMBERS, {"owner": owner}))

    def around(self, owner: int, names: Iterable[str], number: int | None = None) -> Directory:
        """Of the directory what these names mean, that instant conference, and all that is in them.

        Who is not in there is not known to it: it says nothing of names that are taken.
        """
        keys = {name_key(name) for name in names}
        values = {"owner": owner, "keys": json_of(keys), "number": number or 0}
        members: dict[str, list[Member]] = {}
        known: dict[str, User] = {}
        for group, bare, held, nick, *person in self._tx.execute(_REACHED, values):
            here = members.setdefault(group, [])
            if nick is not None:
                known[name_key(nick)] = User(nick, *person)
            if (bare, held, nick) != (None, None, None):
                here.append(_member(bare, nick, held))
        conference = next((one for one in self.conferences(owner) if one.name == str(number)), None)
        inside = conference.members if conference else ()
        nicks = [one.nick for one in inside if isinstance(one, NickMember)]
        known |= {name_key(user.nick): user for user in self.users(owner, [*nicks, *keys])}
        return Directory(
            known,
            {name_key(name): Group(name, tuple(held)) for name, held in members.items()},
            {} if conference is None or number is None else {number: inside},
        )

    def users(self, owner: int, nicks: Iterable[str]) -> list[User]:
        """The users of these nicks, as far as there are any."""
        keys = {name_key(nick) for nick in nicks}
        rows = self._tx.execute(_NAMED, {"owner": owner, "keys": json_of(keys)}) if keys else ()
        return [User(*row) for row in rows]

    def not_in_group(self, owner: int, group_id: int, most: int) -> list[User]:
        """So many users who are not in that group themselves, by nick."""
        values = {"owner": owner, "holder": group_id, "most": most}
        return [User(*row) for row in self._tx.execute(_NOT_IN_GROUP, values)]

    def not_in_conference(self, owner: int, conference_id: int, most: int) -> list[User]:
        """The same of an instant conference."""
        values = {"owner": owner, "holder": conference_id, "most": most}
        return [User(*row) for row in self._tx.execute(_NOT_IN_CONFERENCE, values)]

    def _filled(self, query: Select[Any], rows: Collection[Any]) -> list[List]:
        members: dict[int, list[Member]] = {number: [] for number, _ in rows}
        found = self._tx.execute(query, {"holders": json_of(members)}) if members else ()
        for holder, number, nick, group in found:
            members[holder].append(_member(number, nick, group))
        return [List(number, str(name), tuple(members[number])) for number, name in rows]


def _member(number: str | None, nick: str | None, group: str | None) -> Member:
    if nick is not None:
        return NickMember(nick)
    if group is not None:
        return GroupMember(group)
    assert number is not None  # the table's constraint: exactly one of them
    return NumberMember(number)
