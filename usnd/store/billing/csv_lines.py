"""Lines of a CSV file of CDRs as PostgreSQL itself writes them: many times quicker than record by record.

How a field is written is said in domain/billing/fields.py. Here the same is said in SQL, and
tests/integration/store/billing/test_store_cdr_lines.py holds the two together, octet by octet. What SQL would
write otherwise (a quote, a control character, a time that runs backwards) shows in the line, and
domain/billing/csv_file.py refuses it: then the records are read one by one.
"""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import BigInteger, String, text
from sqlalchemy.sql.selectable import TextualSelect

from usnd.domain.billing.csv_file import RECORD
from usnd.store.core.execution import Executor

_TIME = """to_char({}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
_SECONDS = "trunc(extract(epoch FROM {}), 3)"
_FLAG = "CASE WHEN {} THEN 'yes' ELSE 'no' END"
_RANG = "(coalesce(answer, stop) - start)"
_CHARGED = "greatest(stop - coalesce(charged_from, answer), interval '0')"  # greatest passes over NULL
_OTHER = {
    "type": "CASE WHEN interim_of IS NULL THEN 'call' ELSE 'interim' END",
    "call": "coalesce(nullif(interim_of, ''), call_id)",
    "subscriber": "subscriber_id",
    "conference": "conference_id",
    "start": _TIME.format("start"),
    "ringing": f"coalesce({_TIME.format('ringing')}, '')",
    "answer": f"coalesce({_TIME.format('answer')}, '')",
    "stop": _TIME.format("stop"),
    "ring_s": f"CASE WHEN {_RANG} < interval '0' THEN '\"' ELSE {_SECONDS.format(_RANG)}::text END",
    "billable_s": _SECONDS.format(_CHARGED),
    "utc_offset": f"CASE WHEN abs(utc_offset) < {24 * 60} THEN CASE WHEN utc_offset < 0 THEN '-' ELSE '+' END"
    " || left(make_time(abs(utc_offset) / 60, abs(utc_offset) % 60, 0)::text, 5) ELSE '\"' END",
    "cause": "coalesce(cause::text, '')",
    "reconciled": _FLAG.format("reconciled"),
    "recorded": _FLAG.format("recorded"),
}
"""Fields that are not simply the column of their name."""


def csv_lines(tx: Executor, layout: Sequence[str], first: int, last: int) -> bytes | None:
    """The records from one sequence number to another, in order; None: not all are there, or on SQLite.

    Whether they are what csv_file.py would write is for that to say.
    """
    if tx.dialect != "postgresql":
        return None
    count, lines = tx.execute(_statement(tuple(layout)), {"first": first, "last": last}).one()
    wanted = last - first + 1
    return str(lines).encode() if count == wanted else None


@lru_cache(100)
def _statement(layout: tuple[str, ...]) -> TextualSelect:
    """layout: names of fields.py alone, as the configuration checks."""
    values = ", ".join(_OTHER.get(name, name) for name in layout)
    lines = f"string_agg(concat_ws(',', '{RECORD}', {values}), E'\\n') || E'\\n'"
    wanted = "SELECT * FROM cdrs WHERE sequence BETWEEN :first AND :last ORDER BY sequence"
    statement = f"SELECT count(*) AS count, {lines} AS lines FROM ({wanted}) AS page"  # noqa: S608 # our names
    return text(statement).columns(count=BigInteger(), lines=String())
