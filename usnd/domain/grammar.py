"""The language of the texts: a body becomes one command, or what is wrong with it.

Owns the syntax, as one table; the help and the integrator's manual are made from the same table. Refuses to
know what is in a directory: names and numbers stay words here (REQUIREMENTS S5-S11).
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from types import MappingProxyType

from usnd.domain.characters import message_of, words_of
from usnd.domain.commands import (
    Blast,
    Command,
    CreateConference,
    CreateGroup,
    CreateUser,
    DeleteGroup,
    DeleteUser,
    EditUser,
    Help,
    LaunchAdHoc,
    LaunchConference,
    ListConference,
    ListGroup,
    LookUpUser,
    Words,
)
from usnd.domain.directory import MOST_CONFERENCES, name_key
from usnd.domain.replies import Echo, Reply, Say, reply

MOST_WORDS = 300
"""A text of more words is not understood: each may cost a look at the numbering plans."""

_NUMBERED = re.compile(r"(CC|IC|LC)(\d{1,2}|X)")
_CONFERENCE = re.compile(r"\d{1,2}|[xX]")  # as the manual writes it
_PHONE = re.compile(r"[+().\-/]*\d[+\d().\-/]*")
_COLON = re.compile("[:\uff1a]")


@dataclass(frozen=True, slots=True)
class Said:
    """What stands behind the command's word; `text` is the rest, as written, behind a colon."""

    words: Words
    text: str = ""


Read = Callable[[Said], Command | Say]


@dataclass(frozen=True, slots=True)
class Form:
    """One command: how it is written, what it does, and how what is said is read."""

    word: str
    """As the help names it: `x` stands for a conference's number."""
    syntax: Say
    explains: Say
    read: Read
    """Gives the command, or the problem."""
    keeps_text: bool = False
    """Behind the first colon stands text for other people, not words for us."""


def _user(said: Said) -> EditUser | Say:
    """What is said of a user. A number may be written with spaces: no name begins with a digit."""
    nick, *rest = said.words
    phone = list(takewhile(_PHONE.fullmatch, rest))
    rest = rest[len(phone) :]
    name = "" if not rest or rest[0].startswith("-") else rest.pop(0)
    if "-" in rest:
        return Say.SIGN_ALONE
    leaves = tuple(group[1:] for group in rest if group.startswith("-"))
    joins = tuple(group for group in rest if not group.startswith("-"))
    if set(map(name_key, joins)) & set(map(name_key, leaves)):
        return Say.IN_AND_OUT
    return EditUser(nick, " ".join(phone), name, joins, leaves)


def _user_create(said: Said) -> Command | Say:
    if len(said.words) < 2:  # noqa: PLR2004 - nick and phone
        return Say.NICK_AND_PHONE_MISSING
    user = _user(said)
    if isinstance(user, Say):
        return user
    # What stands in the number's place and is none is told as such.
    return CreateUser(user.nick, user.phone or said.words[1], user.name, user.joins, user.leaves)


def _user_edit(said: Said) -> Command | Say:
    if not said.words:
        return Say.NICK_MISSING
    return _user(said) if said.words[1:] else Say.CHANGE_MISSING


def _user_delete(said: Said) -> Command | Say:
    return DeleteUser(" ".join(said.words)) if said.words else Say.NICK_OR_PHONE_MISSING


def _group_create(said: Said) -> Command | Say:
    if len(said.words) < 2:  # noqa: PLR2004 - group and one member
        return Say.GROUP_AND_MEMBER_MISSING
    return CreateGroup(said.words[0], said.words[1:])


def _group_list(said: Said) -> Command | Say:
    return Say.ONE_GROUP if len(said.words) > 1 else ListGroup(*said.words)


def _group_delete(said: Said) -> Command | Say:
    return DeleteGroup(*said.words) if len(said.words) == 1 else Say.ONE_GROUP


def _launch(said: Said) -> Command | Say:
    return LaunchAdHoc(said.words) if said.words else Say.MEMBERS_MISSING


def _number(words: Sequence[str]) -> int | None:
    """The conference's number that the words begin with."""
    if not words or not words[0].isdecimal() or len(words[0]) > 2:  # noqa: PLR2004 - digits of 30
        return None
    return int(words[0]) if 1 <= int(words[0]) <= MOST_CONFERENCES else None


def _conference_create(said: Said) -> Command | Say:
    if (number := _number(said.words)) is None:
        return Say.CONFERENCE_NUMBER
    return CreateConference(number, said.words[1:]) if said.words[1:] else Say.MEMBERS_MISSING


def _conference_launch(said: Said) -> Command | Say:
    if (number := _number(said.words)) is None:
        return Say.CONFERENCE_NUMBER
    return Say.CONFERENCE_ALONE if said.words[1:] else LaunchConference(number)


def _conference_list(said: Said) -> Command | Say:
    if not said.words:
        return ListConference()
    if (number := _number(said.words)) is None:
        return Say.CONFERENCE_NUMBER
    return Say.CONFERENCE_ALONE if said.words[1:] else ListConference(number)


def _blast(said: Said) -> Command | Say:
    if not said.words:
        return Say.RECIPIENTS_MISSING
    return Blast(said.words, said.text) if said.text else Say.TEXT_MISSING


def _help(said: Said) -> Command | Say:
    form, _ = _find(said.words) if said.words else (None, ())
    return Help(form.word if form else "")


_FORMS = (
    Form("UC", Say.UC_SYNTAX, Say.UC_HELP, _user_create),
    Form("UE", Say.UE_SYNTAX, Say.UE_HELP, _user_edit),
    Form("UD", Say.UD_SYNTAX, Say.UD_HELP, _user_delete),
    Form("UL", Say.UL_SYNTAX, Say.UL_HELP, lambda said: LookUpUser(said.words)),
    Form("GC", Say.GC_SYNTAX, Say.GC_HELP, _group_create),
    Form("GL", Say.GL_SYNTAX, Say.GL_HELP, _group_list),
    Form("GD", Say.GD_SYNTAX, Say.GD_HELP, _group_delete),
    Form("IC", Say.IC_SYNTAX, Say.IC_HELP, _launch),
    Form("CCx", Say.CCX_SYNTAX, Say.CCX_HELP, _conference_create),
    Form("ICx", Say.ICX_SYNTAX, Say.ICX_HELP, _conference_launch),
    Form("LCx", Say.LCX_SYNTAX, Say.LCX_HELP, _conference_list),
    Form("SB", Say.SB_SYNTAX, Say.SB_HELP, _blast, keeps_text=True),
    Form("HELP", Say.HELP_SYNTAX, Say.HELP_HELP, _help),
)
FORMS = MappingProxyType({form.word: form for form in _FORMS})
COMMAND_WORDS = ", ".join(FORMS)
_BY_KEYWORD = MappingProxyType(
    {word.removesuffix("x"): form for word, form in FORMS.items() if word != "ICx"}
)


def parse(body: str) -> Command | Reply:
    """The command that a text means, or the reply that says what is wrong and how to write it.

    Total: any string gives one or the other. Letter case and extra white space do not matter (S11).
    """
    if not (words := words_of(body)):
        return reply(Say.EMPTY)
    form, rest = _find(words)
    if form is None:
        return reply(Say.UNKNOWN_COMMAND, command=Echo(words[0]), commands=COMMAND_WORDS)
    text = ""
    if form.keeps_text:
        head, *tail = _COLON.split(body, maxsplit=1)
        rest = words_of(head)[1:]
        text = message_of("".join(tail))
    if len(rest) > MOST_WORDS:
        return reply(Say.TOO_LONG, count=len(rest), most=MOST_WORDS)
    read = form.read(Said(rest, text))
    if isinstance(read, Say):
        return reply(Say.SYNTAX, problem=read, syntax=form.syntax)
    return read


def _find(words: Words) -> tuple[Form | None, Words]:
    """The form that the first word means, and the words behind it: `IC3` is `IC 3`, `?IC` is `HELP IC`."""
    keyword = unicodedata.normalize("NFKC", words[0]).upper()
    rest = words[1:]
    if keyword.startswith("?"):
        keyword, rest = "HELP", (*filter(None, [keyword.lstrip("?")]), *rest)
    elif numbered := _NUMBERED.fullmatch(keyword):
        keyword, rest = numbered[1], (numbered[2], *rest)
    if keyword == "IC" and rest and _CONFERENCE.fullmatch(rest[0]):
        return FORMS["ICx"], rest
    return _BY_KEYWORD.get(keyword), rest
