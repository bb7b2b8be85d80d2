"""The ASN.1 module USN-CDR, which says what is in the frames of a file: made of the fields' table. Pure.

`usnd cdr asn1` prints it, docs/integrator/usn-cdr.asn1 has it. A decoder that was made with a former one
reads records with new fields: these come at the end, with tags that none had.
"""

from collections.abc import Iterator

from usnd.domain.billing.fields import FIELDS, NEEDED, Field, Kind
from usnd.domain.billing.ts32297.header import VERSION
from usnd.domain.billing.ts32297.record import LONGEST_TEXT, TYPES

_HEAD = f"""-- Of files of CDRs with format = "ts32297", version {VERSION}.
-- docs/integrator/cdr-fields.md has what each field says.
-- Tags are for ever: a new field has the next one, and that of a field that is gone is not used again.
-- A field without a value is left out, and so is one that the destination does not get.
USN-CDR DEFINITIONS IMPLICIT TAGS ::= BEGIN

Text ::= UTF8String (SIZE (0..{LONGEST_TEXT}))
Word ::= UTF8String (SIZE (0..{LONGEST_TEXT}))  -- lower-case letters and hyphens
Time ::= GeneralizedTime  -- UTC, to the millisecond: 20260301120012.004Z
Milliseconds ::= INTEGER
"""
_EXTENSION = """
-- The private extension in the header of a file.
FileExtension ::= SEQUENCE {
    version [0] INTEGER,
    destination [1] Text,
    since [2] Time,  -- the hour of the file
    until [3] Time,
    first [4] INTEGER,  -- sequence number of the first record
    last [5] INTEGER,  -- of the last one; first - 1 in an empty file
    fields [6] SEQUENCE OF IA5String,  -- those that the destination gets, by their names in CSV
    sha256 [7] OCTET STRING (SIZE (32))  -- of the file with zeros here and in the file length
}

END
"""


def module() -> str:
    """The text of the module."""
    return f"{_HEAD}\nCallRecord ::= SEQUENCE {{\n" + ",\n".join(_components()) + f"\n}}\n{_EXTENSION}"


def identifier(field: Field) -> str:
    """The field's name in ASN.1, where seconds are milliseconds: `billable_s` is `billable-ms`."""
    name = field.name.replace("_", "-")
    return f"{name.removesuffix('-s')}-ms" if field.kind is Kind.SECONDS else name


def _components() -> Iterator[str]:
    for field in sorted(FIELDS, key=lambda field: field.tag):
        optional = "" if field.name in NEEDED else " OPTIONAL"
        yield f"    {identifier(field)} [{field.tag}] {TYPES[field.kind].name}{optional}"
    yield "    ..."
