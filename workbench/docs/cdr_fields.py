"""Writes docs/integrator/cdr-fields.md and usn-cdr.asn1 from what describes CDRs.

`python -m workbench.docs.cdr_fields`
"""

from dataclasses import replace
from datetime import timedelta

from usnd.domain.billing.cdr import ReleasedBy
from usnd.domain.billing.csv_file import HEADER, HEADER_PARTS, NAMES, RECORD, TRAILER, TRAILER_PARTS, Part
from usnd.domain.billing.fields import FIELDS, WRITTEN, Field, Kind
from usnd.domain.billing.ts32297.file import FRAME_PARTS
from usnd.domain.billing.ts32297.header import HEADER_PARTS as TS32297_HEADER_PARTS
from usnd.domain.billing.ts32297.module import identifier, module
from usnd.domain.billing.ts32297.record import TYPES
from usnd.domain.conference.call import CallOutcome, Role
from workbench import ROOT
from workbench.docs.cdr_samples import CDR, FILE, NOON, whole

PAGE = ROOT / "docs/integrator/cdr-fields.md"
MODULE = ROOT / "docs/integrator/usn-cdr.asn1"
HEAD = """# The fields of a CDR

Written from `usnd/domain/billing/fields.py`, `csv_file.py` and `ts32297/` by `make pages`; do not edit.
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
BINARY = """
## A file by 3GPP TS 32.297
With `format = "ts32297"` a file is as 3GPP TS 32.297 frames it, and its name ends with `.ts32297`: a header,
then each record behind four octets of its own. Numbers of several octets begin with the highest. There is no
trailer: the header has count, length and SHA-256.

The header:

| octets | field | what |
|---|---|---|
"""
FRAME = """
Before each record:

| octets | field | what |
|---|---|---|
"""
RECORD_TABLE = """
A record is `CallRecord` of the ASN.1 module [usn-cdr.asn1](usn-cdr.asn1), which `usnd cdr asn1` prints too,
in BER; it keeps to the stricter DER as well. Tags are context-specific and implicit. Fields stand in the
order of their tags, in whatever order `fields` names them; one without a value is left out. Seconds are
milliseconds here. Texts are cut behind 255 characters. A tag is for ever: new fields come behind the others,
and decoders pass over what they do not know.

| field | tag | in ASN.1 | type |
|---|---|---|---|
"""
SUM = """
The SHA-256 is that of the file with zeros in its first four octets and in the last 32 of the header:

    H=$(od -An -tu4 --endian=big -j4 -N4 FILE)
    (head -c4 /dev/zero; tail -c+5 FILE | head -c$((H-36))
     head -c32 /dev/zero; tail -c+$((H+1)) FILE) | sha256sum
    tail -c+$((H-31)) FILE | head -c32 | od -An -tx1 -w32

An example, of one record, with `fields = ["sequence", "cli", "billable_s"]` and `node_address = "192.0.2.1"`:
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
    csv = f"{HEAD}{rows}\n{KINDS}{kinds}\n{IN_JSON}\n" + "\n".join((*parts, "An example:\n", _example()))
    return csv + _binary()


def _binary() -> str:
    """The second format."""
    tags = "\n".join(
        f"| `{field.name}` | {field.tag} | `{identifier(field)}` | `{TYPES[field.kind].name}` |"
        for field in FIELDS
    )
    header, frame = (
        "\n".join(f"| {' | '.join(part)} |" for part in parts)
        for parts in (TS32297_HEADER_PARTS, FRAME_PARTS)
    )
    return f"{BINARY}{header}\n{FRAME}{frame}\n{RECORD_TABLE}{tags}\n{SUM}\n{_dump()}"


def _dump() -> str:
    """A small file, as hexadecimal digits."""
    file = replace(
        FILE,
        format="ts32297",
        layout=("sequence", "cli", "billable_s"),
        last=FILE.first,
        node_address="192.0.2.1",
    )
    octets = whole(file, [CDR])
    lines = (octets[at : at + 16].hex(" ") for at in range(0, len(octets), 16))
    return f"```\n{file.name}\n\n" + "\n".join(lines) + "\n```\n"


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
    return f"```\n{FILE.name}\n\n{whole(FILE, (call, busy, lost)).decode()}```\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    MODULE.write_text(module())
