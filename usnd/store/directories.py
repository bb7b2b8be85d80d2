"""The users and groups of each subscriber in the store. Refuses the rules of names and cycles: domain."""

from types import MappingProxyType
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, delete, insert, select, update

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
    User,
    name_key,
)
from usnd.store.execution import Executor
from usnd.store.schema import group_members, groups, users

_OWNER: BindParameter[int] = bindparam("owner")
_KEY: BindParameter[str] = bindparam("key")
_USERS = (
    select(users.c.id, users.c.nick, users.c.number, users.c.first, users.c.last)
    .where(users.c.subscriber_id == _OWNER)
    .order_by(users.c.id)
)
_GROUPS = select(groups.c.id, groups.c.name).where(groups.c.subscriber_id == _OWNER).order_by(groups.c.id)
_MEMBERS = (
    select(
        group_members.c.group_id,
        group_members.c.user_id,
        group_members.c.member_group_id,
        group_members.c.number,
    )
    .join(groups, groups.c.id == group_members.c.group_id)
    .where(groups.c.subscriber_id == _OWNER)
    .order_by(group_members.c.group_id, group_members.c.position)
)
_USER_ID = select(users.c.id).where(users.c.subscriber_id == _OWNER, users.c.nick_key == _KEY)
_GROUP_ID = select(groups.c.id).where(groups.c.subscriber_id == _OWNER, groups.c.name_key == _KEY)
_UPDATE_USER = update(users).where(users.c.subscriber_id == _OWNER, users.c.nick_key == _KEY)
_RENAME_GROUP = (
    update(groups).where(groups.c.subscriber_id == _OWNER, groups.c.name_key == _KEY).returning(groups.c.id)
)
_INSERT_USER = insert(users)
_INSERT_GROUP = insert(groups).returning(groups.c.id)
_INSERT_MEMBERS = insert(group_members)
_EMPTY_GROUP = delete(group_members).where(group_members.c.group_id == bindparam("emptied"))


class UnknownMember(LookupError):
    """A group was to hold a user or group that its subscriber does not have."""


class Directories:
    """Each subscriber's own users and groups."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def load(self, subscriber_id: int) -> Directory:
        """All of a subscriber's users and groups, in the order made; empty for an unknown subscriber."""
        owner = {"owner": subscriber_id}
        people = {row.id: User(*row[1:]) for row in self._tx.execute(_USERS, owner)}
        names = {row.id: row.name for row in self._tx.execute(_GROUPS, owner)}
        members: dict[int, list[Member]] = {group: [] for group in names}
        for row in self._tx.execute(_MEMBERS, owner):
            members[row.group_id].append(_member(row, people, names))
        return Directory(
            MappingProxyType({name_key(user.nick): user for user in people.values()}),
            MappingProxyType(
                {name_key(name): Group(name, tuple(members[key])) for key, name in names.items()}
            ),
        )

    def apply(self, subscriber_id: int, change: Change) -> None:
        """Write a change that the domain allowed.

        Raises UnknownMember if a group names a user or group that is not there; IntegrityError for an
        unknown subscriber.
        """
        match change:
            case PutUser(user):
                self._put_user(subscriber_id, user)
            case PutGroup(group):
                self._put_group(subscriber_id, group)

    def _put_user(self, owner: int, user: User) -> None:
        key = name_key(user.nick)
        values = {"nick": user.nick, "number": user.number, "first": user.first, "last": user.last}
        if self._tx.execute(_UPDATE_USER, {"owner": owner, "key": key, **values}).rowcount == 0:
            self._tx.execute(_INSERT_USER, {"subscriber_id": owner, "nick_key": key, **values})

    def _put_group(self, owner: int, group: Group) -> None:
        key = name_key(group.name)
        group_id = self._tx.execute(
            _RENAME_GROUP, {"owner": owner, "key": key, "name": group.name}
        ).scalar_one_or_none()
        if group_id is None:
            values = {"subscriber_id": owner, "name": group.name, "name_key": key}
            group_id = self._tx.execute(_INSERT_GROUP, values).scalar_one()
        else:
            self._tx.execute(_EMPTY_GROUP, {"emptied": group_id})
        rows = [
            {"group_id": group_id, "position": position, **self._columns(owner, member)}
            for position, member in enumerate(group.members)
        ]
        if rows:
            self._tx.execute(_INSERT_MEMBERS, rows)

    def _columns(self, owner: int, member: Member) -> dict[str, Any]:
        """The member as the table knows it."""
        user_id = member_group_id = number = None
        match member:
            case NickMember(nick):
                user_id = self._tx.execute(_USER_ID, {"owner": owner, "key": name_key(nick)}).scalar()
            case GroupMember(name):
                member_group_id = self._tx.execute(
                    _GROUP_ID, {"owner": owner, "key": name_key(name)}
                ).scalar()
            case NumberMember():
                number = member.number
        if user_id is None and member_group_id is None and number is None:
            raise UnknownMember(f"subscriber {owner} has no such user or group: {member}")
        return {"user_id": user_id, "member_group_id": member_group_id, "number": number}


def _member(row: Row[*tuple[Any, ...]], people: dict[int, User], names: dict[int, str]) -> Member:
    if row.user_id is not None:
        return NickMember(people[row.user_id].nick)
    if row.member_group_id is not None:
        return GroupMember(names[row.member_group_id])
    return NumberMember(row.number)
