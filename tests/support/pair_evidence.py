"""What tests of the pair start from: a server in a state, a pair in step, and what is known of it."""

from dataclasses import replace
from typing import Any

from usnd.domain.pair.assessment import Assessment
from usnd.domain.pair.evidence import (
    Arbiter,
    Database,
    Evidence,
    Heartbeat,
    LastRole,
    PairSettings,
    Power,
    Reading,
    Record,
    Store,
    TakeoverGrant,
)
from usnd.domain.pair.states import PairState

NOW = 1000.0
SETTINGS, UNTESTED = PairSettings(), PairSettings(fencing=False)
ONE_PATH = {"bond": NOW, "cross": 0.0}
GRANT = TakeoverGrant(0, 1)
YES, NO = Reading(value=True, at=NOW), Reading(value=False, at=NOW)
STREAMS = Store(Database.PRIMARY, synchronous=True, streaming=True, in_step=True)


def at(value: Any) -> Reading[Any]:
    return Reading(value, NOW)


def peer(state: PairState = PairState.STANDBY, **said: Any) -> Heartbeat:
    return Heartbeat(7, state, said.pop("record", Record()), **said)


def seen(**known: Any) -> Evidence:
    usual: dict[str, Any] = {
        "peer": peer(holds=GRANT), "heard": {"bond": NOW, "cross": NOW}, "carrier": YES,
        "power": at(Power.ON),
        "console": YES, "gateway_at": NOW, "silent": YES, "store": at(STREAMS), "serving": YES,
    }  # fmt: skip
    return Evidence(**{**usual, **known})


def server(state: PairState, last_role: LastRole = LastRole.PAIRED, **more: Any) -> Arbiter:
    return replace(Arbiter(1, Record(last_role, GRANT), 0, NOW - 100, state), **more)


def case(me: Arbiter, known: Evidence, now: float = NOW, settings: PairSettings = SETTINGS) -> Assessment:
    return Assessment(me, known, now, settings)


IDLE = {"store": at(Store()), "serving": NO}

FOLLOWS = {"store": at(Store(Database.STANDBY, following=True, replayed=True)), "serving": NO}
