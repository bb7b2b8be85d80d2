"""Writes docs/integrator/cdr-fields.md from what describes CDRs: `python -m workbench.docs.cdr_fields`."""

import hashlib
from dataclasses import replace
from datetime import timedelta

from usnd.domain.billing.cdr import ReleasedBy
from usnd.domain.billing.csv_file import HEADER, HEADER_PARTS, NAMES, RECORD, TRAILER, TRAILER_PARTS, Part
from usnd.domain.billing.fields import FIELDS, LAYOUT, WRITTEN, Field, Kind
from usnd.domain.billing.formats import FORMATS
from usnd.domain.conference.call import CallOutcome, Role
from workbench import ROOT
from workbench.docs.cdr_samples import CDR, FILE, NOON

PAGE = ROOT / "docs/integrator/cdr-fields.md"
HEAD = """# The fields of a CDR

Written from `usnd/domain/billing/fields.py` and `csv_file.py` by `make pages`; do not edit.
What a file is, how it comes, and what to do when one is missing: [billing.md](billing.md).

The same names stand in files, in `usnd cdr list --json`, and in `[[cdr_destination]] fields`.
A name never changes its meaning; new fields may be added: read by name.

| field | is | what | example |
|---|---|---|---|
"""
KINDS = """
## How values are written

| is | regular expression |
|---|---|
"""
IN_JSON = """
In JSON numbers and seconds are numbers, yes and no are `true` and `false`, and times end with `+00:00`.

## A file as CSV
RFC 4180, UTF-8, each line ends with a line feed, none is within a value. The first field says what a line is.
"""


def page() -> str:
    """The whole page, as Markdown."""
    kinds = "\n".join(f"| {kind.value} | `{_cell(WRITTEN[kind])}` |" for kind in Kind)
    parts = (
        *_parts(HEADER, "the first line: what the file is", HEADER_PARTS),
        f"`{NAMES}`, the second line: the names of the fields, in their order.\n",
        f"`{RECORD}`, one line a record: the values of the fields.\n",
        *_parts(
            TRAILER, "the last line: without it, or with another value, the file is not whole", TRAILER_PARTS
        ),
    )
    rows = "\n".join(map(_row, FIELDS))
    return f"{HEAD}{rows}\n{KINDS}{kinds}\n{IN_JSON}\n" + "\n".join((*parts, "An example:\n", _example()))


def _row(field: Field) -> str:
    empty = ", or empty" if field.optional else ""
    return f"| `{field.name}` | {field.kind.value}{empty} | {_cell(field.says)} | `{field.example}` |"


def _parts(kind: str, says: str, parts: tuple[Part, ...]) -> list[str]:
    head = f"`{kind}`, {says}:\n\n| value | what | example |\n|---|---|---|"
    return [head, *(f"| {part.name} | {part.says} | `{part.example}` |" for part in parts), ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _example() -> str:
    """Three records, of which one was never answered and one is reconciled."""
    call = replace(CDR, call_id="usn-7-1", role=Role.SUBSCRIBER, dnis=CDR.cli)
    busy = replace(
        CDR,
        call_id="usn-7-2",
        ringing=None,
        answer=None,
        stop=NOON + timedelta(seconds=2),
        outcome=CallOutcome.BUSY,
        cause=17,
    )
    lost = replace(
        CDR,
        call_id="usn-7-3",
        dnis="+447700900003",
        outcome=CallOutcome.VOICE_LOST,
        cause=None,
        released_by=ReleasedBy.UNKNOWN.value,
        reconciled=True,
    )
    form = FORMATS[FILE.format]
    body = form.opening(FILE) + form.records(LAYOUT, list(enumerate((call, busy, lost), FILE.first)))
    content = body + form.closing(FILE, hashlib.sha256(body).hexdigest())
    return f"```\n{FILE.name}\n\n{content.decode()}```\n"


if __name__ == "__main__":
    PAGE.write_text(page())
