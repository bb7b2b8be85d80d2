"""The shift tables of TS 23.038 annex A are whole: their size, their letters, and what all leave alone."""

import unicodedata

import pytest

from usnd.domain.messaging.gsm_alphabet import GSM
from usnd.smpp.text.alphabets import Alphabet, decode
from usnd.smpp.text.national import decode_national, locking_shift, single_shift

LANGUAGES = {
    1: "LATIN",
    2: "LATIN",
    3: "LATIN",
    4: "BENGALI",
    5: "GUJARATI",
    6: "DEVANAGARI",
    7: "KANNADA",
    8: "MALAYALAM",
    9: "ORIYA",
    10: "GURMUKHI",
    11: "TAMIL",
    12: "TELUGU",
    13: "ARABIC",
}
# Codes that annex A fills in each locking table (A.3) and each single table (A.2), counted there.
LOCKING = {
    1: 127,
    2: 127,
    3: 127,
    4: 114,
    5: 120,
    6: 127,
    7: 120,
    8: 120,
    9: 116,
    10: 110,
    11: 102,
    12: 120,
    13: 127,
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_locking_table_has_its_size_and_its_script(language: int) -> None:
    table = locking_shift(language)
    assert 0x1B not in table
    assert table[0x0A] + table[0x0D] + table[0x20] == "\n\r "
    assert "".join(table[code] for code in range(0x30, 0x3A)) == "0123456789"
    assert "".join(table[code] for code in range(0x61, 0x7B)) == "abcdefghijklmnopqrstuvwxyz"
    assert len(table) == LOCKING[language]
    assert len(set(table.values())) == len(table)
    scripts = {
        unicodedata.name(char).split()[0] for char in table.values() if char.isalpha() and not char.isascii()
    }
    if language > 3:
        assert scripts == {LANGUAGES[language]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_single_table_has_what_all_have_and_its_script(language: int) -> None:
    table = single_shift(language)
    common = {
        0x0A: "\f",
        0x14: "^",
        0x28: "{",
        0x29: "}",
        0x2F: "\\",
        0x3C: "[",
        0x3D: "~",
        0x3E: "]",
        0x40: "|",
    }
    assert table.items() >= (common | {0x65: "€"}).items()
    letters = [
        char for char in table.values() if unicodedata.category(char) in ("Lo", "Mn", "Mc", "Nd", "No", "Po")
    ]
    ours = [char for char in letters if LANGUAGES[language] in unicodedata.name(char)]
    if language > 3:
        assert "".join(table[code] for code in range(0x41, 0x5B)) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        assert [unicodedata.digit(char) for char in ours if char.isdecimal()] == list(range(10))


@pytest.mark.parametrize(
    ("octets", "single", "locking", "text"),
    [
        (b"\x1bG\x1bI\x1bS\x1bc\x1bg\x1bi\x1bs\x1be", 1, 0, "ĞİŞçğış€"),  # A.2.1
        (b"\x1bA\x1ba\x1bI\x09\x1b\x09", 2, 0, "ÁáÍÇç"),  # A.2.2
        (b"\x1b\x05\x1b\x12\x1b[\x1b\x7f", 3, 0, "êΦÃâ"),  # A.2.3
        (b"\x04\x07\x0b\x0c\x1c\x1d\x40\x60", 0, 1, "€ıĞğŞşİç"),  # A.3.1
        (b"\x12\x13\x15\x18\x60\x7d", 0, 3, "ªÇ∞€~`"),  # A.3.3
        (b"\x03\x17\x50\x7c", 0, 4, "\u0985\u0997\u09be\u09dc"),  # A.3.4
        (b"\x1b\x19\x1b\x1a\x1b\x1c\x1b\x24", 4, 0, "\u09e6\u09e7\u09e8\u09df"),  # A.2.4
        (b"\x1b\x19\x1b\x1c\x1b\x3a", 6, 0, "\u0964\u0966\u0971"),  # A.2.6
        (b"\x00\x0c\x7f", 0, 6, "\u0901\u090d\u097f"),  # A.3.6
        (b"\x17\x1c\x7f", 0, 11, "\ufffd\ufffd\u0bf9"),  # A.3.11 has no letters there
        (b"\x00\x5a\x7f", 0, 13, "\u0627\u06d0\u0653"),  # A.3.13
        (b"\x1b\x3f\x1b\x1c", 13, 0, "\u06d4\u06f0"),  # A.2.13
        (b"A\x1b\x24", 1, 0, "A¤"),  # behind an escape to nothing, the alphabet's own
        (b"A\x1b", 1, 0, "A\ufffd"),
        (b"\x80", 0, 6, "\ufffd"),
    ],
)
def test_decodes(octets: bytes, single: int, locking: int, text: str) -> None:
    assert decode_national(octets, single, locking) == text


def test_a_language_that_is_not_defined_is_none() -> None:
    octets = bytes(range(128)) + b"\x1b\x65"
    assert decode_national(octets, 99, 200) == decode(octets, Alphabet.GSM7)
    assert "".join(locking_shift(0).values()) == GSM.replace("\x1b", "")
