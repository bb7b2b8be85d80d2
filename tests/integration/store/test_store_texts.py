"""Texts are saved, found again and settled exactly as the domain has them, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from usnd.domain.messaging.duplicates import Earlier
from usnd.domain.messaging.message import Draft, IncomingText, MtState, Priority, Settlement
from usnd.store.core.transaction import Transaction

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TEXT = IncomingText("smsc-a", "bind-1", "+447700900001", "4242", "IC Mkting", "f00d")


def draft(body: str = "Done", **changes: Any) -> Draft:
    return msgspec.structs.replace(Draft("smsc-a", "4242", TEXT.sender, body, NOW, LATER), **changes)


def test_an_earlier_text_is_the_newest_within_the_time(tx: Transaction) -> None:
    assert tx.texts.earlier(["f00d"], NOW) == {}
    (_, other) = tx.texts.add_mo([TEXT, replace(TEXT, fingerprint="beef")], NOW)
    (newest,) = tx.texts.add_mo([replace(TEXT, session="bind-2")], LATER)
    known = {
        "f00d": Earlier(newest, "bind-2", LATER, answer_read_at=None),
        "beef": Earlier(other, "bind-1", NOW, answer_read_at=None),
    }
    assert tx.texts.earlier(["f00d", "beef", "none"], NOW) == known
    assert tx.texts.earlier(["f00d", "beef"], LATER) == {"f00d": known["f00d"]}
    assert tx.texts.earlier(["f00d"], LATER + timedelta(microseconds=1)) == {}


def test_the_sessions_over_which_a_text_came_again_are_kept(tx: Transaction) -> None:
    one, other = tx.texts.add_mo([TEXT, replace(TEXT, fingerprint="beef")], NOW)
    tx.texts.redelivered([])
    tx.texts.redelivered([(one, "bind-2"), (other, "bind-2")])
    tx.texts.redelivered([(one, "bind-3")])
    assert tx.texts.earlier(["f00d", "beef"], NOW) == {
        "f00d": Earlier(
            one, "bind-1", NOW, answer_read_at=None, redelivered_over=frozenset({"bind-2", "bind-3"})
        ),
        "beef": Earlier(other, "bind-1", NOW, answer_read_at=None, redelivered_over=frozenset({"bind-2"})),
    }


def test_many_texts_get_their_ids_in_order(tx: Transaction) -> None:
    bodies = [f"{number} \N{FACE WITH TEARS OF JOY} \" ' \0 \ud83d :rows %s" for number in range(300)]
    ids = tx.texts.add_mo([replace(TEXT, body=body) for body in bodies], NOW)
    assert ids == sorted(set(ids))
    queued = tx.texts.queue_mt([draft(body, mo_id=mo) for body, mo in zip(bodies, ids, strict=True)])
    stored = tx.execute(text("SELECT mo_id, id, body FROM mt_texts ORDER BY id")).all()
    whole = [body.replace("\0", "\ufffd").replace("\ud83d", "\ufffd") for body in bodies]
    assert [tuple(row) for row in stored] == list(zip(ids, [one.id for one in queued], whole, strict=True))
    assert tx.texts.add_mo([], NOW) == tx.texts.queue_mt([]) == []


@pytest.mark.parametrize(
    ("state", "session", "seen"),
    [
        (MtState.SENT, "bind-1", True),
        (MtState.SENT, "bind-2", False),
        (MtState.REJECTED, "bind-1", False),
        (MtState.EXPIRED, None, False),
    ],
)
def test_an_answer_is_read_when_the_reply_went_over_the_same_session(
    tx: Transaction, state: MtState, session: str | None, *, seen: bool
) -> None:
    (mo,) = tx.texts.add_mo([TEXT], NOW)
    (reply,) = tx.texts.queue_mt([draft(mo_id=mo)])
    assert tx.texts.settle([Settlement(reply.id, state, session)], NOW) == {reply.id}
    read_at = NOW if seen else None
    assert tx.texts.earlier(["f00d"], NOW) == {"f00d": Earlier(mo, "bind-1", NOW, read_at)}


def test_each_bind_and_priority_has_its_queue_in_order(tx: Transaction) -> None:
    blast = tx.texts.queue_mt([draft(f"{number}", priority=Priority.BULK) for number in range(3)])
    replies = tx.texts.queue_mt([draft(f"{number}") for number in range(3)])
    (other,) = tx.texts.queue_mt([draft(smsc="smsc-b")])
    assert tx.texts.queued("smsc-a", Priority.REPLY, 10) == replies
    assert tx.texts.queued("smsc-a", Priority.BULK, 2) == blast[:2]
    assert tx.texts.queued("smsc-a", Priority.BULK, 2, blast[1].id) == blast[2:]
    assert tx.texts.queued("smsc-b", Priority.REPLY, 2) == [other]
    tx.texts.settle([Settlement(replies[0].id, MtState.SENT)], LATER)
    assert tx.texts.queued("smsc-a", Priority.REPLY, 1) == [replies[1]]


def test_texts_for_a_bind_that_is_no_more_go_by_another(tx: Transaction) -> None:
    gone, kept, sent = tx.texts.queue_mt([draft(smsc="old"), draft(smsc="smsc-b"), draft(smsc="old")])
    tx.texts.settle([Settlement(sent.id, MtState.SENT)], NOW)
    assert tx.texts.reroute("smsc-a", ["smsc-a", "smsc-b"]) == 1
    assert tx.texts.queued("smsc-a", Priority.REPLY, 9) == [msgspec.structs.replace(gone, smsc="smsc-a")]
    assert tx.texts.queued("smsc-b", Priority.REPLY, 9) == [kept]


def test_a_text_is_settled_once(tx: Transaction) -> None:
    sent, late = tx.texts.queue_mt([draft(), draft()])
    done = Settlement(sent.id, MtState.SENT, "bind-1", "7f")
    assert tx.texts.settle([done, Settlement(99, MtState.SENT)], NOW) == {sent.id}
    again = [
        msgspec.structs.replace(done, state=MtState.EXPIRED, error="late"),
        Settlement(late.id, MtState.EXPIRED),
    ]
    assert tx.texts.settle(again, LATER) == {late.id}
    kept = tx.execute(text("SELECT state, session, smsc_message_id, error FROM mt_texts ORDER BY id")).all()
    assert [tuple(row) for row in kept] == [("sent", "bind-1", "7f", None), ("expired", None, None, None)]
