"""Reads a file of contacts, whichever kind it is; writes users as such a file.

The portal's site calls it with what a browser sent. Outlook writes its tables in the machine's own character
set (Windows-1252 in western Europe), or in UTF-16; everybody else in UTF-8.
"""

import codecs
from collections.abc import Sequence
from enum import Enum

from usnd.domain.contacts import csv_file, vcard_file
from usnd.domain.contacts.contact import Contact, FileFault, FileProblem
from usnd.domain.contacts.export import Exported
from usnd.domain.contacts.vcard_file import Version

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HOW_FAR = 4096
"""Octets in which a card begins, if it is one."""


class Kind(Enum):
    """What can be written."""

    CSV = "csv"
    VCARD_2_1 = "vcard-2.1"
    VCARD_3_0 = "vcard-3.0"
    VCARD_4_0 = "vcard-4.0"


_VERSIONS = {Kind.VCARD_2_1: Version.V2, Kind.VCARD_3_0: Version.V3, Kind.VCARD_4_0: Version.V4}


def read(octets: bytes) -> tuple[Contact, ...]:
    """All contacts, in their order. Raises FileFault."""
    in_utf8 = _in_utf8(octets)
    if b"\0" in in_utf8:
        raise FileFault(FileProblem.NOT_TEXT)
    if b"BEGIN:VCARD" in in_utf8[:_HOW_FAR].upper():
        return vcard_file.read(in_utf8)
    return csv_file.read(decoded(in_utf8))


def written(users: Sequence[Exported], kind: Kind, language: str) -> bytes:
    """The file. language: of the titles of a table."""
    if kind in _VERSIONS:
        return vcard_file.written(users, _VERSIONS[kind])
    return csv_file.written(users, language).encode()


def decoded(octets: bytes) -> str:
    """Text in UTF-8; what is none is in Windows-1252."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def _in_utf8(octets: bytes) -> bytes:
    if octets.startswith(_UTF_16):
        try:
            return octets.decode("utf-16").encode()
        except UnicodeError as error:
            raise FileFault(FileProblem.NOT_TEXT) from error
    return octets.removeprefix(codecs.BOM_UTF8)
