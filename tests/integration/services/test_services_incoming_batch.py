"""A batch of texts does what its texts would do one by one, on both databases; long texts are joined."""

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from store_savepoint import savepoint

from usnd.domain.conference.model import ConferenceState, LaunchedBy, Rules
from usnd.domain.messaging.automatic_senders import AutomaticSenderRules
from usnd.domain.messaging.duplicates import RepeatRules
from usnd.domain.messaging.message import IncomingText, MtState, OutgoingText, Priority, Settlement
from usnd.domain.messaging.reassembly import Part, PartsRules, PartVerdict
from usnd.domain.replies.no_service import NoServiceRules
from usnd.domain.sms.decision import TextRules
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.messaging.incoming_batch import IncomingBatch, TakenText, TextOutcome, TextPolicy
from usnd.services.messaging.long_texts import give_up
from usnd.services.trunks.trunks import Trunks
from usnd.smpp.text.alphabets import Alphabet
from usnd.smpp.text.segments import split, take_udh
from usnd.store.core.transaction import Transaction

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = timedelta(minutes=10)
DRAW = random.Random(5).randrange
TRUNKS = Trunks(Routing((Trunk("msc"),)), Alarms(lambda: NOW))
POLICY = TextPolicy(
    TextRules("GB"),
    Rules(),
    RepeatRules(WINDOW),
    NoServiceRules(),
    HOUR,
    "52272",
    DRAW,
    PartsRules(),
    talk=AutomaticSenderRules(answers=1_000, commands=1_000),
)
ANN, BOB = "+447700900001", "+447700900002"


def mo(sender: str, body: str, session: str = "bind-1") -> IncomingText:
    return IncomingText("smsc", session, sender, "52272", body, f"{sender} {body}")


def take(tx: Transaction, *arrivals: IncomingText | Part, now: datetime = NOW) -> list[TextOutcome]:
    with TRUNKS.reservation() as channels:
        outcomes = IncomingBatch(tx, POLICY, now, voice_up=True, channels=channels).take(arrivals)
        channels.keep()
    return outcomes


def replies(outcomes: Sequence[TextOutcome]) -> list[str]:
    return [one.answers[0].body for one in outcomes if isinstance(one, TakenText) and one.answers]


@pytest.fixture
def registered(tx: Transaction) -> Transaction:
    for number in (ANN, BOB):
        tx.subscribers.add(number, NOW)
    return tx


def test_a_later_text_of_the_same_sender_sees_what_the_earlier_changed(registered: Transaction) -> None:
    texts = [mo(ANN, "UC joe 07700900010"), mo(BOB, "IC joe"), mo(ANN, "GC all joe"), mo(ANN, "IC all")]
    outcomes = take(registered, *texts)
    made, unknown, grouped, launched = replies(outcomes)
    assert "joe created" in made
    assert "Not known: joe" in unknown  # joe is Ann's
    assert "all" in grouped
    assert "Calling you and 1 more" in launched
    last = outcomes[-1]
    assert isinstance(last, TakenText)
    assert last.launched is not None
    assert registered.conferences.live() == [last.launched.conference]


def test_one_number_written_in_two_ways_is_one_sender(registered: Transaction) -> None:
    outcomes = take(registered, mo("07700900001", "UC joe 07700900010"), mo(ANN, "GC all joe"))
    assert "Not known" not in replies(outcomes)[1]


def test_two_launches_of_a_sender_in_one_batch_are_one_conference(registered: Transaction) -> None:
    outcomes = take(registered, mo(ANN, f"IC {BOB}"), mo(ANN, f"ic {BOB}"), mo(BOB, f"IC {ANN}"))
    assert "still running" in replies(outcomes)[1]
    live = registered.conferences.live()
    assert [(one.id, one.launched_by) for one in live] == [(1, LaunchedBy.TEXT), (2, LaunchedBy.TEXT)]


def test_a_text_whose_conference_had_just_ended_launches_one(registered: Transaction) -> None:
    (first,) = take(registered, mo(ANN, f"IC {BOB}"))
    assert isinstance(first, TakenText)
    assert first.launched is not None
    away = replace(first.launched.conference, state=ConferenceState.AWAY, away_until=NOW + HOUR)
    registered.conferences.save(first.launched.conference, away)
    (back,) = take(registered, mo(ANN, f"ic {BOB}"), now=NOW + WINDOW)
    assert isinstance(back, TakenText)
    assert back.recalled == away.id
    registered.conferences.save(away, replace(away, state=ConferenceState.ENDED, ended_at=NOW))
    with TRUNKS.reservation() as channels:
        batch = IncomingBatch(registered, POLICY, NOW, voice_up=True, channels=channels)
        again = batch.again(back.text, back.mo_id)
    assert (again.mo_id, again.recalled) == (back.mo_id, None)
    assert again.launched is not None
    launched_by = text("SELECT id FROM conferences WHERE mo_id = :mo")
    assert registered.execute(launched_by, {"mo": back.mo_id}).scalar() == again.launched.conference.id
    assert "Calling you and 1 more" in replies([again])[0]
    assert registered.execute(text("SELECT count(*) FROM mo_texts")).scalar() == 2


def test_a_text_that_is_cut_does_nothing_and_is_answered_once(registered: Transaction) -> None:
    cut = replace(mo(ANN, f"IC {BOB}"), cut=True)
    outcomes = take(registered, cut, replace(cut, session="bind-2"))
    assert replies(outcomes) == ["Only part of your text arrived. Please send it again."]
    assert registered.conferences.live() == []


def test_a_long_text_that_is_cut_when_it_is_whole_does_nothing(registered: Transaction) -> None:
    octets = f"IC {BOB}".encode("utf-16-be")
    for number, piece in ((1, octets[:9]), (2, octets[9:-1])):
        part = Part("smsc", "bind-1", ANN, "52272", 7, 2, number, piece, "ucs2", f"part {number}")
        outcomes = take(registered, part)
    assert replies(outcomes) == ["Only part of your text arrived. Please send it again."]
    assert registered.conferences.live() == []


def test_a_second_delivery_in_the_same_batch_is_a_duplicate(registered: Transaction) -> None:
    first, again = mo(ANN, "?"), mo(ANN, "?", session="bind-2")
    taken, duplicate = take(registered, first, again)
    assert isinstance(taken, TakenText)
    assert duplicate is None
    assert take(registered, replace(again, session="bind-3"), now=NOW + WINDOW) == [None]
    assert len(replies(take(registered, again, now=NOW + 2 * WINDOW))) == 1


def test_after_a_lost_bind_an_smsc_delivers_again_once_and_a_subscriber_as_often_as_they_wish(
    registered: Transaction,
) -> None:
    """Each `take` is a commit. `bind-3` is lost before the SMSC reads an answer there."""
    assert len(replies(take(registered, mo(ANN, "?")))) == 1
    assert take(registered, mo(ANN, "?", "bind-2")) == [None]
    assert take(registered, mo(ANN, "?", "bind-3")) == [None]
    assert len(replies(take(registered, mo(ANN, "?", "bind-3")))) == 1
    assert take(registered, mo(ANN, "?", "bind-4")) == [None], "the repetition is a text as any other"
    assert len(replies(take(registered, mo(ANN, "?", "bind-4")))) == 1
    assert registered.execute(text("SELECT redelivered_over FROM mo_texts ORDER BY id")).scalars().all() == [
        "bind-2 bind-3",
        "bind-4",
        None,
    ]


def test_equal_texts_in_one_batch_are_judged_one_after_the_other(registered: Transaction) -> None:
    assert len(replies(take(registered, mo(ANN, "?"), mo(BOB, "?")))) == 2
    again = [mo(ANN, "?", "bind-2"), mo(BOB, "?", "bind-2"), mo(ANN, "?", "bind-2"), mo(ANN, "?", "bind-2")]
    outcomes = take(registered, *again)
    assert outcomes[:2] == [None, None]
    assert len(replies(outcomes)) == 2, "both of Ann's own"


def test_what_was_rolled_back_was_not_delivered_again(registered: Transaction) -> None:
    """A unit that is run again, because the database went away or a neighbour failed, says the same again."""
    take(registered, mo(ANN, "?"))
    again = [mo(ANN, "?", "bind-2"), mo(ANN, "?", "bind-2")]
    with suppress(LookupError), savepoint(registered):
        assert [outcome is None for outcome in take(registered, *again)] == [True, False]
        raise LookupError
    assert [outcome is None for outcome in take(registered, *again)] == [True, False]


def test_who_is_not_registered_gets_no_service(tx: Transaction) -> None:
    """And no answer in the transaction, which may run twice: no_service is counted outside."""
    one, other = mo(ANN, "IC joe"), mo("BANK", "hello")
    assert take(tx, one, other) == [TakenText(1, one, stranger=ANN), TakenText(2, other, stranger="")]


def test_texts_to_others_go_with_the_reply_from_the_short_code(registered: Transaction) -> None:
    (outcome,) = take(registered, mo(ANN, f"SB {BOB} 07700900010: lunch at noon"))
    assert isinstance(outcome, TakenText)
    reply, *others = outcome.answers
    assert reply.recipient == ANN
    assert [other.recipient for other in others] == [BOB, "+447700900010"]
    assert {(other.sender, other.priority) for other in others} == {("52272", Priority.BULK)}
    assert all("lunch at noon" in other.body for other in others)


def test_a_batch_does_what_one_by_one_does(tx: Transaction) -> None:
    """Seeded texts of several senders, once in one batch, once each alone: the same comes of it."""
    rng = random.Random(11)
    bodies = ["UC u{} 0770090012{} A.B g", "GC g{} u1 +44770090015{}", "?", "IC nobody", "GC a g1", "UC u1 1"]
    senders = [f"+4477009003{number:02}" for number in range(10)]
    texts = [
        mo(rng.choice(senders), rng.choice(bodies).format(rng.randint(1, 3), number % 10) + " " * number)
        for number in range(120)
    ]
    for sender in senders:
        tx.subscribers.add(sender, NOW)
    owners = [one.id for one in tx.subscribers.page("", 100)]
    before = tx._connection.begin_nested()
    together = replies(take(tx, *texts))
    directories = tx.directory.load_all(owners)
    before.rollback()
    assert replies([take(tx, one)[0] for one in texts]) == together
    assert tx.directory.load_all(owners) == directories


# Long texts

LONG = "GC all " + " ".join(f"+4477009{number:05}" for number in range(100, 130))


def parts(body: str, session: str = "bind-1", reference: int = 7, sender: str = ANN) -> list[Part]:
    made = []
    for segment in split(body, Alphabet.GSM7, reference):
        place, octets = take_udh(segment.octets)
        assert place is not None
        key = (place.reference, place.total, place.number)
        made.append(Part("smsc", session, sender, "52272", *key, octets, "gsm7", segment.octets.hex()))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_parts_in_any_order_and_twice_make_one_text(registered: Transaction, seed: int) -> None:
    rng = random.Random(seed)
    coming = parts(LONG) + parts(LONG, session="bind-2")
    rng.shuffle(coming)
    outcomes = [take(registered, part)[0] for part in coming]
    assert len(replies(outcomes)) == 1
    assert "all created (30)" in replies(outcomes)[0]
    assert registered.execute(text("SELECT body FROM mo_texts")).scalars().all() == [LONG]


def test_all_parts_in_one_batch_with_a_text_behind(registered: Transaction) -> None:
    outcomes = take(registered, *parts(LONG), mo(ANN, "GC more all"))
    assert outcomes[0] is PartVerdict.BEGIN
    assert "more created (1)" in replies(outcomes)[1]


def test_another_total_begins_a_new_text(registered: Transaction) -> None:
    first, second, *_ = parts(LONG)
    assert take(registered, first, replace(second, total=9)) == [PartVerdict.BEGIN, PartVerdict.REPLACE]
    (told,) = late(registered, NOW)  # the first one is given up at once
    assert "Only part of your text" in told.body


def test_each_part_is_read_in_its_own_alphabet(registered: Transaction) -> None:
    whole = ("smsc", "bind-1", ANN, "52272", 7, 3)
    pieces = [(b"GC \x1b\x65", "gsm7"), ("\u0416".encode("utf-16-be"), "ucs2"), (b" 07700900010", "ascii")]
    made = [Part(*whole, number, *piece, str(number)) for number, piece in enumerate(pieces, 1)]
    take(registered, *made)
    bodies = registered.execute(text("SELECT body FROM mo_texts")).scalars().all()
    assert bodies == ["GC \u20ac\u0416 07700900010"]


def test_a_text_that_came_again_on_the_same_bind_is_no_second_one(registered: Transaction) -> None:
    """`repeated`: the SMSC had not read our answer when it sent it."""
    first = mo(ANN, "?")
    assert len(replies(take(registered, first))) == 1
    again = replace(first, repeated=True)
    assert take(registered, again, again) == [None, None]
    assert take(registered, replace(again, session="bind-2"), replace(again, session="bind-2")) == [
        None,
        None,
    ]
    assert len(replies(take(registered, first))) == 1
    noted = registered.execute(text("SELECT redelivered_over FROM mo_texts ORDER BY id")).scalars().all()
    assert noted == ["bind-2", None]


def test_parts_that_came_again_on_the_same_bind_are_no_second_text(registered: Transaction) -> None:
    assert len(replies(take(registered, *parts(LONG)))) == 1
    again = [replace(part, repeated=True) for part in parts(LONG)]
    assert take(registered, *again) == [PartVerdict.REPEATED] * len(again)
    assert len(replies(take(registered, *parts(LONG)))) == 1


def test_a_text_that_lay_unread_was_received_before(registered: Transaction) -> None:
    """So an answer after that wait was too late for the SMSC, even if it read our reply: it repeats."""
    waited = timedelta(seconds=40)
    (taken,) = take(registered, replace(mo(ANN, "?"), waited=waited))
    assert isinstance(taken, TakenText)
    registered.texts.settle([Settlement(taken.answers[0].id, MtState.SENT, "bind-1")], NOW)
    assert take(registered, mo(ANN, "?", "bind-2")) == [None]
    (prompt,) = take(registered, mo(BOB, "?"))
    assert isinstance(prompt, TakenText)
    registered.texts.settle([Settlement(prompt.answers[0].id, MtState.SENT, "bind-1")], NOW)
    assert len(replies(take(registered, mo(BOB, "?", "bind-2")))) == 1


def late(tx: Transaction, now: datetime) -> list[OutgoingText]:
    return give_up(
        tx, POLICY.parts, now, home_region="GB", keep=WINDOW, validity=HOUR, own_number=POLICY.own_number
    )


def test_an_incomplete_text_is_answered_once(registered: Transaction) -> None:
    first, *rest = parts(LONG)
    take(registered, first, *parts(LONG, sender="+447700900999")[:1])
    assert late(registered, NOW + WINDOW - timedelta(seconds=1)) == []
    (answer,) = late(registered, NOW + WINDOW)  # of the registered one only
    assert (answer.recipient, answer.sender) == (ANN, "52272")
    assert "Only part of your text" in answer.body
    assert registered.texts.queued("smsc", Priority.REPLY, 9) == [answer]
    assert late(registered, NOW + WINDOW) == []
    outcomes = take(registered, *rest, now=NOW + WINDOW)
    assert outcomes == [PartVerdict.LATE] + [PartVerdict.KEEP] * (len(rest) - 1)
    minute = timedelta(minutes=1)
    assert late(registered, NOW + WINDOW + minute) == []  # it is known already
    late(registered, NOW + 3 * WINDOW)
    assert registered.parts.newest(first) is None


def test_a_reference_that_comes_round_with_a_later_part_first_begins_a_new_text(
    registered: Transaction,
) -> None:
    take(registered, parts(LONG)[0])
    late(registered, NOW + WINDOW)
    first, *rest = parts(LONG.replace("GC all", "GC new"))
    outcomes = take(registered, *rest, first, now=NOW + WINDOW)
    assert outcomes[0] is PartVerdict.LATE
    assert "new created (30)" in replies(outcomes)[0]


def test_a_reference_that_comes_round_begins_a_new_text(registered: Transaction) -> None:
    take(registered, parts(LONG)[0])
    other = parts(LONG.replace("GC all", "GC new"))
    assert "new created (30)" in replies(take(registered, *other))[0]
    assert len(late(registered, NOW)) == 1  # the first one is given up at once
    assert "all created (30)" in replies(take(registered, *parts(LONG)))[0]


def test_one_sender_cannot_fill_the_store(registered: Transaction) -> None:
    firsts = [parts(LONG, reference=number)[0] for number in range(9)]
    assert take(registered, *firsts) == [PartVerdict.BEGIN] * 8 + [PartVerdict.CROWDED]
    assert take(registered, parts(LONG, sender=BOB)[0]) == [PartVerdict.BEGIN]
