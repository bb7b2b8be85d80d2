"""The migrations make what the code expects, on both databases; what may never be written is refused."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Select, event, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.schema import CreateTable

from usnd.domain.messaging.message import MtState
from usnd.store import revision, subscriber_changes, texts
from usnd.store.conferences import _LIVE
from usnd.store.core.engine import engine_for
from usnd.store.core.trouble import DatabaseTrouble
from usnd.store.migrations import migrate
from usnd.store.schema import counters, group_members, groups, metadata, mt_texts, subscribers

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with engine_for(url).connect() as connection:
        yield connection


def test_an_empty_database_becomes_current_and_stays_so(empty_url: str) -> None:
    assert revision.current(empty_url) is None
    assert not revision.is_usable(empty_url)
    migrate.upgrade(empty_url)
    assert revision.current(empty_url) == migrate.head() == revision.HEAD
    assert revision.is_usable(empty_url)
    migrate.upgrade(empty_url)
    assert revision.is_usable(empty_url)


def test_who_asks_for_the_revision_does_not_wait_for_who_writes(url: str) -> None:
    """As commands at the same time do: the file of SQLite is for one writer."""
    with engine_for(url).connect() as writer:
        writer.execute(insert(subscribers), {"number": "+447700900001", "created_at": NOW})
        assert revision.is_usable(url)
        writer.rollback()


def is_compared(thing: Any, name: str | None, kind: str, *_: object) -> bool:
    """Not what the code knows without a model: who can read the database, and how PostgreSQL keeps CDRs.

    test_store_cdr_months.py holds the indexes of each month to those of the model.
    """
    table = thing.name if kind == "table" else thing.table.name
    if table in {"schema_readers", "cdr_filing"} or table.startswith("cdrs_"):
        return False
    return table != "cdrs" or kind == "table" or (kind == "column" and name != "filed_at")


def test_models_and_migrations_agree(connection: Connection) -> None:
    defaults = connection.dialect.name == "postgresql"  # SQLite has no identity to compare
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "compare_server_default": defaults,
            "include_object": is_compared,
        },
    )
    assert compare_metadata(context, metadata) == []


def test_models_and_migrations_check_the_same(connection: Connection) -> None:
    """Which `compare_metadata` does not look at."""
    for table in metadata.sorted_tables:
        wanted = set(re.findall(r"CONSTRAINT (ck_\w+)", str(CreateTable(table).compile(connection))))
        assert {check["name"] for check in inspect(connection).get_check_constraints(table.name)} == wanted


def test_a_failed_migration_leaves_nothing_behind(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alembic.op.bulk_insert", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        migrate.upgrade(empty_url)
    assert revision.current(empty_url) is None
    monkeypatch.undo()
    migrate.upgrade(empty_url)
    assert revision.is_usable(empty_url)


def test_times_come_back_as_utc_to_the_microsecond(connection: Connection) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    connection.execute(insert(subscribers), {"number": "+1", "created_at": elsewhere})
    (found,) = connection.execute(select(subscribers.c.created_at)).one()
    assert (found, found.utcoffset()) == (NOW, timedelta(0))


def test_a_time_without_a_zone_is_refused(connection: Connection) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        connection.execute(insert(subscribers), {"number": "+1", "created_at": NOW.replace(tzinfo=None)})


def mt(**changes: object) -> dict[str, object]:
    row = {"smsc": "a", "sender": "1", "recipient": "2", "body": "b", "priority": 0, "state": MtState.QUEUED}
    return {**row, "queued_at": NOW, "expires_at": NOW, **changes}


@pytest.mark.parametrize(
    "wrong", [{"priority": 7}, {"state": MtState.SENT}, {"settled_at": NOW}, {"mo_id": 9}]
)
def test_a_text_that_cannot_be_is_refused(connection: Connection, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        connection.execute(insert(mt_texts), mt(**wrong))


def test_a_state_that_is_none_is_refused(connection: Connection) -> None:
    connection.execute(insert(mt_texts), mt())
    with pytest.raises(IntegrityError):
        connection.execute(text("UPDATE mt_texts SET state = 'lost'"))


def test_a_group_member_is_exactly_one_thing(connection: Connection) -> None:
    connection.execute(insert(subscribers), {"id": 1, "number": "+1", "created_at": NOW})
    connection.execute(insert(groups), {"id": 1, "subscriber_id": 1, "name": "G", "name_key": "g"})
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(insert(group_members), {"group_id": 1, "position": 0})
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(
            insert(group_members), {"group_id": 1, "position": 0, "number": "+2", "member_group_id": 1}
        )


def test_a_text_that_no_database_holds_is_kept_without_it(connection: Connection) -> None:
    connection.execute(insert(mt_texts), mt(body="a\0b\ud83dc\ud83d\ude00\ufeff"))
    assert connection.execute(select(mt_texts.c.body)).scalar_one() == "a\ufffdb\ufffdc\U0001f600\ufeff"


def test_counters_begin_at_nought(connection: Connection) -> None:
    assert dict(connection.execute(select(counters.c.name, counters.c.last)).all()) == {
        "cdr": 0,
        "conference": 0,
    }


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (texts._QUEUED, {"bind": "b", "class": 0, "after": 5, "most": 10}, "ix_mt_texts_queued"),
        (_LIVE, {}, "ix_conferences_live"),
        (subscriber_changes._WAITING, {"known": 5, "most": 10}, "ix_subscriber_changes_to_poll"),
        (subscriber_changes._OF, {"wanted": "+1", "most": 10}, "ix_subscriber_changes_number"),
        (texts._EARLIER, {"wanted": '["f"]', "since": NOW}, "ix_mo_texts_fingerprint_received_at"),
    ],
)
def test_busy_questions_use_their_index(
    connection: Connection, statement: Select[Any], values: dict[str, Any], index: str
) -> None:
    explain = "EXPLAIN QUERY PLAN "
    if connection.dialect.name == "postgresql":
        explain = "EXPLAIN "
    asked: list[Any] = []
    event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    connection.execute(statement, values)
    query, parameters = asked[-1]
    plan = connection.exec_driver_sql(explain + query, parameters)
    assert index in "\n".join(str(row) for row in plan)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_settling_a_few_does_not_read_the_whole_blast(connection: Connection) -> None:
    """Whatever PostgreSQL believes of the sizes: it looks up these texts, and no index of all."""
    statement = texts._SETTLE._statements["postgresql"].text
    connection.execute(insert(mt_texts), [mt() for _ in range(100)])
    for lie in ("100", "1"):
        connection.execute(text(f"UPDATE pg_class SET reltuples = {lie} WHERE relname = 'mt_texts'"))
        found = connection.execute(text(f"EXPLAIN {statement}"), {"rows": "[]"}).scalars()
        plan = "\n".join(found)
        assert "ix_mt_texts_queued" not in plan
        assert re.search(r"Index Cond: \(?\(?\(?(mt_texts\.)?id = ANY", plan), plan


def pretend_newer(url: str, oldest: str) -> None:
    with engine_for(url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text(f"UPDATE schema_readers SET oldest = '{oldest}'"))


def test_a_newer_database_that_only_has_more_is_used(empty_url: str) -> None:
    """As after a roll-back of the release: what came with the newer one stays, with its defaults."""
    migrate.upgrade(empty_url)
    pretend_newer(empty_url, oldest=revision.HEAD)
    with engine_for(empty_url).begin() as connection:
        connection.execute(text("ALTER TABLE subscribers ADD COLUMN later VARCHAR DEFAULT '' NOT NULL"))
    assert revision.is_usable(empty_url)
    migrate.upgrade(empty_url)
    assert revision.look(empty_url) == revision.Revision("9999", revision.HEAD)
    with engine_for(empty_url).begin() as connection:
        connection.execute(insert(subscribers), {"number": "+1", "created_at": NOW})
        assert connection.execute(select(subscribers.c.number)).scalar_one() == "+1"


def test_a_database_from_before_it_said_so_is_read_by_its_own_release(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with engine_for(empty_url).begin() as connection:
        connection.execute(text("DROP TABLE schema_readers"))
    assert revision.look(empty_url) == revision.Revision(revision.HEAD, revision.HEAD)
    migrate.upgrade(empty_url)
    assert revision.look(empty_url) == revision.Revision(revision.HEAD, revision.READERS)


def test_a_database_of_a_newer_release_is_left_as_it_is(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    pretend_newer(empty_url, oldest="9998")
    assert not revision.is_usable(empty_url)
    with pytest.raises(DatabaseTrouble, match="newer"):
        migrate.upgrade(empty_url)
    assert revision.current(empty_url) == "9999"


def test_asking_for_a_missing_file_does_not_make_it(tmp_path: Path) -> None:
    assert revision.current(f"sqlite:///{tmp_path}/usn.db") is None
    assert not (tmp_path / "usn.db").exists()
