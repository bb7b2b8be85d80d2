"""Words that say what to do, where names are wanted: `UE bob not Mkting`, `IC Team except bob`.

directory_commands.py and interpreter.py ask before they take such words for names. A name that the subscriber
has is a name. All else is in doubt: nothing is done, and what was probably meant is offered (REQUIREMENTS
S12).
"""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TypeVar

from usnd.domain.directory.model import Directory, User, name_key, spelled
from usnd.domain.directory.similar_names import member_like, spelled_like
from usnd.domain.replies.catalogue import Echo, Reply, Say, reply
from usnd.domain.sms.commands import (
    CreateGroup,
    CreateUser,
    DeleteGroup,
    DeleteUser,
    EditUser,
    LaunchAdHoc,
    LaunchConference,
    Words,
    written,
)

ByNick = TypeVar("ByNick", CreateUser, EditUser)

_ALSO = frozenset({"also", "aswell", "too", "well"})
_ADDING = _ALSO | {"add", "adds", "and", "group", "groups", "in", "into", "join", "joins"}
_ADDING |= {"onto", "plus", "put", "to"}
_REMOVING = frozenset(
    {"but", "delete", "drop", "except", "exclude", "from", "instead", "leave", "leaves"}
    | {"minus", "never", "no", "not", "off", "out", "remove", "without"}
)
_NUMBERING = frozenset({"cell", "has", "is", "mobile", "new", "nr", "number", "phone", "tel", "telephone"})
_NAMING = frozenset({"called", "name", "named", "rename"})
_FILLING = frozenset(
    {"anymore", "as", "at", "by", "change", "changed", "for", "longer", "of", "on", "or", "set", "that"}
    | {"the", "this", "update", "with"}
)
_STRESSING = frozenset(
    {"actually", "again", "already", "asap", "both", "immediately", "kindly", "now", "ok", "okay", "once"}
    | {"please", "pls", "plz", "really", "still", "urgently", "yet"}
)
"""Without them the text says the same."""
_LIMITING = frozenset({"exclusively", "just", "only", "solely"})
"""Of what is there nothing else shall stay. What is new holds nothing else anyway."""
_WHEN = frozenset({"always", "later", "soon", "then", "today", "tomorrow", "tonight"})
"""Nothing that we do is done then, so nothing is offered."""
_ALL = _ADDING | _REMOVING | _NUMBERING | _NAMING | _FILLING | _STRESSING | _LIMITING | _WHEN
_DELETING = frozenset({"delete"})
_BEFORE_GROUPS = frozenset({"group", "the"}) | _STRESSING | _LIMITING
_MAY_BE_NEW = _NUMBERING | _WHEN
"""`New` and `Tonight` may be nicks, or groups of GC."""
_PARTICLES = frozenset(
    {"af", "al", "av", "bin", "da", "dal", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "el"}
    | {"ibn", "la", "las", "le", "los", "ter", "van", "vom", "von", "y", "zu", "zum", "zur"}
)
"""Of family names that are written in several words."""


def is_instruction(word: str, directory: Directory) -> bool:
    """Whether it says what to do, and is no name of theirs."""
    return word.casefold() in _ALL and member_like(word, directory) is None


def _unclear(word: str, syntax: Say, *offers: str) -> Reply:
    asked = reply(Say.UNCLEAR_WORD, word=Echo(word)).offering(*offers)
    return asked if asked.offers else reply(Say.UNCLEAR_WORD_WRITE, word=Echo(word), syntax=syntax)


def about_user(command: ByNick, directory: Directory, syntax: Say) -> Reply | None:
    """The question, if a word in the place of a name or a group says what to do, or is a piece of a name."""
    undotted: bool = bool(command.name) and "." not in command.name
    words = (*([command.name] if undotted else []), *command.joins)
    said = [word for word in words if is_instruction(word, directory)]
    if not said:
        return _about_particles(command, directory)
    kept = replace(command, name="" if undotted else command.name, joins=())
    spoken = {word.casefold() for word in said}
    if spoken & _WHEN or (spoken & _LIMITING and isinstance(command, EditUser)):
        return _unclear(said[0], syntax)
    words = tuple(word for word in words if word not in said or word.casefold() not in _STRESSING | _LIMITING)
    places = [place for place, word in enumerate(words) if word in said]
    if not places:
        return _unclear(said[0], syntax, written(replace(kept, joins=words)))
    first, last = places[0], places[-1]
    between = len(places) <= last - first
    meant = (
        None
        if between
        else _meant(kept, spoken - _STRESSING - _LIMITING, words[:first], words[last + 1 :], directory)
    )
    return _unclear(said[0], syntax, *(written(one) for one in [meant] if one))


def _meant(
    kept: ByNick, said: AbstractSet[str], before: Words, behind: Words, directory: Directory
) -> CreateUser | EditUser | DeleteUser | None:
    """What is probably meant. kept: the command without words; said: what they say; the names around them."""
    kinds = {kind for kind in (_ADDING, _REMOVING, _NUMBERING, _NAMING) if kind & said}
    digits = [word for word in behind if word.lstrip("+")[:1].isdecimal()]
    if digits:
        return None if before or len(digits) < len(behind) else replace(kept, phone=" ".join(digits))
    if not behind and before:
        return replace(kept, joins=before) if kinds == {_ADDING} and said <= _ALSO | _FILLING else None
    if not behind:
        return DeleteUser(kept.nick) if said <= _DELETING else None
    known = all(spelled_like(name.removeprefix("+"), directory.groups) for name in (*before, *behind))
    if kinds == {_REMOVING} and known:
        return replace(kept, joins=before, leaves=(*kept.leaves, *behind))
    if kinds == {_ADDING} and not before:
        return replace(kept, joins=tuple(f"+{name.removeprefix('+')}" for name in behind))
    first, *last = behind
    if kinds == {_NAMING} and not kept.name and not before and len(last) <= 1:
        user = directory.users.get(name_key(kept.nick))
        own: list[str] = [user.last] if user is not None and user.last else []
        return replace(kept, name=".".join([first, *(last or own)]))
    return None


def about_single_word(command: ByNick, user: User, directory: Directory, syntax: Say) -> Reply | None:
    """The question, if a word without a dot would take the place of a name, or follows a group and is none.

    `UE bob none`, `UE bob Sales only`: nobody can list all that people write there. With a dot it is a name,
    with a `+` a group. Which of the two it is, if any, is not offered: that would rename as well.
    """
    if _is_group(command.name, directory):
        new = next((name for name in command.joins if not _is_group(name, directory)), None)
        return None if new is None else _unclear(new, syntax)
    renames = bool(command.name) and "." not in command.name and bool(user.full_name)
    return _unclear(command.name, syntax) if renames else None


def _is_group(name: str, directory: Directory) -> bool:
    return name.startswith("+") or spelled_like(name, directory.groups) is not None


def _about_particles(command: ByNick, directory: Directory) -> Reply | None:
    """`Robert.van der Berg` is one name, and `der` no group."""
    pieces: list[str] = [command.name]
    groups: list[str] = []
    for one in command.joins:
        (groups if _is_group(one, directory) else pieces).append(one)
    ends = [piece.rpartition(".")[2].casefold() for piece in pieces[:-1]]
    if not command.name or not _PARTICLES.intersection(ends):
        return None
    first, _, last = command.name.partition(".")
    family = "-".join(filter(None, [last, *pieces[1:]]))
    meant = replace(command, name=f"{first}.{family}", joins=tuple(groups))
    return reply(Say.UNCLEAR).offering(written(meant))


def about_new_name(name: str, syntax: Say, directory: Directory, *offers: str) -> Reply | None:
    """The question, if what would become a nick or a group says what to do."""
    unclear = is_instruction(name, directory) and name.casefold() not in _MAY_BE_NEW
    return _unclear(name, syntax, *offers) if unclear else None


def about_new_group(name: str, members: Words, directory: Directory) -> Reply | None:
    """The same of a group: `GC delete Team`, `GC group Team Ann`."""
    offer = ""
    if name.casefold() in _DELETING and len(members) == 1:
        offer = written(DeleteGroup(members[0]))
    elif name.casefold() in _BEFORE_GROUPS and len(members) > 1 and not is_instruction(members[0], directory):
        offer = written(CreateGroup(members[0], members[1:]))
    return about_new_name(name, Say.GC_SYNTAX, directory, offer)


def changing(members: Words, directory: Directory, adds: str = "") -> bool:
    """Whether the words say what to add to a list, or to take away, instead of naming all of it.

    adds: the sign before them that says so.
    """
    return bool(adds) or any(
        member.startswith("-") or is_instruction(member, directory) for member in members
    )


def _changes(members: Words, directory: Directory) -> bool:
    """Whether the words say of what is there that more comes or goes; else they name the whole list."""
    return any(
        one.startswith("-") or (one.casefold() in _ADDING | _REMOVING and is_instruction(one, directory))
        for one in members
    )


def changed_members(members: Words, there: Words, directory: Directory) -> Words:
    """The list `there` with what the words add to it, and without what they take away; empty if in doubt."""
    said = {member.casefold() for member in members if is_instruction(member, directory)}
    if said & _WHEN:
        return ()
    added: list[str] = []
    gone: set[str] = set()
    removing = False
    for member in members:
        if (word := member.casefold()) in said:
            removing = word in _REMOVING or (removing and word in _FILLING)
        elif member.startswith("-") or removing:
            gone.add(name_key(_spelled(member.removeprefix("-"), directory)))
        else:
            added.append(_spelled(member, directory))
    if (removing and not gone) or any(name.lstrip("+")[:1].isdecimal() for name in gone):
        return ()  # whose number it is would have to be found out
    kept = dict.fromkeys((*there, *added))
    return tuple(name for name in _opened(kept, gone, directory) if name_key(name) not in gone)


def _spelled(name: str, directory: Directory) -> str:
    if name.startswith("+ "):  # it joins, or is the number's
        return name[2:] if name.startswith("+ 0") else f"+{name[2:]}"
    member = member_like(name, directory)
    return spelled(member) if member else name


def _opened(names: Iterable[str], gone: set[str], directory: Directory) -> Words:
    """The names; a group that holds one who is gone is replaced by its members."""
    found: dict[str, None] = {}
    for name in names:
        group = directory.groups.get(name_key(name))
        held = tuple(map(spelled, group.members)) if group else ()
        found |= dict.fromkeys(held if gone.intersection(map(name_key, held)) else (name,))
    return tuple(found)


def about_list(
    members: Words,
    there: Words,
    directory: Directory,
    write: Callable[[Words], str],
    syntax: Say,
    adds: str = "",
) -> Reply:
    """The question whether the list shall be what it is then. there: what it holds; adds: see `changing`."""
    if not (adds or _changes(members, directory)):
        there = ()
    after = changed_members(members, there, directory)
    sign = adds or next(
        one for one in members if one.startswith(("-", "+")) or is_instruction(one, directory)
    )
    return _unclear(sign, syntax, write(after) if after and after != there else "")


def conference_or(number: int, others: LaunchAdHoc) -> Reply:
    """The question whether the conference of that number is meant, or the others; none of who is left out."""
    if any(name.startswith("-") or name.casefold() in _REMOVING for name in others.members):
        return reply(Say.CONFERENCE_ALONE)
    return reply(Say.CONFERENCE_ALONE).offering(written(LaunchConference(number)), written(others))


def about_several(words: Words, directory: Directory) -> Reply | None:
    """Of UD with several words: the question whose user is meant; None if they name no user of theirs."""
    users = list(dict.fromkeys(user for word in words if (user := spelled_like(word, directory.users))))
    named = [
        user
        for user in directory.users.values()
        if user.full_name and name_key(user.full_name) == name_key(" ".join(words))
    ]
    groups = [name for word in words if (name := spelled_like(word, directory.groups))]
    removing = any(word.casefold() in _REMOVING for word in words)
    if len(users) == 1 and groups and removing:
        leaves = tuple(group.name for group in groups)
        return reply(Say.UNCLEAR).offering(written(EditUser(users[0].nick, leaves=leaves)))
    found = named or users
    if not found:
        return None
    unknown = not named and any(spelled_like(word, directory.users) is None for word in words)
    offers = () if unknown else [written(DeleteUser(user.nick)) for user in found]
    if len(found) == 1 and not unknown:
        return reply(Say.UNCLEAR).offering(*offers)
    return reply(Say.SYNTAX, problem=Say.ONE_USER, syntax=Say.UD_SYNTAX).offering(*offers)
