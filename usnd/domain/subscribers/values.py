"""The kinds of values that a subscriber's attributes have: read from text, written as text, told in a schema.

attributes.py builds its table of them. What is read comes from an XML document, a command line or a form, and
goes to terminals, mail programs and pages: nothing that controls or turns a line is taken.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Protocol

_TRUTH = {"true": True, "false": False}
_WHOLE = re.compile("0|[1-9][0-9]{0,9}")
TIME_ZONE_PATTERN = "[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}"
"""Also a pattern of an XML schema."""
_NO_ZONE = frozenset({"Factory"})
_JOINERS = "\u200c\u200d"
"""Of format characters these alone are part of names: Persian and the scripts of India write with them."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = "Zs"
_MARK = "M"
_ATOM = frozenset("!#$%&'*+-/=?^_`{|}~.")
_LONGEST_LOCAL, _LONGEST_LABEL, _LONGEST_DOMAIN = 64, 63, 253


class WrongValue(Exception):
    """A value that is not taken; the message says what is wrong with it and how to write it.

    It holds no character of the value that a terminal would obey.
    """


class Kind(Protocol):
    """How values of one kind are read and written. An empty text is none of them: it takes a value back."""

    @property
    def words(self) -> str:
        """What to write, as the end of a sentence."""
        ...

    def parse(self, text: str) -> object:
        """The value that a text means. Raises WrongValue."""
        ...

    def written(self, value: object) -> str:
        """The value as `parse` reads it."""
        ...


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    @property
    def words(self) -> str:
        return "true or false"

    def parse(self, text: str) -> bool:
        if text not in _TRUTH:
            raise WrongValue(f"{shown(text)} is neither true nor false: write {self.words}")
        return _TRUTH[text]

    def written(self, value: object) -> str:
        return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds, in ASCII digits without leading zeros. besides: more to say of it."""

    least: int
    most: int
    besides: str = ""

    @property
    def words(self) -> str:
        return f"a whole number from {self.least} to {self.most}{self.besides}"

    def parse(self, text: str) -> int:
        if not _WHOLE.fullmatch(text) or not self.least <= int(text) <= self.most:
            raise WrongValue(f"{shown(text)} is not taken: write {self.words}")
        return int(text)

    def written(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in any script, composed (NFC); blanks around it do not count."""

    longest: int

    @property
    def words(self) -> str:
        return f"a name of at most {self.longest} characters"

    def parse(self, text: str) -> str:
        name = unicodedata.normalize("NFC", text).strip(" ")
        _refuse_unseen(name, f"write {self.words}", _JOINERS)
        if not name.strip():
            raise WrongValue(f"there are only blanks: write {self.words}")
        if unicodedata.category(name[0]).startswith(_MARK) or name[0] in _JOINERS:
            raise WrongValue(f"it begins with {code_point(name[0])}, which belongs to a letter before it")
        if len(name) > self.longest:
            raise WrongValue(f"it has {len(name)} characters: write {self.words}")
        return name

    def written(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Email:
    """An address by which mail could arrive (RFC 5321, RFC 6531): `local@domain`, of any script."""

    longest: int
    """Octets in UTF-8 (RFC 5321 §4.5.3.1.3, without the brackets)."""

    @property
    def words(self) -> str:
        return "one mail address, as ann@example.com"

    def parse(self, text: str) -> str:
        address = unicodedata.normalize("NFC", text)
        _refuse_unseen(address, f"write {self.words}", "")
        if any(char.isspace() for char in address):
            raise WrongValue(f"there is a blank in it: write {self.words}")
        local, at, domain = address.rpartition("@")
        if not at or not _is_local(local) or not _is_domain(domain):
            raise WrongValue(f"it is no mail address: write {self.words}")
        if len(address.encode()) > self.longest:
            raise WrongValue(f"it is longer than mail carries: write one of at most {self.longest} octets")
        return address

    def written(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Language:
    """A code of ISO 639-1, of those that the node has."""

    known: tuple[str, ...]

    @property
    def words(self) -> str:
        return f"a language of this node: {', '.join(self.known)}"

    def parse(self, text: str) -> str:
        if text not in self.known:
            raise WrongValue(f"{shown(text)} is not taken: write {self.words}")
        return text

    def written(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class TimeZone:
    """The name of a time zone, as IANA's database has it. Whether it has it, attributes.py is told."""

    longest: int

    @property
    def words(self) -> str:
        return "the name of a time zone, as Europe/London"

    def parse(self, text: str) -> str:
        if not re.fullmatch(TIME_ZONE_PATTERN, text) or len(text) > self.longest or text in _NO_ZONE:
            raise WrongValue(f"{shown(text)} is no time zone: write {self.words}")
        return text

    def written(self, value: object) -> str:
        return str(value)


_LONGEST_SHOWN = 40


def shown(text: str) -> str:
    """The text, fit for a sentence on a terminal or in XML: short, and what is not seen by its code point."""
    cut = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return '"' + "".join(char if char.isprintable() else f"<{code_point(char)}>" for char in cut) + '"'


def code_point(char: str) -> str:
    """As Unicode names it: U+200B."""
    return f"U+{ord(char):04X}"


def _refuse_unseen(text: str, instead: str, allowed: str) -> None:
    if text.isascii() and text.isprintable():
        return
    for char in text:
        if unicodedata.category(char) in _UNSEEN and char not in allowed:
            raise WrongValue(
                f"there is a character in it that is not seen or turns the line ({code_point(char)}): "
                f"{instead}"
            )


def _is_local(local: str) -> bool:
    """A dot-atom (RFC 5322 §3.2.3), letters of all scripts among it (RFC 6531 §3.3)."""
    if not local or len(local.encode()) > _LONGEST_LOCAL or not all(local.split(".")):
        return False
    return all(char in _ATOM or _is_letter(char) for char in local)


def _is_domain(domain: str) -> bool:
    """Two labels or more, each as a host name's once it is written in ASCII (RFC 5890)."""
    labels = domain.split(".")
    as_ascii = [_as_ascii(label) for label in labels]
    return (
        len(labels) > 1
        and not labels[-1].isdecimal()
        and all(map(_is_label, labels, as_ascii))
        and len(".".join(as_ascii)) <= _LONGEST_DOMAIN
    )


def _is_label(label: str, as_ascii: str) -> bool:
    letters = all(char == "-" or _is_letter(char) for char in label)
    return bool(label) and letters and label.strip("-") == label and len(as_ascii) <= _LONGEST_LABEL


def _as_ascii(label: str) -> str:
    return label if label.isascii() else f"xn--{label.lower().encode('punycode').decode()}"


def _is_letter(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith(_MARK)
