"""What the pages say, in which language: every text is English in code and templates, and translated by it.

A page, a form or a handler marks a text with `N_`, and makes `Words` of it where values are filled in;
templates have `{% trans %}`. The translations are in locale/, one file a language, read once at the start by
Babel; `make pages` brings them up to date with what is marked.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from gettext import c2py
from importlib.resources import files

from babel.core import Locale, negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ENGLISH = "en"
PSEUDO = "ar-XB"
"""For tests: what is marked is shown from right to left in brackets, so that what is not marked is seen."""
LANGUAGES = (ENGLISH, "de")
LOCALE = files("usnd.web.portal") / "locale"
DOMAIN = "portal.po"
_RIGHT_TO_LEFT = "rtl"
_MOST_WISHES = 20
_WISH = re.compile(r"([A-Za-z0-9-]{1,40})(?:\s*;\s*[qQ]=([01](?:\.[0-9]{0,3})?))?")


def N_(text: str) -> str:  # noqa: N802 # gettext's own name for it
    """Marks a text to be translated where it is shown."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 # as above
    """Marks a text for one, and for several."""
    return one, many


@dataclass(frozen=True, slots=True)
class Words:
    """A text with values, to be shown in the reader's language. plural: its text where `count` is not one."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    plural: str = ""
    count: int = 1


class Language:
    """One language: its translations, and which way it is written."""

    def __init__(self, code: str, catalog: Catalog | None = None) -> None:
        self.code = code
        self._catalog = catalog
        self._form: Callable[[int], int] = c2py("n != 1" if catalog is None else catalog.plural_expr)
        self.direction = _RIGHT_TO_LEFT if code == PSEUDO else Locale.parse(code, sep="-").text_direction

    def gettext(self, text: str) -> str:
        """The translation; English where there is none."""
        return self._marked(self._found(text, 0, text))

    def ngettext(self, text: str, plural: str, count: int) -> str:
        """The translation for so many."""
        otherwise = text if count == 1 else plural
        return self._marked(self._found((text, plural), int(self._form(count)), otherwise))

    def say(self, words: Words | str) -> str:
        """The whole text."""
        if isinstance(words, str):
            return self.gettext(words)
        found = (
            self.ngettext(words.text, words.plural, words.count) if words.plural else self.gettext(words.text)
        )
        return found % words.values if words.values else found

    def _found(self, key: str | tuple[str, str], form: int, otherwise: str) -> str:
        message = None if self._catalog is None else self._catalog.get(key)
        if message is None or message.fuzzy or not message.string:
            return otherwise
        forms = message.string
        return (forms if isinstance(forms, str) else forms[form]) or otherwise

    def _marked(self, text: str) -> str:
        return f"\u2067[{text}]\u2069" if self.code == PSEUDO else text


class Languages:
    """All that there are. pseudo: also that for tests."""

    def __init__(self, *, pseudo: bool = False) -> None:
        codes = (*LANGUAGES, PSEUDO) if pseudo else LANGUAGES
        self._all = {code: Language(code, _catalog(code)) for code in codes}
        self._small = {code.lower(): code for code in codes}
        """Case says nothing in the code of a language (RFC 5646 §2.1.1)."""

    def of(self, wished: str, own: str = "") -> Language:
        """The best: `own`, as the subscriber has it; else what the browser wishes (Accept-Language)."""
        if own in self._all:
            return self._all[own]
        wishes = [code for code, _ in sorted(_wishes(wished), key=lambda one: -one[1])]
        found = negotiate_locale(wishes, [*self._small], sep="-")
        return self._all[self._small.get(found or "", ENGLISH)]


def own_names(codes: Iterable[str]) -> dict[str, str]:
    """Of languages: each as its speakers call it."""
    return {code: Locale.parse(code).get_language_name(code) or code for code in codes}


def _catalog(code: str) -> Catalog | None:
    place = LOCALE / code / DOMAIN
    if not place.is_file():
        return None
    with place.open("rb") as opened:
        return read_po(opened, locale=code, domain="portal")


def _wishes(header: str) -> list[tuple[str, float]]:
    """Codes with their weight (RFC 9110 §12.5.4); what cannot be read is none, nor what is of no weight."""
    read = (_WISH.fullmatch(one.strip()) for one in header.split(",")[:_MOST_WISHES])
    wishes = [(wish[1].lower(), float(wish[2] or 1)) for wish in read if wish]
    return [wish for wish in wishes if wish[1]]
