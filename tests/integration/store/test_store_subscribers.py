"""Subscribers are added, saved, removed and read by the set, on both databases, and found by an index."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Select, event, text

from usnd.domain.directory.model import Subscriber
from usnd.store import subscribers as statements
from usnd.store.core.transaction import Transaction

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
FULL = Subscriber(
    0,
    "+447700900001",
    suspended=True,
    language="fi",
    call_texts=True,
    press_one=True,
    minutes=60,
    name="Zoë \N{GRINNING FACE} 'x'",
    email="ann@example.com",
    time_zone="Europe/London",
    participants=12,
    away=0,
    call_backs=0,
)
PLAIN = Subscriber(0, "+447700900002")


def test_who_is_added_is_found_with_all_that_is_set(tx: Transaction) -> None:
    ids = tx.subscribers.add_all([(FULL, "abc"), (PLAIN, None)], NOW)
    assert tx.subscribers.by_numbers(ids) == {
        one.number: replace(one, id=ids[one.number]) for one in (FULL, PLAIN)
    }
    assert tx.subscribers.numbers_of([*ids.values(), 99]) == {new: number for number, new in ids.items()}
    kept = tx.execute(text("SELECT credential FROM subscribers ORDER BY number")).scalars()
    assert list(kept) == ["abc", None]
    assert tx.subscribers.add_all([], NOW) == {}


def test_who_is_registered_already_stays_and_is_left_out(tx: Transaction) -> None:
    first = tx.subscribers.add_all([(PLAIN, None)], NOW)
    second = tx.subscribers.add_all([(replace(PLAIN, name="Other"), None), (FULL, None)], NOW)
    assert list(second) == [FULL.number]
    assert tx.subscribers.by_id(first[PLAIN.number]) == replace(PLAIN, id=first[PLAIN.number])


def test_many_are_saved_and_removed_at_once(tx: Transaction) -> None:
    ids = tx.subscribers.add_all([(Subscriber(0, f"+4477009{n:05}"), None) for n in range(50)], NOW)
    changed = [replace(FULL, id=new, number=number) for number, new in ids.items()]
    tx.subscribers.save_all(changed[:40], LATER)
    tx.subscribers.remove_all([one.id for one in changed[30:]])
    left = tx.subscribers.page("", 100)
    assert left == tuple(changed[:30])
    tx.subscribers.save_all([], LATER)
    tx.subscribers.remove_all([])
    assert tx.subscribers.page("", 100) == left


def test_pages_follow_each_other_in_the_order_of_numbers(tx: Transaction) -> None:
    numbers = [f"+4477009{n:05}" for n in (5, 3, 9, 1, 7)]
    tx.subscribers.add_all([(Subscriber(0, number), None) for number in numbers], NOW)
    pages, after = [], ""
    while page := [one.number for one in tx.subscribers.page(after, 2)]:
        pages.append(page)
        after = page[-1]
    assert pages == [sorted(numbers)[:2], sorted(numbers)[2:4], sorted(numbers)[4:]]


def test_a_page_behind_somebody_who_is_gone_goes_on_where_they_were(tx: Transaction) -> None:
    ids = tx.subscribers.add_all([(Subscriber(0, f"+447700900{n}"), None) for n in (100, 101, 102)], NOW)
    tx.subscribers.remove_all([ids["+447700900101"]])
    assert [one.number for one in tx.subscribers.page("+447700900101", 9)] == ["+447700900102"]


def test_only_who_was_written_since_or_by_a_former_release_is_listed(tx: Transaction) -> None:
    numbers = ["+447700900101", "+447700900102", "+447700900103", "+447700900104"]
    ids = tx.subscribers.add_all([(Subscriber(0, number), None) for number in numbers], NOW)
    one, two, three, _ = (tx.subscribers.by_numbers(numbers)[number] for number in numbers)
    tx.subscribers.save_all([replace(two, name="Two")], LATER)
    tx.execute(text("UPDATE subscribers SET changed_at = NULL WHERE id = :id"), {"id": ids[three.number]})
    assert [who.number for who in tx.subscribers.page("", 9, LATER)] == [two.number, three.number]
    assert [who.number for who in tx.subscribers.page(two.number, 9, LATER)] == [three.number]
    assert [who.number for who in tx.subscribers.page("", 1, NOW)] == [one.number]
    assert [who.number for who in tx.subscribers.page("", 9, LATER + timedelta(seconds=1))] == [three.number]


# A million -------------------------------------------------------------------------------------------------

MANY = 100_000


def plan_of(tx: Transaction, statement: Select[Any], values: dict[str, Any]) -> str:
    """As PostgreSQL decides it by its statistics alone: what the node forbids it is allowed here."""
    connection = tx._connection
    connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
    asked: list[Any] = []
    event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    connection.execute(statement, values)
    query, parameters = asked[-1]
    return "\n".join(str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {query}", parameters))


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.slow
def test_of_a_hundred_thousand_each_question_reads_what_it_needs(tx: Transaction) -> None:
    tx.execute(
        text(
            "INSERT INTO subscribers (number, created_at, changed_at)"
            " SELECT '+4477' || lpad(n::text, 8, '0'), now(), timestamptz '2026-01-01' + n * interval '1 s'"
            f" FROM generate_series(1, {MANY}) AS n"
        )
    )
    tx.execute(text("ANALYZE subscribers"))
    lately = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=MANY - 50)
    half = "+4477" + "00050000"
    questions: tuple[tuple[Select[Any], dict[str, Any], str], ...] = (
        (statements._PAGE, {"known": half, "most": 1000}, "uq_subscribers_number"),
        (
            statements._PAGE_CHANGED,
            {"known": "", "most": 1000, "since": lately},
            "ix_subscribers_changed_at",
        ),
        (statements._BY_NUMBER, {"wanted": half}, "uq_subscribers_number"),
        (statements._BY_NUMBERS, {"wanted": f'["{half}"]'}, "uq_subscribers_number"),
    )
    for statement, values, index in questions:
        plan = plan_of(tx, statement, values)
        assert "Seq Scan" not in plan, plan
        assert index in plan, plan
    page = plan_of(tx, statements._PAGE, {"known": half, "most": 1000})
    assert "Sort" not in page, page
    assert re.search(r"Index Cond: \(\(number\)::text > ", page), page
    assert [one.number for one in tx.subscribers.page("", 99, lately)] == [
        f"+4477{n:08}" for n in range(MANY - 50, MANY + 1)
    ]
