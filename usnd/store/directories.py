"""What each subscriber has in the store: users, groups, instant conferences.

services/messaging/incoming_batch.py loads the `Directory` of all senders at once, and applies the changes
that were decided. The rules of names are domain/directory/model.py's.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, func, literal_column, null, select, union_all

from usnd.domain.directory.model import (
    Change,
    Directory,
    Group,
    GroupMember,
    Member,
    NickMember,
    NumberMember,
    User,
    UserOrder,
    name_key,
)
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.directory_changes import Changes, Owned
from usnd.store.schema import (
    group_members,
    groups,
    instant_conference_members,
    instant_conferences,
    users,
)

# One list of all that a subscriber has, in columns common to its parts: to ask costs more than to read. A
# group or a conference comes as a row for each member, and as one without if it has none.
_USER, _GROUP, _CONFERENCE = range(3)
_NOBODY = (None, None, None)


def _members(members: Table) -> tuple[ColumnElement[Any], ...]:
    return members.c.number, null(), null(), members.c.user_id, members.c.member_group_id


_OWNED = union_all(
    select(
        literal_column(str(_USER)).label("part"),
        users.c.subscriber_id,
        users.c.id.label("which"),
        literal_column("0").label("place"),
        users.c.nick_key,
        users.c.nick,
        users.c.number,
        users.c.first,
        users.c.last,
        null(),
        null(),
    ).where(OneOf(users.c.subscriber_id, "owners")),
    select(
        literal_column(str(_GROUP)),
        groups.c.subscriber_id,
        groups.c.id,
        group_members.c.position,
        groups.c.name_key,
        groups.c.name,
        *_members(group_members),
    )
    .outerjoin(group_members, group_members.c.group_id == groups.c.id)
    .where(OneOf(groups.c.subscriber_id, "owners")),
    select(
        literal_column(str(_CONFERENCE)),
        instant_conferences.c.subscriber_id,
        instant_conferences.c.number,
        instant_conference_members.c.position,
        null(),
        null(),
        *_members(instant_conference_members),
    )
    .outerjoin(instant_conference_members)
    .where(OneOf(instant_conferences.c.subscriber_id, "owners")),
).order_by("part", "which", "place")

_LISTED = select(users.c.nick, users.c.number, users.c.first, users.c.last).where(
    users.c.subscriber_id == bindparam("owner")
)
_NO_NAME = (users.c.first == "") & (users.c.last == "")
_USERS = {
    UserOrder.NICK: _LISTED.order_by(users.c.nick_key),
    UserOrder.NAME: _LISTED.order_by(
        _NO_NAME, func.lower(users.c.last), func.lower(users.c.first), users.c.nick_key
    ),
    UserOrder.NUMBER: _LISTED.order_by(users.c.number, users.c.nick_key),
}
_SOME_USERS = {
    order: query.limit(bindparam("most")).offset(bindparam("first")) for order, query in _USERS.items()
}
_USER_OF = _LISTED.where(users.c.nick_key == bindparam("key"))
_NICKS_OF = (
    select(users.c.nick, users.c.number)
    .where(users.c.subscriber_id == bindparam("owner"), OneOf(users.c.number, "numbers"))
    .order_by(users.c.nick_key)
)
_COUNT_USERS = select(func.count()).select_from(users).where(users.c.subscriber_id == bindparam("owner"))


class Directories:
    """Each subscriber's own users, groups and conferences."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def load(self, owner: int) -> Directory:
        """All that a subscriber has; empty for an unknown subscriber."""
        return self.load_all([owner])[owner]

    def load_all(self, owners: Collection[int]) -> dict[int, Directory]:
        """All that each of these subscribers has, in the order made; empty for an unknown one."""
        names: dict[tuple[int, int], str] = {}
        users_of: dict[int, dict[str, User]] = {owner: {} for owner in owners}
        groups_of: dict[int, dict[str, Group]] = {owner: {} for owner in owners}
        conferences_of: dict[int, dict[int, tuple[Member, ...]]] = {owner: {} for owner in owners}
        lists: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
        rows = self._tx.execute(_OWNED, {"owners": json_of(owners)}).all()
        for part, owner, which, _, key, name, number, first, last, *member in rows:
            names[part, which] = name
            if part == _USER:
                users_of[owner][key] = User(name, number, first, last)
            else:
                lists.setdefault((part, owner, which, key, name), []).append((number, *member))
        for (part, owner, which, key, name), held in lists.items():
            members = tuple(_member(names, *one) for one in held if one != _NOBODY)
            if part == _GROUP:
                groups_of[owner][key] = Group(name, members)
            else:
                conferences_of[owner][which] = members
        return {
            owner: Directory(
                MappingProxyType(users_of[owner]),
                MappingProxyType(groups_of[owner]),
                MappingProxyType(conferences_of[owner]),
            )
            for owner in owners
        }

    def users(self, owner: int, order: UserOrder, most: int | None = None, first: int = 0) -> list[User]:
        """So many users of a subscriber in that order, from the one in that place on; None: all of them."""
        query = _USERS[order] if most is None else _SOME_USERS[order]
        values = {"owner": owner} if most is None else {"owner": owner, "most": most, "first": first}
        return [User(*row) for row in self._tx.execute(query, values)]

    def nicks_of(self, owner: int, numbers: Collection[str]) -> dict[str, str]:
        """Of those numbers that users of a subscriber have: the nick, of several the first one."""
        if not numbers:
            return {}
        rows = self._tx.execute(_NICKS_OF, {"owner": owner, "numbers": json_of(numbers)})
        return {number: nick for nick, number in reversed(rows.all())}

    def count_users(self, owner: int) -> int:
        """How many users a subscriber has."""
        return int(self._tx.execute(_COUNT_USERS, {"owner": owner}).scalar_one())

    def user(self, owner: int, nick: str) -> User | None:
        """The user of that nick."""
        row = self._tx.execute(_USER_OF, {"owner": owner, "key": name_key(nick)}).one_or_none()
        return None if row is None else User(*row)

    def apply(self, owner: int, change: Change) -> None:
        """Write a change that the domain allowed; as apply_all."""
        self.apply_all([(owner, change)])

    def apply_all(self, changes: Iterable[Owned]) -> None:
        """Write changes that the domain allowed, each with its subscriber's id; as Changes.apply."""
        Changes(self._tx).apply(changes)


def _member(
    names: Mapping[tuple[int, int], str], number: str | None, user: int | None, group: int | None
) -> Member:
    if user is not None:
        return NickMember(names[_USER, user])
    if group is not None:
        return GroupMember(names[_GROUP, group])
    assert number is not None  # the table's constraint: exactly one of them
    return NumberMember(number)
