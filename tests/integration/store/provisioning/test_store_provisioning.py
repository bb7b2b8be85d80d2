"""Answers by key, bulks, terminals and the poll queue: the same on SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from store_savepoint import savepoint

from usnd.domain.certificates.rights import Operation, Rights
from usnd.domain.certificates.terminal import Terminal
from usnd.domain.provisioning.idempotency import RequestKey
from usnd.store.core.transaction import Transaction
from usnd.store.provisioning.answers import StoredAnswer

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RIGHTS = Rights(frozenset({Operation.CREATE, Operation.POLL}), ("+4477", "+4478"))
CRM = Terminal("crm", "1f", "CN=USN", T0 + DAY, RIGHTS)


def answer(request: str, row: int = 0, at: datetime = T0, code: int = 1000) -> StoredAnswer:
    return StoredAnswer(RequestKey("crm", request, row), "d", f"s-{request}", at, f'{{"code":{code}}}')


def test_answers_are_found_by_the_whole_key_in_the_order_asked(tx: Transaction) -> None:
    tx.provisioning.add([answer("a"), answer("b", 1), answer("b", 2)])
    keys = [
        RequestKey("crm", "b", 2),
        RequestKey("crm", "b", 3),
        RequestKey("x", "a", 0),
        RequestKey("crm", "a", 0),
    ]
    assert tx.provisioning.digests(keys) == ["d", None, None, "d"]
    assert tx.provisioning.results([keys[0], keys[3]]) == [("s-b", '{"code":1000}'), ("s-a", '{"code":1000}')]
    assert tx.provisioning.digests([]) == []
    assert tx.provisioning.results([]) == []
    tx.provisioning.add([])


def test_a_key_has_one_answer(tx: Transaction) -> None:
    tx.provisioning.add([answer("a")])
    with pytest.raises(IntegrityError), savepoint(tx):
        tx.provisioning.add([answer("z"), answer("a")])
    assert [one.key.request for one in tx.provisioning.last(9)] == ["a"]


def test_the_last_answers_and_those_of_a_request(tx: Transaction) -> None:
    tx.provisioning.add([answer("b", 2, T0 + DAY), answer("b", 1), answer("a", 0, T0 + 2 * DAY)])
    assert tx.provisioning.last(2) == [answer("a", 0, T0 + 2 * DAY), answer("b", 2, T0 + DAY)]
    assert tx.provisioning.last(9, "b") == [answer("b", 1), answer("b", 2, T0 + DAY)]


def test_the_oldest_answers_are_forgotten_so_many_at_a_time(tx: Transaction) -> None:
    tx.provisioning.add([answer(str(nth), at=T0 + nth * DAY) for nth in range(4)])
    assert tx.provisioning.forget(T0 + 2 * DAY, 2) == 2
    assert {one.key.request for one in tx.provisioning.last(9)} == {"2", "3"}
    assert tx.provisioning.forget(T0 + 2 * DAY, 2) == 1
    assert tx.provisioning.forget(T0 + 2 * DAY, 2) == 0


def test_a_bulk_is_started_once_and_finished_with_its_last_answer(tx: Transaction) -> None:
    asked = tx.provisioning
    assert asked.start_bulk("crm", "b", "d", "s", 3, T0)
    assert not asked.start_bulk("crm", "b", "other", "s2", 9, T0)
    asked.add([answer("b"), answer("b", 1), answer("b", 3, code=2201)])
    assert not asked.finish_bulk("crm", "b", T0), "the last row is there, the second is not"
    (bulk,) = asked.bulks(9)
    assert (bulk.digest, bulk.rows, bulk.answered, bulk.done, bulk.finished_at) == ("d", 3, 2, 1, None)
    asked.add([answer("b", 2)])
    assert asked.finish_bulk("crm", "b", T0 + DAY)
    assert not asked.finish_bulk("crm", "b", T0 + 2 * DAY), "the first time stays"
    assert asked.bulks(9)[0].finished_at == T0 + DAY
    assert asked.forget_bulks(T0 - DAY, 9) == 0
    assert asked.forget_bulks(T0, 9) == 1
    assert asked.bulks(9) == []


def test_terminals_are_found_by_serial_and_issuer(tx: Transaction) -> None:
    other = replace(CRM, name="crm2", issuer="CN=Other")
    assert tx.terminals.designate(CRM, "root", T0)
    assert tx.terminals.designate(other, "root", T0)
    ours, foreign, unknown = ("1f", "CN=USN"), ("1f", "CN=Other"), ("2f", "CN=USN")
    assert tx.terminals.find({ours, unknown}) == {ours: CRM}
    assert tx.terminals.find({ours, foreign}) == {ours: CRM, foreign: other}
    assert tx.terminals.find(set()) == {}


def test_a_designation_is_changed_revoked_and_taken_back(tx: Transaction) -> None:
    assert tx.terminals.designate(CRM, "root", T0)
    narrow = replace(CRM, rights=Rights(frozenset({Operation.READ}), ("+4477",)))
    assert not tx.terminals.designate(narrow, "root", T0 + DAY)
    assert tx.terminals.list() == (narrow,)
    assert tx.terminals.revoke("1f", "CN=USN", T0)
    assert not tx.terminals.designate(CRM, "root", T0 + DAY)
    assert tx.terminals.list() == (replace(CRM, revoked_at=T0),), "a revoked one stays so"
    assert not tx.terminals.revoke("2f", "CN=USN", T0)
    assert tx.terminals.undesignate("1f", "CN=USN")
    assert tx.terminals.list() == ()
    known = replace(CRM, revoked_at=T0, rights=Rights())
    assert tx.terminals.list(out_too=True) == (known,), "it is never designated again"
    assert tx.terminals.find({("1f", "CN=USN")}) == {("1f", "CN=USN"): known}
    tx.terminals.designate(replace(CRM, serial="3f"), "root", T0)
    assert tx.terminals.undesignate("3f", "CN=USN")
    assert not tx.terminals.undesignate("3f", "CN=USN")
    assert tx.terminals.list() == ()
