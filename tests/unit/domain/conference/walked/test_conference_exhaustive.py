"""Every world that a conference of the subscriber and one participant can come to.

Twice: at the finest grain to a stated depth, where news and commands of all calls overtake each other; and,
with each event followed to its end or cut off by a crash of usnd, to all depths, until no new world appears.
"""

from collections.abc import Callable, Iterator

import conference_world as model
import pytest
from conference_world import World

from usnd.domain.conference import transitions
from usnd.domain.conference.commands import PlaceCall
from usnd.domain.conference.events import Control, Feature, Recall
from usnd.domain.conference.model import Rules

pytestmark = pytest.mark.no_cover
"""Tracing the lines of every world would take longer than visiting it; other tests cover them."""

Following = Callable[[World], Iterator[World]]
DEPTH = 5
WORLDS_TO_DEPTH = 3860
ALL_WORLDS = 1230
WITH_CALL_BACKS = 2439
WITH_OVERFLOW = 345
"""Counted, so that a change that opens or closes a way is seen: look at what it is, then count again."""


def happenings(world: World) -> Iterator[World]:
    """What the network, people, time and a dying Asterisk can do."""
    for call, phase in world.channels:
        if phase in model.ONWARD:
            yield model.go_on(world, call)
        yield from (model.release(world, call, cause) for cause in world.causes)
    if not world.conference.live:
        return
    due = transitions.next_deadline(world.conference, world.rules)
    if due is not None:
        yield model.wait(world, due - world.now)
    if len(world.conference.calls) < world.most_calls:
        yield model.hear(world, Recall())
        if not world.called_in:
            yield model.call_in(world)
    yield model.hear(world, Control(Feature.END, None))
    yield model.kill_asterisk(world)


def fine(world: World) -> Iterator[World]:
    """One command carried out or refused, one piece of news heard once or twice, or one happening."""
    for index, command in enumerate(world.commands):
        yield model.carry_out(world, index)
        if isinstance(command, PlaceCall):
            yield model.carry_out(world, index, refuse=True)
    for call in dict.fromkeys(news.call for news in world.news):
        yield model.deliver(world, call)
        yield model.deliver(world, call, again=True)
    yield from happenings(world)
    yield model.crash(world)


def coarse() -> Following:
    """One happening and all that follows from it; or a crash of usnd before anything follows. Each once."""
    followed = set[object]()

    def following(world: World) -> Iterator[World]:
        for happened in happenings(world):
            for after in (happened, model.crash(happened)):
                if (key := after.key) not in followed:
                    followed.add(key)
                    yield model.settle(after)

    return following


def explore(first: World, following: Following, depth: int) -> int:
    """Visits every world to that depth, and lets each come to its end. Gives how many there are."""
    seen, proved = {first.key}, set[object]()
    newest = [first]
    for _ in range(depth):
        found: dict[object, World] = {}
        for world in newest:
            for after in following(world):
                key = after.key
                if key not in seen and key not in found:
                    found[key] = after
        seen.update(found)
        newest = list(found.values())
        for world in newest:
            model.finish(world, proved)
        if not newest:
            return len(seen)
    assert following is fine, "worlds without end"
    return len(seen)


def test_every_order_of_events_to_a_depth_keeps_the_invariants_and_comes_to_an_end() -> None:
    assert explore(model.start(1), fine, DEPTH) == WORLDS_TO_DEPTH


def test_every_world_ever_reached_with_crashes_at_every_step_comes_to_an_end() -> None:
    assert explore(model.settle(model.start(1)), coarse(), 40) == ALL_WORLDS


def test_every_world_with_a_call_back_comes_to_an_end() -> None:
    rules = Rules(call_backs=1, call_back_pause=Rules().grace)  # deadlines that meet: fewer worlds
    assert explore(model.settle(model.start(1, rules)), coarse(), 60) == WITH_CALL_BACKS


def test_every_world_with_a_second_trunk_comes_to_an_end() -> None:
    """The participant may find no way on either trunk, with crashes of usnd between the attempts."""
    world = model.start(1, pool=model.OVERFLOW_OF_OTHERS)._replace(causes=(34,), most_calls=2)
    assert explore(model.settle(world), coarse(), 60) == WITH_OVERFLOW
