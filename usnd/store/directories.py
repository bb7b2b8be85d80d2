"""What each subscriber has in the store: users, groups, conferences. Refuses the rules of names: domain."""

from collections.abc import Collection, Iterable
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, select

from usnd.domain.directory import (
    Change,
    Directory,
    Group,
    GroupMember,
    Member,
    NickMember,
    NumberMember,
    User,
    name_key,
)
from usnd.store.changes import Changes, Owned
from usnd.store.execution import Executor
from usnd.store.schema import (
    group_members,
    groups,
    instant_conference_members,
    instant_conferences,
    users,
)
from usnd.store.sets import OneOf, json_of

_USERS = (
    select(users.c.id, users.c.subscriber_id, users.c.nick, users.c.number, users.c.first, users.c.last)
    .where(OneOf(users.c.subscriber_id, "owners"))
    .order_by(users.c.id)
)
_GROUPS = (
    select(groups.c.id, groups.c.name, groups.c.subscriber_id)
    .where(OneOf(groups.c.subscriber_id, "owners"))
    .order_by(groups.c.id)
)
_MEMBERS = (
    select(
        group_members.c.group_id,
        group_members.c.user_id,
        group_members.c.member_group_id,
        group_members.c.number,
    )
    .join(groups, groups.c.id == group_members.c.group_id)
    .where(OneOf(groups.c.subscriber_id, "owners"))
    .order_by(group_members.c.group_id, group_members.c.position)
)
# A conference that lost its members is still defined: it comes as one row without a member.
_CONFERENCES = (
    select(
        instant_conferences.c.subscriber_id,
        instant_conferences.c.number.label("conference"),
        instant_conference_members.c.user_id,
        instant_conference_members.c.member_group_id,
        instant_conference_members.c.number,
    )
    .outerjoin(instant_conference_members)
    .where(OneOf(instant_conferences.c.subscriber_id, "owners"))
    .order_by(instant_conferences.c.number, instant_conference_members.c.position)
)


class Directories:
    """Each subscriber's own users, groups and conferences."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def load(self, owner: int) -> Directory:
        """All that a subscriber has; empty for an unknown subscriber."""
        return self.load_all([owner])[owner]

    def load_all(self, owners: Collection[int]) -> dict[int, Directory]:
        """All that each of these subscribers has, in the order made; empty for an unknown one."""
        whose = {"owners": json_of(owners)}
        people: dict[int, User] = {}
        users_of: dict[int, dict[str, User]] = {owner: {} for owner in owners}
        for number, owner, *fields in self._tx.execute(_USERS, whose):
            user = people[number] = User(*fields)
            users_of[owner][name_key(user.nick)] = user
        named = self._tx.execute(_GROUPS, whose).all()
        names = {row.id: row.name for row in named}
        members: dict[int, list[Member]] = {group: [] for group in names}
        if names:
            for row in self._tx.execute(_MEMBERS, whose):
                members[row.group_id].append(_member(row, people, names))
        groups_of: dict[int, dict[str, Group]] = {owner: {} for owner in owners}
        for row in named:
            groups_of[row.subscriber_id][name_key(row.name)] = Group(row.name, tuple(members[row.id]))
        conferences_of: dict[int, dict[int, tuple[Member, ...]]] = {owner: {} for owner in owners}
        for row in self._tx.execute(_CONFERENCES, whose):
            its_owner = conferences_of[row.subscriber_id]
            found = (_member(row, people, names),) if any(value is not None for value in row[2:]) else ()
            its_owner[row.conference] = (*its_owner.get(row.conference, ()), *found)
        return {
            owner: Directory(
                MappingProxyType(users_of[owner]),
                MappingProxyType(groups_of[owner]),
                MappingProxyType(conferences_of[owner]),
            )
            for owner in owners
        }

    def apply(self, owner: int, change: Change) -> None:
        """Write a change that the domain allowed; as apply_all."""
        self.apply_all([(owner, change)])

    def apply_all(self, changes: Iterable[Owned]) -> None:
        """Write changes that the domain allowed, each with its subscriber's id; as Changes.apply."""
        Changes(self._tx).apply(changes)


def _member(row: Row[*tuple[Any, ...]], people: dict[int, User], names: dict[int, str]) -> Member:
    if row.user_id is not None:
        return NickMember(people[row.user_id].nick)
    if row.member_group_id is not None:
        return GroupMember(names[row.member_group_id])
    return NumberMember(row.number)
