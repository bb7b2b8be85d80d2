"""What a subscriber can ask for by text: one class a command, the words as written (REQUIREMENTS S5-S11)."""

from dataclasses import dataclass

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateUser:
    """`UC`. `name` is First.Last as written; `joins` and `leaves` are group names, without the sign."""

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
    """`GC`. The members are nicks, phones or groups."""

    group: str
    members: Words


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


@dataclass(frozen=True, slots=True)
class CreateConference:
    """`CCx`. The number is 1 to 30."""

    number: int
    members: Words


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
Command = Editing | Listing | LaunchAdHoc | LaunchConference | Blast | Help
