"""Millions of CDRs in a database of the bench, written by SQL, and the months in which they lie."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
from sqlalchemy import make_url

from usnd.domain.billing.months import Month, later, month_of
from usnd.store import schema

OCTETS = 420
"""Of disk that a record takes, with its indexes and what sorting them takes: an estimate, with room."""
_COLUMNS = ", ".join(column.name for column in schema.cdrs.columns)
_RECORDS = """
SELECT n, 'usn-' || n / 4 || '-' || n, n % 5000 + 1, n / 4, 'participant', 'out',
  '+4477009000' || lpad((n % 100)::text, 2, '0'), '+4477009001' || lpad((n % 90)::text, 2, '0'),
  began, CASE WHEN n % 5 > 0 THEN began + interval '7.120456 s' END, began + interval '94.318123 s',
  CASE WHEN n % 5 > 0 THEN 'completed' ELSE 'no-answer' END, 16, false, '', 'trunk-msc', 2,
  began + interval '2.040789 s', 'far-end', false, 'usn-a', 60, NULL, 1, NULL{filed}
FROM generate_series({first}, {last}) AS n,
  LATERAL (SELECT TIMESTAMPTZ '{since}' + n * interval '{step} us') AS at (began)
"""
_INDEX = re.compile(r"^CREATE (UNIQUE )?INDEX \S+ ON \S+ ")


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection on which each statement is committed at once."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True, options="-c timezone=UTC")


def fill(url: str, count: int) -> None:
    """Records 1 to `count`, filed now, as the store files them. Blocks."""
    with connect(url) as connection:
        connection.execute(_insert("cdrs", count, month_of(datetime.now(UTC)), filed=False))
        connection.execute("UPDATE counters SET last = %s WHERE name = 'cdr'", [count])
        connection.execute("VACUUM ANALYZE cdrs")


def fill_month(url: str, count: int, month: Month) -> None:
    """The months as on a node that has run for long, and records 1 to `count` in an old one. Blocks.

    The records are written before the month has indexes and belongs to `cdrs`, by which it takes a fifth of
    the time.
    """
    with connect(url) as connection:
        this = month_of(datetime.now(UTC))
        template = Month(this.begin, oldest=True).table
        beside = Month(this.end).table
        indexes = [
            str(found)
            for (found,) in connection.execute(
                "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = to_regclass(%s)", [beside]
            )
        ]
        connection.execute(f"DROP TABLE {template}".encode())
        for one in _between(month, this):
            _attach(connection, one, f"LIKE {beside} INCLUDING ALL")
        connection.execute("UPDATE cdr_filing SET since = %s", [month.end])
        connection.execute("SET maintenance_work_mem = '512MB'")
        with connection.transaction():  # in one with its making the table needs no log
            like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
            connection.execute(f"CREATE TABLE {month.table} (LIKE {beside} {like})".encode())
            connection.execute(_insert(month.table, count, month, filed=True))
            for index in indexes:
                connection.execute(own_index(index, month.table).encode())
        connection.execute(f"VACUUM ANALYZE {month.table}".encode())
        connection.execute(_attached(month).encode())
        connection.execute("UPDATE counters SET last = %s WHERE name = 'cdr'", [count])
        connection.execute("CHECKPOINT")


def own_index(definition: str, table: str) -> str:
    """The same index of another table, as PostgreSQL writes the definition; it gives the name."""
    return _INDEX.sub(rf"CREATE \1INDEX ON {table} ", definition)


def _between(old: Month, this: Month) -> Iterator[Month]:
    """Those that are written behind the old one, up to this."""
    begin = old.end
    while begin <= this.begin:
        yield Month(begin)
        begin = later(begin, 1)


def _attach(connection: "psycopg.Connection[tuple[object, ...]]", month: Month, like: str) -> None:
    connection.execute(f"CREATE TABLE {month.table} ({like})".encode())
    connection.execute(_attached(month).encode())


def _attached(month: Month) -> str:
    bounds = f"FROM ('{month.begin.isoformat()}') TO ('{month.end.isoformat()}')"
    return f"ALTER TABLE cdrs ATTACH PARTITION {month.table} FOR VALUES {bounds}"


def _insert(table: str, count: int, month: Month, *, filed: bool) -> bytes:
    """Spread over the month."""
    step = int((month.end - month.begin).total_seconds() * 1e6 * 0.99) // max(1, count)
    records = _RECORDS.format(
        first=1, last=count, since=month.begin.isoformat(), step=step, filed=", began" if filed else ""
    )
    columns = f"{_COLUMNS}, filed_at" if filed else _COLUMNS
    return f"INSERT INTO {table} ({columns}) {records}".encode()


def old_month(keep_months: int, now: datetime) -> Month:
    """The youngest one that is old enough to go."""
    return Month(later(month_of(now).begin, -keep_months - 1))
