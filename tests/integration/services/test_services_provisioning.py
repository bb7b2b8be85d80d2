"""What a CRM orders is done once, never twice, never half: on both databases (REQUIREMENTS P1 to P4)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from crm.orders import CRM, NOW, OTHER, RENEWED, designate, nobody, number, order
from sqlalchemy import text

from usnd.domain.certificates.validity import Listing
from usnd.domain.provisioning.codes import Code
from usnd.domain.provisioning.requests import ProvisioningOrder, ProvisioningResult
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.domain.subscribers.credentials import CredentialKey
from usnd.domain.subscribers.orders import Operation
from usnd.services.provisioning import provisioning as service
from usnd.services.provisioning.bulks import BulkStart
from usnd.services.provisioning.housekeeping import provisioning_chores
from usnd.services.provisioning.provisioning import MOST_TOGETHER, Provisioning
from usnd.services.transactions.housekeeping import Housekeeping
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy
from workbench.parts.process import until

NODE = NodeOwn("en", (), "GB", CredentialKey(b"k" * 32))
C = Code


class Ended:
    """The conferences that were ended."""

    def __init__(self) -> None:
        self.ids: list[int] = []

    async def __call__(self, conference: int) -> None:
        self.ids.append(conference)


@pytest.fixture
async def crm(store: Store) -> Provisioning:
    await store.run(designate)
    return Provisioning(store, NODE, nobody, Ended(), lambda: NOW)


def codes(results: Sequence[ProvisioningResult]) -> list[int]:
    return [one.result.code for one in results]


async def registered(store: Store) -> set[str]:
    found = await store.run(lambda tx: tx.execute(text("SELECT number FROM subscribers")).all())
    return {row[0] for row in found}


async def test_a_repetition_gives_the_same_answer_and_does_nothing(crm: Provisioning, store: Store) -> None:
    (first,) = await crm.provision([order("a", name="Ann")])
    assert first.result.code == C.DONE
    assert first.result.subscriber["name"] == "Ann"
    assert first.result.credentials is not None
    assert not first.repeated
    (again,) = await crm.provision([order("a", name="Ann")])
    assert again.repeated
    assert (again.result, again.server) == (first.result, first.server), "with the same password"
    assert len(await store.run(lambda tx: tx.subscriber_changes.of(number(1), 9))) == 1
    stored = await store.run(lambda tx: tx.execute(text("SELECT result FROM provisioning_requests")).all())
    assert first.result.credentials.password not in repr(stored)


async def test_the_same_id_with_another_body_is_refused_and_nothing_changes(
    crm: Provisioning, store: Store
) -> None:
    await crm.provision([order("a")])
    assert codes(await crm.provision([order("a", 2)])) == [C.REQUEST_ID_REUSED]
    assert await registered(store) == {number(1)}


async def test_a_refusal_is_kept_as_a_result_too(crm: Provisioning) -> None:
    await crm.provision([order("a")])
    assert codes(await crm.provision([order("b")])) == [C.SUBSCRIBER_EXISTS]
    await crm.provision([order("c", operation=Operation.DELETE)])
    (again,) = await crm.provision([order("b")])
    assert (again.result.code, again.repeated) == (C.SUBSCRIBER_EXISTS, True)


async def test_a_renewed_certificate_is_the_same_client_and_another_terminal_is_not(
    crm: Provisioning,
) -> None:
    await crm.provision([order("a")])
    (renewed,) = await crm.provision([order("a", by=RENEWED)])
    assert (renewed.result.code, renewed.repeated) == (C.DONE, True)
    assert codes(await crm.provision([order("a", by=OTHER)])) == [C.SUBSCRIBER_EXISTS]


async def test_in_one_batch_each_is_decided_by_itself_and_a_key_once(crm: Provisioning, store: Store) -> None:
    lines = [
        [order("a"), order("a"), order("bad", language="klingon")],
        [order("a", by=RENEWED), order("a", by=RENEWED, body="other"), order("b", 2)],
        [order("a", 3, by=RENEWED)],
        [order("c", 4, check=True), order("c", 4)],
    ]
    first, second, third, fourth = await asyncio.gather(*map(crm.provision, lines))
    assert codes(first) == [C.DONE, C.REQUEST_RUNS, C.VALUE_NOT_ALLOWED]
    assert codes(second) == [C.DONE, C.REQUEST_RUNS, C.DONE]
    assert second[0].repeated
    assert codes(third) == [C.REQUEST_RUNS], "its certificate has that id running"
    assert codes(fourth) == [C.WOULD_BE_DONE, C.DONE]
    assert await registered(store) == {number(nth) for nth in (1, 2, 4)}
    assert codes(await crm.provision([order("a", 3, by=RENEWED)])) == [C.REQUEST_ID_REUSED]


async def test_two_clients_at_once_on_one_subscriber_agree_on_who_was_first(
    crm: Provisioning, store: Store
) -> None:
    asked = [crm.provision([order(f"r{nth}", by=one)]) for nth in range(20) for one in (CRM, OTHER)]
    results = [one for (one,) in await asyncio.gather(*asked)]
    assert sorted(codes(results)) == [C.DONE, *[C.SUBSCRIBER_EXISTS] * 39]
    assert await registered(store) == {number(1)}


async def test_a_check_decides_and_leaves_nothing(crm: Provisioning, store: Store) -> None:
    (checked,) = await crm.provision([order("a", check=True)])
    assert (checked.result.code, checked.result.credentials) == (C.WOULD_BE_DONE, None)
    assert codes(await crm.provision([order("b", operation=Operation.DELETE, check=True)])) == [
        C.NO_SUCH_SUBSCRIBER
    ]
    assert await registered(store) == set()
    assert await store.run(lambda tx: tx.provisioning.last(9)) == []
    assert codes(await crm.provision([order("a")])) == [C.DONE], "its id is free"


async def test_who_may_not_is_refused_and_its_id_stays_free(crm: Provisioning, store: Store) -> None:
    foreign = order("a")
    foreign = ProvisioningOrder(**{**fields(foreign), "serial": "ff"})
    assert codes(await crm.provision([foreign, order("b", 2)])) == [C.CERTIFICATE_NOT_DESIGNATED, C.DONE]
    await store.run(lambda tx: tx.terminals.revoke(CRM.serial, CRM.issuer, NOW))
    assert codes(await crm.provision([order("a"), order("b", 2)])) == [C.CERTIFICATE_REVOKED] * 2
    assert codes(await crm.provision([order("a", by=RENEWED)])) == [C.DONE]


async def test_a_certificate_on_a_revocation_list_is_refused_whatever_it_asks_for(store: Store) -> None:
    await store.run(designate)
    crm = Provisioning(store, NODE, first_is(Listing.LISTED), Ended(), lambda: NOW)
    assert codes(await crm.provision([order("a"), order("b", by=RENEWED)])) == [C.CERTIFICATE_REVOKED, C.DONE]
    certificate = (CRM.serial, CRM.issuer)
    assert await crm.acknowledge(certificate, 1) == C.CERTIFICATE_REVOKED
    bulk = BulkStart(certificate, "bulk", "d" * 64, "s", 1)
    assert await crm.start_bulk(bulk) == (C.CERTIFICATE_REVOKED, "s")


def first_is(listing: Listing) -> Callable[[str, str], Listing]:
    return lambda serial, _: listing if serial == CRM.serial else Listing.NOT_LISTED


async def test_without_a_list_that_can_be_used_it_is_the_node_that_is_at_fault(store: Store) -> None:
    await store.run(designate)
    crm = Provisioning(store, NODE, first_is(Listing.NO_LIST), Ended(), lambda: NOW)
    assert codes(await crm.provision([order("a")])) == [C.REVOCATION_LIST_ENDED]
    assert await crm.acknowledge((CRM.serial, CRM.issuer), 1) == C.REVOCATION_LIST_ENDED


def fields(one: ProvisioningOrder) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


async def test_an_order_that_makes_the_unit_fail_fails_alone(
    crm: Provisioning, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No order is known that does; should there be one, its neighbours are done."""
    real = service.OrderBatch.take

    def take(batch: Any, orders: Sequence[ProvisioningOrder]) -> Any:
        outcomes = real(batch, orders)
        if any(one.request == "bad" for one in orders):
            raise ValueError("unforeseen")
        return outcomes

    monkeypatch.setattr(service.OrderBatch, "take", take)
    line = [order("a", 1), order("bad", 2), order("c", 3)]
    assert codes(await crm.provision(line)) == [C.DONE, C.REQUEST_FAILED, C.DONE]
    monkeypatch.undo()
    assert await registered(store) == {number(1), number(3)}
    assert codes(await crm.provision(line)) == [C.DONE, C.DONE, C.DONE]


async def test_a_bulk_is_resumed_by_its_id_and_refused_with_another_body(
    crm: Provisioning, store: Store
) -> None:
    start = BulkStart((CRM.serial, CRM.issuer), "bulk", "d" * 64, "first", 3)
    assert await crm.start_bulk(start) == (C.DONE, "first")
    rows = [order("bulk", nth, row=nth) for nth in (1, 2, 3)]
    await crm.provision(rows[:2])
    assert await crm.start_bulk(BulkStart(start.certificate, "bulk", "d" * 64, "second", 3)) == (
        C.DONE,
        "first",
    )
    assert await crm.start_bulk(BulkStart(start.certificate, "bulk", "e" * 64, "x", 3)) == (
        C.REQUEST_ID_REUSED,
        "x",
    )
    assert codes(await crm.provision([order("bulk", 9)])) == [C.REQUEST_ID_REUSED], "it is a bulk's id"
    (bulk,) = await store.run(lambda tx: tx.provisioning.bulks(9))
    assert (bulk.answered, bulk.done, bulk.finished_at) == (2, 2, None)
    again = await crm.provision(rows)
    assert [one.repeated for one in again] == [True, True, False]
    (bulk,) = await store.run(lambda tx: tx.provisioning.bulks(9))
    assert (bulk.answered, bulk.done, bulk.finished_at) == (3, 3, NOW)
    assert await crm.start_bulk(BulkStart(("ff", CRM.issuer), "b", "d" * 64, "x", 1)) == (
        C.CERTIFICATE_NOT_DESIGNATED,
        "x",
    )


async def test_a_change_is_acknowledged_by_those_whose_number_it_is(crm: Provisioning, store: Store) -> None:
    def changed(tx: Transaction) -> list[int]:
        insert = text(
            'INSERT INTO subscriber_changes (at, number, what, "by", by_crm)'
            " VALUES (CURRENT_TIMESTAMP, :number, 'changed', 'ann', :crm) RETURNING id"
        )
        rows = ((number(1), False), ("+33612345678", False), (number(2), True))
        return [tx.execute(insert, {"number": one, "crm": crm}).scalar_one() for one, crm in rows]

    mine, foreign, crms = await store.run(changed)
    certificate = (CRM.serial, CRM.issuer)
    assert await crm.acknowledge(certificate, mine) == C.DONE
    assert await crm.acknowledge(certificate, mine) == C.DONE, "safe to repeat"
    assert await crm.acknowledge(certificate, foreign) == C.NO_SUCH_CHANGE
    assert await crm.acknowledge(certificate, crms) == C.NO_SUCH_CHANGE
    assert await crm.acknowledge(certificate, 999) == C.NO_SUCH_CHANGE
    assert await crm.acknowledge(("ff", CRM.issuer), mine) == C.CERTIFICATE_NOT_DESIGNATED
    waiting = await store.run(lambda tx: tx.subscriber_changes.waiting(9))
    assert [one.id for one in waiting] == [foreign]


async def test_a_full_queue_and_a_busy_store_refuse_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(_unit: Callable[[Transaction], object]) -> None:
        raise StoreBusy

    await store.run(designate)
    crm = Provisioning(store, NODE, nobody, Ended(), lambda: NOW)
    monkeypatch.setattr(store, "run", busy)
    assert codes(await crm.provision([order("a")])) == [C.TOO_MANY_REQUESTS]
    assert await crm.acknowledge((CRM.serial, CRM.issuer), 1) == C.TOO_MANY_REQUESTS
    monkeypatch.undo()
    assert codes(await crm.provision([order("a")])) == [C.DONE], "the key runs no more"


async def test_a_slow_commit_is_told_so_and_what_waited_behind_it_is_not_done(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.run(designate)
    crm = Provisioning(store, NODE, nobody, Ended(), lambda: NOW, patience=0.1)
    gate, run = asyncio.Event(), store.run

    async def slow(unit: Callable[[Transaction], Any]) -> Any:
        await gate.wait()
        return await run(unit)

    monkeypatch.setattr(store, "run", slow)
    begun = asyncio.create_task(crm.provision([order(f"a{nth}", nth) for nth in range(MOST_TOGETHER)]))
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(crm.provision([order("b", 200)]))
    assert codes(await begun) == [C.NO_ANSWER_IN_TIME] * MOST_TOGETHER
    assert codes(await crm.provision([order("a1", 1)])) == [C.REQUEST_RUNS], "it is not known yet"
    assert codes(await waiting) == [C.NO_ANSWER_IN_TIME]
    gate.set()
    assert await until(lambda: not crm._running, 10, 0.01)
    assert number(200) not in await registered(store), "it was withdrawn"
    (again,) = await crm.provision([order("a1", 1)])
    assert (again.result.code, again.repeated) == (C.DONE, True)
    assert codes(await crm.provision([order("b", 200)])) == [C.DONE]


async def test_a_conference_is_ended_after_the_commit_and_again_by_a_repetition(
    store: Store, crm: Provisioning
) -> None:
    ended = Ended()
    crm = Provisioning(store, NODE, nobody, ended, lambda: NOW)
    await crm.provision([order("a")])

    def launched(tx: Transaction) -> int:
        owner = tx.subscribers.by_number(number(1))
        assert owner is not None
        insert = text(
            "INSERT INTO conferences (id, subscriber_id, subscriber_number, state, launched_at)"
            " VALUES (7, :owner, :number, 'running', CURRENT_TIMESTAMP) RETURNING id"
        )
        return int(tx.execute(insert, {"owner": owner.id, "number": owner.number}).scalar_one())

    conference = await store.run(launched)
    suspend = order("b", operation=Operation.SUSPEND, ending=True)
    checked = order("x", operation=Operation.SUSPEND, ending=True, check=True)
    assert codes(await crm.provision([checked])) == [C.WOULD_BE_DONE]
    assert ended.ids == []
    assert codes(await crm.provision([suspend])) == [C.DONE]
    assert ended.ids == [conference]
    assert codes(await crm.provision([suspend])) == [C.DONE]
    assert ended.ids == [conference, conference], "usnd may have died before it was ended"


async def test_what_is_old_is_forgotten_in_small_steps(crm: Provisioning, store: Store) -> None:
    await crm.provision([order(f"a{nth}", nth) for nth in range(3)])
    await crm.start_bulk(BulkStart((CRM.serial, CRM.issuer), "bulk", "d" * 64, "s", 3))
    later = NOW + timedelta(days=29)
    await Housekeeping(store, lambda: later, (provisioning_chores,), breath=0).tidy()
    assert len(await store.run(lambda tx: tx.provisioning.last(9))) == 4
    await Housekeeping(store, lambda: NOW + timedelta(days=31), (provisioning_chores,), breath=0).tidy()
    assert await store.run(lambda tx: tx.provisioning.last(9)) == []
    assert await store.run(lambda tx: tx.provisioning.bulks(9)) == []
    assert len(await store.run(lambda tx: tx.subscriber_changes.of(number(1), 9))) == 1
    await Housekeeping(store, lambda: NOW + timedelta(days=367), (provisioning_chores,), breath=0).tidy()
    assert await store.run(lambda tx: tx.subscriber_changes.of(number(1), 9)) == ()
