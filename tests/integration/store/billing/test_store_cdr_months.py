"""On PostgreSQL records are kept by months: divided while others write, made ahead, removed past readers."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.exc import IntegrityError

from usnd.domain.billing.months import AHEAD, Month, MonthState, MonthStep, later, month_of
from usnd.store import schema
from usnd.store.billing import cdrs, month_division, months
from usnd.store.billing.month_division import divide
from usnd.store.billing.month_removal import file_from, take_step
from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from usnd.store.migrations import migrate
from usnd.store.portal import past_calls
from workbench.docs.cdr_samples import CDR

NOW = datetime.now(UTC)
THIS = month_of(NOW)
NEXT = Month(THIS.end)
OLDEST = Month(THIS.begin, oldest=True)
BEYOND = {"since": later(THIS.begin, 8), "until": later(THIS.begin, 9)}
LONG_AGO = later(THIS.begin, -99)
pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@contextmanager
def transaction(url: str) -> Iterator[Transaction]:
    with engine_for(url).begin() as connection:
        yield Transaction(connection)


def add(url: str, call: str, filed_at: datetime | None = None) -> int:
    """A record; filed_at: as if the database's clock had said so."""
    with transaction(url) as tx:
        if filed_at is not None:
            tx.execute(text(f"ALTER TABLE cdrs ALTER filed_at SET DEFAULT '{filed_at.isoformat()}'"))
        sequence = tx.cdrs.add(replace(CDR, call_id=call))
        tx.execute(text("ALTER TABLE cdrs ALTER filed_at SET DEFAULT cdr_filed_at()"))
        return sequence


def tables(url: str) -> dict[str, MonthState]:
    with transaction(url) as tx:
        return {one.month.table: one.state for one in tx.cdr_months.list()}


def column(url: str, statement: str) -> list[Any]:
    with engine_for(url).connect() as connection:
        return list(connection.execute(text(statement)).scalars())


@pytest.fixture
def plain(url: str) -> str:
    """As a former release has it: with records, not divided, and with somebody who may read some columns."""
    with engine_for(url).begin() as connection:
        for statement in (
            f"CREATE TABLE plain (LIKE {OLDEST.table} INCLUDING ALL)",
            "DROP TABLE cdrs",
            "ALTER TABLE plain DROP filed_at",
            "DROP FUNCTION cdr_filed_at",
            "DROP TABLE cdr_filing",
            "ALTER TABLE plain RENAME TO cdrs",
            "GRANT SELECT (sequence, stop) ON cdrs TO pg_monitor",
            "GRANT SELECT ON cdrs TO pg_read_all_stats",
        ):
            connection.exec_driver_sql(statement)
    for number in range(1, 4):
        with transaction(url) as tx:
            assert tx.cdrs.add(replace(CDR, call_id=f"usn-1-{number}")) == number
    return url


def test_a_new_database_has_the_months_ahead(url: str) -> None:
    wanted = [Month(THIS.begin, oldest=True), *(Month(later(THIS.begin, n)) for n in range(1, AHEAD + 1))]
    assert list(tables(url)) == [month.table for month in wanted]


def test_records_of_before_stay_where_they_are(plain: str) -> None:
    (before,) = column(plain, "SELECT relfilenode FROM pg_class WHERE relname = 'cdrs'")
    assert divide(plain)
    oldest = Month(THIS.begin, oldest=True).table
    assert column(plain, f"SELECT relfilenode FROM pg_class WHERE relname = '{oldest}'") == [before], (
        "not copied"
    )
    with transaction(plain) as tx:
        assert [sequence for sequence, _ in tx.cdrs.after(0, 9)] == [1, 2, 3]
        assert tx.cdrs.add(replace(CDR, call_id="usn-1-2")) == 2, "it has its record"
        assert tx.cdrs.add(replace(CDR, call_id="usn-1-4")) == 4
    assert divide(plain), "once more changes nothing"
    assert len(tables(plain)) == AHEAD + 1


def test_who_could_read_still_can(plain: str) -> None:
    divide(plain)
    granted = (
        "SELECT grantee || ' ' || privilege_type || ' ' || column_name"
        " FROM information_schema.column_privileges"
        " WHERE table_name = 'cdrs' AND grantee = 'pg_monitor' ORDER BY 1"
    )
    assert column(plain, granted) == ["pg_monitor SELECT sequence", "pg_monitor SELECT stop"]
    assert column(plain, "SELECT has_table_privilege('pg_read_all_stats', 'cdrs', 'SELECT')") == [True]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_division_that_dies_is_gone_on_with(
    plain: str, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records are written behind each step, also in a later month."""
    names = ["_add_column", "_validate", "_attach", "_make_ahead"]
    with monkeypatch.context() as killed:
        killed.setattr(month_division, names[steps], lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            divide(plain)
    add_as_former = "usn-2-1"
    with transaction(plain) as tx:
        assert tx.cdrs.add(replace(CDR, call_id=add_as_former)) == 4
    assert divide(plain)
    assert len(tables(plain)) == AHEAD + 1
    with transaction(plain) as tx:
        assert tx.cdrs.newest() == len(tx.cdrs.after(0, 9)) == 4


def test_a_long_reader_holds_up_only_the_division(plain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(month_division, "TRIES", 2)
    with engine_for(plain).connect() as reader:
        reader.execute(text("SELECT count(*) FROM cdrs"))
        assert not divide(plain)
        with transaction(plain) as tx:
            assert tx.cdrs.add(replace(CDR, call_id="usn-2-1")) == 4
    assert divide(plain)


def test_the_indexes_of_each_month_are_those_of_the_model(url: str) -> None:
    wanted = {
        ("sequence",),
        ("call_id",),
        *(tuple(c.name for c in index.columns) for index in schema.cdrs.indexes),
    }
    unique = {("sequence",), ("call_id",)}
    with engine_for(url).connect() as connection:
        look = inspect(connection)
        for table in tables(url):
            found = {tuple(i["column_names"]): i["unique"] for i in look.get_indexes(table)}
            found[tuple(look.get_pk_constraint(table)["constrained_columns"])] = True
            assert set(found) == wanted
            assert {columns for columns, is_unique in found.items() if is_unique} == unique


def test_whatever_the_clock_says_a_record_finds_a_month(url: str) -> None:
    """The database's clock cannot be set here: the months are moved instead."""
    for since, until, wanted in (
        (later(THIS.begin, -5), THIS.begin, THIS.begin),  # the clock is past the last month
        (later(THIS.begin, 2), later(THIS.begin, 4), later(THIS.begin, 2)),  # and before the first one
    ):
        with transaction(url) as tx:
            tx.execute(
                text("UPDATE cdr_filing SET since = :since, until = :until"), {"since": since, "until": until}
            )
            tx.cdrs.add(replace(CDR, call_id=f"usn-{since:%Y-%m}"))
        (filed,) = column(url, "SELECT filed_at FROM cdrs ORDER BY sequence DESC LIMIT 1")
        assert abs((filed - wanted).total_seconds()) < 1
    with transaction(url) as tx:
        tx.execute(text("UPDATE cdr_filing SET since = :since, until = :until"), BEYOND)
        with pytest.raises(IntegrityError):  # what the function is there against
            tx.cdrs.add(replace(CDR, call_id="usn-9-9"))
        tx.execute(text("ROLLBACK"))


def test_months_are_made_ahead_while_somebody_reads_and_writes(url: str) -> None:
    with engine_for(url).connect() as reader, engine_for(url).connect() as writer, writer.begin():
        reader.execute(text("SELECT count(*) FROM cdrs"))
        Transaction(writer).cdrs.add(CDR)
        with transaction(url) as tx:
            made = tx.cdr_months.make_ahead(later(THIS.begin, 2))
        assert [month.begin for month in made] == [later(THIS.begin, n) for n in (4, 5)]
    assert len(tables(url)) == AHEAD + 3
    with transaction(url) as tx:
        assert tx.cdr_months.made_until() == later(THIS.begin, 6)
        assert not tx.cdr_months.make_ahead(NOW)


def test_a_month_goes_step_by_step_and_takes_its_records(url: str) -> None:
    add(url, "usn-1-1")
    add(url, "usn-2-1", NEXT.begin)
    oldest = Month(THIS.begin, oldest=True)
    file_from(url, oldest.end)
    for step, state in ((MonthStep.DETACH, MonthState.APART), (MonthStep.DROP, None)):
        assert take_step(url, oldest, step)
        assert tables(url).get(oldest.table) is state
    with transaction(url) as tx:
        assert [cdr.call for _, cdr in tx.cdrs.after(0, 9)] == ["usn-2-1"]
        assert tx.cdrs.oldest() == 2
    assert add(url, "usn-3-1") == 3, "filed in the next month, whatever the clock says"


def test_who_reads_for_hours_holds_up_the_removal_and_no_insert(url: str) -> None:
    add(url, "usn-1-1")
    oldest = Month(THIS.begin, oldest=True)
    file_from(url, oldest.end)
    with engine_for(url).connect() as reader:
        assert reader.execute(text("SELECT count(*) FROM cdrs")).scalar() == 1
        assert not take_step(url, oldest, MonthStep.DETACH)
        assert tables(url)[oldest.table] is MonthState.LEAVING
        assert not take_step(url, oldest, MonthStep.EMPTY)
        removing = threading.Thread(target=take_step, args=(url, oldest, MonthStep.EMPTY))
        removing.start()
        assert [add_hurried(url, f"usn-2-{n}") for n in range(5)] == [2, 3, 4, 5, 6]
        removing.join()
        assert reader.execute(text("SELECT count(*) FROM cdrs")).scalar() == 1, (
            "its own state of the database"
        )
    for step in (MonthStep.EMPTY, MonthStep.FINISH, MonthStep.DROP):
        assert take_step(url, oldest, step)
    with transaction(url) as tx:
        assert [sequence for sequence, _ in tx.cdrs.after(0, 9)] == [2, 3, 4, 5, 6]


def test_who_reads_other_months_for_hours_holds_up_no_more_than_an_empty_table(url: str) -> None:
    add(url, "usn-1-1")
    add(url, "usn-2-1", NEXT.begin)
    oldest = Month(THIS.begin, oldest=True)
    file_from(url, oldest.end)
    others = text("SELECT sequence FROM cdrs WHERE filed_at >= :since")
    with engine_for(url).connect() as reader:
        assert list(reader.execute(others, {"since": NEXT.begin}).scalars()) == [2]
        assert not take_step(url, oldest, MonthStep.DETACH)
        assert add_hurried(url, "usn-2-2") == 3
        assert take_step(url, oldest, MonthStep.EMPTY)
        assert tables(url)[oldest.table] is MonthState.EMPTIED
        assert not take_step(url, oldest, MonthStep.FINISH)
        assert add_hurried(url, "usn-2-3") == 4
        assert list(reader.execute(others, {"since": NEXT.begin}).scalars()) == [2]
    assert take_step(url, oldest, MonthStep.FINISH)
    assert take_step(url, oldest, MonthStep.DROP)
    with transaction(url) as tx:
        assert [sequence for sequence, _ in tx.cdrs.after(0, 9)] == [2, 3, 4]


def add_hurried(url: str, call: str) -> int:
    """Fails where it would have to wait for a lock."""
    with transaction(url) as tx:
        tx.execute(text("SET LOCAL lock_timeout = 1"))
        return tx.cdrs.add(replace(CDR, call_id=call))


def test_there_is_no_default_partition(url: str) -> None:
    assert column(url, "SELECT partdefid FROM pg_partitioned_table") == [0]


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (cdrs._AFTER, {"known": 5, "most": 10}),
        (cdrs._LAST, {"most": 10}),
        (cdrs._AFTER_OF_ONE, {"known": 5, "most": 10, "conference": 7}),
        (cdrs._UP_TO, {"known": 5, "last": 9, "most": 10}),
        (cdrs._OF_CALL, {"call": "usn-1-1", "most": 10}),
        (cdrs._SEQUENCE_OF, {"call": "usn-1-1"}),
        (cdrs._LAST_INTERIM, {"call": "usn-1-1"}),
        (cdrs._OLDEST, {}),
        (cdrs._FORGET, {"known": 1, "through": 5, "before": NOW}),
        (cdrs._PAGE_END, {"known": 1, "others": 9}),
        (past_calls._PAGE, {"owner": 1, "since": LONG_AGO, "until": NOW, "at": NOW, "before": 5, "most": 10}),
        (past_calls._AT, {"owner": 1, "before": 5}),
        (past_calls._QUARTERS, {"owner": 1, "since": LONG_AGO, "until": NOW}),
        (past_calls._CONTACTS, {"owner": 1, "since": LONG_AGO, "until": NOW, "most": 9}),
        (past_calls._CONFERENCES, {"owner": 1, "since": LONG_AGO, "until": NOW, "most": 9}),
        (months._last_of(Month(THIS.begin, oldest=True).table), {}),
    ],
)
def test_every_question_is_answered_by_an_index_of_each_month(
    url: str, statement: Any, values: dict[str, Any]
) -> None:
    with engine_for(url).connect() as connection:
        plan = explain(connection, lambda: connection.execute(statement, values))
    assert "Index" in plan
    assert "Seq Scan" not in plan


def explain(connection: Connection, ask: Callable[[], object]) -> str:
    asked: list[Any] = []
    event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    ask()
    query, parameters = asked[-1]
    return "\n".join(str(row) for row in connection.exec_driver_sql("EXPLAIN " + query, parameters))


def test_a_migration_again_finds_months_and_leaves_them(url: str) -> None:
    before = tables(url)
    migrate.upgrade(url)
    assert tables(url) == before
