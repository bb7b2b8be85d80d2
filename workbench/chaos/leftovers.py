"""What a node's database says when all should be over: what lives on, and if each call has its one record.

Called by soak.py. Asks SQLite and PostgreSQL the same questions. It does not wait and does not judge.
"""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, text

from usnd.store.core.engine import engine_for

LIVE = {
    "conferences": "SELECT count(*) FROM conferences WHERE state <> 'ended'",
    "calls": "SELECT count(*) FROM calls WHERE state <> 'ended'",
    "queued texts": "SELECT count(*) FROM mt_texts WHERE state = 'queued'",
    "recordings": "SELECT count(*) FROM recordings WHERE state IN ('ordered', 'running', 'stopping')",
}
FAULTS = {
    "calls recorded twice": "SELECT count(*) - count(DISTINCT call_id) FROM cdrs",
    "calls without a record": (
        "SELECT count(*) FROM calls WHERE state = 'ended' AND outcome <> 'overflowed'"
        " AND id NOT IN (SELECT call_id FROM cdrs)"
    ),
    "gaps in the sequence": "SELECT coalesce(max(sequence) - min(sequence) + 1 - count(*), 0) FROM cdrs",
}


@dataclass(frozen=True)
class Rows:
    """Counts. `live`: what is not over; `records_of`: CDRs of calls out, by the number called."""

    live: int
    records: int
    records_of: Counter[str]
    faults: tuple[str, ...]
    """Of the records, in words."""

    def __str__(self) -> str:
        faults = "; ".join(self.faults) or "each call has its own"
        return f"{self.live} rows live, {self.records} CDRs, {faults}"


def rows_of(url: str) -> Rows:
    """At this moment."""
    engine = engine_for(url)
    try:
        with engine.begin() as connection:
            live = sum(_count(connection, query) for query in LIVE.values())
            found = {what: _count(connection, query) for what, query in FAULTS.items()}
            records = connection.execute(
                text("SELECT dnis, count(*) FROM cdrs WHERE direction = 'out' GROUP BY dnis")
            )
            out = Counter({str(dnis): int(count) for dnis, count in records})
            total = _count(connection, "SELECT count(*) FROM cdrs")
    finally:
        engine.dispose()
    return Rows(live, total, out, tuple(f"{count} {what}" for what, count in found.items() if count))


def _count(connection: Connection, query: str) -> int:
    return int(connection.execute(text(query)).scalar_one())
