"""What calls talked is counted by subscriber and month, with their records, on both databases (C10)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from usnd.domain.conference.call import Call, CallState, Direction, Role
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

NOW = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)


def ended(talked: timedelta | None) -> Call:
    answered = None if talked is None else NOW
    stop = NOW + (talked or timedelta())
    call = Call("usn-1-1", "+441", "", Role.PARTICIPANT, Direction.OUT, CallState.ENDED, NOW)
    return replace(call, answered_at=answered, ended_at=stop)


async def test_the_seconds_of_a_month_add_up(store: Store) -> None:
    def count(tx: Transaction) -> None:
        for talked in (timedelta(seconds=10.5), timedelta(seconds=20), None):
            tx.usage.add(42, ended(talked))
        tx.usage.add(43, ended(timedelta(seconds=5)))
        tx.usage.add(42, ended(timedelta(seconds=90)))  # ends in April

    await store.run(count)
    assert await store.run(lambda tx: tx.usage.of([42, 43, 44], "2026-03")) == {42: 31, 43: 5}
    assert await store.run(lambda tx: tx.usage.of([42], "2026-04")) == {42: 90}
    assert await store.run(lambda tx: tx.usage.of([], "2026-03")) == {}
