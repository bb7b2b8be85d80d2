"""Recordings come back as they were saved, on both databases, and are found by what is to be done."""

from datetime import UTC, datetime, timedelta

from usnd.domain.conference.call import CallEvent, CallNews
from usnd.domain.conference.decide import handle
from usnd.domain.conference.events import Control, Feature
from usnd.domain.conference.model import LaunchPlan, Participant, Rules
from usnd.domain.conference.transitions import launch
from usnd.domain.recording.files import RecorderNews, RecordEvent, RecordState
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRESS = Control(Feature.RECORD, None)


async def test_the_parts_of_a_conference_are_kept_with_it_and_beyond_it(store: Store) -> None:
    def unit(tx: Transaction) -> None:
        owner = tx.subscribers.add("+1", T0, "en")
        (number,) = tx.conferences.reserve_ids(1)
        conference = launch(
            number, LaunchPlan(owner.id, "+1", (Participant("+2", ""),)), Rules(), T0
        ).conference
        tx.conferences.add([(conference, None)])
        for step, event in enumerate(
            (
                CallNews(f"usn-{number}-1", CallEvent.JOINED),
                PRESS,
                RecorderNews(f"rec-c{number}-1", RecordEvent.BEGUN),
                PRESS,
                RecorderNews(f"rec-c{number}-1", RecordEvent.ENDED),
                PRESS,
            )
        ):
            after = handle(conference, event, Rules(), T0 + timedelta(seconds=step)).conference
            tx.conferences.save(conference, after)
            assert tx.conferences.get(number) == after
            assert tx.conferences.live() == [after]
            conference = after
        first, second = tx.recordings.list(owner.id)
        assert (first.state, second.state) == (RecordState.CLOSED, RecordState.ORDERED)
        assert tx.recordings.list() == (first, second)
        assert tx.recordings.list(owner.id + 1) == ()
        assert tx.recordings.get(number, 1) == first
        assert tx.recordings.get(number, 3) is None
        assert tx.recordings.unmeasured() == (first,)
        tx.recordings.measured(first, 2**40)
        assert tx.recordings.unmeasured() == ()
        (measured,) = tx.recordings.closed()
        assert measured.octets == 2**40
        tx.recordings.removed([measured, second])
        assert [one.state for one in tx.recordings.list()] == [RecordState.REMOVED, RecordState.ORDERED]
        assert tx.recordings.closed() == ()

    await store.run(unit)
