"""The characters of GSM 03.38: its default alphabet and the extension behind an escape (TS 23.038 §6.2.1).

domain/replies/catalogue.py counts by them what fits a segment; smpp/text/alphabets.py writes and reads their
octets.
"""

from collections.abc import Mapping
from types import MappingProxyType

GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""By septet; the escape stands at its own place."""
GSM_EXTENSION: Mapping[int, str] = MappingProxyType(
    {
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
)
"""By the septet behind the escape."""
