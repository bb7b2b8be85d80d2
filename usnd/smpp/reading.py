"""The octets of an MO text → what its sender wrote, also where the SMSC announced or ended it wrongly.

`received.py` and the joining of parts call it with octets and the alphabet they came in; each oddity that was
read over comes back by name, for the bind's counters (REQUIREMENTS S14). text.py holds the alphabets.
"""

import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from usnd.smpp.text import Alphabet, decode

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_UTF8_BOM = b"\xef\xbb\xbf"
_UCS2_BOMS = (b"\xfe\xff", b"\xff\xfe")
_PRINTABLE = re.compile(rb"[\x20-\x7e\r\n]*")
_WORDS = re.compile(rb"[A-Za-z?][\x21-\x7e]*[ :][\x20-\x7e\r\n]+")
_HINTED = (Alphabet.GSM7, Alphabet.ASCII, Alphabet.LATIN1)


class Read(NamedTuple):
    """A text, and what was odd about its octets."""

    text: str
    oddities: tuple[str, ...] = ()


def read(octets: bytes, alphabet: Alphabet) -> Read:
    """Total. The text without byte order marks, and without NUL or half a character behind it."""
    if alphabet is Alphabet.GSM7 and octets.isascii() and b"\0" not in octets:
        return Read(decode(octets, alphabet))  # nearly every text
    odd: list[str] = []
    octets, alphabet = _announced(octets, alphabet, odd)
    if alphabet is Alphabet.UCS2:
        return Read(_read_ucs2(octets, odd), tuple(odd))
    if alphabet in _HINTED:
        odd.extend(_hints(octets))
    kept = _without_nul(octets, alphabet)
    if len(kept) != len(octets):
        odd.append("nul behind the text")
    return Read(decode(kept, alphabet).removeprefix(_BOM), tuple(odd))


def read_parts(parts: Iterable[tuple[bytes, Alphabet]]) -> str:
    """The text of parts in order, each in its own alphabet; a character that two of them share is whole."""
    runs = groupby(parts, itemgetter(1))
    return "".join(read(b"".join(octets for octets, _ in run), alphabet).text for alphabet, run in runs)


def _announced(octets: bytes, alphabet: Alphabet, odd: list[str]) -> tuple[bytes, Alphabet]:
    """A byte order mark says more than data_coding; ASCII under UCS-2 would be a text of rare ideographs."""
    if octets.startswith(_UTF8_BOM):
        odd.append("byte order mark")
        return octets, Alphabet.UTF8
    if octets.startswith(_UCS2_BOMS):
        odd.append("byte order mark")
        return octets, Alphabet.UCS2
    if alphabet is Alphabet.UCS2 and _is_ascii(octets):
        odd.append("ASCII under UCS-2")
        return octets, Alphabet.ASCII
    return octets, alphabet


def _is_ascii(octets: bytes) -> bool:
    """Latin letters in UCS-2 have zeros between them. A few ideographs have none, but no words either."""
    text = octets.rstrip(b"\0") if len(octets) % 2 else octets
    if not text or not _PRINTABLE.fullmatch(text):
        return False
    return len(text) % 2 == 1 or _WORDS.fullmatch(text) is not None


def _read_ucs2(octets: bytes, odd: list[str]) -> str:
    if len(octets) % 2:
        octets = octets[:-1]
        odd.append("half a character behind the text")
    little = octets.startswith(b"\xff\xfe")
    if not little and octets and not any(octets[1::2]) and all(octets[::2]):
        little = True
        odd.append("UCS-2 with the low octet first")
    text = octets.decode("utf-16-le", "replace") if little else decode(octets, Alphabet.UCS2)
    kept = text.rstrip("\0")
    if len(kept) != len(text):
        odd.append("nul behind the text")
    return kept.replace(_BOM, "")


def _hints(octets: bytes) -> list[str]:
    """What the text would be by another setting of `mo_alphabet`."""
    if not octets.isascii():
        try:
            octets.decode("utf-8")
        except UnicodeDecodeError:
            return []
        return ["looks like UTF-8, see mo_alphabet"]
    pairs = len(octets) % 2 == 0 and len(octets) > 2  # noqa: PLR2004 # one `@` before a letter is a text
    if pairs and not any(octets[::2]) and all(octets[1::2]):
        return ["looks like UCS-2, see mo_alphabet"]
    return []


def _without_nul(octets: bytes, alphabet: Alphabet) -> bytes:
    """In GSM 03.38 zero is `@`: a single one is kept where a person may have put it, behind a blank."""
    kept = octets.rstrip(b"\0")
    if alphabet in (Alphabet.GSM7, Alphabet.PACKED) and len(octets) - len(kept) == 1:
        return octets if kept[-1:] in (b"", b" ", b"\n", b"\r") else kept
    return kept
