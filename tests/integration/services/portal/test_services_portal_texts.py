"""A subscriber's texts, on both databases: both ways, by time, page by page, without words, their own."""

from datetime import timedelta

from portal_bench import ANN, BOB, HOME, NOW, Bench
from sqlalchemy import insert

from usnd.domain.messaging.message import MtState
from usnd.domain.portal.outcomes import Outcome
from usnd.services.portal.visit import Came, TextLine
from usnd.store.core.transaction import Transaction
from usnd.store.schema import mo_texts, mt_texts

SECRET = "1234567 is your PIN"  # of no use


def sent(tx: Transaction, number: str, minute: int, to: tuple[str, ...] = ()) -> None:
    at = NOW + timedelta(minutes=minute)
    row = {"smsc": "a", "session": "s", "sender": number, "recipient": "52272", "body": SECRET}
    made = insert(mo_texts).returning(mo_texts.c.id)
    mo_id = tx.execute(made, {**row, "fingerprint": "f", "received_at": at}).scalar_one()
    for who in to:
        text = {"smsc": "a", "sender": "52272", "recipient": who, "body": SECRET, "priority": 1}
        state = MtState.REJECTED if who == BOB else MtState.DELIVERED
        times = {"queued_at": at + timedelta(seconds=1), "expires_at": at, "settled_at": at}
        tx.execute(insert(mt_texts), {**text, **times, "mo_id": mo_id, "state": state})


async def page(bench: Bench, token: str, rest: tuple[int, ...] = (0, 0)) -> Came:
    before_sent, before_got = rest
    return await bench.portal.texts(token, before_sent, before_got, HOME)


async def test_both_ways_are_one_list_and_each_page_goes_on_where_the_last_ended(bench: Bench) -> None:
    token = (await bench.enter()).token
    known = len((await page(bench, token)).texts)

    def unit(tx: Transaction) -> None:
        for minute in range(30):
            sent(tx, ANN if minute % 2 else ANN[1:], minute, (ANN, BOB, "+447700900009"))
        sent(tx, BOB, 99)

    await bench.store.run(unit)
    pages = [await page(bench, token)]
    while pages[-1].rest:
        pages.append(await page(bench, token, pages[-1].rest))
    assert [len(one.texts) for one in pages] == [25, 25, 10 + known]
    lines = [line for one in pages for line in one.texts]
    assert lines[0] == TextLine(NOW + timedelta(minutes=29, seconds=1), state="delivered")
    assert lines[1] == TextLine(NOW + timedelta(minutes=29), others=2, reached=1)
    made = [line.at for line in lines[:60]]
    assert made == sorted(made, reverse=True)
    assert len(set(made)) == 60
    assert SECRET not in repr(pages)


async def test_without_a_session_there_are_none(bench: Bench) -> None:
    assert await page(bench, "made up") == Came(Outcome.SIGNED_OUT)
