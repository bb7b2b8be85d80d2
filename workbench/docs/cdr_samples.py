"""A record and a file of CDRs that the documents and the tests vary, and an hour to count from."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from usnd.domain.billing.cdr import Cdr, ReleasedBy
from usnd.domain.billing.cdr_file import CdrFile, Form
from usnd.domain.billing.fields import LAYOUT
from usnd.domain.billing.formats import FORMATS
from usnd.domain.conference.call import CallOutcome, Direction, Role

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORM = Form("csv", LAYOUT)
CDR = Cdr(
    call_id="usn-7-2",
    subscriber_id=42,
    conference_id=7,
    role=Role.PARTICIPANT,
    direction=Direction.OUT,
    cli="+447700900001",
    dnis="+447700900002",
    start=NOON,
    answer=NOON + timedelta(seconds=12, milliseconds=4),
    stop=NOON + timedelta(seconds=42, milliseconds=16),
    outcome=CallOutcome.COMPLETED,
    cause=16,
    trunk="trunk-msc",
    ringing=NOON + timedelta(seconds=3),
    released_by=ReleasedBy.FAR_END.value,
    node="usn-a",
    utc_offset=60,
)
FILE = CdrFile(
    destination="mediation",
    number=42,
    since=NOON,
    until=NOON + timedelta(hours=1),
    first=1042,
    last=1044,
    format="csv",
    layout=LAYOUT,
    closed_at=NOON + timedelta(hours=1, seconds=1),
)


def whole(file: CdrFile, cdrs: Sequence[Cdr]) -> bytes:
    """The file's octets."""
    form = FORMATS[file.format]
    body = form.opening(file) + form.records(file.layout, list(enumerate(cdrs, file.first)))
    digest = hashlib.sha256(body).hexdigest()
    content = body + form.closing(file, digest)
    sealed = form.sealed(file, len(content), digest) or b""
    return sealed + content[len(sealed) :]
