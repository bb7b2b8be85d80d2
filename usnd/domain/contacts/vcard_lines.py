"""The lines of a vCard file (2.1; RFC 2426; RFC 6350): unfolded, decoded, taken apart into properties.

vcard_file.py makes contacts of them. Each property is decoded by itself: files of version 2.1 say a character
set with each, and quoted-printable goes over several lines. Pictures and the like are passed over unread.
"""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

from usnd.domain.contacts.contact import LONGEST_LINE, FileFault, FileProblem

READ = frozenset(
    {
        "BEGIN",
        "CATEGORIES",
        "END",
        "FN",
        "KIND",
        "N",
        "NICKNAME",
        "ORG",
        "TEL",
        "VERSION",
        "X-ABLABEL",
        "X-ADDRESSBOOKSERVER-KIND",
        "X-NICKNAME",
    }
)
"""All other properties say nothing of interest."""
_LONGEST_HEAD = 2000
"""Octets of a property's name and parameters, with the colon; what has none in them is no property."""
_HEAD = re.compile(rb'((?:[^":]|"[^"]*")*):')
_PARAMETER = re.compile(r';(?:([^=;:"]+)=)?("[^"]*"|[^;]*)')
_MOST_PREFERRED = "1"
_NAME = re.compile(r"(?:([\w-]+)\.)?([\w-]+)")
_CHARSET = re.compile(
    r"utf-?8|(us-)?ascii|iso-?8859-\d{1,2}|latin-?1|(windows-|cp)125\d|macintosh|koi8-[ru]"
    r"|shift[-_]jis|euc-(jp|kr)|gb(2312|k|18030)|big5"
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Property:
    """line: where it begins, from 1. label: `item1` of `item1.TEL`. kinds: all that its parameters say."""

    line: int
    name: str
    value: str
    label: str = ""
    kinds: tuple[str, ...] = ()


def properties(octets: bytes) -> Iterator[Property]:
    """All that are read, in their order; of what is no property, none. Raises FileFault."""
    for line, written in _unfolded(octets):
        if (head := _HEAD.match(written, 0, _LONGEST_HEAD)) is None:
            continue
        before = _decoded(head[1], "")
        named = _NAME.match(before)
        if named is None or named[2].upper() not in READ:
            continue
        if len(written) > LONGEST_LINE:
            raise FileFault(FileProblem.LONG_LINE, line)
        yield _property(line, named, before, written[head.end() :])


def _property(line: int, named: re.Match[str], before: str, value: bytes) -> Property:
    kinds, charset, quoted = list[str](), "", False
    for name, written in _PARAMETER.findall(before[named.end() :]):
        values = written.strip('"').lower().split(",")
        if name.upper() == "CHARSET":
            charset = values[0]
        elif name.upper() in ("", "ENCODING") and "quoted-printable" in values:
            quoted = True
        elif name.upper() != "PREF":
            kinds += values
        elif values == [_MOST_PREFERRED]:
            kinds.append("pref")
    decoded = quopri.decodestring(value) if quoted else value
    return Property(line, named[2].upper(), _decoded(decoded, charset), named[1] or "", tuple(kinds))


def parts(value: str, delimiter: str) -> list[str]:
    """What a value has between its delimiters, unless they are escaped."""
    found, part = list[str](), ""
    for piece in re.findall(rf"\\.|{re.escape(delimiter)}|[^\\{delimiter}]+|\\", value, re.DOTALL):
        if piece == delimiter:
            found.append(part)
            part = ""
        else:
            part += piece
    return [*found, part]


def unescaped(value: str) -> str:
    r"""The text of a value; a line end is `\n`, and any other sign behind `\` is itself."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value).strip()


def _unfolded(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Each line with those that go on with it: they begin with a blank, or the one before ends with `=`."""
    begun, begins, quoted, soft = list[bytes](), 1, False, False
    for number, line in enumerate(re.split(rb"\r\n|\n|\r", octets), 1):
        if begun and soft:
            begun.append(line)
        elif begun and line[:1] in (b" ", b"\t"):
            begun.append(line[1:])
        else:
            if begun:
                yield begins, b"".join(begun)
            begun, begins, quoted = [line], number, _is_quoted(line)
        soft = quoted and line.endswith(b"=")
        if soft:
            begun[-1] = begun[-1][:-1]
    yield begins, b"".join(begun)


def _is_quoted(line: bytes) -> bool:
    return b"QUOTED-PRINTABLE" in line[:_LONGEST_HEAD].partition(b":")[0].upper()


def _decoded(octets: bytes, charset: str) -> str:
    """In the character set that the file names, if it is one of texts: Python has other codecs under such
    names, which fail in ways of their own, and take long.
    """
    named = charset if _CHARSET.fullmatch(charset) else "utf-8"
    for one in (named, "utf-8"):
        try:
            return octets.decode(one)
        except (UnicodeDecodeError, LookupError):
            continue
    return octets.decode("cp1252", "replace")
