"""Text ↔ octets in the alphabets of SMS: GSM 03.38, ASCII, Latin-1, UCS-2… (TS 23.038 §6.2, SMPP §5.2.19).

reading.py decodes with it, segments.py encodes; the settings of a link say what each data_coding means there.
Decoding never fails: octets without a meaning become U+FFFD. GSM text is one septet per octet, as SMPP
carries it; only `unpack` reads another form.
"""

import re
from collections.abc import Mapping

from usnd.domain.messaging.gsm_alphabet import GSM, GSM_EXTENSION
from usnd.domain.tables import TableKey

ESCAPE = 0x1B
NO_MEANING = "\N{REPLACEMENT CHARACTER}"
_FROM_GSM = (GSM + NO_MEANING * 128).replace("\x1b", NO_MEANING)
_GSM_CHARACTER = re.compile("\x1b.|.", re.DOTALL)
_TO_GSM: Mapping[str, bytes] = {
    **{char: bytes((ESCAPE, code)) for code, char in GSM_EXTENSION.items() if char != " "},
    **{char: bytes((code,)) for code, char in enumerate(GSM) if code != ESCAPE},
}
_GSM_SINGLE = {ord(char): code for code, char in enumerate(GSM) if code != ESCAPE}
_GSM_SINGLES = frozenset(map(chr, _GSM_SINGLE))


class Alphabet(TableKey):
    """The value is what a configuration writes. PACKED: GSM7, eight septets in seven octets (§6.1.2.1)."""

    GSM7 = "gsm7"
    ASCII = "ascii"
    LATIN1 = "latin1"
    UCS2 = "ucs2"
    UTF8 = "utf8"
    PACKED = "gsm7-packed"
    JIS = "shift-jis"
    CYRILLIC = "iso-8859-5"
    HEBREW = "iso-8859-8"
    KOREAN = "euc-kr"


DEFAULT_CODING = 0x00
UCS2_CODING = 0x08
# SMPP 3.4 §5.2.19; what is missing is the SMSC's default alphabet, binary is read as ASCII.
_SMPP_CODINGS = {
    0x01: Alphabet.ASCII,
    0x02: Alphabet.ASCII,
    0x03: Alphabet.LATIN1,
    0x04: Alphabet.ASCII,
    0x05: Alphabet.JIS,
    0x06: Alphabet.CYRILLIC,
    0x07: Alphabet.HEBREW,
    UCS2_CODING: Alphabet.UCS2,
    0x09: Alphabet.ASCII,
    0x0A: Alphabet.ASCII,
    0x0D: Alphabet.ASCII,
    0x0E: Alphabet.KOREAN,
}
_SMPP_ONLY = 0x10
_CODECS = {
    Alphabet.ASCII: "ascii",
    Alphabet.LATIN1: "latin-1",
    Alphabet.UCS2: "utf-16-be",  # emoji are surrogate pairs in every handset
    Alphabet.UTF8: "utf-8",
    Alphabet.JIS: "shift_jis",
    Alphabet.CYRILLIC: "iso8859_5",
    Alphabet.HEBREW: "iso8859_8",
    Alphabet.KOREAN: "euc_kr",
}


SEVERAL_OCTETS: Mapping[Alphabet, str] = {
    alphabet: _CODECS[alphabet] for alphabet in (Alphabet.UCS2, Alphabet.UTF8, Alphabet.JIS, Alphabet.KOREAN)
}
"""The alphabets of which a character may have several octets, with Python's name of each."""


def alphabet_of(data_coding: int, default: Alphabet) -> Alphabet:
    """What `data_coding` says on a link whose SMSC default alphabet is `default`.

    Below 0x10 by SMPP's table, above by the groups of TS 23.038 §4: general and automatic deletion (0x10 to
    0x7F, with a message class, compressed or not), message waiting, message class. A reserved value is the
    default alphabet, as §4 asks of who receives one.
    """
    if data_coding < _SMPP_ONLY:
        return _SMPP_CODINGS.get(data_coding, default)
    group = data_coding >> 4
    if group < 0x8:  # noqa: PLR2004 # bits 3 and 2 say the alphabet
        return (default, Alphabet.ASCII, Alphabet.UCS2, default)[data_coding >> 2 & 3]
    if group == 0xE:  # noqa: PLR2004 # message waiting, UCS-2
        return Alphabet.UCS2
    if group == 0xF and data_coding & 0x04:  # noqa: PLR2004 # message class, 8-bit data
        return Alphabet.ASCII
    return default


def is_compressed(data_coding: int) -> bool:
    """Whether it announces TS 23.042, which nobody here can read."""
    return _SMPP_ONLY <= data_coding < 0x80 and bool(data_coding & 0x20)  # noqa: PLR2004 # §4


def decode(octets: bytes, alphabet: Alphabet) -> str:
    """Total: any octets give a text."""
    if alphabet is Alphabet.GSM7:
        return _decode_gsm(octets)
    if alphabet is Alphabet.PACKED:
        return _decode_gsm(unpack(octets))
    return octets.decode(_CODECS[alphabet], "replace")


def unpack(octets: bytes, header: int = 0) -> bytes:
    """The septets behind a user data header of so many octets, one an octet (TS 23.040 §9.2.3.24).

    The text begins at the next septet boundary. How many septets there are only SMS itself says; so a last
    one that may be filling, zero or CR in the last seven bits of an octet, is taken for that.
    """
    septets = bytearray()
    for pos in range(0, len(octets), 7):
        group = octets[pos : pos + 7]
        bits = int.from_bytes(group, "little")
        septets.extend(bits >> 7 * number & 0x7F for number in range(len(group) * 8 // 7))
    text = bytes(septets[-(-header * 8 // 7) :])
    exact = len(octets) * 8 % 7 == 0
    return text[:-1] if exact and text[-1:] in (b"\0", b"\r") else text


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
    return GSM_EXTENSION.get(ord(unit[-1]) if len(unit) > 1 else -1) or _FROM_GSM[ord(unit[-1])]
