"""Who is signed in, on both databases: for whom things are done, until when, what is noted and forgotten."""

from datetime import timedelta

import pytest
from portal_bench import ANN, BOB, CHOSEN, FIRST, HOME, NOW, Bench
from sqlalchemy import select, text

from usnd.domain.conference.launch import InstantConference
from usnd.domain.messaging.message import MtState, Settlement
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.portal.sessions import Stage, digest_of
from usnd.domain.replies.catalogue import Say, render, reply
from usnd.domain.subscribers.orders import Operation
from usnd.services.asker import Asker
from usnd.services.conference.launch import Launched, LaunchResult, NotLaunched, Running
from usnd.services.portal.housekeeping import AUDIT_KEPT, portal_chores
from usnd.services.portal.visit import Came
from usnd.services.transactions.housekeeping import Housekeeping
from usnd.store.core.transaction import Transaction
from usnd.store.schema import metadata, mt_texts, subscribers


async def test_a_suspended_subscriber_is_out_at_once_and_stays_so(bench: Bench) -> None:
    entered = await bench.enter()
    await bench.order(Operation.SUSPEND)
    assert await bench.sql("SELECT * FROM portal_sessions") == []
    assert (await bench.portal.ways_in(entered.token, 3, HOME)).outcome is Outcome.SIGNED_OUT
    assert (await bench.sign_in(CHOSEN)).outcome is Outcome.SUSPENDED
    assert (await bench.sign_in("wrong password")).outcome is Outcome.WRONG, "only who knows it is told"
    await bench.order(Operation.RESUME)
    assert (await bench.portal.ways_in(entered.token, 3, HOME)).outcome is Outcome.SIGNED_OUT
    assert (await bench.sign_in(CHOSEN)).outcome is Outcome.DONE


async def test_a_session_of_somebody_who_is_suspended_by_a_former_release_is_good_for_nothing(
    bench: Bench,
) -> None:
    entered = await bench.enter()
    await bench.store.run(lambda tx: tx.execute(text("UPDATE subscribers SET suspended = TRUE")))
    assert (await bench.portal.ways_in(entered.token, 3, HOME)).outcome is Outcome.SIGNED_OUT
    assert await bench.sql("SELECT * FROM portal_sessions") == []


async def test_a_session_ends_in_time_and_goes_on_by_what_is_asked_for(bench: Bench) -> None:
    entered = await bench.enter()
    for _ in range(3):
        bench.now += timedelta(minutes=29)
        assert (await bench.portal.stay_signed_in(entered.token, HOME)).outcome is Outcome.DONE
    bench.now += timedelta(minutes=30)
    assert (await bench.portal.stay_signed_in(entered.token, HOME)).outcome is Outcome.SIGNED_OUT


async def test_signing_out_ends_one_or_all(bench: Bench) -> None:
    first = await bench.enter()
    second, third = await bench.sign_in(CHOSEN), await bench.sign_in(CHOSEN)
    assert (await bench.portal.sign_out(first.token, HOME, everywhere=False)).outcome is Outcome.DONE
    assert (await bench.portal.sign_out(first.token, HOME, everywhere=False)).outcome is Outcome.SIGNED_OUT
    assert (await bench.portal.stay_signed_in(second.token, HOME)).outcome is Outcome.DONE
    assert (await bench.portal.sign_out(second.token, HOME, everywhere=True)).outcome is Outcome.DONE
    assert (await bench.portal.stay_signed_in(third.token, HOME)).outcome is Outcome.SIGNED_OUT


async def test_the_ways_in_are_ones_own_and_pins_come_when_asked_for(bench: Bench) -> None:
    entered = await bench.enter()
    shown = await bench.portal.ways_in(entered.token, None, HOME)
    assert (shown.common, [(one.number, one.dnis, one.activation) for one in shown.ways]) == (
        "+44207946000",
        [(3, "52273", "")],
    )
    with_pins = await bench.portal.ways_in(entered.token, 3, HOME)
    (way,) = with_pins.ways
    assert len(way.activation) == len(way.user) == 7
    owner = select(subscribers.c.number)
    assert await bench.store.run(lambda tx: tx.execute(owner).scalars().all()) == [ANN, BOB]
    assert await bench.sql("SELECT DISTINCT subscriber_id FROM pins") == [(1,)], "nobody else's were made"
    assert [one.activation for one in (await bench.portal.ways_in(entered.token, 4, HOME)).ways] == [""]


@pytest.mark.parametrize(
    ("result", "came", "noted"),
    [
        (Launched(7), Came(Outcome.DONE, conference=7), "launched"),
        (Running(7, called=True), Came(Outcome.RUNNING, conference=7, called=1), "not launched"),
        (
            NotLaunched(reply(Say.NO_MINUTES), ANN),
            Came(Outcome.NOT_LAUNCHED, said=render(reply(Say.NO_MINUTES))),
            "not launched",
        ),
        (NotLaunched(None), Came(Outcome.NOT_LAUNCHED), "not launched"),
    ],
)
async def test_a_launch_is_for_who_is_signed_in(
    bench: Bench, result: LaunchResult, came: Came, noted: str
) -> None:
    entered = await bench.enter()
    bench.launching.result = result
    assert await bench.portal.launch(entered.token, 3, "press-1", HOME, Asker("portal")) == came
    (asked,) = bench.launching.asked
    assert (asked.subscriber, asked.whom, asked.key) == (1, InstantConference(3), "press-1")
    assert bench.launching.recalled == ([7] if isinstance(result, Running) else [])
    assert (await bench.audit())[-1] == f"{noted} instant conference 3"
    assert (await bench.portal.launch("nobody's", 3, "", HOME, Asker("portal"))).outcome is Outcome.SIGNED_OUT
    assert len(bench.launching.asked) == 1


async def test_what_happened_is_in_the_audit_and_no_secret_is_anywhere(bench: Bench) -> None:
    first = await bench.sign_in(FIRST)
    chosen = await bench.portal.choose_password(first.token, CHOSEN, HOME)
    code = await bench.code()
    settled = [Settlement(one.id, MtState.SENT) for one in bench.posted.texts]
    await bench.store.run(lambda tx: tx.texts.settle(settled, NOW))
    used = await bench.portal.use_code(ANN, code, "", HOME)
    pins = (await bench.portal.ways_in(chosen.token, 3, HOME)).ways[0]
    await bench.portal.sign_out(chosen.token, HOME, everywhere=True)
    assert await bench.audit() == [
        "signed in with the first password",
        "password chosen",
        "code sent",
        "right code",
        "PINs shown instant conference 3",
        "signed out everywhere",
    ]
    secrets = [FIRST, CHOSEN, code, first.token, chosen.token, used.token, chosen.device]
    written = await bench.store.run(everything)
    for secret in secrets:
        assert secret not in written
    assert pins.activation not in written.replace(f"('{pins.activation}'", ""), "in its own table only"


def everything(tx: Transaction) -> str:
    """All tables as text."""
    tables = [select(table) for table in metadata.sorted_tables]
    return " ".join(str(tuple(row)) for table in tables for row in tx.execute(table))


async def test_what_is_over_is_forgotten(bench: Bench) -> None:
    await bench.enter()
    await bench.sign_in("wrong password")
    code = await bench.code()
    assert code in await bench.store.run(everything), "as long as it waits to be sent"
    keeping = Housekeeping(bench.store, lambda: bench.now, (portal_chores,), breath=0)
    await keeping.tidy()
    assert await bench.sql("SELECT count(*) FROM portal_sessions") == [(1,)]
    settled = [Settlement(one.id, MtState.SENT) for one in bench.posted.texts]
    await bench.store.run(lambda tx: tx.texts.settle(settled, NOW))
    bench.now += timedelta(hours=13)
    await keeping.tidy()
    for table in ("portal_sessions", "portal_counters", "portal_codes"):
        assert await bench.sql(f"SELECT * FROM {table}") == [], table
    assert await bench.store.run(lambda tx: tx.execute(select(mt_texts.c.body)).scalars().all()) == [
        render(reply(Say.PORTAL_CHANGED)),
        "",
    ]
    assert len(await bench.audit()) == 4
    bench.now = NOW + AUDIT_KEPT
    await keeping.tidy()
    assert await bench.audit() == []


async def test_a_removed_subscriber_leaves_no_way_in(bench: Bench) -> None:
    entered = await bench.enter()
    await bench.order(Operation.DELETE)
    assert await bench.sql("SELECT * FROM portal_sessions") == []
    assert await bench.sql("SELECT * FROM portal_passwords") == []
    assert (await bench.portal.stay_signed_in(entered.token, HOME)).outcome is Outcome.SIGNED_OUT


async def test_a_session_is_kept_by_its_digest(bench: Bench) -> None:
    entered = await bench.enter()
    rows = await bench.sql("SELECT token_digest, stage FROM portal_sessions")
    assert rows == [(digest_of(entered.token), Stage.OPEN.value)]
