"""Who is erased leaves no number behind, in no table; sequence, times and sums stay as they were."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import String, Text, cast, insert, select, text

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.cdr_file import Content, FileState
from usnd.domain.conference.call import CallState, Direction, Role
from usnd.domain.conference.model import ConferenceState, EndReason
from usnd.domain.messaging.message import MtState
from usnd.domain.recording.files import Recording, RecordState
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.domain.subscribers.credentials import CredentialKey
from usnd.domain.subscribers.erasure import pseudonym
from usnd.services import erasure
from usnd.services.erasure import Erased, Erasing, Node, Refused
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from usnd.store.schema import (
    calls,
    conferences,
    metadata,
    mo_texts,
    mt_texts,
    portal_audit,
    portal_codes,
    recordings,
    users,
)
from workbench.docs.cdr_samples import CDR, FILE
from workbench.docs.summary_samples import ALICE, PAGES, SUMMARY
from workbench.docs.summary_samples import BOB as ANN_THERE

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, BOB, EVE = "+447700900001", "+447700900002", "+447700900003"
KEY = CredentialKey(bytes(32))
HIM = pseudonym(KEY, ANN)
OWN = NodeOwn("en", home_region="GB")


def record(call: str, owner: int, cli: str, dnis: str, direction: Direction = Direction.OUT) -> Cdr:
    return replace(
        CDR,
        call_id=call,
        subscriber_id=owner,
        cli=cli,
        dnis=dnis,
        direction=direction,
        activation_pin="1234567",
    )


RECORDS = [
    record("usn-1-1", 1, ANN, BOB),
    record("usn-1-2", 1, EVE, "52272", Direction.IN),
    record("usn-2-1", 2, BOB, ANN),
    record("usn-2-2", 2, BOB, EVE),
]


def fill(tx: Transaction) -> None:
    """Ann has all that a subscriber can have; Bob has called her."""
    for number in (ANN, BOB):
        tx.subscribers.add(number, NOW)
    for cdr in RECORDS:
        tx.cdrs.add(cdr)
    user = {"subscriber_id": 1, "nick": "b", "nick_key": "b", "number": BOB, "first": "", "last": ""}
    tx.execute(insert(users), {"id": 1, **user})
    tx.execute(insert(users), {**user, "id": 2, "subscriber_id": 2, "number": EVE})
    text_row = {"smsc": "a", "session": "s", "fingerprint": "f", "received_at": NOW}
    tx.execute(insert(mo_texts), {"id": 1, **text_row, "sender": ANN[1:], "recipient": "52272", "body": "IC"})
    tx.execute(insert(mo_texts), {"id": 2, **text_row, "sender": BOB, "recipient": "52272", "body": "IC"})
    settled = {"smsc": "a", "sender": "52272", "priority": 0, "state": MtState.SENT, "queued_at": NOW}
    settled |= {"expires_at": NOW, "settled_at": NOW}
    for number, mo, to in ((1, 1, EVE), (2, None, ANN), (3, 2, EVE)):
        tx.execute(insert(mt_texts), {**settled, "id": number, "mo_id": mo, "recipient": to, "body": "b"})
    tx.execute(insert(portal_codes), {"number": ANN, "digest": "d", "expires_at": NOW})
    audit = {"at": NOW, "number": ANN, "source": "192.0.2.1", "what": "signed-in", "about": "x"}
    tx.execute(insert(portal_audit), audit)
    row = {"subscriber_id": 2, "subscriber_number": BOB, "state": ConferenceState.ENDED, "launched_at": NOW}
    tx.execute(insert(conferences), {**row, "id": 7, "ended_at": NOW, "end_reason": EndReason.TOLD})
    call = {"id": "usn-2-1", "conference_id": 7, "position": 0, "number": ANN, "name": "Ann", "dnis": ""}
    call |= {
        "role": Role.PARTICIPANT,
        "direction": Direction.OUT,
        "state": CallState.ENDED,
        "told_to_end": False,
    }
    tx.execute(insert(calls), {**call, "planned_at": NOW})
    kept = {
        "conference_id": 1,
        "stretch": 1,
        "subscriber_id": 1,
        "path": "1.wav",
        "state": RecordState.CLOSED,
    }
    tx.execute(insert(recordings), {**kept, "ordered_at": NOW})
    for place, page in enumerate(PAGES):
        tx.summaries.add_page(SUMMARY.day.day, place, page)
    tx.summaries.add(SUMMARY)
    tx.summaries.set_pdf(SUMMARY.day.day, b"%PDF-")


@pytest.fixture
async def filled(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(erasure, "PAGE", 2)
    await store.run(fill)
    return store


def erasing(store: Store, *destinations: str) -> Erasing:
    return Erasing(store, Node(KEY, OWN, destinations, "root", lambda: NOW, ["revenue"]))


async def erase(store: Store, *destinations: str) -> tuple[Erased, Sequence[Recording]]:
    removed: list[Recording] = []
    return await erasing(store, *destinations).erase(ANN, removed.extend), removed


def everywhere(tx: Transaction) -> set[str]:
    """The tables that have the number in any column."""
    found = set()
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, String | Text) or hasattr(column.type, "impl"):
                like = cast(column, String).like(f"%{ANN[1:]}%")
                if tx.execute(select(column).where(like)).all():
                    found.add(table.name)
    return found


async def test_a_look_changes_nothing_and_says_what_would_go(filled: Store) -> None:
    before = await filled.run(everywhere)
    seen = await erasing(filled).look(ANN)
    assert (seen.registered, seen.records, [one.path for one in seen.recordings]) == (True, 3, ["1.wav"])
    assert await filled.run(everywhere) == before
    assert len(before) >= 7


async def test_no_number_is_left_but_what_the_crm_has_not_polled(filled: Store) -> None:
    done, removed = await erase(filled)
    assert (done.records, done.untold, [one.path for one in removed]) == (3, 1, ["1.wav"])
    assert await filled.run(everywhere) == {"subscriber_changes"}
    await filled.run(lambda tx: tx.execute(text("UPDATE subscriber_changes SET acknowledged_at = at")))
    again, _ = await erase(filled)
    assert (again.registered, again.records, again.untold) == (False, 2, 0), "hers, by their pseudonym"
    assert await filled.run(everywhere) == set()


async def test_records_keep_their_sequence_their_times_and_their_sums(filled: Store) -> None:
    await erase(filled)
    after = await filled.run(lambda tx: tx.cdrs.after(0, 9))
    assert [sequence for sequence, _ in after] == [1, 2, 3, 4]
    bob, eve, sms = (pseudonym(KEY, number) for number in (BOB, EVE, "52272"))
    assert [(cdr.cli, cdr.dnis) for _, cdr in after] == [(HIM, bob), (eve, sms), (BOB, HIM), (BOB, EVE)]
    same = [replace(cdr, cli="", dnis="", activation_pin="") for _, cdr in after]
    assert same == [replace(cdr, cli="", dnis="", activation_pin="") for cdr in RECORDS]


async def test_others_keep_what_is_theirs(filled: Store) -> None:
    await erase(filled)
    left = await filled.run(
        lambda tx: (
            list(tx.execute(select(mo_texts.c.id)).scalars()),
            list(tx.execute(select(mt_texts.c.id)).scalars()),
            list(tx.execute(select(users.c.id)).scalars()),
            tx.subscribers.by_number(BOB) is not None,
        )
    )
    assert left == ([2], [3], [2], True)
    (audit,) = await filled.run(
        lambda tx: tx.execute(select(portal_audit.c.number, portal_audit.c.what)).all()
    )
    assert tuple(audit) == (HIM, "signed-in"), "that something happened stays"


async def test_what_is_not_delivered_is_not_touched(filled: Store) -> None:
    first = replace(FILE, number=1, first=1, last=2, state=FileState.CONFIRMED)
    await filled.run(lambda tx: tx.cdr_files.add(first))
    before = await filled.run(everywhere)
    for ask in (erasing(filled, "mediation").look, lambda _: erase(filled, "mediation")):
        with pytest.raises(Refused, match="1 CDRs with"):
            await ask(ANN)
    assert await filled.run(everywhere) == before
    second = replace(FILE, number=2, first=3, last=3, state=FileState.CONFIRMED)
    third = replace(FILE, number=3, first=4, last=4, state=FileState.CONFIRMED)
    for file in (second, third):
        await filled.run(lambda tx, file=file: tx.cdr_files.add(file))
    await erase(filled, "mediation")
    found = await filled.run(lambda tx: tx.cdr_files.newest("mediation", 9))
    assert [(file.number, file.erased_at) for file in found] == [(3, None), (2, NOW), (1, NOW)]


async def test_a_summary_forgets_who_is_erased_once_it_is_delivered(filled: Store) -> None:
    since, until = SUMMARY.day.since, SUMMARY.day.until
    times = {"since": since, "until": until, "first": 1, "last": 2, "content": Content.SUMMARY}
    file = replace(FILE, destination="revenue", number=1, **times)
    await filled.run(lambda tx: tx.cdr_files.add(file))
    before = await filled.run(everywhere)
    assert "summary_pages" in before
    with pytest.raises(Refused, match="a usage summary is not delivered yet"):
        await erase(filled)
    assert await filled.run(everywhere) == before
    confirmed = replace(file, state=FileState.CONFIRMED)
    await filled.run(lambda tx: tx.cdr_files.save(file, confirmed))
    await erase(filled)
    page = await filled.run(lambda tx: tx.summaries.page(SUMMARY.day.day, 1))
    assert page is not None
    assert [(line.number, line.name, line.used) for line in page.lines] == [
        (HIM, "", ANN_THERE.used),
        (BOB, ALICE.name, ALICE.used),
    ]
    assert await filled.run(lambda tx: tx.summaries.pdf(SUMMARY.day.day)) is None
    left = await filled.run(lambda tx: tx.cdr_files.get("revenue", 1))
    assert left is not None
    assert left.erased_at == NOW


async def test_who_talks_is_not_erased(filled: Store) -> None:
    live = "UPDATE conferences SET subscriber_id = 1, state = 'running', ended_at = NULL, end_reason = NULL"
    await filled.run(lambda tx: tx.execute(text(live)))
    with pytest.raises(Refused, match="running conference"):
        await erase(filled)
    assert await filled.run(lambda tx: tx.subscribers.by_number(ANN)) is not None


async def test_an_erasure_that_was_killed_is_gone_on_with(filled: Store) -> None:
    def dies(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await erasing(filled).erase(ANN, dies)
    first = erasing(filled)
    done = await first._store.run(lambda tx: first._forget(tx, ANN, ()))
    assert done
    await first._store.run(lambda tx: first._replace(tx, ANN, {1}, 0))
    again, _ = await erase(filled)
    assert not again.registered
    assert await filled.run(everywhere) == {"subscriber_changes"}
