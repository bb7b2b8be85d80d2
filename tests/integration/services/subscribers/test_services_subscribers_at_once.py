"""Two who change a subscriber at once: both are done, or one is told."""

import asyncio
from functools import partial

import pytest
from subscriber_orders import ANN, CHANGE, CREATE, DELETE, ann_in, asked, conference, history, ordered

from usnd.domain.conference.model import ConferenceState
from usnd.domain.provisioning.codes import Code
from usnd.services.subscribers import Ordered
from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from usnd.store.subscribers import StillLive


def alone(one: Ordered, tx: Transaction) -> int:
    return ordered(tx, one).results[0].code


async def test_a_launch_that_is_being_committed_is_seen_by_a_deletion(store: Store, url: str) -> None:
    """The daemon writes a conference while the command deletes its subscriber: one of the two is refused."""
    await store.run(partial(alone, asked(CREATE)))
    with engine_for(url).connect() as connection, connection.begin():
        daemon = Transaction(connection)
        daemon.conferences.add([(conference(ann_in(daemon), ConferenceState.RUNNING, 7), None)])
        deleting = asyncio.create_task(store.run(partial(alone, asked(DELETE))))
        await asyncio.sleep(0.2)
        assert not deleting.done(), "it waits for the other's commit"
    if url.startswith("sqlite"):
        assert await deleting == Code.CONFERENCE_RUNS, "one writes after the other"
    else:
        with pytest.raises(StillLive):
            await deleting
    assert await store.run(lambda tx: tx.subscribers.by_number(ANN)) is not None


@pytest.mark.parametrize("first", ["commits", "gives up"])
async def test_of_two_who_register_a_number_at_once_one_is_told_it_exists(
    store: Store, url: str, first: str
) -> None:
    with engine_for(url).connect() as connection:
        other = connection.begin()
        assert alone(asked(CREATE, name="First"), Transaction(connection)) == Code.DONE
        second = asyncio.create_task(store.run(partial(alone, asked(CREATE, name="Second"))))
        await asyncio.sleep(0.2)
        assert not second.done(), "it waits for the other's commit"
        (other.commit if first == "commits" else other.rollback)()
    assert await second == (Code.SUBSCRIBER_EXISTS if first == "commits" else Code.DONE)
    named = await store.run(lambda tx: [one.name for one in tx.subscribers.page("", 9)])
    assert named == (["First"] if first == "commits" else ["Second"])
    assert await store.run(history) == ["created"]


async def test_two_who_change_different_things_at_once_both_have_it(store: Store, url: str) -> None:
    await store.run(partial(alone, asked(CREATE)))
    with engine_for(url).connect() as connection, connection.begin():
        assert alone(asked(CHANGE, name="Ann"), Transaction(connection)) == Code.DONE
        second = asyncio.create_task(store.run(partial(alone, asked(CHANGE, email="ann@example.com"))))
        await asyncio.sleep(0.2)
        assert not second.done(), "it waits for the other's commit"
    assert await second == Code.DONE
    found = await store.run(ann_in)
    assert (found.name, found.email) == ("Ann", "ann@example.com")
