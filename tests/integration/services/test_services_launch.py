"""The launch that no text asked for: once by its key, nothing taken when nothing is committed (C1, C10)."""

import asyncio
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import insert, select, update

from usnd.domain.conference.commands import Step
from usnd.domain.conference.events import CallIn
from usnd.domain.conference.launch import InstantConference, Named, Whom
from usnd.domain.conference.model import Conference, LaunchedBy, Rules
from usnd.domain.directory.model import NumberMember, PutConference
from usnd.domain.messaging.message import Draft, OutgoingText, Priority
from usnd.domain.replies.catalogue import Reply, Say, render
from usnd.domain.sms.decision import TextRules
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.asker import Asker
from usnd.services.conference.launch import (
    REMEMBERED,
    Dropped,
    KeyReused,
    Launched,
    Launches,
    LaunchRequest,
    NotLaunched,
)
from usnd.services.trunks.trunks import Trunks
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from usnd.store.schema import conferences, mo_texts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, BOB = "+447700900001", "+447700900002"
IC_BOB = Named((BOB,))


class Live:
    """In place of the conferences: what is adopted runs."""

    voice_up = True

    def __init__(self) -> None:
        self.adopted: list[Step] = []
        self.withdrawn: list[int] = []

    def adopt(self, step: Step) -> None:
        self.adopted.append(step)

    def withdraw(self, conference: Conference) -> None:
        self.withdrawn.append(conference.id)


class Posted:
    """In place of the outbox."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def draft(self, number: str, message: Reply, now: datetime) -> Draft:
        return Draft("smsc", "52272", number, render(message), now, now + timedelta(hours=1))

    def send(self, text: OutgoingText) -> None:
        self.bodies.append(text.body)


class Bench:
    def __init__(self, store: Store, channels: int = 4) -> None:
        self.now = NOW
        self.live, self.posted = Live(), Posted()
        self.trunks = Trunks(Routing((Trunk("msc", channels),)), Alarms(lambda: self.now))
        conferences: Any = self.live
        outbox: Any = self.posted
        self.launches = Launches(
            store,
            outbox,
            conferences,
            self.trunks,
            TextRules("GB"),
            Rules(),
            random.Random(5).randrange,
            lambda: self.now,
        )

    async def ask(self, *, dry_run: bool = False, **request: Any) -> Any:
        asked = {"subscriber": ANN, "whom": IC_BOB, "by": Asker("alice"), **request}
        return await self.launches.launch(LaunchRequest(**asked), dry_run=dry_run)

    @property
    def in_use(self) -> int:
        return self.trunks.figures(self.now).trunks[0].in_use


@pytest.fixture
async def bench(store: Store) -> Bench:
    await store.run(lambda tx: tx.subscribers.add(ANN, NOW))
    return Bench(store)


async def test_a_request_with_a_key_is_launched_once(bench: Bench) -> None:
    first = await bench.ask(key="job-1")
    again = await bench.ask(key="job-1")
    assert isinstance(first, Launched)
    assert again == Launched(first.conference, again=True)
    assert len(bench.live.adopted) == 1
    assert bench.in_use == 2


async def test_it_is_kept_by_what_a_conference_was_launched(bench: Bench, store: Store) -> None:
    first = await bench.ask(means=LaunchedBy.PORTAL)
    await store.run(lambda tx: tx.subscribers.add(BOB, NOW))
    other = await bench.ask(subscriber=BOB, whom=Named((ANN,)))
    kept = [await store.run(lambda tx, of=one: tx.conferences.get(of.conference)) for one in (first, other)]
    assert [one and one.launched_by for one in kept] == [LaunchedBy.PORTAL, LaunchedBy.COMMAND]


async def test_a_key_is_of_its_subscriber_and_of_a_day(bench: Bench, store: Store) -> None:
    await store.run(lambda tx: tx.subscribers.add(BOB, NOW))
    first = await bench.ask(key="job-1")
    other = await bench.ask(subscriber=BOB, whom=Named((ANN,)), key="job-1")
    assert isinstance(other, Launched)
    assert (other.conference, other.again) != (first.conference, True)
    bench.now += REMEMBERED
    later = await bench.ask(key="job-1")
    assert isinstance(later, NotLaunched), "asked anew: the first one goes on"
    assert later.reply is not None
    assert later.reply.say is Say.STILL_RUNNING


@pytest.mark.parametrize("other", [Named((BOB, "+447700900003")), Named((ANN,)), InstantConference(1)])
async def test_a_key_used_for_something_else_is_no_repetition(bench: Bench, other: Whom) -> None:
    first = await bench.ask(key="job-1")
    assert await bench.ask(key="job-1", whom=other) == KeyReused(first.conference)
    assert await bench.ask(key="job-1", whom=other, dry_run=True) == KeyReused(first.conference)
    assert (await bench.ask(key="job-1")).again, "the first request is still known"
    assert len(bench.live.adopted) == 1


# The release before migration 0012 -------------------------------------------------------------------------

FORMER_TEXT = {
    "smsc": "console", "session": "alice", "sender": ANN, "recipient": "", "body": f"IC {BOB}",
    "fingerprint": f"console {ANN} job-1", "redelivered_over": None,
}  # fmt: skip
"""The row of mo_texts that it kept of this launch, but for id and time. It looks for the fingerprint."""


async def former_launch(store: Store, bench: Bench) -> int:
    """As that release launched: the conference, and the text that is kept of it."""
    conference = (await bench.ask()).conference

    def keep(tx: Transaction) -> None:
        text = tx.execute(
            insert(mo_texts).values(**FORMER_TEXT, received_at=bench.now).returning(mo_texts.c.id)
        )
        tx.execute(update(conferences).where(conferences.c.id == conference).values(mo_id=text.scalar_one()))

    await store.run(keep)
    return int(conference)


async def test_a_key_that_the_former_release_launched_by_is_known(bench: Bench, store: Store) -> None:
    conference = await former_launch(store, bench)
    assert await bench.ask(key="job-1") == Launched(conference, again=True)
    assert await bench.ask(key="job-1", whom=Named((ANN,))) == KeyReused(conference)
    bench.now += REMEMBERED
    assert isinstance(await bench.ask(key="job-1"), NotLaunched), "a day later it is asked anew"


async def test_the_former_release_finds_what_this_one_launched(bench: Bench, store: Store) -> None:
    first = await bench.ask(key="job-1")

    def look(tx: Transaction) -> list[dict[str, Any]]:
        joined = mo_texts.join(conferences, conferences.c.mo_id == mo_texts.c.id)
        rows = tx.execute(select(mo_texts, conferences.c.id.label("launched")).select_from(joined))
        return [dict(row) for row in rows.mappings()]

    (kept,) = await store.run(look)
    assert kept.pop("launched") == first.conference
    assert kept.pop("received_at") == NOW
    assert kept.pop("id")
    assert kept == FORMER_TEXT


async def test_without_a_key_nothing_is_kept_as_a_text(bench: Bench, store: Store) -> None:
    await bench.ask()
    assert await store.run(lambda tx: tx.execute(select(mo_texts.c.id)).all()) == []


async def test_a_dry_run_says_whom_it_would_call_and_does_nothing(bench: Bench) -> None:
    said = await bench.ask(dry_run=True, key="job-1")
    assert said.conference is None
    assert [person.number for person in said.called] == [BOB]
    assert (bench.live.adopted, bench.in_use) == ([], 0)
    assert not (await bench.ask(key="job-1")).again


async def test_too_few_lines_leave_none_taken(store: Store) -> None:
    await store.run(lambda tx: tx.subscribers.add(ANN, NOW))
    bench = Bench(store, channels=1)
    said = await bench.ask(key="job-1")
    assert isinstance(said, NotLaunched)
    assert said.busy
    assert said.reply is not None
    assert said.reply.say is Say.NO_LINE
    assert (bench.live.adopted, bench.in_use) == ([], 0)


async def test_who_is_not_registered_launches_nothing(bench: Bench) -> None:
    assert await bench.ask(subscriber="+447700900009") == NotLaunched(None)
    assert await bench.ask(subscriber=4711) == NotLaunched(None)


async def test_what_a_subscriber_has_of_their_own_is_kept_with_the_conference(
    bench: Bench, store: Store
) -> None:
    def own(tx: Transaction) -> None:
        ann = tx.subscribers.by_number(ANN)
        assert ann is not None
        changed = replace(ann, participants=1, away=30, call_backs=0, press_one=True)
        tx.subscribers.save_all([changed], NOW)

    await store.run(own)
    refused = await bench.ask(whom=Named((BOB, "+447700900003")))
    assert isinstance(refused, NotLaunched)
    assert refused.reply is not None
    assert (refused.reply.say, refused.reply.values["most"]) == (Say.TOO_MANY, 1)
    launched = await bench.ask()
    kept = await store.run(lambda tx: tx.conferences.get(launched.conference))
    assert kept == bench.live.adopted[0].conference
    assert (kept.most_calls, kept.away_seconds, kept.most_call_backs) == (2, 30, 0)
    assert kept.press_one


async def test_a_store_that_fails_leaves_no_line_taken(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk")

    monkeypatch.setattr("usnd.store.launch_requests.LaunchRequests.add", fail)
    with pytest.raises(RuntimeError):
        await bench.ask()
    assert (bench.live.adopted, bench.in_use) == ([], 0)


async def test_a_caller_launches_their_conference_and_comes_along(bench: Bench, store: Store) -> None:
    await store.run(_defines)
    bench.trunks.came_in("in-1", "PJSIP/msc-0000002a")
    caller = CallIn("in-1", "52203", trunk="msc", number=ANN)
    said = await bench.ask(whom=InstantConference(3), caller=caller)
    assert isinstance(said, Launched)
    assert bench.in_use == 2
    assert bench.trunks.waiting == frozenset()
    assert bench.live.adopted[0].conference.instant == 3


async def test_who_is_told_by_text_reads_why_not(bench: Bench) -> None:
    said = await bench.ask(whom=InstantConference(9), tells=True)
    assert isinstance(said, NotLaunched)
    assert said.number == ANN
    assert len(bench.posted.bodies) == 1
    assert await bench.ask(whom=InstantConference(9)) == said
    assert len(bench.posted.bodies) == 1, "the console's user reads it, not the subscriber"


class Patience:
    """Of an asker who is asked so many times whether they wait, and then has gone."""

    def __init__(self, times: int) -> None:
        self.left = times

    def waits(self) -> bool:
        self.left -= 1
        return self.left >= 0


async def test_who_has_gone_before_it_was_begun_launches_nothing(bench: Bench, store: Store) -> None:
    assert await bench.ask(by=Asker("alice", Patience(0).waits), key="job-1") == Dropped()
    assert (bench.live.adopted, bench.live.withdrawn, bench.in_use) == ([], [], 0)
    assert await store.run(lambda tx: tx.conferences.live()) == []


async def test_who_went_while_it_was_committed_has_nobody_called(bench: Bench, store: Store) -> None:
    await store.run(_has_texts)
    assert await bench.ask(by=Asker("alice", Patience(1).waits), key="job-1") == Dropped()
    ((conference, *_),) = (bench.live.withdrawn,)
    assert (bench.live.adopted, bench.posted.bodies) == ([], [])
    waiting = await store.run(lambda tx: tx.texts.queued("smsc", Priority.REPLY, 10))
    assert waiting == [], "nobody is told to call back into it"
    again = await bench.ask(key="job-1")
    assert not isinstance(again, Launched), "the key is free: the conference that ends is found, not the key"
    assert conference in {one.id for one in await store.run(lambda tx: tx.conferences.live())}


async def test_a_launch_that_waited_too_long_for_the_database_calls_nobody(
    bench: Bench, store: Store
) -> None:
    """The writer is busy, as it is while the database is away; then the moment has passed."""
    begun, go_on = threading.Event(), threading.Event()

    def outage(_: Transaction) -> None:
        begun.set()
        go_on.wait(10)

    away = asyncio.create_task(store.run(outage))
    await asyncio.to_thread(begun.wait, 10)
    late = asyncio.create_task(bench.ask())
    await asyncio.sleep(0)
    bench.now += Rules().too_old
    go_on.set()
    await away
    assert await late == Dropped()
    assert (bench.live.adopted, bench.in_use) == ([], 0)


async def test_a_launch_is_decided_as_things_are_when_it_is_committed(bench: Bench, store: Store) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def outage(_: Transaction) -> None:
        begun.set()
        go_on.wait(10)

    away = asyncio.create_task(store.run(outage))
    await asyncio.to_thread(begun.wait, 10)
    late = asyncio.create_task(bench.ask())
    await asyncio.sleep(0)
    bench.now += timedelta(seconds=30)
    go_on.set()
    await away
    assert isinstance(await late, Launched)
    assert bench.live.adopted[0].conference.launched_at == NOW + timedelta(seconds=30)


def _has_texts(tx: Transaction) -> None:
    owner = tx.subscribers.by_number(ANN)
    assert owner is not None
    tx.subscribers.save_all((replace(owner, call_texts=True),), NOW)


def _defines(tx: Transaction) -> None:
    owner = tx.subscribers.by_number(ANN)
    assert owner is not None
    tx.directory.apply_all([(owner.id, PutConference(3, (NumberMember(BOB),)))])
