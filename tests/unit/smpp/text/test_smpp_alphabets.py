"""Alphabets and segments: every octet has a text, every text comes back, no character is cut."""

import random

import pytest

from usnd.smpp.text.alphabets import Alphabet, alphabet_of, decode, encode_character, is_compressed, unpack
from usnd.smpp.text.segments import Concatenation, Segment, join, split, take_udh

GSM = "".join(decode(bytes((code,)), Alphabet.GSM7) for code in range(128) if code != 0x1B)
EXTENDED = "\f^{}\\[~]|€"
SAMPLE = GSM + EXTENDED + "çЖ漢😀👨‍👩‍👧"


@pytest.mark.parametrize("alphabet", Alphabet)
def test_decoding_is_total(alphabet: Alphabet) -> None:
    rng = random.Random(3)
    for octets in (b"", *(bytes((code,)) for code in range(256))):
        assert isinstance(decode(octets, alphabet), str)
    for _ in range(2000):
        decode(rng.randbytes(rng.randint(0, 160)), alphabet)


@pytest.mark.parametrize(
    ("octets", "alphabet", "text"),
    [
        (b"\x00\x02\x11\x5b\x60\x7f", Alphabet.GSM7, "@$_Ä¿à"),
        (b"\x1b\x65\x1b\x3c\x1b\x3e", Alphabet.GSM7, "€[]"),
        (b"\x1bA", Alphabet.GSM7, "A"),
        (b"\x1b\x1b", Alphabet.GSM7, " "),
        (b"A\x1b", Alphabet.GSM7, "A\ufffd"),
        (b"A\x80\xff", Alphabet.GSM7, "A\ufffd\ufffd"),
        (b"A\xe7", Alphabet.LATIN1, "Aç"),
        (b"A\xe7", Alphabet.ASCII, "A\ufffd"),
        (b"\x04\x16\xd8\x3d\xde\x00", Alphabet.UCS2, "Ж😀"),
        (b"\xd8\x3d\x00\x41", Alphabet.UCS2, "\ufffdA"),
        (b"\x00\x41\x00", Alphabet.UCS2, "A\ufffd"),
    ],
)
def test_decodes(octets: bytes, alphabet: Alphabet, text: str) -> None:
    assert decode(octets, alphabet) == text


def test_the_gsm_alphabet_is_whole_and_comes_back() -> None:
    assert len(set(GSM)) == 127
    for char in GSM + EXTENDED:
        octets = encode_character(char, Alphabet.GSM7)
        assert octets is not None
        assert decode(octets, Alphabet.GSM7) == char


@pytest.mark.parametrize(
    ("coding", "alphabet"),
    [
        (0x00, Alphabet.LATIN1),  # the link's own
        (0x01, Alphabet.ASCII),
        (0x03, Alphabet.LATIN1),
        (0x04, Alphabet.ASCII),
        (0x08, Alphabet.UCS2),
        (0xC8, Alphabet.LATIN1),
        (0xD0, Alphabet.LATIN1),
        (0xE0, Alphabet.UCS2),
        (0xF1, Alphabet.LATIN1),
        (0xF5, Alphabet.ASCII),
        # SMPP's own table ends at 0x0F; from there on TS 23.038 §4.
        (0x05, Alphabet.JIS),
        (0x06, Alphabet.CYRILLIC),
        (0x07, Alphabet.HEBREW),
        (0x0E, Alphabet.KOREAN),
        (0x0B, Alphabet.LATIN1),
        *((coding, Alphabet.LATIN1) for coding in (0x10, 0x11, 0x12, 0x13, 0x20, 0x30, 0x40, 0x53)),
        *((coding, Alphabet.ASCII) for coding in (0x14, 0x17, 0x24, 0x54)),
        *((coding, Alphabet.UCS2) for coding in (0x18, 0x19, 0x1A, 0x1B, 0x28, 0x48, 0x7B)),
        *((coding, Alphabet.LATIN1) for coding in (0x1C, 0x80, 0xB8)),  # reserved: the default alphabet
    ],
)
def test_what_a_data_coding_means(coding: int, alphabet: Alphabet) -> None:
    assert alphabet_of(coding, Alphabet.LATIN1) is alphabet


def test_which_codings_announce_compression() -> None:
    assert [coding for coding in range(256) if is_compressed(coding)] == [
        *range(0x20, 0x40),
        *range(0x60, 0x80),
    ]


@pytest.mark.parametrize("length", range(24))
@pytest.mark.parametrize("header", [0, 5, 6, 7, 8])
def test_septets_come_back_from_octets(length: int, header: int) -> None:
    """Packed by hand, as TS 23.038 §6.1.2.1.1 says, behind a header of so many octets."""
    septets = [1 + 5 * number % 126 for number in range(length)]
    first = -(-header * 8 // 7)
    bits = sum(septet << 7 * (first + number) for number, septet in enumerate(septets))
    octets = bits.to_bytes(-(-7 * (first + length) // 8), "little")
    assert unpack(octets, header) == bytes(septets)


def test_a_packed_greeting() -> None:
    assert unpack(bytes.fromhex("E8329BFD4697D9EC37")) == b"hellohello"
    assert decode(bytes.fromhex("C9A1"), Alphabet.PACKED) == "IC"
    assert unpack(bytes.fromhex("31D98C56B3DD1A")) == b"1234567\r"[:7]  # CR is filling


@pytest.mark.parametrize(
    ("text", "default", "segments", "coding"),
    [
        ("", Alphabet.GSM7, 1, 0),
        ("x" * 160, Alphabet.GSM7, 1, 0),
        ("x" * 161, Alphabet.GSM7, 2, 0),
        ("x" * 306, Alphabet.GSM7, 2, 0),
        ("x" * 307, Alphabet.GSM7, 3, 0),
        ("€" * 80, Alphabet.GSM7, 1, 0),
        ("x" + "€" * 152, Alphabet.GSM7, 2, 0),
        ("€" * 153, Alphabet.GSM7, 3, 0),  # 76 in each: none is cut
        ("Ж" * 70, Alphabet.GSM7, 1, 8),
        ("Ж" * 134, Alphabet.GSM7, 2, 8),
        ("Ж" * 135, Alphabet.GSM7, 3, 8),
        ("😀" * 67, Alphabet.GSM7, 3, 8),  # 33 in each
        ("ç" * 140, Alphabet.LATIN1, 1, 0),
        ("ç" * 141, Alphabet.LATIN1, 2, 0),
        ("@" * 140, Alphabet.ASCII, 1, 0),
        ("ç", Alphabet.ASCII, 1, 8),
    ],
)
def test_the_smallest_alphabet_and_the_number_of_segments(
    text: str, default: Alphabet, segments: int, coding: int
) -> None:
    made = split(text, default)
    assert (len(made), made[0].data_coding) == (segments, coding)


@pytest.mark.parametrize("default", [Alphabet.GSM7, Alphabet.ASCII, Alphabet.LATIN1])
def test_what_is_split_joins_and_no_character_is_cut(default: Alphabet) -> None:
    rng = random.Random(default.value)
    for _ in range(300):
        chars = rng.choice([GSM + EXTENDED, "abc []", SAMPLE])
        text = "".join(rng.choices(chars, k=rng.randint(0, 700)))
        made = split(text, default, reference=rng.randint(0, 1000))
        alphabet = alphabet_of(made[0].data_coding, default)
        assert all(len(segment.octets) <= 160 for segment in made)
        parts = [take_udh(segment.octets) if segment.has_udh else (None, segment.octets) for segment in made]
        assert join([octets for _, octets in parts], alphabet) == text
        assert "".join(decode(octets, alphabet) for _, octets in parts) == text
        if len(made) > 1:
            assert [part and (part.number, part.total) for part, _ in parts] == [
                (number, len(made)) for number in range(1, len(made) + 1)
            ]


def test_too_many_segments_are_refused() -> None:
    assert len(split("x" * 153 * 255, Alphabet.GSM7)) == 255
    with pytest.raises(ValueError, match="256 segments"):
        split("x" * (153 * 255 + 1), Alphabet.GSM7)


def test_a_lone_surrogate_is_sent_as_a_question_mark() -> None:
    assert split("\ud83d", Alphabet.GSM7) == [Segment(b"\0?", 8)]


@pytest.mark.parametrize(
    ("octets", "found", "rest"),
    [
        (b"\x05\x00\x03\x07\x02\x01IC", Concatenation(7, 2, 1), b"IC"),
        (b"\x06\x08\x04\x01\x07\x02\x02IC", Concatenation(0x107, 2, 2), b"IC"),
        (b"\x0a\x24\x01\x01\x05\x00\x03\x07\x02\x01IC", None, b"C"),  # ports cut off: no element is whole
        (b"\x08\x24\x01\x01\x00\x03\x07\x02\x01IC", Concatenation(7, 2, 1), b"IC"),
        (b"\x05\x00\x03\x07\x02\x00IC", None, b"IC"),  # cannot be: the element is ignored
        (b"\x05\x00\x03\x07\x02\x03IC", None, b"IC"),
        (b"\x05\x00\x03\x07\x00\x00IC", None, b"IC"),
        (b"\x0a\x00\x03\x07\x02\x01\x00\x03\x07\x02\x03IC", Concatenation(7, 2, 1), b"IC"),
        (b"\x05\x00\x04\x07\x02\x01IC", None, b"IC"),
        (b"\x00IC", None, b"IC"),
        (b"\x09IC", None, b"\x09IC"),
        (b"", None, b""),
    ],
)
def test_reads_a_user_data_header(octets: bytes, found: Concatenation | None, rest: bytes) -> None:
    assert take_udh(octets) == (found, rest)


def test_any_user_data_header_can_be_read() -> None:
    rng = random.Random(5)
    for _ in range(5000):
        octets = rng.randbytes(rng.randint(0, 20))
        assert octets.endswith(take_udh(octets)[1])
