"""What is counted beside calls: texts, recordings, and what became of subscribers that day."""

from datetime import date, timedelta

import pytest
from billing.summary_world import HOUR, World, local_day
from msgspec.structs import replace
from sqlalchemy import insert

from usnd.domain.billing.summary.csv_lines import COLUMNS
from usnd.domain.recording.files import RecordState
from usnd.services.billing.summary import gathering
from usnd.store.billing import summed_up
from usnd.store.core.transaction import Transaction
from usnd.store.schema import recordings
from usnd.store.subscriber_changes import SubscriberChange

DAY = local_day(date(2026, 3, 28))
NOON = DAY.since + 12 * HOUR
JUST_BEFORE, JUST_AFTER = DAY.since - timedelta(seconds=1), DAY.until
BOB, ALICE, STRANGER = "+447700900001", "+447700900002", "+447700900009"


@pytest.fixture(autouse=True)
def small_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is read in pages, is."""
    world.destinations = ()
    for module in (gathering, summed_up):
        monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr(gathering, "LINES_OF_PAGE", 2)


async def used(world: World) -> dict[str, dict[str, str]]:
    assert await world.night(DAY.until + HOUR)
    return {row[1]: dict(zip(COLUMNS, row, strict=True)) for row in world.summaries.rows("R")}


async def test_texts_are_those_of_the_day_whoever_wrote_the_number(world: World) -> None:
    await world.register(BOB, ALICE)
    before = await world.came(JUST_BEFORE, BOB)
    await world.went(JUST_BEFORE, BOB, before)
    asked = await world.came(DAY.since, "447700900001")  # as some SMSC writes it
    for recipient in (BOB, ALICE, STRANGER):
        await world.went(NOON, recipient, asked)  # an answer, and two that are passed on
    await world.came(NOON, "07700900002")
    await world.came(NOON, STRANGER)
    await world.came(NOON, BOB, smsc="console")  # a launch that no text asked for
    await world.went(NOON, ALICE)
    await world.went(NOON, STRANGER)
    await world.came(JUST_AFTER, BOB)
    await world.went(JUST_AFTER, BOB)
    lines = await used(world)
    assert {number: (line["texts_in"], line["texts_out"]) for number, line in lines.items()} == {
        BOB: ("1", "3"),
        ALICE: ("1", "1"),
    }
    counts = await world.counts()
    assert (counts["other_texts_in"], counts["other_texts_out"]) == (1, 1)


async def test_a_text_is_in_one_summary(world: World) -> None:
    await world.register(BOB)
    await world.came(NOON, BOB)
    assert await world.night(DAY.until + HOUR)
    await world.came(DAY.until + HOUR, BOB)
    following = local_day(date(2026, 3, 29))
    assert await world.night(following.until + HOUR)
    texts = COLUMNS.index("texts_in")
    assert [row[texts] for row in world.summaries.rows("S")] == ["1", "1"]


async def test_recordings_count_on_the_day_on_which_they_begin(world: World) -> None:
    bob, alice = await world.register(BOB, ALICE)
    begun = [
        (1, 1, bob, JUST_BEFORE),
        (1, 2, bob, DAY.since),
        (2, 1, alice, NOON),
        (3, 1, bob, NOON),
        (3, 2, bob, JUST_AFTER),
        (4, 1, bob, None),
        (5, 1, bob, NOON),
    ]

    def unit(tx: Transaction) -> None:
        for conference, part, owner, at in begun:
            row = {"conference_id": conference, "stretch": part, "subscriber_id": owner, "path": "x"}
            state = {"state": RecordState.CLOSED, "ordered_at": NOON, "started_at": at}
            tx.execute(insert(recordings), {**row, **state})

    await world.store.run(unit)
    lines = await used(world)
    assert {number: line["recordings"] for number, line in lines.items()} == {BOB: "3", ALICE: "1"}


async def test_what_became_of_subscribers_and_how_many_there_are(world: World) -> None:
    await world.register(BOB, ALICE, STRANGER)
    happened = [
        (JUST_BEFORE, BOB, "created"),
        (DAY.since, ALICE, "created"),
        (NOON, STRANGER, "created"),
        (NOON, STRANGER, "changed"),
        (NOON, BOB, "suspended"),
        (NOON, "+447700900077", "deleted"),
        (NOON, BOB, "resumed"),
        (NOON, BOB, "suspended"),
        (JUST_AFTER, BOB, "resumed"),
    ]

    def unit(tx: Transaction) -> None:
        tx.subscriber_changes.add_all([SubscriberChange(*one, "crm", by_crm=True) for one in happened])
        bob = tx.subscribers.by_number(BOB)
        assert bob is not None
        tx.subscribers.save_all([replace(bob, suspended=True)], NOON)

    await world.store.run(unit)
    assert await used(world) == {}
    counts = await world.counts()
    assert {name: counts[name] for name in list(counts)[:6]} == {
        "registered": 3,
        "suspended": 1,
        "added": 2,
        "dropped": 1,
        "were_suspended": 2,
        "were_resumed": 1,
    }
    assert [(row[1], row[2]) for row in world.summaries.rows("E")] == [
        (ALICE, "created"),
        (STRANGER, "created"),
        (BOB, "suspended"),
        ("+447700900077", "deleted"),
        (BOB, "resumed"),
        (BOB, "suspended"),
    ]


async def test_who_is_gone_has_a_line_with_the_number_that_called(world: World) -> None:
    (bob,) = await world.register(BOB)
    await world.call(NOON, bob)
    await world.call(NOON, bob + 1)
    await world.store.run(lambda tx: tx.subscribers.remove_all([bob]))
    assert await world.night(DAY.until + HOUR)
    assert [row[:3] for row in world.summaries.rows("R")] == [
        [str(bob), BOB, ""],
        [str(bob + 1), BOB, ""],
    ]


@pytest.mark.parametrize("at_once", [1, 2, 100])
async def test_however_few_have_room_at_once_the_summary_is_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    numbers = [f"+4477009001{nth:02}" for nth in range(9)]
    ids = await world.register(*numbers)
    for nth, (one, number) in enumerate(zip(ids, numbers, strict=True)):
        await world.call(NOON, one, seconds=nth + 1, conference=one)
        await world.came(NOON, number)
    await world.came(NOON, STRANGER)

    class Few(gathering.Round):
        def __init__(self, above: int, _at_once: int) -> None:
            super().__init__(above, at_once)

    monkeypatch.setattr(gathering, "Round", Few)
    lines = await used(world)
    assert list(lines) == numbers
    assert [line["out_s"] for line in lines.values()] == [f"{nth}.000" for nth in range(1, 10)]
    total = dict(zip(COLUMNS, world.summaries.rows("S")[0], strict=True))
    assert (total["out_s"], total["texts_in"], total["conferences"]) == ("45.000", "9", "9")
    assert (await world.counts())["other_texts_in"] == 1
