"""Signing in at the portal, on both databases: first passwords, tries that count, devices that are known."""

import asyncio

import pytest
from portal_bench import (
    ANN,
    AWAY,
    BOB,
    CHOSEN,
    FIRST,
    HOME,
    NOBODY,
    NOW,
    Bench,
)

from usnd.domain.portal.lockout import LIMITS, CounterKind
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.replies.catalogue import Say, render, reply
from usnd.services.asker import Asker
from usnd.services.portal.password_worker import KEPT_FOR_KNOWN, MOST_WAITING, Busy, PasswordWorker
from usnd.services.portal.visit import Came


async def test_the_first_password_leads_to_a_choice_and_nowhere_else(bench: Bench) -> None:
    first = await bench.sign_in("ABCD EFGH ijkl mnop", "07700 900001")
    assert (first.outcome, first.choosing, first.device) == (Outcome.DONE, True, "")
    for came in (
        await bench.portal.ways_in(first.token, 3, HOME),
        await bench.portal.launch(first.token, 3, "", HOME, Asker("portal")),
        await bench.portal.stay_signed_in(first.token, HOME),
    ):
        assert came == Came(Outcome.SIGNED_OUT)
    for password, fault in [("short", "too-short"), (FIRST, "is-the-first"), (ANN, "is-the-number")]:
        refused = await bench.portal.choose_password(first.token, password, HOME)
        assert (refused.outcome, refused.fault) == (Outcome.PASSWORD_REFUSED, fault)
    chosen = await bench.portal.choose_password(first.token, CHOSEN, HOME)
    assert (chosen.outcome, chosen.choosing) == (Outcome.DONE, False)
    assert chosen.token != first.token
    assert chosen.device
    assert (await bench.portal.choose_password(first.token, CHOSEN + "2", HOME)).outcome is Outcome.SIGNED_OUT
    assert (
        await bench.portal.choose_password(chosen.token, CHOSEN + "2", HOME)
    ).outcome is Outcome.SIGNED_OUT
    assert (await bench.sign_in(FIRST)).outcome is Outcome.WRONG, "it is void"
    assert await bench.sql(f"SELECT credential FROM subscribers WHERE number = '{ANN}'") == [(None,)]
    again = await bench.sign_in(CHOSEN)
    assert (again.outcome, again.choosing) == (Outcome.DONE, False)
    assert again.token != chosen.token
    assert [one.body for one in bench.posted.texts] == [render(reply(Say.PORTAL_CHANGED))]


async def test_who_is_nobody_and_who_is_wrong_are_told_the_same(bench: Bench) -> None:
    for number in (ANN, NOBODY, "no number"):
        assert await bench.sign_in("wrong password", number) == Came(Outcome.WRONG)


async def test_a_try_counts_before_it_is_looked_at(bench: Bench) -> None:
    came = await asyncio.gather(*(bench.sign_in("wrong password") for _ in range(8)))
    outcomes = [one.outcome for one in came]
    assert outcomes.count(Outcome.WRONG) == LIMITS[CounterKind.ACCOUNT_FROM].most
    assert outcomes.count(Outcome.CLOSED) == 3
    assert all(0 < one.wait <= 900 for one in came if one.outcome is Outcome.CLOSED)
    assert (await bench.sign_in(FIRST)).outcome is Outcome.CLOSED, "the right one is not looked at either"
    assert (await bench.sign_in(FIRST, source=AWAY)).outcome is Outcome.DONE
    bench.now += LIMITS[CounterKind.ACCOUNT_FROM].closed
    assert (await bench.sign_in(FIRST)).outcome is Outcome.DONE


async def test_a_device_that_is_known_is_let_in_while_others_are_not(bench: Bench) -> None:
    entered = await bench.enter()
    for _ in range(6):
        closed = await bench.sign_in("wrong password")
    assert closed.outcome is Outcome.CLOSED
    assert (await bench.sign_in(CHOSEN, device=entered.device)).outcome is Outcome.DONE
    other = await bench.sign_in(CHOSEN, BOB, device=entered.device)
    assert other.outcome is Outcome.WRONG, "it is no device of his"
    code = await bench.code()
    assert (await bench.portal.use_code(ANN, code, "", HOME)).outcome is Outcome.DONE, (
        "a code is a way in, too"
    )


async def test_right_ones_do_not_add_up(bench: Bench) -> None:
    await bench.enter()
    for _ in range(60):
        assert (await bench.sign_in(CHOSEN)).outcome is Outcome.DONE
    assert await bench.sql("SELECT * FROM portal_counters") == []
    assert await bench.sql("SELECT count(*) FROM portal_sessions") == [(20,)], "the oldest have ended"


async def test_what_changed_while_the_password_was_hashed_counts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.enter()
    verify = bench.worker.is_right

    async def meanwhile(password: str, hash_: str | None, *, known: bool) -> bool:
        right = await verify(password, hash_, known=known)
        await bench.store.run(lambda tx: tx.portal_accounts.choose(1, "another hash", NOW))
        return right

    monkeypatch.setattr(bench.worker, "is_right", meanwhile)
    assert (await bench.sign_in(CHOSEN)).outcome is Outcome.WRONG


@pytest.fixture
def many() -> PasswordWorker:
    return PasswordWorker()


async def test_who_floods_the_worker_takes_no_place_of_known_devices(many: PasswordWorker) -> None:
    tasks = [
        asyncio.create_task(many.is_right("x", None, known=False))
        for _ in range(MOST_WAITING - KEPT_FOR_KNOWN + 1)
    ]
    tasks += [asyncio.create_task(many.is_right("x", None, known=True)) for _ in range(KEPT_FOR_KNOWN + 1)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [nth for nth, one in enumerate(results) if isinstance(one, Busy)] == [
        MOST_WAITING - KEPT_FOR_KNOWN,
        MOST_WAITING + 1,
    ]
    assert not any(one is True for one in results)
