"""Receipts find their texts on both databases, and each segment's last word counts once."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from usnd.domain.messaging.delivery_receipts import message_key
from usnd.domain.messaging.message import Draft, MtState, Settlement
from usnd.services.messaging.delivery_receipts import match
from usnd.smpp.received import Receipt
from usnd.store.core.transaction import Transaction

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GROUPS = {"a": "home", "b": "home", "c": "c"}


def sent(tx: Transaction, *message_ids: str, smsc: str = "a") -> int:
    (queued,) = tx.texts.queue_mt([Draft(smsc, "52272", "+44", "x", NOW, NOW + timedelta(hours=1))])
    tx.texts.settle([Settlement(queued.id, MtState.SENT, "bind-1", message_ids[-1])], NOW)
    tx.receipts.expect([(queued.id, message_key(one)) for one in message_ids], NOW)
    return queued.id


def receipt(message_id: str, stat: str = "DELIVRD", smsc: str = "a") -> Receipt:
    return Receipt(smsc, "bind-1", "+44", "52272", message_id, stat, f"{message_id} {stat}")


def come(tx: Transaction, *receipts: Receipt) -> list[int | None]:
    return match(tx, receipts=receipts, groups=GROUPS)


def states(tx: Transaction) -> list[tuple[str, str | None]]:
    rows = tx.execute(text("SELECT state, error FROM mt_texts ORDER BY id"))
    return [(state, error) for state, error in rows]


def test_a_text_is_delivered_with_its_last_segment(tx: Transaction) -> None:
    first, other = sent(tx, "00ff", "0100"), sent(tx, "7")
    assert come(tx, receipt("255"), receipt("7")) == [first, other]
    assert states(tx) == [("sent", None), ("delivered", None)]
    assert come(tx, receipt("0000000256")) == [first]
    assert states(tx)[0] == ("delivered", None)
    assert come(tx, receipt("255"), receipt("256")) == [None, None]  # each counts once


def test_one_lost_segment_makes_a_text_undelivered(tx: Transaction) -> None:
    number = sent(tx, "1", "2", "3")
    assert come(tx, receipt("1"), receipt("2", "EXPIRED"), receipt("3")) == [number] * 3
    assert states(tx) == [("undelivered", "EXPIRED")]


def test_a_receipt_may_come_over_another_bind_of_the_group_only(tx: Transaction) -> None:
    number = sent(tx, "1f")
    assert come(tx, receipt("1f", smsc="c")) == [None]
    assert come(tx, receipt("1f", smsc="b")) == [number]


def test_of_an_id_that_comes_round_the_newest_is_meant(tx: Transaction) -> None:
    older, newer = sent(tx, "1"), sent(tx, "1")
    assert come(tx, receipt("1"), receipt("1")) == [newer, older]


def test_what_never_comes_is_forgotten(tx: Transaction) -> None:
    sent(tx, "1")
    assert tx.receipts.forget(NOW - timedelta(seconds=1)) == 0
    assert tx.receipts.forget(NOW) == 1
    assert come(tx, receipt("1")) == [None]


def test_a_proof_that_our_answer_was_read_outlives_the_receipt(tx: Transaction) -> None:
    """The duplicate rule asks over which bind the reply went, not what a receipt said later."""
    number = sent(tx, "1")
    come(tx, receipt("1"))
    tx.execute(
        text(
            "INSERT INTO mo_texts (id, smsc, session, sender, recipient, body, fingerprint, received_at)"
            " VALUES (1, 'a', 'bind-1', '+44', '52272', 'x', 'f', '2026-03-01 12:00:00.000000')"
        )
    )
    tx.execute(text(f"UPDATE mt_texts SET mo_id = 1 WHERE id = {number}"))
    assert tx.texts.earlier(["f"], NOW)["f"].answer_read_at == NOW
