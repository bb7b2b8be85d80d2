"""How soon the arbiter does again what failed: what costs much, less and less often; what serves, at once."""

import asyncio

import pytest
from pair_node import GRANT, NOW, Node

from usnd.domain.pair.evidence import (
    Arbiter,
    Database,
    Evidence,
    Heartbeat,
    LastRole,
    MachineAction,
    OperatorCommand,
    Reading,
    Record,
    Store,
)
from usnd.domain.pair.states import PairState
from usnd.pair.runner import MOST_PAUSE, PAUSE

ACTIVE = Heartbeat(7, PairState.ACTIVE_SOLO, Record(LastRole.SOLO, GRANT), active=True)
GAVE_UP = Record(LastRole.STANDBY, GRANT, keeps=True)
FOLLOWER = Arbiter(1, GAVE_UP, 0, NOW, PairState.CATCHUP)
EVERY = 0.25


class Failing:
    """An action, and when it was tried; it fails until it is mended."""

    def __init__(self) -> None:
        self.tries: list[float] = []
        self.mended = False
        self.node: Node | None = None

    async def __call__(self) -> None:
        assert self.node is not None
        self.tries.append(self.node.now)
        if not self.mended:
            raise OSError("main is a mount point")

    @property
    def gaps(self) -> list[float]:
        return [late - early for early, late in zip(self.tries, self.tries[1:], strict=False)]


async def pass_time(node: Node, seconds: float) -> None:
    for _ in range(int(seconds / EVERY)):
        node.now += EVERY
        node.heartbeats.take(ACTIVE, node.now)
        store = Reading(Store(Database.STANDBY), node.now)
        node.seen = Evidence(store=store, serving=Reading(value=False, at=node.now), gateway_at=node.now)
        node.runner.step()
        for _ in range(3):
            await asyncio.sleep(0)


@pytest.fixture
async def follow() -> Failing:
    """Of a server that has given up what only it has, and cannot put it aside."""
    follow = Failing()
    follow.node = Node(FOLLOWER, {MachineAction.FOLLOW_ANEW: follow})
    return follow


async def test_what_cannot_be_put_aside_is_tried_less_and_less_often(follow: Failing) -> None:
    """It was tried every 4 s for ever, each time with the database started, read and stopped."""
    assert follow.node is not None
    await pass_time(follow.node, 600)
    assert follow.gaps[:8] == [PAUSE, 1, 2, 4, 8, 16, 32, MOST_PAUSE]
    assert set(follow.gaps[8:]) == {MOST_PAUSE}


async def test_what_is_mended_is_done_within_a_pause_and_begins_anew_when_it_fails_again(
    follow: Failing,
) -> None:
    assert follow.node is not None
    await pass_time(follow.node, 100)
    follow.mended = True
    before = len(follow.tries)
    await pass_time(follow.node, MOST_PAUSE)
    assert len(follow.tries) > before
    follow.mended, follow.tries = False, []
    await pass_time(follow.node, 3)
    assert follow.gaps[:2] == [PAUSE, 1]


async def test_a_pause_keeps_nobody_from_serving(follow: Failing) -> None:
    """An operator has this server serve while it waits to try again."""
    assert follow.node is not None
    node, opened = follow.node, asyncio.Event()

    async def open_database() -> None:
        opened.set()

    node.runner.hands = {**node.runner.hands, MachineAction.OPEN: open_database}
    await pass_time(node, 100)
    node.runner.obey(OperatorCommand.FORCE_ACTIVE, by="a person")
    await pass_time(node, 2 * EVERY)
    assert opened.is_set()
    assert not node.runner._not_before, "after a transition all is tried at once"
