"""The launch that no text asked for: once by its key, nothing taken when nothing is committed (C1, C10)."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from usnd.domain.conference.commands import Step
from usnd.domain.conference.events import CallIn
from usnd.domain.conference.launch import InstantConference, Named
from usnd.domain.conference.model import Rules
from usnd.domain.directory.model import NumberMember, PutConference
from usnd.domain.messaging.message import Draft, OutgoingText
from usnd.domain.replies.catalogue import Reply, Say, render
from usnd.domain.sms.decision import TextRules
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.conference.launch import (
    REMEMBERED,
    Launched,
    Launches,
    LaunchRequest,
    NotLaunched,
)
from usnd.services.trunks.trunks import Trunks
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, BOB = "+447700900001", "+447700900002"
IC_BOB = Named((BOB,))


class Live:
    """In place of the conferences: what is adopted runs."""

    voice_up = True

    def __init__(self) -> None:
        self.adopted: list[Step] = []

    def adopt(self, step: Step) -> None:
        self.adopted.append(step)


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
        asked = {"subscriber": ANN, "whom": IC_BOB, "by": "alice", **request}
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


def _defines(tx: Transaction) -> None:
    owner = tx.subscribers.by_number(ANN)
    assert owner is not None
    tx.directory.apply_all([(owner.id, PutConference(3, (NumberMember(BOB),)))])
