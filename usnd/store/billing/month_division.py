"""Divides `cdrs` into months, once, on PostgreSQL: also a table of millions of rows, while usnd writes to it.

`usnd db upgrade` does it after the migrations, and `usnd cdr prune` again where that did not get its locks.
No row is copied. Each step is a transaction of its own and may be the last one before a death: the next run
goes on. The table is locked against others only at the first and the last step, for milliseconds:

1. `cdrs` gets `filed_at`, the same for all rows there are, and a check of it that is not validated.
2. The check is validated. That reads the whole table, and whoever reads or writes goes on.
3. `cdrs` is renamed, and attached to a new `cdrs` as its oldest month; the check spares reading it again.

The statements of a former release work before, between and behind these.
"""

import time
from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from usnd.domain.billing.months import Month, later, month_of
from usnd.store.billing.months import LOCK_TIMEOUT
from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction

TRIES, PAUSE = 25, 0.4
"""For a lock, and seconds between two of them."""
_GRANTS = text(
    "SELECT format('GRANT %s ON cdrs TO %I', a.privilege_type, r.rolname) FROM pg_class c,"
    " aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee"
    " WHERE c.oid = to_regclass('cdrs') AND a.grantee <> c.relowner UNION ALL "
    "SELECT format('GRANT %s (%I) ON cdrs TO %I', a.privilege_type, t.attname, r.rolname) FROM pg_class c"
    " JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a JOIN pg_roles r ON r.oid = a.grantee"
    " WHERE c.oid = to_regclass('cdrs')"
)

_FUNCTION = """CREATE FUNCTION cdr_filed_at() RETURNS TIMESTAMPTZ LANGUAGE sql STABLE AS
'SELECT least(greatest(now(), since), until - interval ''1 microsecond'') FROM cdr_filing'"""


def divide(url: str) -> bool:
    """Divide `cdrs`, if it is not, and make the months ahead. Safe to repeat. False: no lock was to be had.

    Blocks, for about as long as reading the table once takes. Raises SQLAlchemy's errors.
    """
    engine = engine_for(url)
    if engine.dialect.name != "postgresql":
        return True
    with engine.connect().execution_options(isolation_level="READ COMMITTED") as connection:
        steps = (_add_column, _validate, _attach, _make_ahead)
        return all(_done(connection, step) for step in steps)


def _done(connection: Connection, step: Callable[[Connection], None]) -> bool:
    for _ in range(TRIES):
        try:
            with connection.begin():
                connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}"))
                step(connection)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != "55P03":  # lock_not_available
                raise
            time.sleep(PAUSE)
        else:
            return True
    return False


def _is_plain(connection: Connection) -> bool:
    return not Transaction(connection).cdr_months.divided()


def _add_column(connection: Connection) -> None:
    found = connection.execute(text("SELECT to_regclass('cdr_filing')")).scalar()
    if found is not None:
        return
    month = month_of(connection.execute(text("SELECT now()")).scalar_one())
    begin, end = month.begin.isoformat(), month.end.isoformat()
    for statement in (
        "CREATE TABLE cdr_filing (since TIMESTAMPTZ NOT NULL, until TIMESTAMPTZ NOT NULL)",
        f"INSERT INTO cdr_filing VALUES ('{begin}', '{end}')",  # noqa: S608 # our times
        _FUNCTION,
        f"ALTER TABLE cdrs ADD COLUMN filed_at TIMESTAMPTZ NOT NULL DEFAULT '{begin}'",
        "ALTER TABLE cdrs ALTER COLUMN filed_at SET DEFAULT cdr_filed_at()",
        f"ALTER TABLE cdrs ADD CONSTRAINT ck_cdrs_filed_at CHECK (filed_at < '{end}') NOT VALID",
    ):
        connection.exec_driver_sql(statement)


def _validate(connection: Connection) -> None:
    if _is_plain(connection):
        connection.exec_driver_sql("ALTER TABLE cdrs VALIDATE CONSTRAINT ck_cdrs_filed_at")


def _attach(connection: Connection) -> None:
    if not _is_plain(connection):
        return
    connection.exec_driver_sql("LOCK TABLE cdrs IN ACCESS EXCLUSIVE MODE")
    until = connection.execute(text("SELECT until FROM cdr_filing")).scalar_one()
    oldest = Month(later(month_of(until).begin, -1), oldest=True)
    grants = connection.execute(_GRANTS).scalars().all()
    like = f"LIKE {oldest.table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
    values = f"FROM (MINVALUE) TO ('{oldest.end.isoformat()}')"
    for statement in (
        f"ALTER TABLE cdrs RENAME TO {oldest.table}",
        f"CREATE TABLE cdrs ({like}) PARTITION BY RANGE (filed_at)",
        "ALTER TABLE cdrs DROP CONSTRAINT ck_cdrs_filed_at",
        f"ALTER TABLE cdrs ATTACH PARTITION {oldest.table} FOR VALUES {values}",
        f"ALTER TABLE {oldest.table} DROP CONSTRAINT ck_cdrs_filed_at",
        *grants,
    ):
        connection.exec_driver_sql(statement)


def _make_ahead(connection: Connection) -> None:
    now = connection.execute(text("SELECT now()")).scalar_one()
    Transaction(connection).cdr_months.make_ahead(now)
