"""Single cells of the arbiter: commands, alarms, epochs, settings, and what unknown evidence permits."""

from dataclasses import replace

import pytest
from pair_evidence import (
    GRANT,
    IDLE,
    NO,
    NOW,
    SETTINGS,
    STREAMS,
    at,
    case,
    peer,
    seen,
    server,
)

from usnd.domain.pair.alarms import alarms
from usnd.domain.pair.arbiter import decide, heartbeat, may_end
from usnd.domain.pair.evidence import (
    NEVER,
    Database,
    Evidence,
    LastRole,
    MachineAction,
    OperatorCommand,
    PairSettings,
    Power,
    Reading,
    Record,
    Store,
    TakeoverGrant,
    Write,
)
from usnd.domain.pair.states import PAIR_TABLE, STATE_WORDS, PairState, Transition


def test_every_state_has_words_and_every_transition_is_used() -> None:
    assert set(STATE_WORDS) == set(PairState)
    assert {transition for _, transition in PAIR_TABLE} == set(Transition)


def test_times_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="deadline"):
        PairSettings(deadline=5)


def test_a_pair_in_step_asks_for_nothing_and_raises_nothing() -> None:
    me = server(PairState.ACTIVE_PAIRED)
    after, actions = decide(me, seen(), NOW, SETTINGS)
    assert (after, actions) == (me, ())
    assert alarms(case(me, seen())) == ()
    assert heartbeat(case(me, seen())).grantee == 7


def test_switch_over_hands_over_and_says_so_only_when_all_is_let_go_of() -> None:
    me, actions = decide(
        server(PairState.ACTIVE_PAIRED), seen(command=OperatorCommand.SWITCH_OVER), NOW, SETTINGS
    )
    assert (me.state, actions) == (PairState.HANDOVER, (MachineAction.RELEASE,))
    assert not heartbeat(case(me, seen())).inactive
    me, _ = decide(me, seen(**IDLE), NOW, SETTINGS)
    assert heartbeat(case(me, seen(**IDLE))).inactive
    again, _ = decide(me, seen(store=Reading(Store(), NEVER)), NOW, SETTINGS)
    assert again.state is PairState.HANDOVER, "no way back, though nothing is known of the database"


def test_a_hand_over_that_does_not_end_is_broken() -> None:
    me, actions = decide(server(PairState.HANDOVER), seen(), NOW, SETTINGS)
    assert (me.state, actions) == (PairState.FAULT, (MachineAction.RELEASE, MachineAction.REBOOT))


@pytest.mark.parametrize("state", [PairState.BOOT, PairState.CATCHUP, PairState.STANDBY, PairState.HANDOVER])
def test_force_active_makes_a_later_epoch_of_the_own_colour(state: PairState) -> None:
    last_role = LastRole.STANDBY if state is PairState.CATCHUP else LastRole.PAIRED
    known = seen(
        command=OperatorCommand.FORCE_ACTIVE, heard={}, **(IDLE if state is not PairState.STANDBY else {})
    )
    start = server(state, last_role, let_go=True, grant=GRANT)
    for colour, epoch in ((0, 2), (1, 1)):
        me, actions = decide(replace(start, colour=colour), known, NOW, SETTINGS)
        assert (me.state, me.grant) == (PairState.PROMOTING, None)
        assert actions[0] == Write(Record(LastRole.SOLO, TakeoverGrant(epoch)))


def test_who_goes_alone_is_alone_from_where_the_standby_had_got_to() -> None:
    """What waited for the standby just then is answered too, and the standby never had it."""
    store = replace(STREAMS, lsn=900, confirmed=700)
    known = seen(command=OperatorCommand.FORCE_ACTIVE, heard={}, store=at(store))
    me, _ = decide(server(PairState.ACTIVE_PAIRED), known, NOW, SETTINGS)
    assert me.record.lsn == 700
    unknown = replace(known, store=at(replace(store, confirmed=0)))
    assert decide(server(PairState.ACTIVE_PAIRED), unknown, NOW, SETTINGS)[0].record.lsn == 900


def test_force_active_lets_a_paired_active_go_alone() -> None:
    me, _ = decide(
        server(PairState.ACTIVE_PAIRED), seen(command=OperatorCommand.FORCE_ACTIVE, heard={}), NOW, SETTINGS
    )
    assert (me.state, me.record.last_role) == (PairState.ACTIVE_SOLO, LastRole.SOLO)


@pytest.mark.parametrize("state", [PairState.BOOT, PairState.CATCHUP, PairState.STANDBY, PairState.HANDOVER])
def test_a_database_that_is_half_the_others_is_opened_by_no_order(state: PairState) -> None:
    known = seen(command=OperatorCommand.FORCE_ACTIVE, heard={}, store=at(Store(Database.HALF)), serving=NO)
    last_role = LastRole.STANDBY if state is PairState.CATCHUP else LastRole.PAIRED
    me, actions = decide(server(state, last_role, let_go=True, grant=GRANT), known, NOW, SETTINGS)
    assert me.state is not PairState.PROMOTING
    assert MachineAction.OPEN not in actions


def test_maintenance_of_the_standby_gives_up_its_grant_for_good() -> None:
    known = seen(store=at(Store(Database.STANDBY, following=True, replayed=True)), serving=NO)
    me = server(PairState.STANDBY, LastRole.STANDBY, grant=GRANT)
    me, _ = decide(me, replace(known, command=OperatorCommand.MAINTENANCE_ON), NOW, SETTINGS)
    assert (me.state, me.freed, me.maintenance) == (PairState.CATCHUP, GRANT, True)
    me, _ = decide(me, replace(known, command=OperatorCommand.MAINTENANCE_OFF), NOW, SETTINGS)
    assert not me.maintenance


def test_what_was_never_looked_at_is_not_let_go_of_yet() -> None:
    """Letting go takes a while, and what comes after it would have to wait."""
    assert decide(server(PairState.BOOT, since=NOW), Evidence(), NOW, SETTINGS)[1] == ()
    unknown = seen(serving=Reading(value=False, at=NOW - 60))
    assert decide(server(PairState.BOOT, since=NOW), unknown, NOW, SETTINGS)[1] == (MachineAction.RELEASE,)


def test_who_was_active_later_than_the_active_waits_for_a_person() -> None:
    active = peer(PairState.ACTIVE_SOLO, active=True, record=Record(LastRole.SOLO, TakeoverGrant(1)))
    known = seen(peer=active, **IDLE)
    me = server(PairState.BOOT, record=Record(LastRole.SOLO, TakeoverGrant(2)))
    me, _ = decide(me, known, NOW, SETTINGS)
    assert (me.state, me.diverged) == (PairState.FAULT, True)
    me, _ = decide(me, known, NOW, SETTINGS)
    assert me.state is PairState.FAULT
    me, _ = decide(me, replace(known, command=OperatorCommand.REJOIN), NOW, SETTINGS)
    assert (me.state, me.record) == (PairState.BOOT, Record(LastRole.STANDBY, TakeoverGrant(1), keeps=True))


def test_who_follows_keeps_the_epoch_of_a_forced_active() -> None:
    active = peer(PairState.ACTIVE_SOLO, active=True, record=Record(LastRole.SOLO, TakeoverGrant(9)))
    me, actions = decide(
        server(PairState.CATCHUP, LastRole.STANDBY), seen(peer=active, **IDLE), NOW, SETTINGS
    )
    assert me.record == Record(LastRole.STANDBY, TakeoverGrant(9))
    assert actions == (Write(me.record), MachineAction.FOLLOW)


def test_unknown_evidence_permits_nothing() -> None:
    for state in (PairState.BOOT, PairState.CATCHUP, PairState.SUSPECT, PairState.FENCING, PairState.FAULT):
        me, _ = decide(server(state, grant=GRANT), Evidence(), NOW, SETTINGS)
        assert me.state in (PairState.BOOT, PairState.CATCHUP, PairState.FAULT)


def test_an_active_outranked_by_its_peer_lets_go() -> None:
    active = peer(PairState.ACTIVE_SOLO, active=True, record=Record(LastRole.SOLO, TakeoverGrant(3)))
    me, actions = decide(server(PairState.ACTIVE_SOLO, LastRole.SOLO), seen(peer=active), NOW, SETTINGS)
    assert (me.state, actions) == (PairState.BOOT, (MachineAction.RELEASE,))


def test_a_record_that_cannot_be_read_is_a_fault_until_it_can() -> None:
    me, _ = decide(server(PairState.BOOT), seen(record_ok=False, **IDLE), NOW, SETTINGS)
    assert me.state is PairState.FAULT
    me, _ = decide(me, seen(**IDLE), NOW, SETTINGS)
    assert me.state is PairState.BOOT


def test_who_begins_with_a_record_that_cannot_be_read_lets_go_before_it_reboots() -> None:
    """Each start rebooted the server at once: nobody could log in to mend the record."""
    me = replace(server(PairState.FAULT), since=NOW)
    held = seen(record_ok=False)
    assert decide(me, held, NOW, SETTINGS)[1] == (MachineAction.RELEASE,)
    later = NOW + SETTINGS.release
    known = {"store": Reading(STREAMS, later), "serving": Reading(value=True, at=later), "gateway_at": later}
    assert MachineAction.REBOOT in decide(me, replace(held, **known), later, SETTINGS)[1]
    assert decide(me, seen(record_ok=False, **IDLE), NOW, SETTINGS)[1] == ()


def test_an_act_on_an_ill_server_waits_for_a_peer_that_could_take_over() -> None:
    ill, me = seen(ill="trunks"), server(PairState.ACTIVE_PAIRED, illness=SETTINGS.damping)
    assert decide(me, ill, NOW, SETTINGS)[0].state is PairState.HANDOVER
    also_ill = replace(ill, peer=peer(holds=GRANT, well=False))
    assert decide(me, also_ill, NOW, SETTINGS)[0].state is PairState.ACTIVE_PAIRED


def test_nothing_happens_by_itself_in_maintenance() -> None:
    me = server(PairState.ACTIVE_PAIRED, maintenance=True, illness=SETTINGS.damping)
    for known in (
        seen(ill="trunks", remedy=True),
        seen(heard={}, store=at(Store(Database.PRIMARY))),
    ):
        after, actions = decide(me, known, NOW, SETTINGS)
        assert (after.state, MachineAction.POWER_OFF in actions) == (PairState.ACTIVE_PAIRED, False)


def test_a_hand_over_is_withdrawn_while_something_is_held_and_the_peer_cannot() -> None:
    me, _ = decide(server(PairState.HANDOVER, since=NOW), seen(peer=peer()), NOW, SETTINGS)
    assert me.state is PairState.ACTIVE_PAIRED


def test_any_active_that_hears_nobody_for_a_lease_lets_go() -> None:
    alone = seen(heard={"bond": NOW - 5}, gateway_at=NOW - 5)
    for state in (PairState.ACTIVE_PAIRED, PairState.ACTIVE_SOLO, PairState.PROMOTING):
        me, actions = decide(server(state), alone, NOW, SETTINGS)
        assert (me.state, actions[0]) == (PairState.BOOT, MachineAction.RELEASE)


def test_an_active_heard_below_our_epoch_is_none_of_ours() -> None:
    active = peer(PairState.ACTIVE_SOLO, active=True, record=Record(LastRole.SOLO, TakeoverGrant(0)))
    me, _ = decide(server(PairState.ACTIVE_SOLO, LastRole.SOLO), seen(peer=active), NOW, SETTINGS)
    assert me.state is PairState.ACTIVE_SOLO


def test_who_orders_the_peer_off_notes_that_it_owes_the_power_before() -> None:
    stuck = seen(heard={"bond": NOW - 3}, store=at(Store(Database.PRIMARY, synchronous=True)))
    start = server(PairState.ACTIVE_PAIRED, stalled_since=NOW - 1)
    me, actions = decide(start, stuck, NOW, SETTINGS)
    assert actions == (Write(replace(start.record, owes_power=True)), MachineAction.POWER_OFF)
    off = replace(stuck, power=at(Power.OFF))
    me, actions = decide(me, off, NOW, SETTINGS)
    assert (me.state, actions[-1]) == (PairState.ACTIVE_SOLO, MachineAction.POWER_ON)
    on = replace(stuck, power=at(Power.ON))
    assert decide(me, on, NOW, SETTINGS)[0].off_at == NOW, "what it was told may still have its effect"
    later = NOW + SETTINGS.console_patience
    me, _ = decide(me, replace(on, power=Reading(Power.ON, later)), later, SETTINGS)
    assert (me.off_at, me.record.owes_power) == (None, False)


def test_a_database_that_does_not_answer_neither_begins_nor_ends_a_stall() -> None:
    """The standby keeps its grant: a hand-over to it is what such an active needs."""
    waits = at(Store(Database.PRIMARY, synchronous=True, streaming=True))
    unknown, closed = Reading(STREAMS, NOW - 60), at(Store())
    for since, store, after in (
        (None, unknown, None),
        (NOW - 1, unknown, NOW - 1),
        (None, closed, None),
        (NOW - 1, closed, NOW - 1),
        (None, waits, NOW),
        (NOW - 1, waits, NOW - 1),
        (NOW - 1, at(STREAMS), None),
    ):
        me = server(PairState.ACTIVE_PAIRED, stalled_since=since)
        assert decide(me, seen(store=store), NOW, SETTINGS)[0].stalled_since == after


def test_power_that_a_former_boot_owes_is_paid_also_by_one_who_is_not_active() -> None:
    me = server(PairState.BOOT, LastRole.STANDBY, since=NOW)
    me = replace(me, record=replace(me.record, owes_power=True))
    known = seen(heard={}, power=at(Power.OFF), **IDLE)
    me, actions = decide(me, known, NOW, SETTINGS)
    assert actions == ()
    waited = replace(known, power=Reading(Power.OFF, NOW + 30), serving=Reading(value=False, at=NOW + 30))
    waited = replace(waited, store=Reading(Store(), NOW + 30))
    assert MachineAction.POWER_ON in decide(me, waited, NOW + 30, SETTINGS)[1]
    assert MachineAction.POWER_ON not in decide(replace(me, maintenance=True), waited, NOW + 30, SETTINGS)[1]


def test_a_server_that_was_ill_gets_the_role_back_by_illness_of_the_other_only_later() -> None:
    ill = seen(ill="trunks")
    start = server(PairState.ACTIVE_PAIRED, illness=SETTINGS.damping)
    me, _ = decide(start, ill, NOW, SETTINGS)
    said = heartbeat(case(me, ill))
    assert (me.state, said.rests) == (PairState.HANDOVER, True)
    resting = replace(ill, peer=peer(holds=GRANT, rests=True))
    assert decide(start, resting, NOW, SETTINGS)[0].state is PairState.ACTIVE_PAIRED
    ordered = replace(resting, command=OperatorCommand.SWITCH_OVER)
    assert decide(server(PairState.ACTIVE_PAIRED), ordered, NOW, SETTINGS)[0].state is PairState.HANDOVER
    me, _ = decide(replace(me, let_go=True), seen(**IDLE), NOW + SETTINGS.rest, SETTINGS)
    assert not heartbeat(case(me, seen(**IDLE))).rests


def test_told_to_stop_an_active_hands_over_unless_it_cannot_or_must_not() -> None:
    leaving = seen(leaving=True)
    me = server(PairState.ACTIVE_PAIRED)
    assert not may_end(case(me, leaving))
    assert decide(me, leaving, NOW, SETTINGS)[0].state is PairState.HANDOVER
    assert not may_end(case(server(PairState.HANDOVER), leaving))
    assert may_end(case(me, replace(leaving, heard={})))
    kept = replace(me, maintenance=True)
    assert may_end(case(kept, leaving))
    assert decide(kept, leaving, NOW, SETTINGS)[0].state is PairState.ACTIVE_PAIRED


def test_told_to_stop_a_standby_gives_up_its_grant_and_waits_until_that_is_heard() -> None:
    follows = at(Store(Database.STANDBY, following=True, replayed=True))
    active = peer(PairState.ACTIVE_PAIRED, active=True, record=Record(LastRole.PAIRED, GRANT))
    leaving = seen(leaving=True, peer=active, store=follows, serving=NO)
    me = server(PairState.STANDBY, LastRole.STANDBY, grant=GRANT)
    assert not may_end(case(me, leaving))
    me, _ = decide(me, leaving, NOW, SETTINGS)
    said = heartbeat(case(me, leaving))
    assert (me.state, said.freed, said.well) == (PairState.CATCHUP, GRANT, False)
    assert not may_end(case(me, leaving))
    assert may_end(case(me, replace(leaving, heard={})))
    alone = replace(active, state=PairState.ACTIVE_SOLO, grantee=1)
    assert may_end(case(me, replace(leaving, peer=alone)))
    stopped = replace(leaving, peer=alone, store=at(Store()))
    assert decide(me, stopped, NOW, SETTINGS)[1] == (), "no copy is begun that would be cut off"
