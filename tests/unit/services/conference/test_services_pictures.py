"""Who follows the conferences is given how they are, and never more than the newest of each."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from virtual_loop import run

from usnd.domain.conference.call import Call, CallState, Direction, Role
from usnd.domain.conference.model import Conference, ConferenceState
from usnd.domain.conference.picture import Picture
from usnd.services.conference.pictures import BEAT, MOST_FOLLOWERS, SPACING, Pictures, TooManyFollow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOB = "usn-7-2"
Lots = AsyncGenerator[tuple[Picture, ...]]


def conference(number: int = 7, subscriber: int = 42) -> Conference:
    call = Call(BOB, "+447700900002", "Bob", Role.PARTICIPANT, Direction.OUT, CallState.JOINED, NOW)
    return Conference(number, subscriber, "+447700900001", ConferenceState.RUNNING, NOW, (call,))


def states(lot: tuple[Picture, ...]) -> list[tuple[int, ConferenceState]]:
    return [(one.conference, one.state) for one in lot]


async def test_the_picture_of_a_subscriber_is_of_their_newest_conference() -> None:
    pictures = Pictures()
    assert pictures.of(42) is None
    for one in (conference(8), conference(7), conference(9, 43)):
        pictures.changed(one)
    found = pictures.of(42)
    assert found is not None
    assert found.conference == 8


def test_a_follower_has_all_and_then_what_changes_each_once_as_it_is_then() -> None:
    async def follows() -> None:
        pictures, now = Pictures(), asyncio.get_running_loop().time
        pictures.changed(conference(7))
        lots: Lots = pictures.follow()
        assert states(await anext(lots)) == [(7, ConferenceState.RUNNING)]
        began = now()
        for state in (ConferenceState.AWAY, ConferenceState.RUNNING, ConferenceState.ENDING):
            pictures.changed(replace(conference(7), state=state))
        pictures.changed(conference(8))
        lot = await anext(lots)
        assert states(lot) == [(7, ConferenceState.ENDING), (8, ConferenceState.RUNNING)]
        assert now() - began == pytest.approx(SPACING)
        asyncio.get_running_loop().call_later(2, pictures.changed, conference(7))
        began = now()
        assert states(await anext(lots)) == [(7, ConferenceState.RUNNING)]
        assert now() - began < 2 + SPACING / 2, "after a quiet time nothing waits long"
        await lots.aclose()

    run(follows())


def test_a_follower_learns_how_a_conference_ended_though_it_is_gone_by_then() -> None:
    async def follows() -> None:
        pictures = Pictures()
        lots: Lots = pictures.follow()
        assert await anext(lots) == ()
        over = replace(conference(), state=ConferenceState.ENDED)
        pictures.changed(over)
        pictures.gone(over)
        assert pictures.of(42) is None
        assert states(await anext(lots)) == [(7, ConferenceState.ENDED)]
        await lots.aclose()

    run(follows())


def test_a_follower_that_hears_nothing_is_told_that_we_live() -> None:
    async def follows() -> None:
        pictures, now = Pictures(), asyncio.get_running_loop().time
        lots: Lots = pictures.follow()
        await anext(lots)
        began = now()
        assert await anext(lots) == ()
        assert now() - began == pytest.approx(BEAT)
        await lots.aclose()

    run(follows())


def test_who_speaks_changes_the_picture_and_nothing_else() -> None:
    async def follows() -> None:
        pictures = Pictures()
        pictures.changed(conference())
        lots: Lots = pictures.follow()
        await anext(lots)

        async def talking() -> list[bool]:
            return [person.talking for one in await anext(lots) for person in one.people]

        pictures.talks(7, BOB, on=True)
        assert await talking() == [True]
        pictures.talks(7, BOB, on=True)
        assert await talking() == [], "it was so already: only a beat comes"
        pictures.talks(7, BOB, on=False)
        assert await talking() == [False]
        pictures.talks(9, BOB, on=True)
        assert await talking() == [], "there is no such conference"
        pictures.talks(7, BOB, on=True)
        assert await talking() == [True]
        pictures.nobody_is_heard()
        assert await talking() == [False], "the link to Asterisk is down"
        pictures.talks(7, BOB, on=True)
        pictures.leaves(BOB)
        assert await talking() == [False], "who leaves the room is not heard"
        await lots.aclose()

    run(follows())


def test_no_more_follow_than_may_and_who_stops_makes_room() -> None:
    async def follows() -> None:
        pictures = Pictures()
        all_of_them = [pictures.follow() for _ in range(MOST_FOLLOWERS)]
        for lots in all_of_them:
            await anext(lots)
        with pytest.raises(TooManyFollow):
            await anext(pictures.follow())
        await all_of_them[0].aclose()
        one_more = pictures.follow()
        assert await anext(one_more) == ()
        for lots in (*all_of_them, one_more):
            await lots.aclose()

    run(follows())
