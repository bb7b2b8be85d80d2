"""What an operator may command, and what is said when that would be wrong."""

from dataclasses import replace
from typing import Any

import pytest

from usnd.domain.pair.assessment import Assessment
from usnd.domain.pair.evidence import (
    Arbiter,
    Database,
    Evidence,
    Heartbeat,
    LastRole,
    OperatorCommand,
    PairSettings,
    Power,
    Reading,
    Record,
    Store,
    TakeoverGrant,
)
from usnd.domain.pair.operator import refusal
from usnd.domain.pair.states import PairState

NOW, SETTINGS = 1000.0, PairSettings()
GRANT = TakeoverGrant(2, 1)
FREE: dict[str, Any] = {"store": Reading(Store(), NOW), "serving": Reading(value=False, at=NOW)}


def server(state: PairState, last_role: LastRole = LastRole.PAIRED, **more: Any) -> Arbiter:
    return replace(Arbiter(1, Record(last_role, GRANT), 0, NOW - 100, state), **more)


def peer(state: PairState, last_role: LastRole = LastRole.STANDBY, epoch: int = 2, **said: Any) -> Heartbeat:
    return Heartbeat(7, state, Record(last_role, TakeoverGrant(epoch)), **said)


def refused(me: Arbiter, command: OperatorCommand, *, seen_off: bool = False, **known: Any) -> str:
    return refusal(Assessment(me, Evidence(**{**FREE, **known}), NOW, SETTINGS), command, seen_off=seen_off)


HEARD = {"heard": {"bond": NOW}}


@pytest.mark.parametrize(
    ("power", "words"),
    [
        (Reading(Power.ON, NOW - 5), "has power, and may be active: switch it off"),
        (Reading(Power.SILENT, NOW), "that server may be on and active: go to it and look"),
        (Reading(Power.OFF, NOW - 60), "that server may be on and active: go to it and look"),
        (Reading(Power.OFF, NOW - 5), ""),
    ],
)
def test_force_active_looks_at_the_others_power_first(power: Reading[Power], words: str) -> None:
    for me in (server(PairState.BOOT), server(PairState.CATCHUP), server(PairState.ACTIVE_PAIRED)):
        said = refused(me, OperatorCommand.FORCE_ACTIVE, power=power)
        assert words in said
        assert bool(words) is bool(said)
        assert not refused(me, OperatorCommand.FORCE_ACTIVE, power=power, seen_off=True)


def test_force_active_is_not_for_the_one_that_knows_less() -> None:
    me = server(PairState.BOOT, LastRole.STANDBY)
    later = peer(PairState.BOOT, LastRole.PAIRED, 3)
    assert "was active later" in refused(me, OperatorCommand.FORCE_ACTIVE, peer=later, **HEARD)
    assert not refused(me, OperatorCommand.FORCE_ACTIVE, peer=peer(PairState.BOOT), **HEARD)


@pytest.mark.parametrize(
    ("me", "known", "words"),
    [
        (server(PairState.BOOT), {"serving": Reading(value=True, at=NOW)}, "still letting go"),
        (server(PairState.FAULT), {}, "needs a person first"),
        (server(PairState.BOOT), {"store": Reading(Store(Database.HALF), NOW)}, "half the other's"),
        (server(PairState.ACTIVE_SOLO), {}, "already active, and alone"),
        (server(PairState.CATCHUP), {"peer": peer(PairState.ACTIVE_SOLO), **HEARD}, "say switch-over there"),
    ],
)
def test_some_things_hold_whatever_a_person_says(me: Arbiter, known: dict[str, Any], words: str) -> None:
    assert words in refused(me, OperatorCommand.FORCE_ACTIVE, seen_off=True, **known)


def test_switch_over_is_the_actives_and_needs_a_peer_that_can() -> None:
    assert "say switch-over there" in refused(server(PairState.STANDBY), OperatorCommand.SWITCH_OVER)
    assert "cannot take over now" in refused(server(PairState.ACTIVE_PAIRED), OperatorCommand.SWITCH_OVER)
    able = {"peer": peer(PairState.STANDBY, holds=GRANT), **HEARD}
    assert not refused(server(PairState.ACTIVE_PAIRED), OperatorCommand.SWITCH_OVER, **able)
    assert not refused(server(PairState.STANDBY), OperatorCommand.MAINTENANCE_ON)


def test_rejoin_needs_two_histories_and_somebody_who_serves_the_other_one() -> None:
    waits = server(PairState.FAULT, LastRole.SOLO, diverged=True)
    active = peer(PairState.ACTIVE_SOLO, LastRole.SOLO, 3, active=True)
    assert not refused(waits, OperatorCommand.REJOIN, peer=active, **HEARD)
    assert "is not heard" in refused(waits, OperatorCommand.REJOIN, peer=active)
    assert "nobody would serve" in refused(
        waits, OperatorCommand.REJOIN, peer=replace(active, active=False), **HEARD
    )
    assert "histories agree" in refused(server(PairState.BOOT), OperatorCommand.REJOIN, peer=active, **HEARD)
    serves = server(PairState.ACTIVE_SOLO, LastRole.SOLO)
    assert not refused(serves, OperatorCommand.REJOIN, peer=peer(PairState.FAULT, LastRole.SOLO, 3), **HEARD)
    assert "is not waiting" in refused(
        serves, OperatorCommand.REJOIN, peer=peer(PairState.BOOT, LastRole.SOLO, 3), **HEARD
    )


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (
            {"store": Reading(Store(Database.STANDBY, following=True), NOW)},
            "its database still sends to this",
        ),
        ({"silent": Reading(value=False, at=NOW)}, "a machine answers for the floating address"),
    ],
)
def test_nothing_a_person_says_makes_two_of_one_that_is_seen_to_live(
    known: dict[str, Any], words: str
) -> None:
    """What was seen to be off was the console: the server behind it served on."""
    me = server(PairState.STANDBY, LastRole.STANDBY, grant=GRANT)
    stale = {"store": Reading(Store(Database.STANDBY), NOW)}
    assert words in refused(me, OperatorCommand.FORCE_ACTIVE, seen_off=True, **known)
    assert not refused(me, OperatorCommand.FORCE_ACTIVE, seen_off=True, **stale)
    active = server(PairState.ACTIVE_PAIRED)
    assert not refused(
        active, OperatorCommand.FORCE_ACTIVE, seen_off=True, silent=Reading(value=False, at=NOW)
    )
