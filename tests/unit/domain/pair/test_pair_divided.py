"""Both servers were active alone: nothing goes without a person's choice."""

from dataclasses import replace
from typing import Any

import pytest
from pair_evidence import (
    FOLLOWS,
    IDLE,
    NOW,
    SETTINGS,
    YES,
    case,
    peer,
    seen,
    server,
)

from usnd.domain.pair.alarms import PairAlarm, alarms
from usnd.domain.pair.arbiter import decide
from usnd.domain.pair.evidence import (
    Arbiter,
    Evidence,
    LastRole,
    MachineAction,
    OperatorCommand,
    Record,
    TakeoverGrant,
    Write,
)
from usnd.domain.pair.states import PairState


def divided(mine: int, theirs: int, **more: Any) -> tuple[Arbiter, Evidence]:
    """Both were forced; the other is active."""
    other = peer(PairState.ACTIVE_SOLO, active=True, record=Record(LastRole.SOLO, TakeoverGrant(theirs)))
    return server(PairState.BOOT, record=Record(LastRole.SOLO, TakeoverGrant(mine))), seen(
        peer=other, **IDLE, **more
    )


@pytest.mark.parametrize(("mine", "theirs"), [(2, 3), (4, 3)])
def test_who_was_active_alone_follows_nobody_by_itself(mine: int, theirs: int) -> None:
    me, known = divided(mine, theirs)
    me, actions = decide(me, known, NOW, SETTINGS)
    assert (me.state, me.diverged) == (PairState.FAULT, True)
    assert MachineAction.REBOOT not in actions
    active = server(PairState.ACTIVE_SOLO, record=Record(LastRole.SOLO, TakeoverGrant(theirs)))
    other = peer(PairState.FAULT, record=me.record)
    for one, evidence in ((me, known), (active, seen(peer=other))):
        assert PairAlarm.DIVERGED in alarms(case(one, evidence))


def test_what_is_given_up_is_kept_aside_before_it_follows_and_once() -> None:
    me, known = divided(2, 3)
    me, _ = decide(me, known, NOW, SETTINGS)
    me, actions = decide(me, replace(known, command=OperatorCommand.REJOIN), NOW, SETTINGS)
    assert actions[0] == Write(Record(LastRole.STANDBY, TakeoverGrant(3), keeps=True))
    me, actions = decide(me, known, NOW, SETTINGS)
    assert (me.state, me.record.keeps, actions) == (
        PairState.CATCHUP,
        True,
        (Write(me.record), MachineAction.FOLLOW_ANEW),
    ) or (actions == (MachineAction.FOLLOW_ANEW,))
    me, actions = decide(me, replace(known, store=FOLLOWS["store"]), NOW, SETTINGS)
    assert actions == (Write(Record(LastRole.STANDBY, TakeoverGrant(3))),)


def test_the_active_gives_up_what_only_it_has_and_the_other_goes_on() -> None:
    me = server(PairState.ACTIVE_SOLO, record=Record(LastRole.SOLO, TakeoverGrant(3)))
    other = peer(PairState.FAULT, record=Record(LastRole.SOLO, TakeoverGrant(2)))
    me, actions = decide(me, seen(peer=other, command=OperatorCommand.REJOIN), NOW, SETTINGS)
    assert (me.state, me.record.last_role, me.record.keeps) == (PairState.BOOT, LastRole.STANDBY, True)
    assert MachineAction.RELEASE in actions
    waits = server(PairState.FAULT, diverged=True, record=Record(LastRole.SOLO, TakeoverGrant(2)))
    gave_up = seen(peer=peer(PairState.BOOT, record=me.record), **IDLE)
    after, _ = decide(waits, gave_up, NOW, SETTINGS)
    assert (after.state, after.record) == (PairState.BOOT, waits.record)
    assert decide(after, gave_up, NOW, SETTINGS)[0].state is PairState.PROMOTING
    unheard = replace(gave_up, heard={})
    assert decide(waits, unheard, NOW, SETTINGS)[0].state is PairState.FAULT


def test_who_waits_for_a_choice_may_be_forced_when_the_active_died() -> None:
    me, known = divided(2, 3)
    me, _ = decide(me, known, NOW, SETTINGS)
    me, _ = decide(me, replace(known, heard={}, command=OperatorCommand.FORCE_ACTIVE), NOW, SETTINGS)
    assert (me.state, me.record) == (PairState.PROMOTING, Record(LastRole.SOLO, TakeoverGrant(4)))


def test_a_diverged_server_that_cannot_let_go_reboots() -> None:
    me, known = divided(2, 3)
    held = replace(known, serving=YES)
    _, actions = decide(me, held, NOW, SETTINGS)
    assert actions == (MachineAction.RELEASE, MachineAction.REBOOT)
