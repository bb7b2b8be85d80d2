"""Who is in a group or an instant conference: from the users, from the groups, and bare numbers.

One form for both. Members that are there have a box to take them out, users that are looked for and groups
one to put them in; who is known by name is written. The first ones make the group or conference. Only a page
of each is read, unless somebody is looked for.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from usnd.control.portal_requests import SaveMembers
from usnd.domain.directory.edits import MOST_AD_HOC
from usnd.domain.directory.model import GroupMember, Member, NickMember, User, UserOrder, name_key, spelled
from usnd.domain.directory.similar_names import fold
from usnd.domain.directory.user_search import found_by
from usnd.domain.directory.versions import version_of_members
from usnd.domain.portal.outcomes import Outcome
from usnd.store.core.transaction import Transaction
from usnd.store.portal.member_lists import List, MemberLists
from usnd.web.portal.behind import NO_REGION, ON_A_PAGE, Behind, first_of
from usnd.web.portal.pages.faults import why
from usnd.web.portal.pages.outcomes import BUSY, STATUS, count_in, ended, missing
from usnd.web.portal.visitor import Answer, Page, Redirect, Visitor
from usnd.web.portal.words import N_, Words

JOIN, LEAVE = "in.", "out."
"""A box: this and the name of a user or group; of who leaves, also a number."""
_MOST = 100
_LONGEST = 64
_ALL_USED = N_("All 30 instant conferences are defined. Change one of them, or delete one.")
_TOO_MANY_AT_ONCE = N_("Save at most 10 numbers and 100 boxes at once. Nothing was done.")
_NO_GROUP = N_("You have no group %(name)s.")
_GONE = N_("This is not there any more: it was deleted meanwhile. Save to make it anew.")


@dataclass(frozen=True, slots=True)
class Target:
    """Which it is: an instant conference by its number, or a group by its name; empty: a new one."""

    list: str
    action: str
    number: int | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form asked for, to be done or shown again."""

    joins: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    numbers: str = ""
    names: str = ""
    name: str = ""
    was: str = ""

    @property
    def typed(self) -> tuple[str, ...]:
        """Each number by itself: they are parted by commas."""
        return _parted(self.numbers)

    @property
    def all_joins(self) -> tuple[str, ...]:
        """Who is ticked, and who is written by name."""
        return tuple(dict.fromkeys((*self.joins, *_parted(self.names))))


def _parted(text: str) -> tuple[str, ...]:
    return tuple(one for part in re.split(r"[,;\n]", text) if (one := part.strip()))


def show_conference(behind: Behind, visitor: Visitor, number: int) -> Answer:
    """Its members, and whom to add."""
    return _page(behind, visitor, _conference(number), Wish())


def show_new_conference(behind: Behind, visitor: Visitor) -> Answer:
    """The first number that is free."""
    assert visitor.subscriber is not None
    used = {one.name for one in behind.conferences(visitor.subscriber.id)}
    free = next((number for number in range(1, 31) if str(number) not in used), None)
    if free is None:
        return Page("trouble.html", {"words": _ALL_USED, "path": "/conferences"}, 409)
    return show_conference(behind, visitor, free)


def save_conference(behind: Behind, visitor: Visitor, number: int) -> Answer:
    """Puts in and takes out."""
    return _save(behind, visitor, _conference(number))


def show_group(behind: Behind, visitor: Visitor, name: str) -> Answer:
    """The same of a group."""
    return _page(behind, visitor, _group(name), Wish())


def save_group(behind: Behind, visitor: Visitor, name: str) -> Answer:
    """The same of a group."""
    return _save(behind, visitor, _group(name))


def show_new_group(behind: Behind, visitor: Visitor) -> Answer:
    """With a field for its name."""
    return _page(behind, visitor, _group(""), Wish())


def save_new_group(behind: Behind, visitor: Visitor) -> Answer:
    """Makes it."""
    return _save(behind, visitor, _group(""))


def _conference(number: int) -> Target:
    return Target("/conferences", f"/conferences/{number}/members", number)


def _group(name: str) -> Target:
    return Target("/groups", f"/group/{quote(name)}" if name else "/groups/new", group=name)


def _save(behind: Behind, visitor: Visitor, target: Target) -> Answer:
    wish = _wish(visitor)
    if max(len(wish.all_joins), len(wish.leaves)) > _MOST or len(wish.typed) > MOST_AD_HOC:
        return _page(behind, visitor, target, wish, _TOO_MANY_AT_ONCE, 422)
    asked = SaveMembers(
        token=visitor.token,
        source=visitor.source,
        group=target.group or wish.name,
        number=target.number,
        joins=wish.all_joins,
        numbers=wish.typed,
        leaves=wish.leaves,
        was=wish.was if target.group or target.number else "",
    )
    answer = behind.ask(asked)
    match answer.outcome:
        case Outcome.DONE:
            return Redirect(f"{target.list}?saved=1")
        case Outcome.SIGNED_OUT:
            return ended()
        case Outcome.STALE:
            return _page(behind, visitor, target, wish, status=STATUS[Outcome.STALE], stale=True)
        case Outcome.GONE:
            return _page(behind, visitor, target, wish, _GONE, 404, stale=True)
        case Outcome.REFUSED:
            return _page(behind, visitor, target, wish, why(answer), 422)
    return _page(behind, visitor, target, wish, BUSY, STATUS[Outcome.BUSY])


def _wish(visitor: Visitor) -> Wish:
    written = visitor.written
    return Wish(
        _ticked(visitor, JOIN),
        _ticked(visitor, LEAVE),
        _cut(written.get("numbers", "")),
        _cut(written.get("names", "")),
        written.get("name", "").strip()[:_LONGEST],
        written.get("was", "")[:_LONGEST],
    )


def _cut(text: str) -> str:
    return ",".join(one[:_LONGEST] for one in text.split(","))


def _ticked(visitor: Visitor, kind: str) -> tuple[str, ...]:
    names = (one.removeprefix(kind) for one in visitor.written if one.startswith(kind))
    return tuple(name for name in names if name and len(name) <= _LONGEST)


@dataclass(frozen=True, slots=True)
class _Found:
    """Members and other users that a page shows. count: of all members; first: the place of the first."""

    members: tuple[Member, ...]
    others: list[User]
    count: int
    first: int = 0


def _page(
    behind: Behind,
    visitor: Visitor,
    target: Target,
    wish: Wish,
    trouble: Words | str = "",
    status: int = 200,
    *,
    stale: bool = False,
) -> Page:
    assert visitor.subscriber is not None
    owner = visitor.subscriber.id
    sought = visitor.asked.get("q", "").strip()[:_LONGEST]
    number = count_in(visitor.asked, "page")
    stored, found, named = behind.read(lambda tx: _read(tx, owner, target, wish, (sought, number)))
    if stored is None and target.group and not trouble:
        return missing(Words(_NO_GROUP, {"name": target.group}), target.list)
    members = stored.members if stored else ()
    last = found.first + len(found.members)
    values = {
        "target": target,
        "members": [(spelled(one), _label(one, named)) for one in found.members],
        "there": stored is not None,
        "count": found.count,
        "first": found.first + 1,
        "last": last,
        "before": f"{target.action}?page={number - 1}" if found.first else "",
        "behind": f"{target.action}?page={number + 1}" if last < found.count and not sought else "",
        "users": found.others[:ON_A_PAGE],
        "more": len(found.others) > ON_A_PAGE,
        "groups": _groups(target, members, [*wish.joins, *behind.group_names(owner)], named),
        "sought": sought,
        "wish": wish,
        "was": version_of_members(stored and stored.members) if stale or not wish.was else wish.was,
        "stale": stale,
        "trouble": trouble,
        "most": MOST_AD_HOC,
        "path": target.list,
    }
    return Page("members.html", values, status)


def _read(
    tx: Transaction, owner: int, target: Target, wish: Wish, asked: tuple[str, int]
) -> tuple[List | None, _Found, dict[str, User]]:
    """The list, what of it is shown, and the users that are shown or ticked, by key."""
    lists = tx.member_lists
    stored = _stored(lists, owner, target)
    members = stored.members if stored else ()
    sought, page = asked
    if sought:
        found = _found(sought, members, tx.directory.users(owner, UserOrder.NICK))
    else:
        first = first_of(page, len(members))
        others = _others(tx, owner, target, stored)
        found = _Found(members[first : first + ON_A_PAGE], others, len(members), first)
    leaves = {name_key(name) for name in wish.leaves}
    ticked = [one for one in members if name_key(spelled(one)) in leaves and one not in found.members]
    shown = (*ticked, *found.members)
    named = {name_key(one.nick): one for one in lists.users(owner, [*map(spelled, shown), *wish.joins])}
    joins = [named[name_key(name)] for name in wish.joins if name_key(name) in named]
    others = [*joins, *(one for one in found.others if one not in joins)]
    return stored, replace(found, members=shown, others=others), named


def _stored(lists: MemberLists, owner: int, target: Target) -> List | None:
    if target.number is None:
        return lists.group(owner, target.group) if target.group else None
    return next((one for one in lists.conferences(owner) if one.name == str(target.number)), None)


def _others(tx: Transaction, owner: int, target: Target, stored: List | None) -> list[User]:
    most = ON_A_PAGE + 1
    if stored is None:
        return tx.directory.users(owner, UserOrder.NICK, most)
    if target.number is None:
        return tx.member_lists.not_in_group(owner, stored.id, most)
    return tx.member_lists.not_in_conference(owner, stored.id, most)


def _found(sought: str, members: Sequence[Member], users: Iterable[User]) -> _Found:
    """Whom the words mean, among the members and among the others."""
    words, known = sought.split(), set(members)
    meant = found_by(words, users, NO_REGION)
    nicks = {NickMember(user.nick) for user in meant}
    inside = [
        one
        for one in members
        if (
            one in nicks if isinstance(one, NickMember) else all(word in fold(spelled(one)) for word in words)
        )
    ]
    others = [user for user in meant if NickMember(user.nick) not in known]
    return _Found(tuple(inside[:ON_A_PAGE]), others[: ON_A_PAGE + 1], len(inside))


def _groups(
    target: Target, members: Sequence[Member], names: Iterable[str], named: Mapping[str, User]
) -> list[str]:
    """Those that can be put in: what is ticked and no user, and the first ones."""
    inside = {name_key(one.group) for one in members if isinstance(one, GroupMember)} | {
        name_key(target.group)
    }
    others = {name_key(name): name for name in names if name_key(name) not in inside}
    return [name for key, name in others.items() if key not in named]


def _label(member: Member, named: Mapping[str, User]) -> str:
    user = named.get(name_key(member.nick)) if isinstance(member, NickMember) else None
    return " ".join(filter(None, (user.full_name, user.number))) if user else ""
