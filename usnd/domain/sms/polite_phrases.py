"""What people write around a command: `and` between names, `please`, a signature, a second command.

grammar.py calls it with the words behind the command's own. A name that the subscriber has is none of these.
Other languages have an entry each (ISO 639-1); English counts for all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from types import MappingProxyType

from usnd.domain.replies.catalogue import DEFAULT_LANGUAGE
from usnd.domain.sms.words import JOINED, Known, Word, piece_of

JOINING = MappingProxyType(
    {"en": {"and"}, "de": {"und"}, "es": {"y", "e"}, "fr": {"et"}, "it": {"e"}, "nl": {"en"}, "pt": {"e"}}
)
"""What joins names, by language."""
_POLITE = frozenset({"please", "pls", "plz"})
_CLOSINGS = (
    *(("regards",), ("rgds",), ("thanks",), ("thank", "you"), ("thx",), ("cheers",), ("sincerely",), ("br",)),
    *(("kind", "regards"), ("best", "regards"), ("warm", "regards"), ("best", "wishes"), ("many", "thanks")),
    *(("sent", "from"), ("sent", "via"), ("get", "outlook")),
)
_CLOSINGS_BY_FIRST = MappingProxyType(
    {first: [phrase for phrase in _CLOSINGS if phrase[0] == first] for first, *_ in _CLOSINGS}
)
_BY_DEVICE = frozenset({"sent", "get"})
"""What a phone writes by itself ends a command wherever it stands."""


_FIRST_WORDS = _POLITE.union(_CLOSINGS_BY_FIRST, *JOINING.values())


def may_be_phrase(word: Word) -> bool:
    """Whether the word needs a closer look; most texts have none that does."""
    return word.line > 0 or word.bare != word.written or word.bare.casefold() in _FIRST_WORDS


@dataclass(frozen=True, slots=True)
class Ending:
    """Where the words of a command end before the text does."""

    at: int
    certain: bool = False
    second: bool = False
    """Another command begins there."""


def without_polite_words(words: Sequence[Word], known: Known) -> tuple[Word, ...]:
    """The words that are left."""
    return tuple(word for word in words if word.bare.casefold() not in _POLITE or known(word.bare))


def without_and(words: Sequence[Word], language: str) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words, with a sign for `and` where it stands between two of them; and each such `and`.

    At the beginning and at the end it joins nothing: there it is a name.
    """
    ands = JOINING[DEFAULT_LANGUAGE] | JOINING.get(language, set())
    places = [place for place, word in enumerate(words) if word.bare]
    between = {place for place in places[1:-1] if words[place].bare.casefold() in ands}
    if not between:
        return tuple(words), ()
    kept = tuple(JOINED if place in between else word for place, word in enumerate(words))
    return kept, tuple(words[place] for place in between)


def ending_of(
    words: Sequence[Word], known: Known, begins_command: Callable[[Word], bool], *, makes_groups: bool
) -> Ending | None:
    """Where a signature or a second command begins, if one does. The first word is always the command's.

    `makes_groups`: a word behind a person's name becomes a group, so it is in doubt behind a sentence's end.
    """
    begun = stopped = False
    for place, word in enumerate(words):
        if word.line and _is_rule(words, place):
            return Ending(place, certain=True)
        ending = _phrase_at(words, place, known, begins_command) if word.bare else None
        if ending is None and begun and word.line and _begins_another_part(words, place):
            ending = Ending(place)
        if ending is None and makes_groups and (stopped or word.line):
            ending = _sentence_at(words, place, known)
        if ending is not None:
            return ending
        if word.bare:
            begun, stopped = True, word.written[-1] in ".!"
    return None


def _phrase_at(
    words: Sequence[Word], place: int, known: Known, begins_command: Callable[[Word], bool]
) -> Ending | None:
    """A closing phrase, or a second command."""
    word = words[place]
    if (
        (phrases := _CLOSINGS_BY_FIRST.get(word.bare.casefold()))
        and (place or word.line)
        and not known(word.bare)
    ):
        following = tuple(other.bare.casefold() for other in words[place : place + 2])
        length = next((len(phrase) for phrase in phrases if following[: len(phrase)] == phrase), 0)
        last = not any(behind.bare for behind in words[place + length :])
        if length:
            by_device = word.bare.casefold() in _BY_DEVICE
            return Ending(place, certain=last or word.line > 0 or by_device)
    if place and begins_command(word) and not known(word.bare):
        return Ending(place, second=True)
    return None


def _is_rule(words: Sequence[Word], place: int) -> bool:
    """The `-- ` before a signature, or a dash alone in its line."""
    mark = words[place].written
    alone = words[place].line and all(word.line for word in words[place + 1 : place + 2])
    return mark in ("--", "---") or (mark == "-" and bool(alone))


def _begins_another_part(words: Sequence[Word], place: int) -> bool:
    """Behind an empty line, or behind the first dash that begins a line: a signature, or more names."""
    word = words[place]
    dashes = any(before.line and before.written == "-" for before in words[:place])
    return word.line > 1 or (word.line > 0 and word.written == "-" and not dashes)


def _sentence_at(words: Sequence[Word], place: int, known: Known) -> Ending | None:
    """A word behind a full stop, or in a line of its own, may be another sentence, not a new group."""
    said = [word for word in words[:place] if word.bare]
    groups = list(dropwhile(piece_of, said[1:]))
    word = words[place].bare
    if not groups or not word or word.startswith("-") or known(word):
        return None
    before = groups[-1].written
    stopped = before[-1] in ".!" and (len(groups) > 1 or "." in before.rstrip(".!"))
    in_line = words[place].line > 0 and not all(word.line for word in said[1:])
    return Ending(place) if stopped or in_line else None
