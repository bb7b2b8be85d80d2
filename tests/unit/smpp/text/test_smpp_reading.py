"""What a person wrote comes out, whatever the SMSC put around it; what was odd is told."""

import random

import pytest

from usnd.smpp.text.alphabets import Alphabet
from usnd.smpp.text.reading import HALF, Read, read, read_parts, without_nul

A = Alphabet
UCS2 = "IC Zo\u00eb \u0416\U0001f600"
BOM, NUL = ("byte order mark",), ("nul behind the text",)
AT = ("ends with @ or nul, see mo_ends_with_nul",)
UTF8_HINT, UCS2_HINT = ("looks like UTF-8, see mo_alphabet",), ("looks like UCS-2, see mo_alphabet",)


@pytest.mark.parametrize(
    ("octets", "alphabet", "text", "oddities"),
    [
        (b"IC Bob", A.GSM7, "IC Bob", ()),
        (b"IC Bob\0", A.GSM7, "IC Bob@", AT),
        (b"IC Bob\0\0\0", A.GSM7, "IC Bob@@@", AT),
        (b"lunch \0", A.GSM7, "lunch @", AT),  # in GSM 03.38 it is a sign that a person may write
        (b"me\0home", A.GSM7, "me@home", ()),
        (b"\0", A.GSM7, "@", AT),
        (b"", A.GSM7, "", ()),
        *((b"IC Bob\0", alphabet, "IC Bob", NUL) for alphabet in (A.ASCII, A.LATIN1, A.UTF8, A.CYRILLIC)),
        (UCS2.encode("utf-16-be"), A.UCS2, UCS2, ()),
        (UCS2.encode("utf-16-be") + b"\0\0", A.UCS2, UCS2, NUL),
        (b"\xfe\xff" + UCS2.encode("utf-16-be"), A.UCS2, UCS2, BOM),
        (b"\xff\xfe" + UCS2.encode("utf-16-le"), A.UCS2, UCS2, BOM),
        (b"\xff\xfe" + UCS2.encode("utf-16-le"), A.GSM7, UCS2, BOM),
        (b"\xef\xbb\xbf" + UCS2.encode(), A.GSM7, UCS2, BOM),
        (b"\xef\xbb\xbf" + UCS2.encode(), A.UCS2, UCS2, BOM),
        ("IC Bob".encode("utf-16-le"), A.UCS2, "IC Bob", ("UCS-2 with the low octet first",)),
        (b"IC Bob Ann", A.UCS2, "IC Bob Ann", ("ASCII under UCS-2",)),
        (b"IC Mkting", A.UCS2, "IC Mkting", ("ASCII under UCS-2",)),
        (b"IC Bob Ann\0", A.UCS2, "IC Bob Ann", ("ASCII under UCS-2", *NUL)),
        ("\u4e2d\u6587".encode("utf-16-be"), A.UCS2, "\u4e2d\u6587", ()),
        ("\u4e2d\u5c71\u5c3c\u6c42".encode("utf-16-be"), A.UCS2, "\u4e2d\u5c71\u5c3c\u6c42", ()),
        ("IC Zo\u00eb".encode(), A.UTF8, "IC Zo\u00eb", ()),
        ("IC Zo\u00eb".encode(), A.GSM7, "IC Zo\ufffd\ufffd", UTF8_HINT),
        ("IC Zo\u00eb".encode(), A.LATIN1, "IC Zo\u00c3\u00ab", UTF8_HINT),
        ("IC Zo\u00eb".encode("latin-1"), A.LATIN1, "IC Zo\u00eb", ()),
        ("IC Bob".encode("utf-16-be"), A.GSM7, "@I@C@ @B@o@b", UCS2_HINT),
        ("\u0416".encode("iso8859_5"), A.CYRILLIC, "\u0416", ()),
        ("\u05d0".encode("iso8859_8"), A.HEBREW, "\u05d0", ()),
        ("\u3042".encode("shift_jis"), A.JIS, "\u3042", ()),
        ("\uac00".encode("euc_kr"), A.KOREAN, "\uac00", ()),
    ],
)
def test_reads(octets: bytes, alphabet: Alphabet, text: str, oddities: tuple[str, ...]) -> None:
    assert read(octets, alphabet) == Read(text, oddities)


def test_each_part_is_read_in_its_own_alphabet() -> None:
    cyrillic = "\u0416".encode("utf-16-be")
    assert (
        read_parts([(b"IC \x1b\x65", A.GSM7), (cyrillic, A.UCS2), (b"\xe7", A.LATIN1)]).text
        == "IC \u20ac\u0416\u00e7"
    )


def test_a_character_that_two_parts_share_is_whole() -> None:
    smile = "\U0001f600".encode("utf-16-be")
    for cut in range(1, 4):
        assert read_parts([(b"\0A" + smile[:cut], A.UCS2), (smile[cut:], A.UCS2)]) == Read("A\U0001f600")
    assert read_parts([(b"A\x1b", A.GSM7), (b"\x65", A.GSM7)]) == Read("A\u20ac")
    assert read_parts([("\u00eb".encode()[:1], A.UTF8), ("\u00eb".encode()[1:], A.UTF8)]) == Read("\u00eb")


def test_a_mark_at_the_beginning_of_each_part_is_not_seen() -> None:
    part = b"\xfe\xff\0A"
    assert read_parts([(part, A.UCS2), (part, A.UCS2)]) == Read("AA")


@pytest.mark.parametrize("alphabet", Alphabet)
def test_any_octets_are_a_text_that_can_be_kept(alphabet: Alphabet) -> None:
    rng = random.Random(alphabet.value)
    for _ in range(2000):
        read(rng.randbytes(rng.randint(0, 40)), alphabet).text.encode()


CODECS = {A.UCS2: "utf-16-be", A.UTF8: "utf-8", A.JIS: "shift_jis", A.KOREAN: "euc_kr"}
ENDS = {A.UCS2: "Ann\u0416", A.UTF8: "Zo\u00eb", A.JIS: "\u3042", A.KOREAN: "\uac00"}


@pytest.mark.parametrize("alphabet", CODECS)
@pytest.mark.parametrize("command", ["UD ", "IC 3 ", "CC4 ", "SB bob: "])
def test_half_a_character_at_the_end_is_a_text_that_is_cut(alphabet: Alphabet, command: str) -> None:
    octets = (command + ENDS[alphabet]).encode(CODECS[alphabet])
    assert read(octets, alphabet) == Read(command + ENDS[alphabet])
    found = read(octets[:-1], alphabet)
    assert found.cut
    assert HALF in found.oddities
    assert read_parts([(octets[:3], alphabet), (octets[3:], alphabet)]).cut is False
    assert read_parts([(octets[:3], alphabet), (octets[3:-1], alphabet)]).cut is True


@pytest.mark.parametrize(
    ("octets", "alphabet", "cut"),
    [
        ("UD An".encode("utf-16-be") + b"\0", A.UCS2, True),  # the high octet of a letter, or a NUL
        ("UD \U0001f600".encode("utf-16-be")[:-2], A.UCS2, True),
        (b"\xff\xfe" + "UD An".encode("utf-16-le")[:-1], A.UCS2, True),
        ("UD \u00d8".encode("utf-16-le"), A.UCS2, False),
        (b"UD Ann\x1b", A.GSM7, True),
        (b"UD Ann\x1b\x65", A.GSM7, False),
        (b"UD Ann", A.LATIN1, False),
        (b"UD Ann\x1b", A.LATIN1, False),
        (bytes.fromhex("d5220a1a"), A.PACKED, True),  # the fifth septet has only its first bits
        (bytes.fromhex("d5220a0a"), A.PACKED, False),
        (b"", A.PACKED, False),
    ],
)
def test_what_is_known_to_be_missing(octets: bytes, alphabet: Alphabet, *, cut: bool) -> None:
    assert read(octets, alphabet).cut is cut


def test_a_nul_that_an_smsc_puts_behind_each_text_is_not_read() -> None:
    assert without_nul(b"SB bob: @\0\0", A.GSM7) == b"SB bob: @\0"
    assert without_nul("IC \u0416".encode("utf-16-be") + b"\0\0", A.UCS2) == "IC \u0416".encode("utf-16-be")
    assert without_nul("IC \u0416".encode("utf-16-be") + b"\0", A.UCS2) == "IC \u0416".encode("utf-16-be")
    assert without_nul(b"IC Bob", A.ASCII) == b"IC Bob"
