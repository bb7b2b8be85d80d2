"""The language of the texts: a body becomes one command, or what is wrong with it.

Owns the syntax, as one table; the help is made from the same table. Refuses to know what is in a
directory: names and numbers stay words here (REQUIREMENTS S5-S11).
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from usnd.domain.replies import Echo, Reply, Say, reply

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateUser:
    """`UC`. `joins` and `leaves` are group names, without the sign."""

    nick: str
    phone: str
    first: str = ""
    last: str = ""
    joins: Words = ()
    leaves: Words = ()


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """`GC`. The members are nicks, phones or groups."""

    group: str
    members: Words


@dataclass(frozen=True, slots=True)
class LaunchAdHoc:
    """`IC`. The members are nicks, phones or groups."""

    members: Words


@dataclass(frozen=True, slots=True)
class Help:
    """`?`, alone or about a command."""

    about: str = ""


Command = CreateUser | CreateGroup | LaunchAdHoc | Help


@dataclass(frozen=True, slots=True)
class Form:
    """One command: how it is written, what it does, and how its words are read."""

    word: str
    syntax: str
    explains: str
    read: Callable[[Words], Command | str]
    """Gives the command, or the problem as a sentence."""


def _user_create(words: Words) -> Command | str:
    if len(words) < 2:  # noqa: PLR2004 - nick and phone
        return "A nick and a phone number are needed."
    nick, phone, *rest = words
    named = rest and not rest[0].startswith("-")
    name, groups = (rest[0], rest[1:]) if named else ("", rest)
    first, _, last = name.partition(".")
    if "-" in groups:
        return "A - needs its group right behind it."
    return CreateUser(
        nick,
        phone,
        first,
        last,
        joins=tuple(group for group in groups if not group.startswith("-")),
        leaves=tuple(group[1:] for group in groups if group.startswith("-")),
    )


def _group_create(words: Words) -> Command | str:
    if len(words) < 2:  # noqa: PLR2004 - group and one member
        return "A group and at least one member are needed."
    return CreateGroup(words[0], words[1:])


def _launch(words: Words) -> Command | str:
    return LaunchAdHoc(words) if words else "Whom to call is missing."


def _help(words: Words) -> Command | str:
    return Help(words[0]) if words else Help()


_FORMS = (
    Form(
        "UC",
        "UC <nick> <phone> <First.Last> <[-]group>...",
        "create a user and put them into groups",
        _user_create,
    ),
    Form(
        "GC",
        "GC <group> <nick, phone or group>...",
        "create a group or replace its members",
        _group_create,
    ),
    Form("IC", "IC <nick, phone or group>...", "call all of them and you into a conference", _launch),
    Form("HELP", "? <command>", "explain a command", _help),
)
FORMS = MappingProxyType({form.word: form for form in _FORMS})
COMMAND_WORDS = ", ".join(FORMS)


def parse(body: str) -> Command | Reply:
    """The command that a text means, or the reply that says what is wrong and how to write it.

    Total: any string gives one or the other. Letter case and extra white space do not matter (S11).
    """
    if not (words := body.split()):
        return reply(Say.EMPTY)
    first = words[0]
    if first.startswith("?"):  # "?", "??", "?IC", "? IC"
        words[:1] = ["HELP", *filter(None, [first.lstrip("?")])]
    form = FORMS.get(words[0].upper())
    if form is None:
        return reply(Say.UNKNOWN_COMMAND, command=Echo(words[0]), commands=COMMAND_WORDS)
    command = form.read(tuple(words[1:]))
    if isinstance(command, str):
        return reply(Say.SYNTAX, problem=command, syntax=form.syntax)
    return command
