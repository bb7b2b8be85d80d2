"""National language shift tables of GSM text (3GPP TS 23.038 annex A): septets → text.

`received.py` calls it when a user data header names a language for the escape (single shift), for the whole
alphabet (locking shift), or for both. The tables stand as annex A builds them: a Latin one as what differs
from the default alphabet, an Indian one as letters of its Unicode block at the places that all share.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from usnd.domain.messaging.gsm_alphabet import GSM, GSM_EXTENSION
from usnd.smpp.text.alphabets import ESCAPE, NO_MEANING

_TURKISH, _SPANISH, _PORTUGUESE, _URDU = 1, 2, 3, 13
_UNIT = re.compile(b"\x1b.|.", re.DOTALL)

# Latin: code and character.
_LATIN_LOCKING = {
    _TURKISH: "04€ 07ı 0BĞ 0Cğ 1CŞ 1Dş 40İ 60ç",  # noqa: RUF001 # Turkish
    _PORTUGUESE: (
        "04ê 06ú 07í 08ó 09ç 0BÔ 0Cô 0EÁ 0Fá 12ª 13Ç 14À 15∞ 16^ 17\\ 18€ 19Ó 1A| 1CÂ 1Dâ 1EÊ 24º 40Í 5BÃ 5CÕ"
        " 5DÚ 60~ 7Bã 7Cõ 7D`"
    ),
}
_LATIN_SINGLE = {
    _TURKISH: "47Ğ 49İ 53Ş 63ç 67ğ 69ı 73ş",  # noqa: RUF001 # Turkish
    _SPANISH: "09ç 41Á 49Í 4FÓ 55Ú 61á 69í 6Fó 75ú",
    _PORTUGUESE: (
        "05ê 09ç 0BÔ 0Cô 0EÁ 0Fá 12Φ 13Γ 15Ω 16Π 17Ψ 18Σ 19Θ 1FÊ 41À 49Í 4FÓ 55Ú 5BÃ 5CÕ 61Â 69í 6Fó 75ú 7Bã"
        " 7Cõ 7Fâ"
    ),
}

# Others, locking: where letters of the script stand, between LF, CR, blank, digits, a to z and these signs.
_SIGNS = {0x0A: "\n", 0x0D: "\r", 0x20: " ", 0x21: "!", 0x28: ")", 0x29: "(", 0x2C: ",", 0x2E: ".", 0x3F: "?"}
_LETTERS = "00-09 0B 0C 0E-1A 1C-1F 22-27 2A 2B 2D 2F 3C-3E 40-60 7B-7F"
_INDIAN = "01-03 05-39 3C-4D"
# Language: its block, the places that are empty, the letters at 60 and 7B to 7F; all other places as _INDIAN.
_INDIAN_LOCKING = {
    4: (0x0980, "0C 0E 11 12 3C 45 47-49 57 58 5B 5C", "4E 57 5C 5D 70 71"),  # Bengali
    5: (0x0A80, "0E 12 3C 45 48 58 5C", "50 60-63 71"),  # Gujarati
    6: (0x0900, "", "50 72 7B 7C 7E 7F"),  # Hindi
    7: (0x0C80, "00 0C 11 3C 48 57 5B", "55 56 60-63"),  # Kannada
    8: (0x0D00, "00 0C 11 3C 4E 57 5B", "57 60-63 79"),  # Malayalam
    9: (0x0B00, "0C 0E 11 12 3C 45 48 57 58 5B 5C", "56 57 60-63"),  # Oriya
    10: (0x0A00, "09 0B 0C 0E 11 12 3C 45 48 4B 4F 55-58 5B 5C", "51 70-74"),  # Punjabi
    11: (
        0x0B80,
        "00 09 0B 0C 11 16-18 1C 1E 23-25 2A 2B 2D 3E 40 41 4E 4F 55-57 5B",
        "50 57 70-72 79",
    ),  # Tamil
    12: (0x0C00, "0C 11 3C 48 4E 57 5B", "55 56 60-63"),  # Telugu
}
_ARABIC = 0x0600
_URDU_LOCKING = (
    "27 22 28 7B 80 7E A6 2A C2 7F 79 7D 7A 7C 2B 2C 81 84 83 85 86 87 2D-2F 8C 88 89 8A 8F 8D 30 31 91 93 99"
    " 32 96 98 9A 33-39 41 42 A9 AA AB AF B3 B1 44-46 BA BB BC 48 C4 D5 C1 BE 21 CC D0 D2 4D 4F 50 57 54 51"
    " 70 55 56 53"
)

# Others, single: the signs all share up to 18, then letters of the script at these places.
_SINGLE_SIGNS = "@£$¥¿\"¤%&'\f*+ -/<=>¡^¡_#*"
_SINGLE_LETTERS = "19 1A 1C-27 2A-2E 30-3B 3F"
_DANDAS = "।॥"
_INDIAN_SINGLE = {
    4: (0x0980, "", "66-6F 5F-63 72-7A"),
    5: (0x0A80, _DANDAS, "66-6F"),
    6: (0x0900, _DANDAS, "66-6F 52 51 53 54 58-63 70 71"),
    7: (0x0C80, _DANDAS, "66-6F 5E 71 72"),
    8: (0x0D00, _DANDAS, "66-75 7A-7F"),
    9: (0x0B00, _DANDAS, "66-6F 5C 5D 5F 70 71"),
    10: (0x0A00, _DANDAS, "66-6F 59-5C 5E 75"),
    11: (0x0B80, _DANDAS, "66-6F 73-78 7A"),
    12: (0x0C00, NO_MEANING * 2, "66-6F 58 59 78-7F"),
    _URDU: (_ARABIC, "", "00 01 F0-F9 0C-14 1B 1F 40 52 58 6B 6C 72 73 CD D4"),
}


def decode_national(octets: bytes, single: int, locking: int) -> str:
    """One septet an octet. A language that is not defined is none, as §6.2.1.2.4 asks; total."""
    alphabet, behind_escape = locking_shift(locking), single_shift(single)

    def character(unit: bytes) -> str:
        code = unit[-1]
        if len(unit) > 1 and code in behind_escape:
            return behind_escape[code]
        return alphabet.get(code, NO_MEANING)

    return "".join(character(unit) for unit in _UNIT.findall(octets))


@cache
def locking_shift(language: int) -> Mapping[int, str]:
    """Code → character, without ESCAPE; the default alphabet for a language without a table of its own."""
    if language in _INDIAN_LOCKING or language == _URDU:
        return _signs() | _script_locking(language)
    table = {code: char for code, char in enumerate(GSM) if code != ESCAPE}
    return table | _pairs(_LATIN_LOCKING.get(language, ""))


@cache
def single_shift(language: int) -> Mapping[int, str]:
    """Code behind an escape → character; the default extension for a language without a table of its own."""
    table = dict(GSM_EXTENSION)
    if language not in _INDIAN_SINGLE:
        return table | _pairs(_LATIN_SINGLE.get(language, ""))
    block, first, offsets = _INDIAN_SINGLE[language]
    letters = [*first, *(chr(block + offset) for offset in _codes(offsets))]
    found = dict(zip(_codes(_SINGLE_LETTERS), letters, strict=False))
    capitals = {code: chr(code) for code in range(0x41, 0x5B)}
    signs = dict(enumerate(_SINGLE_SIGNS))
    return table | signs | capitals | {place: char for place, char in found.items() if char != NO_MEANING}


def _signs() -> dict[int, str]:
    plain = {code: chr(code) for code in (*range(0x30, 0x3C), *range(0x61, 0x7B))}
    return _SIGNS | plain


def _script_locking(language: int) -> dict[int, str]:
    places = list(_codes(_LETTERS))
    if language == _URDU:
        return {place: chr(_ARABIC + code) for place, code in zip(places, _codes(_URDU_LOCKING), strict=True)}
    block, empty, last = _INDIAN_LOCKING[language]
    offsets = [*_codes(_INDIAN), *_codes(last)]
    letters = {place: chr(block + offset) for place, offset in zip(places, offsets, strict=True)}
    return {place: char for place, char in letters.items() if place not in set(_codes(empty))}


def _pairs(written: str) -> dict[int, str]:
    return {int(pair[:2], 16): pair[2:] for pair in written.split()}


def _codes(written: str) -> Iterator[int]:
    """Hexadecimal numbers and ranges of them."""
    for piece in written.split():
        first, _, last = piece.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)
