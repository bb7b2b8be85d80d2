"""What usnd does for billing beside its calls: alarms of the export, interim records, when calls were up."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from usnd.domain.alarms.catalogue import CDR_DESTINATION_REFUSES, CDR_EXPORT_LATE, CDR_FILE_CHANGED
from usnd.domain.billing.cdr import NOWHERE, Origin
from usnd.domain.billing.cdr_file import FileState, failed
from usnd.domain.billing.delivery import Trouble
from usnd.domain.billing.rhythm import Nightly
from usnd.domain.conference.call import Call, CallState, Direction, Role
from usnd.domain.conference.model import Conference, ConferenceState
from usnd.services.alarms.alarms import Alarms
from usnd.services.billing.interim import InterimRecords
from usnd.services.billing.watch import ExportWatch
from usnd.services.conference.last_seen import LastSeen
from usnd.store.core.writer import Store
from workbench.docs.cdr_samples import FILE, NOON

if TYPE_CHECKING:
    from usnd.services.conference.conferences import Conferences

LATE = 5400.0


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alarms(clock: Clock) -> Alarms:
    return Alarms(clock)


@pytest.fixture
def watch(store: Store, alarms: Alarms, clock: Clock) -> ExportWatch:
    return ExportWatch(store, ["mediation"], LATE, alarms, clock)


def raised(alarms: Alarms) -> set[str]:
    return {alarm.kind.name for alarm in alarms.raised}


async def test_an_exporter_that_never_runs_is_late(watch: ExportWatch, alarms: Alarms, clock: Clock) -> None:
    await watch.look()
    assert raised(alarms) == set()
    clock.now += timedelta(hours=3)
    await watch.look()
    assert raised(alarms) == {CDR_EXPORT_LATE.name}


async def test_a_file_is_late_until_it_is_confirmed(
    store: Store, watch: ExportWatch, alarms: Alarms, clock: Clock
) -> None:
    clock.now = FILE.until + timedelta(seconds=LATE)
    await store.run(lambda tx: tx.cdr_files.add(FILE))
    await watch.look()
    assert raised(alarms) == set()
    clock.now += timedelta(seconds=1)
    await watch.look()
    assert raised(alarms) == {CDR_EXPORT_LATE.name}
    await store.run(lambda tx: tx.cdr_files.save(FILE, replace(FILE, state=FileState.CONFIRMED)))
    clock.now = FILE.until + timedelta(hours=1)
    await watch.look()
    assert raised(alarms) == set()


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Trouble.HOST_KEY, CDR_DESTINATION_REFUSES),
        (Trouble.FULL, CDR_DESTINATION_REFUSES),
        (Trouble.CHANGED, CDR_FILE_CHANGED),
    ],
)
async def test_who_has_to_do_something_is_told_why(
    store: Store, watch: ExportWatch, alarms: Alarms, trouble: Trouble, kind: Any
) -> None:
    await store.run(lambda tx: tx.cdr_files.add(failed(FILE, trouble, "as it said")))
    await watch.look()
    (alarm,) = alarms.raised
    assert (alarm.kind, alarm.object) == (kind, "mediation")
    assert alarm.facts.endswith("as it said")
    await store.run(lambda tx: tx.cdr_files.save(FILE, replace(FILE, state=FileState.WRITTEN)))
    await watch.look()
    assert raised(alarms) == set()


async def test_a_summary_is_late_only_behind_the_night_in_which_it_is_due(
    store: Store, alarms: Alarms, clock: Clock
) -> None:
    """By itself, and beside CDR files, whose alarms are their own."""
    nightly = Nightly(UTC, time(1))
    watch = ExportWatch(store, ["mediation", "revenue"], LATE, alarms, clock, {"revenue": nightly})
    clock.now += timedelta(hours=14)
    await watch.look()
    assert [alarm.object for alarm in alarms.raised] == ["mediation"]
    clock.now += timedelta(minutes=31)
    await watch.look()
    assert {alarm.object for alarm in alarms.raised} == {"mediation", "revenue"}


async def test_a_destination_that_is_configured_no_more_has_no_alarm(
    store: Store, watch: ExportWatch, alarms: Alarms, clock: Clock
) -> None:
    clock.now += timedelta(days=1)
    await watch.look()
    assert raised(alarms)
    await ExportWatch(store, [], LATE, alarms, clock).look()
    assert raised(alarms) == set()


CALL = Call("usn-7-1", "+1", "", Role.SUBSCRIBER, Direction.OUT, CallState.JOINED, NOON, answered_at=NOON)


@dataclass
class LiveConferences:
    """What is asked of all live conferences."""

    live: tuple[Conference, ...] = (Conference(7, 42, "+1", ConferenceState.RUNNING, NOON, (CALL,)),)
    voice_up: bool = True
    origin: Origin = NOWHERE
    seen_until: datetime | None = None


async def test_a_long_call_has_a_record_a_day_and_each_once(store: Store, clock: Clock) -> None:
    live = LiveConferences()
    for _ in range(2):  # a second life knows nothing of the first
        records = InterimRecords(store, cast("Conferences", live), timedelta(days=1), clock)
        clock.now = NOON + timedelta(days=2, minutes=6)
        await records.look()
        await records.look()
    found = await store.run(lambda tx: tx.cdrs.of_call("usn-7-1"))
    assert [(sequence, cdr.part, cdr.charged) for sequence, cdr in found] == [
        (1, 1, timedelta(days=1)),
        (2, 2, timedelta(days=1)),
    ]


async def test_while_nobody_knows_which_calls_are_up_no_part_is_written(store: Store, clock: Clock) -> None:
    live = LiveConferences(voice_up=False)
    clock.now += timedelta(days=9)
    await InterimRecords(store, cast("Conferences", live), timedelta(days=1), clock).look()
    assert await store.run(lambda tx: tx.cdrs.newest()) == 0


async def test_the_next_life_knows_until_when_calls_were_up(store: Store, clock: Clock) -> None:
    live = LiveConferences()
    seen = LastSeen(store, cast("Conferences", live), clock)
    for seconds, up, noted in ((3, True, 3), (6, False, 3), (9, True, 9)):
        clock.now, live.voice_up = NOON + timedelta(seconds=seconds), up
        await seen.note()
        assert await store.run(lambda tx: tx.calls_seen.at()) == NOON + timedelta(seconds=noted)
    clock.now -= timedelta(seconds=5)
    await seen.note()
    assert live.seen_until == NOON + timedelta(seconds=9), "never back"
    live.live = ()
    clock.now += timedelta(hours=1)
    await seen.note()
    assert live.seen_until == NOON + timedelta(seconds=9), "without a call nothing is written"
