"""Units of work on what who is signed in has: users, groups, instant conferences; and undoing a deletion.

domain/directory/edits.py decides, by the rules of texts. Each unit finds the subscriber by the token, and
changes nothing of anybody else.
"""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from usnd.domain.directory.edits import (
    Edit,
    MembersForm,
    Picked,
    Refused,
    Stop,
    UserForm,
    edit_conference,
    edit_group,
    edit_joining,
    edit_user,
    fault_of,
    pick_conferences,
    pick_groups,
    pick_users,
    values_of,
)
from usnd.domain.directory.model import (
    Change,
    Directory,
    GroupMember,
    Member,
    NickMember,
    RemoveConference,
    RemoveGroup,
    RemoveUser,
    Subscriber,
    name_key,
)
from usnd.domain.directory.undo import UNDO_LASTS, Removal, removal_of, restored
from usnd.domain.directory.versions import ABSENT
from usnd.domain.portal.outcomes import Noted, Outcome
from usnd.domain.replies.catalogue import Reply
from usnd.domain.sms.characters import plain
from usnd.services.portal.signed_in import whose
from usnd.services.portal.visit import Came, PortalNode, Visit
from usnd.store.pins import PinsExhausted

_SIGNED_OUT = Came(Outcome.SIGNED_OUT)
_STOPPED = {Stop.STALE: Came(Outcome.STALE), Stop.GONE: Came(Outcome.GONE)}


class Kind(Enum):
    """What can be deleted."""

    USERS = "users"
    GROUPS = "groups"
    CONFERENCES = "conferences"


@dataclass(frozen=True, slots=True)
class Holder:
    """A group by its name, or the instant conference of that number."""

    group: str = ""
    number: int | None = None

    @property
    def called(self) -> str:
        """For the audit."""
        return f"group {self.group}" if self.number is None else f"instant conference {self.number}"


def save_user(visit: Visit, token: str, form: UserForm, node: PortalNode) -> Came:
    """A new user, or one as they are to be. DONE, REFUSED, STALE, GONE, SIGNED_OUT."""
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return _SIGNED_OUT
    if form.version == ABSENT:  # a name is looked for among all names
        directory = visit.tx.directory.load(subscriber.id)
    else:
        directory = visit.tx.member_lists.around(subscriber.id, [form.nick])
    edit = edit_user(form, directory, node.region)
    return _saved(visit, subscriber, edit, f"user {form.nick}")


def save_members(visit: Visit, token: str, holder: Holder, form: MembersForm, node: PortalNode) -> Came:
    """Who is in a group or an instant conference, which is made by that. The same outcomes."""
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return _SIGNED_OUT
    if holder.number is None and form.version == ABSENT:  # a name is looked for among all names
        directory = visit.tx.directory.load(subscriber.id)
    else:
        names = {holder.group, *(plain(name).strip() for name in form.joins)}
        directory = visit.tx.member_lists.around(subscriber.id, names, holder.number)
    if holder.number is None:
        edit = edit_group(holder.group, form, directory, node.region)
    else:
        edit = edit_conference(holder.number, form, directory, node.region, node.most_of(subscriber))
    came = _saved(visit, subscriber, edit, holder.called)
    if holder.number is not None and came.outcome is Outcome.DONE:
        with suppress(PinsExhausted):
            visit.tx.pins.assign(subscriber.id, holder.number, secrets.randbelow)
    return came


def remove(visit: Visit, token: str, kind: Kind, versions: Mapping[str, str], node: PortalNode) -> Came:
    """Deletes those that are as the page showed them. DONE with `names`, and those that changed; SIGNED_OUT.

    RUNNING: an instant conference is not deleted while it runs: its PINs go with it.
    """
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return _SIGNED_OUT
    directory = visit.tx.directory.load(subscriber.id)
    if kind is Kind.CONFERENCES:
        running = visit.tx.conferences.running_instants(subscriber.id)
        return _remove_conferences(visit, subscriber, pick_conferences(versions, directory, running))
    picked = (pick_users if kind is Kind.USERS else pick_groups)(versions, directory)
    members = [_member(kind, name, directory) for name in picked.names]
    removal = None
    if members:
        removal = visit.tx.portal_removals.add(subscriber.id, removal_of(members, directory), visit.now)
    gone = RemoveUser if kind is Kind.USERS else RemoveGroup
    _apply(visit, subscriber, [gone(name) for name in picked.names])
    _note(visit, Noted.DELETED, subscriber, kind, picked.names)
    return Came(Outcome.DONE, names=picked.names, left_out=picked.changed, removal=removal)


def join_group(visit: Visit, token: str, group: str, versions: Mapping[str, str], node: PortalNode) -> Came:
    """Puts users into a group, which is made if it is not there. DONE with `names`, those who came in new.

    REFUSED: none can be named so. Users that changed since the page showed them are in `left_out`.
    """
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return _SIGNED_OUT
    directory = visit.tx.directory.load(subscriber.id)
    picked = pick_users(versions, directory)
    edit = edit_joining(group, picked.names, directory)
    if isinstance(edit, Refused):
        return refused(edit.why, edit.field.value)
    name, nicks = edit.change.name, edit.change.nicks
    if not picked.names:
        return Came(Outcome.DONE, left_out=picked.changed)
    removal = Removal(group=name, joined=nicks, made=edit.is_new)
    removal_id = visit.tx.portal_removals.add(subscriber.id, removal, visit.now)
    _apply(visit, subscriber, [edit.change])
    visit.note(Noted.SAVED, subscriber.number, f"group {name}")
    return Came(Outcome.DONE, names=nicks, left_out=picked.changed, removal=removal_id)


def undo(visit: Visit, token: str, removal_id: int, node: PortalNode) -> Came:
    """Brings back what was deleted. DONE with `names`, and those whose names others have; GONE: too late."""
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return _SIGNED_OUT
    removal = visit.tx.portal_removals.take(subscriber.id, removal_id, visit.now - UNDO_LASTS)
    if removal is None:
        return Came(Outcome.GONE)
    back = restored(removal, visit.tx.directory.load(subscriber.id), node.most_of(subscriber))
    _apply(visit, subscriber, back.changes)
    visit.note(Noted.DELETION_UNDONE, subscriber.number, " ".join(back.back))
    return Came(Outcome.DONE, names=back.back, left_out=back.left_out)


def _saved(visit: Visit, subscriber: Subscriber, edit: Edit, about: str) -> Came:
    match edit:
        case Refused(field=field, why=why):
            return refused(why, field.value)
        case Stop():
            return _STOPPED[edit]
    _apply(visit, subscriber, edit)
    visit.note(Noted.SAVED, subscriber.number, about)
    return Came(Outcome.DONE)


def refused(why: Reply, place: str = "") -> Came:
    """As a text would be. place: where in the form."""
    return Came(Outcome.REFUSED, fault=fault_of(why), place=place, values=values_of(why))


def _remove_conferences(visit: Visit, subscriber: Subscriber, picked: Picked | None) -> Came:
    if picked is None:
        return Came(Outcome.RUNNING)
    for name in picked.names:
        visit.tx.pins.take_back(subscriber.id, int(name))
    _apply(visit, subscriber, [RemoveConference(int(name)) for name in picked.names])
    _note(visit, Noted.DELETED, subscriber, Kind.CONFERENCES, picked.names)
    return Came(Outcome.DONE, names=picked.names, left_out=picked.changed)


def _member(kind: Kind, name: str, directory: Directory) -> Member:
    """As it is spelled where it is a member."""
    key = name_key(name)
    return (
        NickMember(directory.users[key].nick)
        if kind is Kind.USERS
        else GroupMember(directory.groups[key].name)
    )


def _apply(visit: Visit, subscriber: Subscriber, changes: Iterable[Change]) -> None:
    visit.tx.directory.apply_all((subscriber.id, change) for change in changes)


def _note(visit: Visit, what: Noted, subscriber: Subscriber, kind: Kind, names: tuple[str, ...]) -> None:
    if names:
        visit.note(what, subscriber.number, f"{kind.value} {' '.join(names)}")
