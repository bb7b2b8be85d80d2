"""What a person wrote comes out, whatever the SMSC put around it; what was odd is told."""

import random

import pytest

from usnd.smpp.reading import Read, read, read_parts
from usnd.smpp.text import Alphabet

A = Alphabet
UCS2 = "IC Zo\u00eb \u0416\U0001f600"
BOM, NUL, HALF = ("byte order mark",), ("nul behind the text",), ("half a character behind the text",)
UTF8_HINT, UCS2_HINT = ("looks like UTF-8, see mo_alphabet",), ("looks like UCS-2, see mo_alphabet",)


@pytest.mark.parametrize(
    ("octets", "alphabet", "text", "oddities"),
    [
        (b"IC Bob", A.GSM7, "IC Bob", ()),
        (b"IC Bob\0", A.GSM7, "IC Bob", NUL),
        (b"IC Bob\0\0\0", A.GSM7, "IC Bob", NUL),
        (b"lunch \0", A.GSM7, "lunch @", ()),  # in GSM 03.38 it is a sign that a person may write
        (b"me\0home", A.GSM7, "me@home", ()),
        (b"\0", A.GSM7, "@", ()),
        (b"", A.GSM7, "", ()),
        *((b"IC Bob\0", alphabet, "IC Bob", NUL) for alphabet in (A.ASCII, A.LATIN1, A.UTF8, A.CYRILLIC)),
        (UCS2.encode("utf-16-be"), A.UCS2, UCS2, ()),
        (UCS2.encode("utf-16-be") + b"\0", A.UCS2, UCS2, HALF),
        (UCS2.encode("utf-16-be") + b"\n", A.UCS2, UCS2, HALF),
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
        read_parts([(b"IC \x1b\x65", A.GSM7), (cyrillic, A.UCS2), (b"\xe7", A.LATIN1)])
        == "IC \u20ac\u0416\u00e7"
    )


def test_a_character_that_two_parts_share_is_whole() -> None:
    smile = "\U0001f600".encode("utf-16-be")
    for cut in range(1, 4):
        assert read_parts([(b"\0A" + smile[:cut], A.UCS2), (smile[cut:], A.UCS2)]) == "A\U0001f600"
    assert read_parts([(b"A\x1b", A.GSM7), (b"\x65", A.GSM7)]) == "A\u20ac"
    assert read_parts([("\u00eb".encode()[:1], A.UTF8), ("\u00eb".encode()[1:], A.UTF8)]) == "\u00eb"


def test_a_mark_at_the_beginning_of_each_part_is_not_seen() -> None:
    part = b"\xfe\xff\0A"
    assert read_parts([(part, A.UCS2), (part, A.UCS2)]) == "AA"


@pytest.mark.parametrize("alphabet", Alphabet)
def test_any_octets_are_a_text_that_can_be_kept(alphabet: Alphabet) -> None:
    rng = random.Random(alphabet.value)
    for _ in range(2000):
        read(rng.randbytes(rng.randint(0, 40)), alphabet).text.encode()
