"""Changes of directories, many at once: what hundreds of texts change costs the statements of one.

Owns the writing of users and groups, and that the changes of one subscriber happen in their order. Refuses
the rules of names and cycles: domain.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from usnd.domain.directory import (
    Change,
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
from usnd.store.sets import Many, OneOf, json_of

_PUT_USERS = Many(
    "INSERT INTO users (subscriber_id, nick_key, nick, number, first, last)"
    " SELECT r.subscriber_id, r.nick_key, r.nick, r.number, r.first, r.last FROM {rows}"
    " WHERE true ORDER BY r.nth"
    " ON CONFLICT (subscriber_id, nick_key) DO UPDATE"
    " SET nick = excluded.nick, number = excluded.number, first = excluded.first, last = excluded.last",
    *(users.c[name] for name in ("subscriber_id", "nick_key", "nick", "number", "first", "last")),
)
_PUT_GROUPS = Many(
    "INSERT INTO groups (subscriber_id, name_key, name)"
    " SELECT r.subscriber_id, r.name_key, r.name FROM {rows} WHERE true ORDER BY r.nth"
    " ON CONFLICT (subscriber_id, name_key) DO UPDATE SET name = excluded.name"
    " RETURNING subscriber_id, name_key, id",
    *(groups.c[name] for name in ("subscriber_id", "name_key", "name")),
)
_EMPTY_GROUPS = Many(
    "DELETE FROM group_members WHERE group_id IN (SELECT r.id FROM {rows})",
    groups.c.id,
)
_ADD_MEMBERS = Many(
    "INSERT INTO group_members (group_id, position, user_id, member_group_id, number)"
    " SELECT r.group_id, r.position, r.user_id, r.member_group_id, r.number FROM {rows} WHERE true",
    *(group_members.c[name] for name in ("group_id", "position", "user_id", "member_group_id", "number")),
)
_USER_IDS = select(users.c.subscriber_id, users.c.nick_key, users.c.id).where(
    OneOf(users.c.subscriber_id, "owners"), OneOf(users.c.nick_key, "keys")
)
_GROUP_IDS = select(groups.c.subscriber_id, groups.c.name_key, groups.c.id).where(
    OneOf(groups.c.subscriber_id, "owners"), OneOf(groups.c.name_key, "keys")
)

Owned = tuple[int, Change]
Key = tuple[int, str]
"""A subscriber's id, and the key of a name of theirs."""
Ids = Mapping[Key, int]


class UnknownMember(LookupError):
    """A group was to hold a user or group that its subscriber does not have."""


class Changes:
    """Writes what the domain decided about directories."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def apply(self, changes: Iterable[Owned]) -> None:
        """Write changes, each with its subscriber's id: of one subscriber in order, of all at once.

        Raises UnknownMember if a group names a user or group that is not there; IntegrityError for an
        unknown subscriber.
        """
        waiting: dict[int, deque[Change]] = {}
        for owner, change in changes:
            waiting.setdefault(owner, deque()).append(change)
        while waiting:
            self._put_users(_take(waiting, PutUser))
            self._put_groups(_take(waiting, PutGroup))

    def _put_users(self, wanted: Sequence[Owned]) -> None:
        last: dict[Key, User] = {
            (owner, name_key(change.user.nick)): change.user
            for owner, change in wanted
            if isinstance(change, PutUser)
        }
        if last:
            rows = (
                (owner, key, user.nick, user.number, user.first, user.last)
                for (owner, key), user in last.items()
            )
            _PUT_USERS.run(self._tx, rows)

    def _put_groups(self, wanted: Sequence[Owned]) -> None:
        last: dict[Key, Group] = {
            (owner, name_key(change.group.name)): change.group
            for owner, change in wanted
            if isinstance(change, PutGroup)
        }
        if not last:
            return
        rows = ((owner, key, group.name) for (owner, key), group in last.items())
        made: dict[Key, int] = {
            (owner, key): number for owner, key, number in _PUT_GROUPS.run(self._tx, rows)
        }
        _EMPTY_GROUPS.run(self._tx, ((number,) for number in made.values()))
        members = [
            (made[owner, key], place, owner, member)
            for (owner, key), group in last.items()
            for place, member in enumerate(group.members)
        ]
        if members:
            columns = self._columns([(owner, member) for _, _, owner, member in members])
            _ADD_MEMBERS.run(
                self._tx,
                ((group, place, *found) for (group, place, *_), found in zip(members, columns, strict=True)),
            )

    def _columns(self, members: Sequence[tuple[int, Member]]) -> list[tuple[Any, ...]]:
        """Each member as the table knows it: the id of a user, or of a group, or a number."""
        people = self._ids(_USER_IDS, members, lambda one: one.nick if isinstance(one, NickMember) else None)
        their_groups = self._ids(
            _GROUP_IDS, members, lambda one: one.group if isinstance(one, GroupMember) else None
        )
        rows: list[tuple[Any, ...]] = []
        for owner, member in members:
            match member:
                case NickMember(nick):
                    row: tuple[int | None, int | None, str | None] = (
                        people.get((owner, name_key(nick))),
                        None,
                        None,
                    )
                case GroupMember(name):
                    row = (None, their_groups.get((owner, name_key(name))), None)
                case NumberMember(number):
                    row = (None, None, number)
            if not any(row):
                raise UnknownMember(f"subscriber {owner} has no such user or group: {member}")
            rows.append(row)
        return rows

    def _ids(
        self, query: Any, members: Sequence[tuple[int, Member]], name_of: Callable[[Member], str | None]
    ) -> Ids:
        named = [
            (owner, name_key(name)) for owner, member in members if (name := name_of(member)) is not None
        ]
        if not named:
            return {}
        owners, keys = ({pair[place] for pair in named} for place in (0, 1))
        rows = self._tx.execute(query, {"owners": json_of(owners), "keys": json_of(keys)})
        return {(owner, key): number for owner, key, number in rows}


def _take(waiting: dict[int, deque[Change]], kind: type[Change]) -> list[Owned]:
    """The next changes of each subscriber as far as they are of that kind; who has none left is dropped."""
    taken: list[Owned] = []
    for owner in list(waiting):
        changes = waiting[owner]
        while changes and isinstance(changes[0], kind):
            taken.append((owner, changes.popleft()))
        if not changes:
            del waiting[owner]
    return taken
