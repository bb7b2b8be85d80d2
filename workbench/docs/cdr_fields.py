"""Writes docs/integrator/cdr-fields.md from what describes CDRs: `python -m workbench.docs.cdr_fields`."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from usnd.domain.billing.cdr import Cdr, ReleasedBy
from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.csv_file import HEADER, HEADER_PARTS, NAMES, RECORD, TRAILER, TRAILER_PARTS, Part
from usnd.domain.billing.fields import FIELDS, LAYOUT, WRITTEN, Field, Kind
from usnd.domain.billing.formats import FORMATS
from usnd.domain.conference.call import CallOutcome, Direction, Role
from workbench import ROOT

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
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


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
    call = Cdr(
        call_id="usn-7-1",
        subscriber_id=42,
        conference_id=7,
        role=Role.SUBSCRIBER,
        direction=Direction.OUT,
        cli="+447700900001",
        dnis="+447700900001",
        start=NOON,
        answer=NOON + timedelta(seconds=12, milliseconds=4),
        stop=NOON + timedelta(seconds=42, milliseconds=16),
        outcome=CallOutcome.COMPLETED,
        cause=16,
        trunk="trunk-msc",
        ringing=NOON + timedelta(seconds=3),
        released_by=ReleasedBy.FAR_END.value,
        node="usn-a",
    )
    busy = replace(
        call, call_id="usn-7-2", role=Role.PARTICIPANT, dnis="+447700900002", answer=None, ringing=None
    )
    busy = replace(busy, stop=NOON + timedelta(seconds=2), outcome=CallOutcome.BUSY, cause=17)
    lost = replace(call, call_id="usn-7-3", dnis="+447700900003", outcome=CallOutcome.VOICE_LOST, cause=None)
    lost = replace(lost, role=Role.PARTICIPANT, released_by=ReleasedBy.UNKNOWN.value, reconciled=True)
    hour = timedelta(hours=1)
    file = CdrFile("mediation", 42, NOON, NOON + hour, 1042, 1044, "csv", LAYOUT, NOON + hour)
    form = FORMATS[file.format]
    body = form.opening(file) + form.records(LAYOUT, list(enumerate((call, busy, lost), file.first)))
    content = body + form.closing(file, hashlib.sha256(body).hexdigest())
    return f"```\n{file.name}\n\n{content.decode()}```\n"


if __name__ == "__main__":
    PAGE.write_text(page())
