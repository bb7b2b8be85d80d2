"""What a subscriber can ask for by text: one class a command, the words as written (REQUIREMENTS S5-S11).

`written` is the way back: the text that is read as that command, to ask a subscriber whether it was meant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateUser:
    """`UC`. `name` is First.Last as written; `leaves` are group names without the sign, `joins` with a `+`
    where it was written: such a word is no person's name.
    """

    nick: str
    phone: str
    name: str = ""
    joins: Words = ()
    leaves: Words = ()


@dataclass(frozen=True, slots=True)
class EditUser:
    """`UE`. What is empty stays as it is."""

    nick: str
    phone: str = ""
    name: str = ""
    joins: Words = ()
    leaves: Words = ()


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """`UD`, by nick or phone."""

    who: str


@dataclass(frozen=True, slots=True)
class LookUpUser:
    """`UL`. All of the words must be found; without a word, everybody is."""

    search: Words = ()


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """`GC`. The members are nicks, phones or groups. `adds`: the sign before the first, if it joins: `+`."""

    group: str
    members: Words
    adds: str = ""


@dataclass(frozen=True, slots=True)
class ListGroup:
    """`GL`; without a name, all groups."""

    group: str = ""


@dataclass(frozen=True, slots=True)
class DeleteGroup:
    """`GD`."""

    group: str


@dataclass(frozen=True, slots=True)
class LaunchAdHoc:
    """`IC`. The members are nicks, phones or groups."""

    members: Words
    instant: int | None = None
    """The conference that the only member, a number in pieces, may begin with: `IC 3 0170 1234567`."""


@dataclass(frozen=True, slots=True)
class CreateConference:
    """`CCx`. The number is 1 to 30; `adds` as in CreateGroup."""

    number: int
    members: Words
    adds: str = ""


@dataclass(frozen=True, slots=True)
class LaunchConference:
    """`ICx`."""

    number: int


@dataclass(frozen=True, slots=True)
class ListConference:
    """`LCx`; without a number, all that are defined."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Blast:
    """`SB`: the text to everybody, without a call (REQUIREMENTS S10)."""

    members: Words
    text: str


@dataclass(frozen=True, slots=True)
class Help:
    """`?`, alone or about the command of that word in the table."""

    about: str = ""


Listing = LookUpUser | ListGroup | ListConference
Editing = CreateUser | EditUser | DeleteUser | CreateGroup | DeleteGroup | CreateConference
SmsCommand = Editing | Listing | LaunchAdHoc | LaunchConference | Blast | Help


_LONGEST_BLAST = 100
"""Characters of a text to others that is written out for its sender to send again."""


def written(command: SmsCommand) -> str:
    """The text that asks for the command; empty if it is too much to be told."""
    return " ".join(filter(None, _WORDS[type(command)](command)))


def _user_words(command: CreateUser | EditUser) -> Words:
    leaves = (f"-{group}" for group in command.leaves)
    return (command.nick, command.phone, command.name, *command.joins, *leaves)


def _blast_words(blast: Blast) -> Words:
    sendable = blast.text.isprintable() and len(blast.text) <= _LONGEST_BLAST
    return ("SB", f"{' '.join(blast.members)}:", blast.text) if sendable else ()


_WORDS: Mapping[type[SmsCommand], Callable[[Any], Words]] = MappingProxyType(
    {
        CreateUser: lambda command: ("UC", *_user_words(command)),
        EditUser: lambda command: ("UE", *_user_words(command)),
        DeleteUser: lambda command: ("UD", command.who),
        LookUpUser: lambda command: ("UL", *command.search),
        CreateGroup: lambda command: ("GC", command.group, command.adds, *command.members),
        ListGroup: lambda command: ("GL", command.group),
        DeleteGroup: lambda command: ("GD", command.group),
        LaunchAdHoc: lambda command: ("IC", *command.members),
        CreateConference: lambda command: (f"CC{command.number}", command.adds, *command.members),
        LaunchConference: lambda command: ("IC", str(command.number)),
        ListConference: lambda command: ("LC", str(command.number or "")),
        Blast: _blast_words,
        Help: lambda command: ("?", command.about),
    }
)
