"""The language of the texts: a body becomes one command, or what is wrong with it.

interpreter.py calls it. The syntax is one table; the help and the integrator's manual are made from the same
table. Of the directory it asks only whether a name is known, to tell names from the marks and words that
thumbs and phones add. What the names and numbers of a command are: domain/directory/lookup.py,
domain/numbers/e164.py (REQUIREMENTS S5-S11).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from types import MappingProxyType

from usnd.domain.directory.model import MOST_CONFERENCES, name_key
from usnd.domain.directory.similar_names import differs_by_a_letter, fold
from usnd.domain.replies.catalogue import DEFAULT_LANGUAGE, Echo, Reply, Say, reply
from usnd.domain.sms.characters import message_of
from usnd.domain.sms.commands import (
    Blast,
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
    Listing,
    LookUpUser,
    SmsCommand,
    written,
)
from usnd.domain.sms.instruction_words import conference_or
from usnd.domain.sms.polite_phrases import ending_of, may_be_phrase, without_and, without_polite_words
from usnd.domain.sms.words import (
    Known,
    Said,
    Word,
    adds,
    colon_parted,
    ends_with_sign,
    in_ascii,
    is_sign,
    left_of,
    name_of,
    names_of,
    nobody,
    person_of,
    piece_of,
    signed,
    signed_members,
    unquoted,
    words_in,
)

MOST_WORDS = 300
"""A text of more words is not understood: each may cost a look at the numbering plans."""

_CONFERENCE = re.compile(r"\d{1,2}|[xX]")  # as the manual writes it
_GLUED = re.compile(
    r"([^\W\d_]{2})([^\w+(]*)([+(]*\d(?:[\d().\-/]*[\d)])?|[xX](?!\w))?([^\w+(]*(?=-\w)|[^\w+(]*)(.*)"
)
"""The two letters of a command, signs, digits, signs, and the rest, without a blank between them."""
_BULLET = re.compile(r"\(?\d{1,2}[.)]+")
_ASKING = frozenset("?\u061f")
_QUESTION = re.compile("[?\u061f\uff1f]")
_LONGEST_BEGIN = 60
"""Characters of a command and what is written in one with it."""
_FAR = 4
"""Words before a command that is still found behind them: `Please IC Mkting`."""


Read = Callable[[Said], SmsCommand | Say | Reply]


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
    first, *rest = [word for word in said.words if word.bare or word.written in (".", "-")]
    pieces = 0
    for place, word in enumerate(rest, 1):
        if piece_of(word):
            pieces = place
        elif word.bare:
            break
    phone = " ".join(filter(None, map(piece_of, rest[:pieces])))
    rest = rest[pieces:]
    named = bool(rest) and not (rest[0].bare or rest[0].written).startswith("-") and not adds(rest[0])
    if named and ends_with_sign(rest[0], said.known):
        return Say.SIGN_ALONE
    name = person_of(rest[0], said.known, last=len(rest) == 1) if named else ""
    rest = [word for word in rest[named:] if word.bare or word.written == "-"]
    if any(not word.bare or ends_with_sign(word, said.known) for word in rest):
        return Say.SIGN_ALONE
    leaves = tuple(left_of(word, said.known) for word in rest if word.bare.startswith("-"))
    joins = tuple(
        "+" * adds(word) + name_of(word, said.known) for word in rest if not word.bare.startswith("-")
    )
    if {name_key(name.removeprefix("+")) for name in joins} & set(map(name_key, leaves)):
        return Say.IN_AND_OUT
    return EditUser(name_of(first, said.known), phone, name, joins, leaves)


def _user_create(said: Said) -> SmsCommand | Say | Reply:
    if len(said.names) < 2:  # noqa: PLR2004 - nick and phone
        return Say.NICK_AND_PHONE_MISSING
    user = _user(said)
    if isinstance(user, Say):
        return user
    # What stands in the number's place and is none is told as such.
    return CreateUser(user.nick, user.phone or said.names[1], user.name, user.joins, user.leaves)


def _user_edit(said: Said) -> SmsCommand | Say | Reply:
    if not said.names:
        return Say.NICK_MISSING
    user = _user(said)
    if user == EditUser(said.names[0]):
        return Say.CHANGE_MISSING
    if isinstance(user, EditUser) and user == EditUser(user.nick, user.phone, ".") and user.phone:
        # Takes the name away, or ends the sentence.
        return reply(Say.UNCLEAR).offering(written(replace(user, name="")))
    return user


def _plus_weighed(read: Read, said: Said) -> SmsCommand | Say | Reply:
    """A `+` that stands alone joins two words, or is rather the sign of the group behind it."""
    plain = read(said)
    if not any(word.written == "+" for word in said.words):
        return plain
    group = read(replace(said, words=signed(said.words)))
    if plain == group or isinstance(plain, Say | Reply) or isinstance(group, Say | Reply):
        return plain
    return reply(Say.UNCLEAR).offering(written(group))


def _user_delete(said: Said) -> SmsCommand | Say | Reply:
    return DeleteUser(" ".join(said.members)) if said.names else Say.NICK_OR_PHONE_MISSING


def _group_create(said: Said) -> SmsCommand | Say | Reply:
    if len(said.names) < 2:  # noqa: PLR2004 - group and one member
        return Say.GROUP_AND_MEMBER_MISSING
    place = next(place for place, word in enumerate(said.words) if word.bare)
    members, adding = signed_members(said.words[place + 1 :], said.known)
    if any(is_sign(word, "+") for word in said.words[:place]):
        adding = "+"
    return CreateGroup(said.names[0], members, adding)


def _group_list(said: Said) -> SmsCommand | Say | Reply:
    return Say.ONE_GROUP if len(said.names) > 1 else ListGroup(*said.names)


def _group_delete(said: Said) -> SmsCommand | Say | Reply:
    return DeleteGroup(*said.names) if len(said.names) == 1 else Say.ONE_GROUP


def _launch(said: Said) -> SmsCommand | Say | Reply:
    return LaunchAdHoc(said.members) if said.names else Say.MEMBERS_MISSING


def _numbered(said: Said) -> tuple[int | None, Said]:
    """The conference's number that the words begin with, and what is said behind it."""
    place = next((place for place, word in enumerate(said.words) if word.bare), 0)
    digits = in_ascii(said.names[0]) if said.names else ""
    if not digits.isdecimal() or len(digits) > 2:  # noqa: PLR2004 - digits of 30
        return None, said
    number = int(digits) if 1 <= int(digits) <= MOST_CONFERENCES else None
    return number, replace(said, words=said.words[place + 1 :])


def _conference_create(said: Said) -> SmsCommand | Say | Reply:
    number, behind = _numbered(said)
    if number is None:
        return Say.CONFERENCE_NUMBER
    listed = signed_members(behind.words, said.known)
    return CreateConference(number, *listed) if behind.names else Say.MEMBERS_MISSING


def _conference_launch(said: Said) -> SmsCommand | Say | Reply:
    number, behind = _numbered(said)
    if behind is not said and behind.names and all(piece_of(word) for word in behind.words if word.bare):
        return LaunchAdHoc(said.members, number)
    if number is None:
        return Say.CONFERENCE_NUMBER
    return conference_or(number, LaunchAdHoc(behind.members)) if behind.names else LaunchConference(number)


def _conference_list(said: Said) -> SmsCommand | Say | Reply:
    if not said.names:
        return ListConference()
    number, behind = _numbered(said)
    if number is None:
        return Say.CONFERENCE_NUMBER
    return Say.CONFERENCE_ALONE if behind.names else ListConference(number)


def _blast(said: Said) -> SmsCommand | Say | Reply:
    if not said.names:
        return Say.RECIPIENTS_MISSING
    return Blast(said.members, said.text) if said.text else Say.TEXT_MISSING


def _help(said: Said) -> SmsCommand | Say | Reply:
    words = tuple(word for word in said.words if word.bare)
    form, _ = _find(words) if words else (None, ())
    if words and form is None:
        return reply(Say.UNKNOWN_COMMAND, command=Echo(words[0].written), commands=COMMAND_WORDS)
    return Help(form.word if form else "")


_FORMS = (
    Form("UC", Say.UC_SYNTAX, Say.UC_HELP, partial(_plus_weighed, _user_create)),
    Form("UE", Say.UE_SYNTAX, Say.UE_HELP, partial(_plus_weighed, _user_edit)),
    Form("UD", Say.UD_SYNTAX, Say.UD_HELP, _user_delete),
    Form("UL", Say.UL_SYNTAX, Say.UL_HELP, lambda said: LookUpUser(said.members)),
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


_INITIALS = frozenset(word[0] for word in _BY_KEYWORD) | {"\u0130", "\uff29"}
_DIALLED = frozenset({"IC", "SB", "UD", "UL"})
"""Behind these a number may stand at once."""


def parse(body: str, known: Known = nobody, language: str = DEFAULT_LANGUAGE) -> SmsCommand | Reply:
    """The command that a text means, or the reply that says what is wrong and how to write it.

    Total: any string gives one or the other. Letter case and extra white space do not matter (S11), nor do
    the marks and phrases around names and numbers. If the text can be read in two ways, or has a question
    mark and would change something or call somebody, the reply offers the commands that it may mean.
    """
    body = unquoted(body)
    words = _begun(words_in(body))
    if not words:
        return reply(Say.EMPTY)
    form, rest = _find(words)
    if form is None:
        return _unknown(words, known, language)
    text = ""
    if form.keeps_text:
        rest, text = _addressed(body)
    if (count := sum(bool(word.bare) for word in rest)) > MOST_WORDS:
        return reply(Say.TOO_LONG, count=count, most=MOST_WORDS)
    asking = bool(_QUESTION.search(body)) and any(_ASKING & set(word.written) for word in (words[0], *rest))
    read = _read(form, Said(rest, text, known), language)
    if isinstance(read, Say):
        return Help(form.word) if asking else reply(Say.SYNTAX, problem=read, syntax=form.syntax)
    if asking and not isinstance(read, Reply | Listing | Help):
        return reply(Say.UNCLEAR).offering(written(read))
    return read


def _read(form: Form, said: Said, language: str) -> SmsCommand | Say | Reply:
    """What is said without the phrases around it; where it is in doubt what belongs to it, the question."""
    if not any(map(may_be_phrase, said.words)) and not any(map(_begins_command, said.words[1:])):
        return form.read(said)
    words, ands = without_and(without_polite_words(said.words, said.known), language)
    begins = _begins_command if form.word != "HELP" else lambda _: False
    ending = ending_of(words, said.known, begins, makes_groups=form.word in ("UC", "UE"))
    readings = [words]
    if ending is not None:
        readings = [words[: ending.at], *([] if ending.certain or ending.second else [words])]
    elif names := [word for word in ands if said.known(word.bare)]:
        readings = [words, (*words, *names)]
    commands = [form.read(replace(said, words=reading)) for reading in readings]
    if len(readings) == 1 and not (ending and ending.second):
        return commands[0]
    if isinstance(commands[0], Say | Reply):  # what was cut off belongs to it
        return commands[-1]
    meant = [written(command) for command in commands if not isinstance(command, Say | Reply)]
    return reply(Say.ONE_COMMAND if ending and ending.second else Say.UNCLEAR).offering(*meant)


def _begins_command(word: Word) -> bool:
    return word.bare.upper()[:1] in _INITIALS and _begin_of(word.bare)[0] not in (None, FORMS["HELP"])


def _begun(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words from the first that means something: marks, bullets and `1.` before a command do not."""
    places = [place for place, word in enumerate(words) if word.bare or _ASKING & set(word.written)]
    if len(places) > 1 and _BULLET.fullmatch(words[places[0]].written):
        places = places[_find(words[places[1] :])[0] is not None :]
    return tuple(words[places[0] :]) if places else ()


def _addressed(body: str) -> tuple[tuple[Word, ...], str]:
    """The words between command and colon, and the text. A colon right behind the command is one too many."""
    head, _, text = colon_parted(body)
    words = _begun(words_in(head))
    rest = _find(words)[1] if words else ()
    if not any(word.bare for word in rest):
        head, colon, behind = colon_parted(text)
        if colon:
            return words_in(head), message_of(behind)
    return rest, message_of(text)


def _find(words: Sequence[Word]) -> tuple[Form | None, tuple[Word, ...]]:
    """The form that the first word means, and the words behind it: `IC3` is `IC 3`, `?IC` is `HELP IC`."""
    first, rest = words[0], tuple(words[1:])
    before = first.written.partition(first.bare)[0] if first.bare else first.written
    if _ASKING & set(before):
        return FORMS["HELP"], (*(Word(bare, bare) for bare in filter(None, [first.bare])), *rest)
    form, glued = _begin_of(first.bare)
    rest = (*glued, *rest)
    if (
        form is FORMS["IC"]
        and (names := names_of(rest, nobody))
        and _CONFERENCE.fullmatch(in_ascii(names[0]))
    ):
        return FORMS["ICx"], rest
    return form, rest


@lru_cache(1024)
def _begin_of(word: str) -> tuple[Form | None, tuple[Word, ...]]:
    """The form that a word means, and the words that are written in one with it."""
    if len(word) > _LONGEST_BEGIN:
        return None, ()
    keyword = _keyword(word)
    if form := _BY_KEYWORD.get(re.sub(r"[.\-]", "", keyword)):
        return form, ()
    return (FORMS["HELP"], ()) if differs_by_a_letter(keyword, "HELP") else _parted(word)


def _keyword(word: str) -> str:
    return fold(in_ascii(word)).upper()


def _parted(word: str) -> tuple[Form | None, tuple[Word, ...]]:
    """The form, and the words, of a command written in one with what follows: `IC3`, `IC07700900005`."""
    if not (glued := _GLUED.fullmatch(in_ascii(word))):
        return None, ()
    letters, signs, digits, between, rest = glued.groups("")
    keyword = _keyword(letters)
    numbered = len(digits) in (1, 2) and keyword in ("CC", "IC", "LC")
    if not (
        numbered or (digits and keyword in _DIALLED and digits not in "xX") or (signs and rest and not digits)
    ):
        return None, ()
    return _BY_KEYWORD.get(keyword), words_in(f"{digits} {between}{rest}")


def _unknown(words: Sequence[Word], known: Known, language: str) -> Reply:
    """Says so, and offers the command that it may be: `ICgolf`, `CI golf`, `Please IC golf`."""
    first, behind = words[0], [word.written for word in words[1:]]
    likely = [[first.bare[::-1], *behind]]
    if _BY_KEYWORD.get(_keyword(first.bare[:2])) and known(first.bare[2:]):
        likely.append([first.bare[:2], first.bare[2:], *behind])
    likely += [behind[place:] for place in range(min(len(behind), _FAR))]
    for text in likely:
        begun = _begun(words_in(" ".join(text)))
        form = _find(begun)[0] if begun else None
        if form not in (None, FORMS["HELP"]) and not isinstance(
            read := parse(" ".join(text), known, language), Reply
        ):
            return reply(Say.NO_COMMAND, command=Echo(first.written)).offering(written(read))
    return reply(Say.UNKNOWN_COMMAND, command=Echo(first.written), commands=COMMAND_WORDS)
