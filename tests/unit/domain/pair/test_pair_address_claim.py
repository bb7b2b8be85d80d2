"""Another machine answers for the floating address: what rings, and that a hand-over does not."""

from dataclasses import replace

import pytest
from pair_evidence import IDLE, NOW, SETTINGS, case, seen, server

from usnd.domain.pair.address_claim import QUIET, Claim, noted
from usnd.domain.pair.alarms import PairAlarm, alarms, particulars
from usnd.domain.pair.arbiter import decide
from usnd.domain.pair.evidence import Arbiter, LastRole
from usnd.domain.pair.states import ACTIVE, PairState

MAC = "02:00:00:00:00:02"
EVERY = 0.5


def asked(answers: str, claim: Claim | None = None, begin: float = NOW, *, held: bool) -> Claim | None:
    """After so many questions: x is an answer."""
    for number, answer in enumerate(answers):
        claim = noted(claim, MAC if answer == "x" else "", begin + number * EVERY, held=held)
    return claim


def rings(me: Arbiter, claim: Claim | None, now: float = NOW) -> bool:
    return PairAlarm.STRANGER in alarms(case(me, seen(claim=claim), now))


@pytest.mark.parametrize("state", sorted(ACTIVE, key=str))
def test_a_stranger_that_answers_for_the_actives_address_is_an_alarm_with_its_mac(state: PairState) -> None:
    me, claim = server(state), asked("x" * 21, held=True)
    assert rings(me, claim)
    assert particulars(PairAlarm.STRANGER, seen(claim=claim)) == {"mac": MAC}
    assert not rings(me, asked("x" * 20, held=True)), "not yet"
    turned = replace(me, state=PairState.ACTIVE_PAIRED, since=NOW)
    assert rings(turned, claim), "it has not gone because the standby came"


def test_one_that_answers_now_and_then_is_one_alarm_and_one_that_is_gone_is_none() -> None:
    me, claim = server(PairState.ACTIVE_SOLO), asked("x" * 21, held=True)
    for round_ in range(9):
        claim = asked("." * 100 + "x", claim, NOW + 11 + round_ * 50, held=True)
        assert rings(me, claim)
    assert claim is not None
    assert noted(claim, "", claim.at + QUIET - 1, held=True) == claim
    assert noted(claim, "", claim.at + QUIET, held=True) is None
    assert not rings(me, None)


def test_the_other_servers_answers_until_a_hand_over_are_no_strangers() -> None:
    """A standby hears the active answer for hours. It takes over, and hears a late answer or two."""
    standby = asked("x" * 9999, held=False)
    assert not rings(server(PairState.STANDBY), standby)
    assert not rings(server(PairState.CATCHUP, LastRole.STANDBY), standby)
    active = server(PairState.ACTIVE_SOLO, since=NOW)
    assert not rings(active, standby), "it does not hold the address yet"
    assert not rings(active, asked("xxx...", standby, NOW + 4999.5, held=True))
    former = asked("x" * 30, asked("xx", held=True), NOW + 1, held=False)
    for state in (PairState.HANDOVER, PairState.CATCHUP, PairState.STANDBY):
        assert not rings(server(state), former)


def test_who_may_not_serve_because_of_a_stranger_says_so() -> None:
    """It was alone, boots, and finds its address taken."""
    me = server(PairState.BOOT, LastRole.SOLO)
    known = seen(peer=None, heard={}, claim=asked("x" * 40, held=False), **IDLE)
    known = replace(known, silent=replace(known.silent, value=False))
    assert decide(me, known, NOW, SETTINGS)[0].state is PairState.BOOT
    assert PairAlarm.STRANGER in alarms(case(me, known))
    early = replace(me, since=NOW - SETTINGS.boot_patience + 1)
    assert PairAlarm.STRANGER not in alarms(case(early, known)), "it looks for its peer first"
    paired = server(PairState.BOOT, LastRole.PAIRED)
    assert PairAlarm.STRANGER not in alarms(case(paired, known)), "it waits for its peer anyway"


def test_who_cannot_take_over_because_the_address_is_answered_for_says_so() -> None:
    me = server(PairState.FENCING, LastRole.STANDBY, since=NOW - SETTINGS.deadline)
    assert rings(me, asked("x" * 40, held=False))
    assert not rings(replace(me, since=NOW - 5), asked("x" * 40, held=False))
