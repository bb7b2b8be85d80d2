"""Changes of directories, many at once: what hundreds of texts change costs the statements of one.

directories.py calls it with decided changes, each with its subscriber; those of one subscriber happen in
their order. Names and cycles were judged before, in domain/directory/model.py.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Table, select

from usnd.domain.directory.model import (
    Change,
    GroupMember,
    JoinGroup,
    LeaveGroup,
    Member,
    NickMember,
    NumberMember,
    PutConference,
    PutGroup,
    PutUser,
    RemoveConference,
    RemoveGroup,
    RemoveUser,
    name_key,
    spelled,
)
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, RowsStatement, json_of
from usnd.store.schema import (
    group_members,
    groups,
    instant_conference_members,
    instant_conferences,
    users,
)

_PUT_USERS = RowsStatement(
    "INSERT INTO users (subscriber_id, nick_key, nick, number, first, last)"
    " SELECT r.subscriber_id, r.nick_key, r.nick, r.number, r.first, r.last FROM {rows}"
    " WHERE true ORDER BY r.nth"
    " ON CONFLICT (subscriber_id, nick_key) DO UPDATE"
    " SET nick = excluded.nick, number = excluded.number, first = excluded.first, last = excluded.last",
    *(users.c[name] for name in ("subscriber_id", "nick_key", "nick", "number", "first", "last")),
)
_PUT_GROUPS = RowsStatement(
    "INSERT INTO groups (subscriber_id, name_key, name)"
    " SELECT r.subscriber_id, r.name_key, r.name FROM {rows} WHERE true ORDER BY r.nth"
    " ON CONFLICT (subscriber_id, name_key) DO UPDATE SET name = excluded.name"
    " RETURNING subscriber_id, name_key, id",
    *(groups.c[name] for name in ("subscriber_id", "name_key", "name")),
)
_PUT_CONFERENCES = RowsStatement(
    "INSERT INTO instant_conferences (subscriber_id, number)"
    " SELECT r.subscriber_id, r.number FROM {rows} WHERE true ORDER BY r.nth"
    " ON CONFLICT (subscriber_id, number) DO UPDATE SET number = excluded.number"
    " RETURNING subscriber_id, number, id",
    *(instant_conferences.c[name] for name in ("subscriber_id", "number")),
)
_JOIN = RowsStatement(
    "INSERT INTO group_members (group_id, position, user_id)"
    " SELECT r.group_id, r.position + (SELECT COALESCE(MAX(m.position) + 1, 0) FROM group_members AS m"
    " WHERE m.group_id = r.group_id), r.user_id FROM {rows}"
    " WHERE NOT EXISTS (SELECT 1 FROM group_members AS m WHERE m.group_id = r.group_id"
    " AND m.user_id = r.user_id)",
    *(group_members.c[name] for name in ("group_id", "position", "user_id")),
)
_LEAVE = RowsStatement(
    "DELETE FROM group_members WHERE group_id {picked}"
    " AND (group_id, user_id) IN (SELECT r.group_id, r.user_id FROM {rows})",
    *(group_members.c[name] for name in ("group_id", "user_id")),
)
# Memberships go with them: ON DELETE CASCADE.
_REMOVE_USERS = RowsStatement(
    "DELETE FROM users WHERE subscriber_id {picked}"
    " AND (subscriber_id, nick_key) IN (SELECT r.subscriber_id, r.nick_key FROM {rows})",
    *(users.c[name] for name in ("subscriber_id", "nick_key")),
)
_REMOVE_GROUPS = RowsStatement(
    "DELETE FROM groups WHERE subscriber_id {picked}"
    " AND (subscriber_id, name_key) IN (SELECT r.subscriber_id, r.name_key FROM {rows})",
    *(groups.c[name] for name in ("subscriber_id", "name_key")),
)
_REMOVE_CONFERENCES = RowsStatement(
    "DELETE FROM instant_conferences WHERE subscriber_id {picked}"
    " AND (subscriber_id, number) IN (SELECT r.subscriber_id, r.number FROM {rows})",
    *(instant_conferences.c[name] for name in ("subscriber_id", "number")),
)
_USER_IDS = select(users.c.subscriber_id, users.c.nick_key, users.c.id).where(
    OneOf(users.c.subscriber_id, "owners"), OneOf(users.c.nick_key, "keys")
)
_GROUP_IDS = select(groups.c.subscriber_id, groups.c.name_key, groups.c.id).where(
    OneOf(groups.c.subscriber_id, "owners"), OneOf(groups.c.name_key, "keys")
)

C = TypeVar("C", bound=Change)
Owned = tuple[int, Change]
Key = tuple[int, str]
"""A subscriber's id, and the key of a name of theirs."""
Ids = Mapping[Key, int]


def _emptying(table: Table, holder: str) -> RowsStatement:
    return RowsStatement(
        f"DELETE FROM {table.name} WHERE {holder} {{picked}}",  # noqa: S608 # our names
        table.c[holder],
    )


def _filling(table: Table, holder: str) -> RowsStatement:
    columns = (holder, "position", "user_id", "member_group_id", "number")
    taken = ", ".join(f"r.{name}" for name in columns)
    return RowsStatement(
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {taken} FROM {{rows}} WHERE true",  # noqa: S608 # names of ours
        *(table.c[name] for name in columns),
    )


@dataclass(frozen=True, slots=True)
class _Lists:
    """The statements of one kind of list of members: make or find it, empty it, fill it."""

    put: RowsStatement
    empty: RowsStatement
    fill: RowsStatement


_GROUPS = _Lists(_PUT_GROUPS, _emptying(group_members, "group_id"), _filling(group_members, "group_id"))
_CONFERENCES = _Lists(
    _PUT_CONFERENCES,
    _emptying(instant_conference_members, "instant_conference_id"),
    _filling(instant_conference_members, "instant_conference_id"),
)


class UnknownMember(LookupError):
    """A group or conference was to hold a user or group that its subscriber does not have."""


class Changes:
    """Writes what the domain decided about directories."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def apply(self, changes: Iterable[Owned]) -> None:
        """Write changes, each with its subscriber's id: of one subscriber in order, of all at once.

        Raises UnknownMember if a group or conference names a user or group that is not there, IntegrityError
        for an unknown subscriber. To remove what is not there is done already.
        """
        waiting: dict[int, deque[Change]] = {}
        for owner, change in changes:
            waiting.setdefault(owner, deque()).append(change)
        while waiting:
            self._put_users(_take(waiting, PutUser))
            self._put_groups(_take(waiting, PutGroup))
            self._join(_take(waiting, JoinGroup))
            self._leave(_take(waiting, LeaveGroup))
            self._put_conferences(_take(waiting, PutConference))
            self._remove(_REMOVE_USERS, [(owner, gone.nick) for owner, gone in _take(waiting, RemoveUser)])
            self._remove(_REMOVE_GROUPS, [(owner, gone.name) for owner, gone in _take(waiting, RemoveGroup)])
            if gone := _take(waiting, RemoveConference):
                _REMOVE_CONFERENCES.run(self._tx, ((owner, change.number) for owner, change in gone))
            _refuse_unknown(waiting)

    def _put_users(self, wanted: Sequence[tuple[int, PutUser]]) -> None:
        last = {(owner, name_key(change.user.nick)): change.user for owner, change in wanted}
        if last:
            rows = (
                (owner, key, user.nick, user.number, user.first, user.last)
                for (owner, key), user in last.items()
            )
            _PUT_USERS.run(self._tx, rows)

    def _put_groups(self, wanted: Sequence[tuple[int, PutGroup]]) -> None:
        last = {(owner, name_key(change.group.name)): change.group for owner, change in wanted}
        rows = [(owner, key, group.name) for (owner, key), group in last.items()]
        self._put_lists(_GROUPS, rows, {key: group.members for key, group in last.items()})

    def _put_conferences(self, wanted: Sequence[tuple[int, PutConference]]) -> None:
        last = {(owner, change.number): change.members for owner, change in wanted}
        self._put_lists(_CONFERENCES, list(last), last)

    def _put_lists(
        self,
        lists: "_Lists",
        rows: Sequence[Sequence[Any]],
        members_of: Mapping[tuple[int, Any], Sequence[Member]],
    ) -> None:
        """Create or empty the lists of those rows, then fill each with its members."""
        if not rows:
            return
        made = {(owner, key): number for owner, key, number in lists.put.run(self._tx, rows)}
        lists.empty.run(self._tx, ((number,) for number in made.values()))
        members = [
            (made[which], place, which[0], member)
            for which, its_members in members_of.items()
            for place, member in enumerate(its_members)
        ]
        if members:
            columns = self._columns([(owner, member) for _, _, owner, member in members])
            lists.fill.run(
                self._tx,
                (
                    (number, place, *found)
                    for (number, place, *_), found in zip(members, columns, strict=True)
                ),
            )

    def _join(self, wanted: Sequence[tuple[int, JoinGroup]]) -> None:
        if not wanted:
            return
        rows = {
            (owner, name_key(change.name)): (owner, name_key(change.name), change.name)
            for owner, change in wanted
        }
        made = {(owner, key): number for owner, key, number in _PUT_GROUPS.run(self._tx, rows.values())}
        members = dict.fromkeys(
            (owner, name_key(change.name), NickMember(nick))
            for owner, change in wanted
            for nick in change.nicks
        )
        if members:
            columns = self._columns([(owner, member) for owner, _, member in members])
            pairs = dict.fromkeys(
                (made[owner, key], user) for (owner, key, _), (user, *_) in zip(members, columns, strict=True)
            )
            _JOIN.run(self._tx, ((group, place, user) for place, (group, user) in enumerate(pairs)))

    def _leave(self, wanted: Sequence[tuple[int, LeaveGroup]]) -> None:
        """Who is not there, or not in it, has left already."""
        users_ = [(owner, NickMember(nick)) for owner, change in wanted for nick in change.nicks]
        groups_ = [(owner, GroupMember(change.name)) for owner, change in wanted]
        people = self._ids(_USER_IDS, users_, spelled)
        theirs = self._ids(_GROUP_IDS, groups_, spelled)
        rows = [
            (theirs[owner, name_key(change.name)], people[owner, name_key(nick)])
            for owner, change in wanted
            for nick in change.nicks
            if (owner, name_key(change.name)) in theirs and (owner, name_key(nick)) in people
        ]
        if rows:
            _LEAVE.run(self._tx, rows)

    def _remove(self, statement: RowsStatement, named: Sequence[tuple[int, str]]) -> None:
        if named:
            statement.run(self._tx, ((owner, name_key(name)) for owner, name in named))

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


def _refuse_unknown(waiting: Mapping[int, Sequence[Change]]) -> None:
    """TypeError if a subscriber's next change is none that is written here: it would wait for ever."""
    for changes in waiting.values():
        if not isinstance(changes[0], Change):
            raise TypeError(f"not a change of a directory: {type(changes[0]).__name__}")


def _take(waiting: dict[int, deque[Change]], kind: type[C]) -> list[tuple[int, C]]:
    """The next changes of each subscriber as far as they are of that kind; who has none left is dropped."""
    taken: list[tuple[int, C]] = []
    for owner in list(waiting):
        changes = waiting[owner]
        while changes and isinstance(change := changes[0], kind):
            taken.append((owner, change))
            changes.popleft()
        if not changes:
            del waiting[owner]
    return taken
