"""A forgotten password, on both databases: a code by SMS, and what comes of it."""

from datetime import timedelta

from portal_bench import ANN, AWAY, BOB, CHOSEN, HOME, NOBODY, Bench

from usnd.domain.portal.outcomes import Outcome
from usnd.domain.subscribers.orders import Operation
from usnd.services.portal.visit import Came


async def test_a_code_leads_to_a_choice_and_the_crm_hears_of_it(bench: Bench) -> None:
    before = await bench.enter()
    code = await bench.code()
    assert code.isdecimal()
    used = await bench.portal.use_code(ANN, f" {code[:3]} {code[3:]} ", "", AWAY)
    assert (used.outcome, used.choosing) == (Outcome.DONE, True)
    assert (await bench.portal.use_code(ANN, code, "", AWAY)).outcome is Outcome.WRONG, "it was good once"
    assert (await bench.portal.stay_signed_in(before.token, HOME)).outcome is Outcome.DONE, "not yet"
    chosen = await bench.portal.choose_password(used.token, "another quiet walk", AWAY)
    assert chosen.outcome is Outcome.DONE
    assert (await bench.portal.stay_signed_in(before.token, HOME)).outcome is Outcome.SIGNED_OUT
    assert (await bench.sign_in(CHOSEN)).outcome is Outcome.WRONG
    waiting = await bench.store.run(lambda tx: tx.subscriber_changes.waiting(9))
    assert [(one.change.number, one.change.what) for one in waiting] == [(ANN, "password-reset")]


async def test_who_has_no_code_coming_sees_no_difference(bench: Bench) -> None:
    await bench.order(Operation.SUSPEND)
    assert await bench.code() == ""
    assert await bench.code(NOBODY) == ""
    assert await bench.code("no number") == ""
    kept = await bench.sql("SELECT number, text_id FROM portal_codes ORDER BY number")
    assert kept == [(ANN, None), (NOBODY, None), ("none", None)]
    for number in (ANN, NOBODY, "no number"):
        assert await bench.portal.use_code(number, "123456", "", HOME) == Came(Outcome.WRONG)


async def test_only_the_last_code_counts_and_only_in_time(bench: Bench) -> None:
    first, second = await bench.code(), await bench.code()
    assert (await bench.portal.use_code(ANN, first, "", HOME)).outcome is (
        Outcome.DONE if first == second else Outcome.WRONG
    )
    bench.now += timedelta(minutes=10)
    assert (await bench.portal.use_code(ANN, second, "", HOME)).outcome is Outcome.WRONG


async def test_wrong_codes_are_counted_by_the_number_whoever_tries_and_whichever_code(bench: Bench) -> None:
    await bench.code()
    for nth in range(5):
        assert (await bench.portal.use_code(ANN, "wrong", "", f"192.0.2.{nth}")).outcome is Outcome.WRONG
    code = await bench.code()
    assert (await bench.portal.use_code(ANN, code, "", AWAY)).outcome is Outcome.CLOSED
    bench.now += timedelta(hours=1)
    code = await bench.code()
    assert (await bench.portal.use_code(ANN, code, "", AWAY)).outcome is Outcome.DONE


async def test_three_codes_an_hour_go_to_a_number_and_a_source_asks_for_few(bench: Bench) -> None:
    assert [bool(await bench.code(source=f"192.0.2.{nth}")) for nth in range(4)] == [True, True, True, False]
    for nth in range(20):
        await bench.code(f"+44770090{nth + 100:04}", AWAY)
    assert await bench.code(BOB, AWAY) == ""
    assert await bench.code(BOB) != ""
