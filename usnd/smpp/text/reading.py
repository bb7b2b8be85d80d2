"""The octets of an MO text → what its sender wrote, also where the SMSC announced or ended it wrongly.

A text of which something is known to be missing is read as far as it goes and marked `cut`: it does nothing.

`received.py` and the joining of parts call it with octets and the alphabet they came in; each oddity that was
read over comes back by name, for the bind's counters (REQUIREMENTS S14). alphabets.py holds the alphabets.
"""

import codecs
import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from usnd.smpp.text.alphabets import SEVERAL_OCTETS, Alphabet, decode

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_UTF8_BOM = b"\xef\xbb\xbf"
_UCS2_BOMS = (b"\xfe\xff", b"\xff\xfe")
_PRINTABLE = re.compile(rb"[\x20-\x7e\r\n]*")
_WORDS = re.compile(rb"[A-Za-z?][\x21-\x7e]*[ :][\x20-\x7e\r\n]+")
_HINTED = (Alphabet.GSM7, Alphabet.ASCII, Alphabet.LATIN1)
_ZERO_IS_A_SIGN = (Alphabet.GSM7, Alphabet.PACKED)
_ESCAPE = b"\x1b"
HALF = "half a character behind the text"
"""The oddity of a text that is cut."""


class Read(NamedTuple):
    """A text, and what was odd about its octets."""

    text: str
    oddities: tuple[str, ...] = ()
    cut: bool = False
    """Behind it something is missing: its last character is not all there."""


def read(octets: bytes, alphabet: Alphabet) -> Read:
    """Total. The text without byte order marks, and without NUL or half a character behind it.

    In GSM 03.38 zero is `@`, and stays: see `mo_ends_with_nul` for an SMSC that ends its texts with NUL.
    """
    if alphabet is Alphabet.GSM7 and octets.isascii() and b"\0" not in octets and octets[-1:] != _ESCAPE:
        return Read(decode(octets, alphabet))  # nearly every text
    odd: list[str] = []
    octets, alphabet = _announced(octets, alphabet, odd)
    cut = is_cut(octets, alphabet)
    if cut:
        odd.append(HALF)
    if alphabet is Alphabet.UCS2:
        return Read(_read_ucs2(octets, odd), tuple(odd), cut)
    if alphabet in _HINTED:
        odd.extend(_hints(octets))
    kept = octets.rstrip(b"\0")
    if len(kept) != len(octets):
        if alphabet in _ZERO_IS_A_SIGN:
            kept = octets
            odd.append("ends with @ or nul, see mo_ends_with_nul")
        else:
            odd.append("nul behind the text")
    return Read(decode(kept, alphabet).removeprefix(_BOM), tuple(odd), cut)


def read_parts(parts: Iterable[tuple[bytes, Alphabet]]) -> Read:
    """The text of parts in order, each in its own alphabet; a character that two of them share is whole."""
    runs = groupby(parts, itemgetter(1))
    found = [read(b"".join(octets for octets, _ in run), alphabet) for alphabet, run in runs]
    return Read("".join(one.text for one in found), cut=any(one.cut for one in found))


def is_cut(octets: bytes, alphabet: Alphabet) -> bool:
    """Whether the last character is not all there.

    One octet of UCS-2, half of a surrogate pair, the beginning of a character of several octets, an escape
    with nothing behind it; packed septets with more than filling in the bits behind the last (TS 23.038
    §6.1.2.1: they are zero).
    """
    if alphabet is Alphabet.GSM7:
        return octets[-1:] == _ESCAPE
    if alphabet is Alphabet.PACKED:
        left = len(octets) * 8 % 7
        return bool(octets) and octets[-1] >> (8 - left) > 0
    if alphabet not in SEVERAL_OCTETS:
        return False
    little = alphabet is Alphabet.UCS2 and (octets[:2] == _UCS2_BOMS[1] or _is_little(octets))
    name = "utf-16-le" if little else SEVERAL_OCTETS[alphabet]
    decoder = codecs.getincrementaldecoder(name)("replace")
    decoder.decode(octets)
    return bool(decoder.getstate()[0])


def without_nul(octets: bytes, alphabet: Alphabet) -> bytes:
    """Without the NUL that an SMSC puts behind each text (`mo_ends_with_nul`): a character, or an octet."""
    if alphabet is Alphabet.UCS2 and len(octets) % 2 == 0:
        return octets.removesuffix(b"\0\0")
    return octets.removesuffix(b"\0")


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
    octets = octets[: len(octets) // 2 * 2]
    little = octets.startswith(b"\xff\xfe")
    if not little and _is_little(octets):
        little = True
        odd.append("UCS-2 with the low octet first")
    text = octets.decode("utf-16-le", "replace") if little else decode(octets, Alphabet.UCS2)
    kept = text.rstrip("\0")
    if len(kept) != len(text):
        odd.append("nul behind the text")
    return kept.replace(_BOM, "")


def _is_little(octets: bytes) -> bool:
    """Whether Latin letters have their zeros on the other side."""
    return len(octets) > 1 and not any(octets[1::2]) and all(octets[::2])


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
