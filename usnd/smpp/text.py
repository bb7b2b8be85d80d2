"""Text ↔ octets in the alphabets of SMS: GSM 03.38, ASCII, Latin-1, UCS-2 (TS 23.038 §6.2, SMPP §5.2.19).

Owns the alphabets and what a data_coding means on a link. Refuses nothing when decoding: octets without a
meaning become U+FFFD. GSM text is one septet per octet, as SMPP carries it; it is never packed here.
"""

import re
from collections.abc import Mapping
from enum import Enum

_GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x1B: " ",  # reserved for a further extension; §6.2.1.1 note 1: shown as a space
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_ESCAPE = 0x1B
_NO_MEANING = "\N{REPLACEMENT CHARACTER}"
_FROM_GSM = (_GSM + _NO_MEANING * 128).replace("\x1b", _NO_MEANING)
_GSM_CHARACTER = re.compile("\x1b.|.", re.DOTALL)
_TO_GSM: Mapping[str, bytes] = {
    **{char: bytes((_ESCAPE, code)) for code, char in _GSM_EXTENSION.items() if char != " "},
    **{char: bytes((code,)) for code, char in enumerate(_GSM) if code != _ESCAPE},
}
_GSM_SINGLE = {ord(char): code for code, char in enumerate(_GSM) if code != _ESCAPE}
_GSM_SINGLES = frozenset(map(chr, _GSM_SINGLE))


class Alphabet(Enum):
    """The value is what a configuration writes."""

    GSM7 = "gsm7"
    ASCII = "ascii"
    LATIN1 = "latin1"
    UCS2 = "ucs2"


DEFAULT_CODING = 0x00
_ASCII_CODING = 0x01
_LATIN1_CODING = 0x03
UCS2_CODING = 0x08


def alphabet_of(data_coding: int, default: Alphabet) -> Alphabet:
    """What `data_coding` says on a link whose SMSC default alphabet is `default`.

    Beside SMPP's own values: the message class and message waiting groups of TS 23.038 §4 (0xC0 to 0xFF).
    Binary and the alphabets no subscriber here writes are read as ASCII.
    """
    group = data_coding & 0xF0
    if data_coding == DEFAULT_CODING or group in (0xC0, 0xD0):
        return default
    if data_coding == UCS2_CODING or group == 0xE0:  # noqa: PLR2004 # message waiting, UCS-2
        return Alphabet.UCS2
    if data_coding == _LATIN1_CODING:
        return Alphabet.LATIN1
    if group == 0xF0 and not data_coding & 0x04:  # noqa: PLR2004 # message class, not 8-bit data
        return default
    return Alphabet.ASCII


def decode(octets: bytes, alphabet: Alphabet) -> str:
    """Total: any octets give a text."""
    if alphabet is Alphabet.GSM7:
        return _decode_gsm(octets)
    if alphabet is Alphabet.UCS2:  # UTF-16: emoji are surrogate pairs in every handset
        return octets.decode("utf-16-be", "replace")
    if alphabet is Alphabet.LATIN1:
        return octets.decode("latin-1")
    return octets.decode("ascii", "replace")


def encode_character(char: str, alphabet: Alphabet) -> bytes | None:
    """The octets of one character, None if the alphabet has it not. In UCS-2 a lone surrogate is `?`."""
    if alphabet is Alphabet.GSM7:
        return _TO_GSM.get(char)
    if alphabet is Alphabet.UCS2:
        return char.encode("utf-16-be", "replace")
    highest = 0x7F if alphabet is Alphabet.ASCII else 0xFF
    return bytes((ord(char),)) if ord(char) <= highest else None


def encode_singles(text: str, alphabet: Alphabet) -> bytes | None:
    """The octets of a text of which each character is one octet; None if one is not. Nearly every text is."""
    if alphabet is Alphabet.GSM7:
        known = _GSM_SINGLES.issuperset(text)
        return text.translate(_GSM_SINGLE).encode("latin-1") if known else None
    if alphabet is Alphabet.UCS2:
        return None
    try:
        return text.encode("ascii" if alphabet is Alphabet.ASCII else "latin-1")
    except UnicodeEncodeError:
        return None


def _decode_gsm(octets: bytes) -> str:
    text = octets.decode("latin-1")
    if "\x1b" not in text:
        return text.translate(_FROM_GSM)
    return "".join(_gsm_character(match.group()) for match in _GSM_CHARACTER.finditer(text))


def _gsm_character(unit: str) -> str:
    # §6.2.1.1: an escape to nothing known is shown as the character of the default alphabet
    return _GSM_EXTENSION.get(ord(unit[-1]) if len(unit) > 1 else -1) or _FROM_GSM[ord(unit[-1])]
