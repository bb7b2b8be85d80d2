"""A text as words: each as it is written, and bare of the marks that thumbs and phones put around it.

The grammar calls it. A word keeps both forms: a name that was given before may end in a mark, so the written
form counts if the subscriber has a name spelled so, else the bare one. What a word means is not known here.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from usnd.domain.sms.characters import plain

Known = Callable[[str], bool]
"""Whether the subscriber has a user or a group of that name."""


def nobody(_: str) -> bool:
    """Known to a subscriber who has no names."""
    return False


_TOKEN = re.compile(r",|\n(?:[^\S\n]*\n)*|[^\s,]+")
_CLOCK = re.compile("(?<![0-9])([0-2]?[0-9]):([0-5][0-9])(?![0-9])")
"""A time of day, whose colon parts no two words."""
_SMILEY = re.compile(r"(?<!\S)(?:[:;=][-^'o]?[)(\]\[DdPpOo/|\\*]+|<3+)(?!\S)")
_PIECE = re.compile(r"\+?\d[\d().\-/]*")
_COLON = re.compile("[:\uff1a]")
_PICTURES = range(0x1F000, 0x1FB00)
"""Emoji: the newest are in no category of our table yet."""
_JOINING = frozenset("+&/\\|")
"""Between two names they join them."""
_INSIDE_NUMBERS = frozenset({"-", "/", ".", "(", ")"})


_QUOTES = MappingProxyType(
    {
        '"': '"',
        "'": "'",
        "\u201c": "\u201d",
        "\u201e": "\u201c",
        "\u2018": "\u2019",
        "\xab": "\xbb",
        "\xbb": "\xab",
    }
)


class Word(NamedTuple):
    """`bare` is empty if there are only marks. `line`: the line ends before it, 2 if there are more."""

    written: str
    bare: str
    line: int = 0


COMMA = Word(",", "")
JOINED = Word("&", "")
"""Also stands for `and`: it joins two words that are surely two. Behind the name of a list it adds to it."""


def words_in(text: str) -> tuple[Word, ...]:
    """The words of a text. A comma is a word of its own, and so are other marks that stand alone."""
    words: list[Word] = []
    line = 0
    for token in _TOKEN.findall(plain(_CLOCK.sub(r"\1.\2", _SMILEY.sub(" ", text)))):
        if token[0] == "\n":
            line = min(token.count("\n"), 2)
        else:
            words.append(Word(token, _bare(token), line))
            line = 0
    return tuple(words)


def unquoted(body: str) -> str:
    """The body without one pair of quotes around all of it."""
    inner = body.strip()
    opening, closing = inner[:1], _QUOTES.get(inner[:1], "")
    if not closing or len(inner) < len("''") or not inner.endswith(closing):
        return body
    opened, closed = inner.count(opening), inner.count(closing)
    paired = opened % 2 == 0 if opening == closing else opened == closed
    return inner[1:-1] if paired else body


def colon_parted(text: str) -> tuple[str, str, str]:
    """What stands before the first colon of any width, the colon, and what stands behind it."""
    found = _COLON.search(text)
    return (text[: found.start()], ":", text[found.end() :]) if found else (text, "", "")


def name_of(word: Word, known: Known) -> str:
    """The name that a word is: with its marks, if there is such a name."""
    return word.written if word.written != word.bare and known(word.written) else word.bare


def names_of(words: Iterable[Word], known: Known) -> tuple[str, ...]:
    """What is not only marks, in order."""
    return tuple(name_of(word, known) for word in words if word.bare)


def members_of(words: Iterable[Word], known: Known) -> tuple[str, ...]:
    """Names, and numbers; pieces of digits that follow one another are one word, with blanks between them.

    A comma between two pieces stays: it makes them two numbers, unless only one number is possible. A dash in
    front says who is to be left out.
    """
    members: list[str] = []
    run: list[str] = []
    sign = ""
    for place, word in enumerate(words):
        if piece := piece_of(word):
            # Behind a dash a number is one to be left out, as a name is.
            run.append(f"-{piece}" if not run and (sign or word.written.startswith("-")) else piece)
        elif word == COMMA:
            run[-1:] = [f"{piece.rstrip(',')}," for piece in run[-1:] if piece != "+"]
        elif word.written not in _INSIDE_NUMBERS:
            members += [*_number(run), *(f"{sign}{name}" for name in [name_of(word, known)] if name)]
            # A sign that stands alone may be of the number behind it: domain/numbers/e164.py weighs it.
            run = ["+"] if word.written == "+" else []
        # A dash alone is a sign, but as a bullet, right behind the command, and inside of a number.
        sign = "-" if is_sign(word, "-") and place and not (word.line or run) else ""
    return (*members, *_number(run))


def _number(run: list[str]) -> list[str]:
    return [" ".join(run).rstrip(",")] if run not in ([], ["+"]) else []


def person_of(word: Word, known: Known, *, last: bool) -> str:
    """First.Last as written: a dot before or behind it means something, but not at the end of the text."""
    name = name_of(word, known)
    if not word.bare or name != word.bare:
        return name or "."
    if "." in name:
        return name
    before, _, behind = word.written.partition(word.bare)
    leading = before[len(before.rstrip(".")) :]
    trailing = "." if behind.startswith(".") and not (last or leading) else ""
    return f"{leading}{name}{trailing}"


def is_sign(word: Word, sign: str) -> bool:
    """Whether the sign stands alone, or with other marks."""
    return sign in word.written and not word.bare


def adds(word: Word) -> bool:
    """Whether a `+` before the word says that it is a group to be joined. Before digits it is a number's."""
    return word.written.startswith("+") and word.bare[:1].isalpha() and "." not in word.bare


def signed(words: Iterable[Word]) -> tuple[Word, ...]:
    """The words, each `+` that stands alone put to the name behind it."""
    found: list[Word] = []
    sign = ""
    for word in words:
        found.append(word._replace(written=sign + word.written) if word.bare[:1].isalpha() else word)
        sign = "+" if word.written == "+" else ""
    return tuple(found)


def signed_members(words: Sequence[Word], known: Known) -> tuple[tuple[str, ...], str]:
    """The members of a list that is replaced as a whole, and the sign that joins the first to what is there.

    `+`, `&` (also for `and`), a slash or a bar: it may say that the list is added to. Commas and colons part.

    A dash alone before the first, in its line, is that one's sign.
    """
    members = members_of(words, known)
    if words and is_sign(words[0], "-") and not words[0].line and members:
        members = (f"-{members[0]}", *members[1:])
    first = next((word for word in words if word.bare or _JOINING & set(word.written)), COMMA)
    before = first.written.partition(first.bare)[0] if first.bare else first.written
    return members, next(filter(_JOINING.__contains__, before), "")


def ends_with_sign(word: Word, known: Known) -> bool:
    """Whether the sign of a group stands on its wrong side: `Mkting-`."""
    return word.written.endswith(("-", "+")) and word.bare[-1:].isalnum() and not known(word.written)


def left_of(word: Word, known: Known) -> str:
    """The group behind its sign."""
    return name_of(Word(word.written.removeprefix("-"), word.bare.removeprefix("-")), known)


def piece_of(word: Word) -> str:
    """The digits of a word that can be a number or a piece of one, in ASCII; empty if it is none.

    A zero alone in brackets keeps one: in `+49 (0) 171` it is not dialled.
    """
    if not _PIECE.fullmatch(word.bare):
        return ""
    digits = in_ascii(word.bare)
    return "0)" if digits == "0" and word.written.startswith("(") and ")" in word.written else digits


def in_ascii(word: str) -> str:
    """The word with the digits of any script in ASCII."""
    if word.isascii():
        return word
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in word)


def _bare(word: str) -> str:
    """The word without marks at either end; a sign that means something stays: of a number, of a group."""
    if word.isalnum():
        return word
    begin, end = 0, len(word)
    while begin < end and _is_mark(word[begin]):
        begin += 1
    while begin < end and _is_mark(word[end - 1]):
        end -= 1
    if not (bare := word[begin:end]):
        return ""
    sign = "+" if bare[0].isdecimal() else "-"
    return f"{sign}{bare}" if sign in word[:begin] else bare


@lru_cache(4096)
def _is_mark(char: str) -> bool:
    """Punctuation, symbols, emoji. Not the underscore, with which names may end."""
    category = unicodedata.category(char)
    return (category[0] in "PS" and char != "_") or category == "Me" or ord(char) in _PICTURES


@dataclass(frozen=True, slots=True)
class Said:
    """What stands behind the command's word; `text` is the rest, as written, behind a colon."""

    words: tuple[Word, ...]
    text: str = ""
    known: Known = nobody

    @property
    def names(self) -> tuple[str, ...]:
        """The words that are more than marks."""
        return names_of(self.words, self.known)

    @property
    def members(self) -> tuple[str, ...]:
        """Names and numbers."""
        return members_of(self.words, self.known)
