"""A part that is ill: when it is restarted, and when the peer takes over. A standstill is no illness."""

from dataclasses import replace

from pair_evidence import (
    FOLLOWS,
    GRANT,
    NOW,
    SETTINGS,
    STREAMS,
    at,
    case,
    peer,
    seen,
    server,
)

from usnd.domain.pair.alarms import PairAlarm, alarms
from usnd.domain.pair.arbiter import decide, heartbeat, stood_still
from usnd.domain.pair.evidence import (
    NEVER,
    Arbiter,
    LastRole,
    MachineAction,
    Power,
    Reading,
    Record,
    Store,
    TakeoverGrant,
    Write,
)
from usnd.domain.pair.states import PairState


def after_seconds(
    ill: list[bool], state: PairState = PairState.ACTIVE_PAIRED
) -> tuple[Arbiter, list[MachineAction | Write]]:
    """A server with a part that is ill in those seconds and has a remedy; all that was done."""
    me, done = server(state, LastRole.PAIRED if state is PairState.ACTIVE_PAIRED else LastRole.SOLO), []
    for quarter, sick in enumerate(one for one in ill for _ in range(4)):
        now = NOW + quarter / 4
        fresh = {"store": Reading(STREAMS, now), "serving": Reading(value=True, at=now), "gateway_at": now}
        known = seen(ill="address" if sick else "", remedy=sick, heard={"bond": now}, **fresh)
        if state is not PairState.ACTIVE_PAIRED:
            known = replace(known, peer=None)
        me, actions = decide(me, known, now, SETTINGS)
        done += actions
        if me.state is not state:
            break
    return me, done


def test_what_is_ill_every_other_second_is_handed_over_too() -> None:
    """A bond that flaps: each time it came back, the count began anew, and nobody ever took over."""
    me, _ = after_seconds([True, False] * 20)
    assert me.state is PairState.HANDOVER


def test_a_second_now_and_then_is_no_reason_to_hand_over() -> None:
    me, _ = after_seconds(([True, True] + [False] * 58) * 5)
    assert me.state is PairState.ACTIVE_PAIRED


def test_what_is_ill_is_restarted_once_and_then_the_peer_takes_over() -> None:
    me, done = after_seconds([True] * 20)
    assert done.count(MachineAction.MEND) == 1
    assert me.state is PairState.HANDOVER


def test_nothing_is_restarted_that_the_peer_is_about_to_take_over() -> None:
    """Illness that is left of before leads to a hand-over in a moment, which had to wait for the restart."""
    ill = seen(ill="database", remedy=True)
    for illness, paired, restarted in ((2.0, True, True), (7.0, True, False), (7.0, False, True)):
        me = server(PairState.ACTIVE_PAIRED, illness=illness)
        known = ill if paired else replace(ill, peer=peer(holds=GRANT, well=False))
        assert (MachineAction.MEND in decide(me, known, NOW, SETTINGS)[1]) is restarted
    rests = replace(ill, peer=peer(holds=GRANT, rests=True))
    assert MachineAction.MEND in decide(server(PairState.ACTIVE_PAIRED, illness=7.0), rests, NOW, SETTINGS)[1]


def test_a_standstill_is_no_reason_to_reboot_a_server_that_was_not_looked_at() -> None:
    """A starved server stood still for 5 s at its start, rebooted, and stood still again."""
    me = replace(server(PairState.BOOT), since=NOW - 5)
    unknown = seen(store=Reading(Store(), NEVER), serving=Reading(value=True, at=NEVER), heard={})
    assert decide(me, unknown, NOW, SETTINGS)[0].state is PairState.FAULT
    woken = stood_still(me, 4.8)
    assert decide(woken, unknown, NOW, SETTINGS)[0].state is PairState.BOOT
    assert decide(woken, unknown, NOW + SETTINGS.release, SETTINGS)[0].state is PairState.FAULT
    leaves = replace(server(PairState.HANDOVER), since=NOW - 5)
    assert decide(stood_still(leaves, 4.8), seen(), NOW, SETTINGS)[0].state is PairState.HANDOVER
    active = server(PairState.ACTIVE_SOLO)
    assert stood_still(active, 4.8) == active


def test_alone_it_is_restarted_again_and_again_with_a_pause() -> None:
    _, done = after_seconds([True] * 60, PairState.ACTIVE_SOLO)
    assert done.count(MachineAction.MEND) == 3


def test_a_gateway_that_is_silent_alone_is_an_alarm_and_nothing_else() -> None:
    """Neither where the peer is heard nor where another host answers."""
    for known in (seen(gateway_at=NEVER), seen(gateway_at=NEVER, witness_at=NOW, heard={})):
        for state in (PairState.ACTIVE_PAIRED, PairState.ACTIVE_SOLO):
            me, _ = decide(server(state), known, NOW, SETTINGS)
            assert me.state in (PairState.ACTIVE_PAIRED, PairState.ACTIVE_SOLO)
            assert PairAlarm.NO_GATEWAY in alarms(case(me, known))


def test_a_standby_that_could_not_serve_is_not_able_until_it_can() -> None:
    active = peer(PairState.ACTIVE_PAIRED, active=True, record=Record(LastRole.PAIRED, GRANT), grantee=1)
    me = server(PairState.STANDBY, LastRole.STANDBY, grant=GRANT)
    unable = seen(peer=active, unable="keepalived", **FOLLOWS)
    me, _ = decide(me, unable, NOW, SETTINGS)
    said = heartbeat(case(me, unable))
    assert (me.state, said.fit, said.well) == (PairState.CATCHUP, False, False)
    again = replace(active, record=Record(LastRole.PAIRED, TakeoverGrant(0, 2)))
    assert decide(me, replace(unable, peer=again), NOW, SETTINGS)[0].state is PairState.CATCHUP
    assert decide(me, replace(unable, peer=again, unable=""), NOW, SETTINGS)[0].state is PairState.STANDBY


def test_a_standby_whose_active_is_dead_takes_over_as_well_as_it_can() -> None:
    me = server(PairState.SUSPECT, LastRole.STANDBY, grant=GRANT)
    dead = seen(heard={"bond": NOW - 5}, power=at(Power.OFF), unable="time", **FOLLOWS)
    assert decide(me, dead, NOW, SETTINGS)[0].state is PairState.PROMOTING
