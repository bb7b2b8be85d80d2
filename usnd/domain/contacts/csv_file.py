"""Tables of contacts (CSV): ours, Outlook's, Google's, and what people make of them in a spreadsheet.

The first line names the columns, in English or German; which are known is in the tables below. Commas,
semicolons and tabs part the cells.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from usnd.domain.contacts.contact import (
    LONGEST_LINE,
    MOST_CONTACTS,
    MOST_GROUPS,
    Contact,
    FileFault,
    FileProblem,
    cut,
)
from usnd.domain.contacts.export import Exported
from usnd.domain.contacts.phone_labels import likeliest_first, likelihood
from usnd.domain.portal.csv_cells import table, unguarded

TITLES: Mapping[str, tuple[str, ...]] = {
    "en": ("Nick", "First name", "Last name", "Number", "Groups"),
    "de": ("Kurzname", "Vorname", "Nachname", "Nummer", "Gruppen"),
}
"""Of what we write, by language. Excel in German parts cells by semicolons."""
_DELIMITERS = {"en": ",", "de": ";"}
_BETWEEN_GROUPS = re.compile(r":::|[;,]")
_GROUPS_WRITTEN = "; "
_SEPARATOR_LINE = re.compile(r"sep=[,;\t]\r?\n")
_NAMES = {
    "nick": ("nick", "kurzname"),
    "nickname": ("nickname", "spitzname"),
    "first": ("first name", "given name", "first", "vorname"),
    "last": ("last name", "family name", "surname", "last", "nachname", "familienname"),
    "full": ("name", "full name", "display name", "anzeigename"),
    "company": (
        "company",
        "organization",
        "organization name",
        "organization 1 name",
        "firma",
        "organisation",
    ),
    "groups": (
        "groups",
        "group",
        "group membership",
        "labels",
        "categories",
        "gruppen",
        "gruppe",
        "kategorien",
    ),
}
_KNOWN = {title: what for what, titles in _NAMES.items() for title in titles}
_PHONE = re.compile(r"\b(tele)?(phone|fon)\b|^(mobile?|cell|handy)|\w*telefon\b|nummer$|^(number|tel)$")
_NO_PHONE = re.compile(r"fax|pager|label|type|callback|isdn|telex|radio|kunden|haus|steuer|assist|sekret")
_NUMBERED = re.compile(r"(phone|telefon) (\d+) (value|wert)")
_SEVERAL = ":::"
"""Google writes several numbers of one kind into one cell."""


@dataclass(slots=True)
class _Columns:
    """Where in a row which value is."""

    named: dict[str, int] = field(default_factory=dict)
    phones: list[tuple[int, int | None, str]] = field(default_factory=list)
    """Each with the column of its label, if it has one, and the title."""


def read(text: str) -> tuple[Contact, ...]:
    """All contacts. Raises FileFault."""
    skipped = _SEPARATOR_LINE.match(text)
    rows = _rows(text[skipped.end() :] if skipped else text, 1 if skipped else 0)
    head = next(rows, None)
    if head is None:
        raise FileFault(FileProblem.EMPTY)
    line, titles = head
    columns = _columns(titles)
    if not columns.phones:
        raise FileFault(FileProblem.NO_NUMBERS, line)
    contacts = list[Contact]()
    for line, row in rows:
        if len(contacts) == MOST_CONTACTS:
            raise FileFault(FileProblem.TOO_MANY, line)
        contacts.append(_contact(line, row, columns))
    if not contacts:
        raise FileFault(FileProblem.EMPTY)
    return tuple(contacts)


def written(users: Sequence[Exported], language: str) -> str:
    """The whole table."""
    known = language if language in TITLES else "en"
    rows = (
        (one.user.nick, one.user.first, one.user.last, one.user.number, _GROUPS_WRITTEN.join(one.groups))
        for one in users
    )
    return table((TITLES[known], *rows), _DELIMITERS[known])


def _rows(text: str, before: int) -> Iterator[tuple[int, list[str]]]:
    """Each with the line that it begins in; empty ones are left out. before: lines that were skipped."""
    for number, line in enumerate(io.StringIO(text, newline=""), before + 1):
        if len(line) > LONGEST_LINE:
            raise FileFault(FileProblem.LONG_LINE, number)
    head = text.lstrip("\r\n").partition("\n")[0]
    bare = re.sub('"[^"]*"', "", head)
    delimiter = max(",;\t", key=bare.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = before + 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield begins, row
            begins = before + reader.line_num + 1
    except csv.Error as error:
        raise FileFault(FileProblem.BROKEN_TABLE, begins) from error


def _columns(titles: Sequence[str]) -> _Columns:
    columns = _Columns()
    plain = [" ".join(re.findall(r"\w+", title.casefold())) for title in titles]
    for place, title in enumerate(plain):
        if title in _KNOWN:
            columns.named.setdefault(_KNOWN[title], place)
        elif numbered := _NUMBERED.fullmatch(title):
            labels = (f"{numbered[1]} {numbered[2]} {label}" for label in ("label", "type", "typ"))
            label = next((plain.index(one) for one in labels if one in plain), None)
            columns.phones.append((place, label, title))
        elif _PHONE.search(title) and not _NO_PHONE.search(title):
            columns.phones.append((place, None, title))
    return columns


def _contact(line: int, row: Sequence[str], columns: _Columns) -> Contact:
    cells = [unguarded(cell.strip()).strip() for cell in row]

    def cell(place: int | None) -> str:
        return cells[place] if place is not None and place < len(cells) else ""

    def named(what: str) -> str:
        return cut(cell(columns.named.get(what)))

    phones = [
        (likelihood(cell(label) or title), cut(unguarded(one.strip())))
        for place, label, title in columns.phones
        for one in cell(place).split(_SEVERAL)
        if one.strip()
    ]
    first, last = named("first"), named("last")
    if not first and not last and not named("nick"):
        first, last = parted(named("full"), named("company"))
    groups = (cut(unguarded(one.strip())) for one in _BETWEEN_GROUPS.split(cell(columns.named.get("groups"))))
    return Contact(
        line,
        named("nick"),
        named("nickname"),
        first,
        last,
        likeliest_first(phones),
        tuple(dict.fromkeys(filter(None, groups)))[:MOST_GROUPS],
    )


def parted(full: str, company: str) -> tuple[str, str]:
    """First and last name of somebody whom a file has under one name, or only by their company."""
    if not full:
        return "", company
    if "," in full:
        last, _, first = full.partition(",")
        return first.strip(), last.strip()
    first, _, last = full.rpartition(" ")
    return (first, last) if first else (last, "")
