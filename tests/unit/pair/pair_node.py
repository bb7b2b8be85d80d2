"""An arbiter's loop without a server: heartbeats that come by hand, a disk that takes all, idle actions."""

from collections.abc import Awaitable, Callable, Mapping

from usnd.domain.pair.evidence import (
    Arbiter,
    Evidence,
    Heartbeat,
    LastRole,
    MachineAction,
    PairSettings,
    Record,
    TakeoverGrant,
)
from usnd.domain.pair.states import PairState
from usnd.pair.runner import Runner

NOW = 1000.0
GRANT = TakeoverGrant(0, 1)
Hand = Callable[[], Awaitable[None]]


class FakeHeartbeats:
    """The other server's, as they came."""

    def __init__(self) -> None:
        self.peer: Heartbeat | None = None
        self.heard = {"bond": float("-inf")}

    def take(self, heartbeat: Heartbeat, at: float) -> None:
        self.peer, self.heard = heartbeat, {"bond": at}

    def receive(self) -> None:
        pass

    def send(self, _heartbeat: Heartbeat) -> None:
        pass

    def forget(self) -> None:
        self.heard = {"bond": float("-inf")}


class FakeFile:
    """Of a disk that takes everything."""

    def write(self, _record: Record) -> None:
        pass


async def does_nothing() -> None:
    pass


class Node:
    """An arbiter that looks when it is told to, at a clock that is set."""

    def __init__(self, me: Arbiter | None = None, hands: Mapping[MachineAction, Hand] | None = None) -> None:
        self.now, self.heartbeats, self.seen = NOW, FakeHeartbeats(), Evidence()
        alone = Arbiter(1, Record(LastRole.SOLO, GRANT), 0, NOW - 100, PairState.ACTIVE_SOLO)
        self.runner = Runner(
            PairSettings(), FakeFile(), self.heartbeats, lambda: self.seen,
            {**dict.fromkeys(MachineAction, does_nothing), **(hands or {})},
            lambda: self.now, lambda: None, me or alone, self.seen,
        )  # fmt: skip

    def step_until(self, now: float) -> None:
        """As the loop does, without a gap that would be a standstill."""
        while now - self.now > 0.5:
            self.now += 0.5
            self.runner.step()
        self.now = now
        self.runner.step()
