"""What each subscriber has in the store: users, groups, conferences. Refuses the rules of names: domain."""

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
    PutConference,
    PutGroup,
    PutUser,
    RemoveGroup,
    RemoveUser,
    User,
    name_key,
)
from usnd.store.execution import Executor
from usnd.store.schema import (
    group_members,
    groups,
    instant_conference_members,
    instant_conferences,
    users,
)

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
# A conference that lost its members is still defined: it comes as one row without a member.
_CONFERENCES = (
    select(
        instant_conferences.c.number.label("conference"),
        instant_conference_members.c.user_id,
        instant_conference_members.c.member_group_id,
        instant_conference_members.c.number,
    )
    .outerjoin(instant_conference_members)
    .where(instant_conferences.c.subscriber_id == _OWNER)
    .order_by(instant_conferences.c.number, instant_conference_members.c.position)
)
_IS_USER = (users.c.subscriber_id == _OWNER, users.c.nick_key == _KEY)
_IS_GROUP = (groups.c.subscriber_id == _OWNER, groups.c.name_key == _KEY)
_USER_ID = select(users.c.id).where(*_IS_USER)
_GROUP_ID = select(groups.c.id).where(*_IS_GROUP)
_CONFERENCE_ID = select(instant_conferences.c.id).where(
    instant_conferences.c.subscriber_id == _OWNER, instant_conferences.c.number == bindparam("conference")
)
_UPDATE_USER = update(users).where(*_IS_USER)
_RENAME_GROUP = update(groups).where(*_IS_GROUP).returning(groups.c.id)
_INSERT_USER = insert(users)
_INSERT_GROUP = insert(groups).returning(groups.c.id)
_INSERT_CONFERENCE = insert(instant_conferences).returning(instant_conferences.c.id)
_INSERT_GROUP_MEMBERS = insert(group_members)
_INSERT_CONFERENCE_MEMBERS = insert(instant_conference_members)
_EMPTY_GROUP = delete(group_members).where(group_members.c.group_id == bindparam("emptied"))
_EMPTY_CONFERENCE = delete(instant_conference_members).where(
    instant_conference_members.c.instant_conference_id == bindparam("emptied")
)
# Memberships go with them: ON DELETE CASCADE.
_DELETE_USER = delete(users).where(*_IS_USER)
_DELETE_GROUP = delete(groups).where(*_IS_GROUP)


class UnknownMember(LookupError):
    """A group was to hold a user or group that its subscriber does not have."""


class Directories:
    """Each subscriber's own users, groups and conferences."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def load(self, subscriber_id: int) -> Directory:
        """All that a subscriber has, in the order made; empty for an unknown subscriber."""
        owner = {"owner": subscriber_id}
        people = {row.id: User(*row[1:]) for row in self._tx.execute(_USERS, owner)}
        names = {row.id: row.name for row in self._tx.execute(_GROUPS, owner)}
        members: dict[int, list[Member]] = {group: [] for group in names}
        for row in self._tx.execute(_MEMBERS, owner):
            members[row.group_id].append(_member(row, people, names))
        conferences: dict[int, tuple[Member, ...]] = {}
        for row in self._tx.execute(_CONFERENCES, owner):
            found = (_member(row, people, names),) if any(value is not None for value in row[1:]) else ()
            conferences[row.conference] = (*conferences.get(row.conference, ()), *found)
        return Directory(
            MappingProxyType({name_key(user.nick): user for user in people.values()}),
            MappingProxyType(
                {name_key(name): Group(name, tuple(members[key])) for key, name in names.items()}
            ),
            MappingProxyType(conferences),
        )

    def apply(self, subscriber_id: int, change: Change) -> None:
        """Write a change that the domain allowed.

        Raises UnknownMember if a group or conference names a user or group that is not there, IntegrityError
        for an unknown subscriber. To remove what is not there is done already.
        """
        match change:
            case PutUser(user):
                self._put_user(subscriber_id, user)
            case PutGroup(group):
                self._put_group(subscriber_id, group)
            case PutConference(number, members):
                self._put_conference(subscriber_id, number, members)
            case RemoveUser(nick):
                self._tx.execute(_DELETE_USER, {"owner": subscriber_id, "key": name_key(nick)})
            case RemoveGroup(name):
                self._tx.execute(_DELETE_GROUP, {"owner": subscriber_id, "key": name_key(name)})

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
        self._insert_members(owner, group.members, "group_id", group_id)

    def _put_conference(self, owner: int, number: int, members: tuple[Member, ...]) -> None:
        found = self._tx.execute(_CONFERENCE_ID, {"owner": owner, "conference": number}).scalar_one_or_none()
        if found is None:
            values = {"subscriber_id": owner, "number": number}
            found = self._tx.execute(_INSERT_CONFERENCE, values).scalar_one()
        else:
            self._tx.execute(_EMPTY_CONFERENCE, {"emptied": found})
        self._insert_members(owner, members, "instant_conference_id", found)

    def _insert_members(self, owner: int, members: tuple[Member, ...], holder: str, holder_id: int) -> None:
        rows = [
            {holder: holder_id, "position": position, **self._columns(owner, member)}
            for position, member in enumerate(members)
        ]
        if rows:
            insertion = _INSERT_GROUP_MEMBERS if holder == "group_id" else _INSERT_CONFERENCE_MEMBERS
            self._tx.execute(insertion, rows)

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
