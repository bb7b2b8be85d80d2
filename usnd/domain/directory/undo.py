"""What a deletion took, so that it can be undone: users and groups, and where they were members.

In the same way it is undone that several users were put into a group at once.

services/portal keeps a `Removal` for UNDO_LASTS with each deletion. To undo it overwrites nothing that was
made since: a name that is taken again is left out, and a group or an instant conference gets its member back
as it is now.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

import msgspec

from usnd.domain.directory.edits import in_itself, too_many
from usnd.domain.directory.lookup import taken, taken_by_user
from usnd.domain.directory.model import (
    Change,
    Directory,
    Group,
    GroupMember,
    LeaveGroup,
    Member,
    NickMember,
    NumberMember,
    PutConference,
    PutGroup,
    PutUser,
    RemoveGroup,
    User,
    changed,
    holders,
    left,
    member_named,
    name_key,
    spelled,
)

UNDO_LASTS = timedelta(minutes=10)


class Kept(msgspec.Struct, frozen=True):
    """A user, or with `members` a group, as it was. members: as spelled, in their order."""

    name: str
    number: str = ""
    first: str = ""
    last: str = ""
    members: tuple[str, ...] | None = None


class Place(msgspec.Struct, frozen=True):
    """Where one of them was a member: in that group, or in the instant conference of that number."""

    name: str
    at: int
    group: str = ""
    conference: int = 0


class Removal(msgspec.Struct, frozen=True):
    """All that one deletion took."""

    kept: tuple[Kept, ...] = ()
    places: tuple[Place, ...] = ()
    group: str = ""
    """Or nothing was taken: users were put into this group."""
    joined: tuple[str, ...] = ()
    made: bool = False
    """The group was made by that."""


class Restored(msgspec.Struct, frozen=True):
    """What brings it back: the changes, in order; the names that are back, and those that others have now."""

    changes: tuple[Change, ...]
    back: tuple[str, ...]
    left_out: tuple[str, ...]


def removal_of(members: Iterable[Member], directory: Directory) -> Removal:
    """What is lost with these users and groups."""
    gone = tuple(members)
    places = sorted((place for one in gone for place in _places(one, directory)), key=lambda one: one.at)
    return Removal(tuple(_kept(one, directory) for one in gone), tuple(places))


def restored(removal: Removal, directory: Directory, most: int) -> Restored:
    """What the undo changes in the directory as it is now. most: people in an instant conference."""
    if removal.group:
        return _parted(removal, directory)
    now, changes, left_out = directory, list[Change](), list[str]()
    for one in removal.kept:
        change = _back(one, now)
        if change is None:
            left_out.append(one.name)
        else:
            changes.append(change)
            now = changed(now, [change])
    for place in removal.places:
        if place.name not in left_out and (change := _placed(place, now, most)):
            changes.append(change)
            now = changed(now, [change])
    back = tuple(one.name for one in removal.kept if one.name not in left_out)
    return Restored(tuple(changes), back, tuple(left_out))


def _parted(removal: Removal, directory: Directory) -> Restored:
    """They leave the group, which goes if it was made for them and nobody else is in it."""
    group = directory.groups.get(name_key(removal.group))
    if group is None:
        return Restored((), (), removal.joined)
    inside = {name_key(one.nick) for one in group.members if isinstance(one, NickMember)}
    back = tuple(nick for nick in removal.joined if name_key(nick) in inside)
    if (
        removal.made
        and not left(group, back).members
        and holders(directory, GroupMember(group.name)) == ((), ())
    ):
        return Restored((RemoveGroup(group.name),), back, ())
    return Restored((LeaveGroup(group.name, back),), back, ())


def _kept(member: Member, directory: Directory) -> Kept:
    name = spelled(member)
    if isinstance(member, GroupMember):
        return Kept(name, members=tuple(map(spelled, directory.groups[name_key(name)].members)))
    user = directory.users[name_key(name)]
    return Kept(user.nick, user.number, user.first, user.last)


def _places(member: Member, directory: Directory) -> Iterator[Place]:
    for group in directory.groups.values():
        if member in group.members:
            yield Place(spelled(member), group.members.index(member), group=group.name)
    for number, members in directory.conferences.items():
        if member in members:
            yield Place(spelled(member), members.index(member), conference=number)


def _back(one: Kept, now: Directory) -> Change | None:
    if taken(one.name, now) or taken_by_user(one.name, now):
        return None
    if one.members is None:
        return PutUser(User(one.name, one.number, one.first, one.last))
    members = (
        NumberMember(name) if name.startswith("+") else member_named(now, name) for name in one.members
    )
    group = Group(one.name, tuple(filter(None, members)))
    return None if in_itself(group, now) else PutGroup(group)


def _placed(place: Place, now: Directory, most: int) -> Change | None:
    """None: what it was in is gone, has it already, or cannot have it any more."""
    member = member_named(now, place.name)
    group = now.groups.get(name_key(place.group))
    there = group.members if group else now.conferences.get(place.conference)
    if member is None or there is None or member in there:
        return None
    members = (*there[: place.at], member, *there[place.at :])
    if group is None:
        return None if too_many(members, now, most) else PutConference(place.conference, members)
    put = Group(group.name, members)
    return None if in_itself(put, now) else PutGroup(put)
