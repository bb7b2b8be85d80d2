"""Which parts of a call that goes on have an interim record by now. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from usnd.domain.billing.cdr import Cdr, Origin, interim_of
from usnd.domain.conference.call import Call
from usnd.domain.conference.model import Conference

MARGIN = timedelta(minutes=5)
"""After the end of a part: by then everybody has noticed a call that had ended before."""


def parts_due(
    conference: Conference, call: Call, origin: Origin, every: timedelta, known: int, now: datetime
) -> Iterator[Cdr]:
    """Those behind part number `known` whose end is long enough ago."""
    if not call.live or call.answered_at is None:
        return
    for part in range(known + 1, (now - MARGIN - call.answered_at) // every + 1):
        yield interim_of(conference, call, origin, part, every)
