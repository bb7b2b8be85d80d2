"""Which alarms of the pair are raised, and which are not yet."""

from dataclasses import replace

from pair_evidence import (
    FOLLOWS,
    GRANT,
    IDLE,
    NOW,
    ONE_PATH,
    SETTINGS,
    UNTESTED,
    case,
    peer,
    seen,
    server,
)

from usnd.domain.pair.address_claim import Claim
from usnd.domain.pair.alarms import PairAlarm, alarms, particulars, sentence
from usnd.domain.pair.arbiter import decide
from usnd.domain.pair.evidence import Evidence, LastRole, Power, Reading, Record
from usnd.domain.pair.states import PairState

KEEPS = Record(LastRole.STANDBY, GRANT, keeps=True)


def test_every_alarm_can_be_raised() -> None:
    unknown = Evidence(ill="disk", record_ok=False)
    raised = {
        *alarms(case(server(PairState.ACTIVE_SOLO, illness=9.0), unknown, NOW, UNTESTED)),
        *alarms(case(server(PairState.STANDBY), seen(unable="keepalived", console_took=3.0))),
        *alarms(case(server(PairState.STANDBY), seen(by_links=True, firewall_ok=False))),
        *alarms(case(server(PairState.ACTIVE_PAIRED), seen(claim=Claim("", 0, NOW, held=True)))),
        *alarms(case(server(PairState.ACTIVE_PAIRED, stalled_since=0.0), seen(heard=ONE_PATH))),
        *alarms(case(server(PairState.BOOT, maintenance=True), seen(heard={}))),
        *alarms(case(server(PairState.CATCHUP, record=KEEPS), seen(unkept="a mount point"))),
        *alarms(case(server(PairState.FAULT, diverged=True), seen())),
        *alarms(case(server(PairState.FAULT), seen())),
        *alarms(case(server(PairState.BOOT, LastRole.SOLO), seen(heard={}, gateway_at=0.0))),
        *alarms(case(server(PairState.ACTIVE_SOLO), seen(gateway_at=0.0))),
        *alarms(case(server(PairState.STANDBY), seen())),
    }  # fmt: skip
    assert raised == set(PairAlarm)


def test_who_fences_longer_than_any_take_over_lasts_cannot_take_over() -> None:
    me = server(PairState.FENCING, LastRole.STANDBY, grant=GRANT, since=NOW - SETTINGS.deadline)
    assert PairAlarm.CANNOT_TAKE_OVER in alarms(case(me, seen(heard={})))
    assert PairAlarm.CANNOT_TAKE_OVER not in alarms(case(me, seen(heard={}), NOW - 0.1))


def test_what_is_ill_for_a_moment_only_starts() -> None:
    me = server(PairState.ACTIVE_SOLO, LastRole.SOLO)
    long, short = replace(me, illness=SETTINGS.fresh), replace(me, illness=SETTINGS.fresh - 0.1)
    assert PairAlarm.ILL in alarms(case(long, seen(ill="address")))
    assert PairAlarm.ILL not in alarms(case(short, seen(ill="address")))
    assert PairAlarm.ILL in alarms(case(server(PairState.STANDBY), seen(ill="disk")))


def test_a_console_that_is_slow_is_not_dead() -> None:
    """It needs 6 s: what it said is then 6 s old, and is as true as it can be."""
    me = server(PairState.SUSPECT, LastRole.STANDBY, grant=GRANT)
    slow = seen(heard={"bond": NOW - 9}, power=Reading(Power.OFF, NOW - 6), console_took=6.0, **FOLLOWS)
    assert decide(me, slow, NOW, SETTINGS)[0].state is PairState.PROMOTING
    raised = alarms(case(me, slow))
    assert PairAlarm.SLOW_CONSOLE in raised
    assert PairAlarm.NO_CONSOLE not in raised
    before = replace(slow, heard={"bond": NOW - 5.5})
    assert decide(me, before, NOW, SETTINGS)[0].state is not PairState.PROMOTING, "asked before it was heard"


def test_what_was_not_looked_at_yet_is_no_alarm() -> None:
    """A healthy boot rings nothing: the first step knows nothing, and says so to nobody."""
    me = replace(server(PairState.BOOT), since=NOW)
    assert alarms(case(me, Evidence(), NOW + 0.1), started=NOW) == ()
    late = alarms(case(me, Evidence(), NOW + SETTINGS.fresh), started=NOW)
    assert {PairAlarm.PEER_SILENT, PairAlarm.NO_GATEWAY, PairAlarm.NO_CONSOLE} <= set(late)
    assert alarms(case(me, Evidence(record_ok=False), NOW, UNTESTED), started=NOW) == (
        PairAlarm.NOT_FENCED,
        PairAlarm.RECORD,
    )


def test_a_lone_survivor_that_reaches_nobody_says_in_one_alarm_why_nobody_serves() -> None:
    me = server(PairState.BOOT, LastRole.SOLO)
    lonely = seen(peer=None, heard={}, gateway_at=NOW - 60, **IDLE)
    assert decide(me, lonely, NOW, SETTINGS)[0].state is PairState.BOOT
    assert alarms(case(me, lonely)) == (PairAlarm.CUT_OFF,)
    reached = replace(lonely, witness_at=NOW)
    assert decide(me, reached, NOW, SETTINGS)[0].state is PairState.PROMOTING
    assert PairAlarm.CUT_OFF not in alarms(case(me, reached))


def test_two_that_hear_each_other_and_serve_nobody_say_so() -> None:
    """One waited in boot, the other was the standby and could not take over: no alarm said it."""
    me = server(PairState.STANDBY, LastRole.STANDBY, grant=GRANT)
    assert PairAlarm.NOBODY_SERVES in alarms(case(me, seen()))
    served = seen(peer=peer(PairState.ACTIVE_SOLO, active=True))
    assert PairAlarm.NOBODY_SERVES not in alarms(case(me, served))
    early = replace(me, since=NOW - SETTINGS.deadline + 1)
    assert PairAlarm.NOBODY_SERVES not in alarms(case(early, seen()))


def test_what_cannot_be_put_aside_is_one_alarm_that_says_why() -> None:
    """That this server cannot take over follows from it, and is not said beside it."""
    me = server(PairState.CATCHUP, record=KEEPS)
    known = seen(peer=peer(PairState.ACTIVE_SOLO, active=True), unkept="main is a mount point", **IDLE)
    assert alarms(case(me, known)) == (PairAlarm.NOT_KEPT,)
    assert particulars(PairAlarm.NOT_KEPT, known) == {"unkept": "main is a mount point"}
    early = replace(me, since=NOW - SETTINGS.damping + 1)
    assert alarms(case(early, known)) == (), "once may be an accident"
    kept = replace(me, record=replace(KEEPS, keeps=False))
    assert alarms(case(kept, known)) == (PairAlarm.CANNOT_TAKE_OVER,)


def test_a_failed_health_check_names_its_part_in_the_status() -> None:
    known = seen(ill="database")
    assert sentence(PairAlarm.ILL, known) == "local health check failed: database"
    assert sentence(PairAlarm.ILL, seen()) == "local health check failed"
    assert sentence(PairAlarm.MAINTENANCE, known) == PairAlarm.MAINTENANCE.value
    assert particulars(PairAlarm.ILL, known) == {"ill": "database"}
