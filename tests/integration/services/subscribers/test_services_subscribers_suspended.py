"""Who is suspended commands nothing; what runs goes on, and what waits is taken back."""

import pytest
from sqlalchemy import text
from subscriber_orders import (
    ANN,
    BOB,
    CHANGE,
    CREATE,
    NOW,
    POLICY,
    RESUME,
    SUSPEND,
    asked,
    codes,
    conference,
    history,
    ordered,
    texted,
    waiting,
)

from usnd.domain.conference.model import ConferenceState
from usnd.domain.directory.model import Subscriber
from usnd.domain.messaging.message import MtState, Priority, Settlement
from usnd.domain.provisioning.codes import Code
from usnd.services.messaging.unsent import tell_unsent
from usnd.store.core.transaction import Transaction


def test_a_suspended_number_commands_nothing_until_it_is_resumed(tx: Transaction, ann: Subscriber) -> None:
    ordered(tx, asked(CHANGE, language="en"))
    texted(tx, "UC joe 07700900010")
    assert codes(ordered(tx, asked(SUSPEND), asked(SUSPEND))) == [Code.DONE, Code.DONE]
    for body in ("IC joe", "UD joe", "CC1 joe", "SB joe: hi", "?", "what"):
        assert "suspended" in texted(tx, body)
    assert tx.conferences.live() == []
    assert codes(ordered(tx, asked(RESUME), asked(RESUME))) == [Code.DONE, Code.DONE]
    assert history(tx) == ["created", "changed", "suspended", "resumed"]
    assert "Calling you and 1 more" in texted(tx, "ic joe"), "what they had is still there"


def test_a_conference_that_runs_goes_on_when_its_subscriber_is_suspended(
    tx: Transaction, ann: Subscriber
) -> None:
    running = conference(ann, ConferenceState.RUNNING, 7)
    tx.conferences.add([(running, None)])
    applied = ordered(tx, asked(SUSPEND))
    assert (codes(applied), applied.ends) == ([Code.DONE], ())
    assert "Conference 7 goes on" in applied.results[0].text
    assert tx.conferences.live() == [running]


def test_a_conference_that_shall_end_is_named_once_it_is_committed(tx: Transaction, ann: Subscriber) -> None:
    tx.conferences.add([(conference(ann, ConferenceState.RUNNING, 7), None)])
    assert ordered(tx, asked(SUSPEND, ending=True), asked(SUSPEND, ending=True)).ends == (7,)


@pytest.mark.parametrize("sender", [ANN, ANN.removeprefix("+"), "07700900001"])
def test_of_a_blast_nothing_more_is_sent_once_its_subscriber_is_suspended(
    tx: Transaction, ann: Subscriber, sender: str
) -> None:
    ordered(tx, asked(CHANGE, language="en"), asked(CREATE, BOB))
    texted(tx, "SB +447700900010 +447700900011 +447700900012: hi", sender)
    texted(tx, "SB +447700900013: hi", BOB)
    sent, tried = (one for one in tx.texts.queued("smsc", Priority.BULK, 2))
    tx.texts.settle([Settlement(sent.id, MtState.SENT, "bind-1", "id-1")], NOW)
    tx.execute(text("UPDATE mt_texts SET attempts = 1 WHERE id = :id"), {"id": tried.id})
    applied = ordered(tx, asked(SUSPEND))
    assert applied.withdrawn == 1
    assert waiting(tx, MtState.REJECTED) == ["+447700900012"]
    assert waiting(tx) == [sender, "+447700900011", BOB, "+447700900013"], "answers, and others' texts"
    assert tell_unsent(tx, POLICY, NOW) == []
    assert ordered(tx, asked(SUSPEND)).withdrawn == 0
