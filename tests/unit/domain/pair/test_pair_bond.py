"""What decides in a bond: every cell of the table; a silent third party takes no carrier for long."""

import pytest

from usnd.domain.pair.bond import BondAction, BondSeen, BondTimes, BondWatch, Monitor, decide

TIMES = BondTimes(silence=0.25, return_after=10.0, deaf=3.0)
GOOD, ONE, NONE = {"eno1": True, "eno2": True}, {"eno1": True, "eno2": False}, {"eno1": False, "eno2": False}


def seen(monitor: Monitor, **more: object) -> BondSeen:
    usual = {"carrier": True, "active": "eno1", "members": GOOD, "received": 0, "answered": False}
    return BondSeen(monitor, **{**usual, **more})


def walk(looks: list[BondSeen], every: float = 0.25) -> list[tuple[float, BondAction]]:
    """What is done, and after how many seconds, when each look follows the other."""
    watch, done = BondWatch(), []
    for number, look in enumerate(looks):
        watch, action = decide(watch, look, 100 + number * every, TIMES)
        if action is not None:
            done.append((number * every, action))
    return done


def test_a_target_that_answers_leaves_the_monitor_as_it_is() -> None:
    assert walk([seen(Monitor.TARGETS)] * 100) == []


@pytest.mark.parametrize("members", [GOOD, ONE])
def test_when_no_target_answers_the_links_decide(members: dict[str, bool]) -> None:
    assert walk([seen(Monitor.TARGETS, carrier=False, members=members)] * 2) == [
        (0.25, BondAction.WATCH_LINKS)
    ]


def test_a_moment_without_carrier_while_the_bond_changes_its_member_is_no_silence() -> None:
    dark, fine = seen(Monitor.TARGETS, carrier=False), seen(Monitor.TARGETS)
    assert walk([dark, fine] * 50) == []


@pytest.mark.parametrize("monitor", Monitor)
def test_without_any_carrier_there_is_nothing_to_choose(monitor: Monitor) -> None:
    assert walk([seen(monitor, carrier=False, members=NONE, answered=True)] * 200) == []


def test_carrier_lost_in_between_begins_the_silence_anew() -> None:
    dark = seen(Monitor.TARGETS, carrier=False)
    assert walk([dark, seen(Monitor.TARGETS, carrier=False, members=NONE), dark]) == []


def test_targets_decide_again_when_one_has_answered_long_enough() -> None:
    looks = [seen(Monitor.LINKS, answered=True, received=number) for number in range(41)]
    assert walk(looks) == [(10.0, BondAction.WATCH_TARGETS)]


def test_a_target_that_comes_and_goes_does_not_bring_them_back() -> None:
    looks = [seen(Monitor.LINKS, answered=number % 30 != 0, received=number) for number in range(200)]
    assert walk(looks) == []


def test_a_member_that_hears_nothing_gives_way_to_another_and_is_not_left_at_once() -> None:
    looks = [seen(Monitor.LINKS, received=7)] * 26
    assert walk(looks) == [(3.25, BondAction.CHANGE_MEMBER), (6.25, BondAction.CHANGE_MEMBER)]


def test_a_member_that_hears_something_is_kept() -> None:
    assert walk([seen(Monitor.LINKS, received=number // 4) for number in range(200)]) == []


@pytest.mark.parametrize(("members", "active"), [(ONE, "eno1"), (GOOD, "")])
def test_who_else_could_send(members: dict[str, bool], active: str) -> None:
    look = seen(Monitor.LINKS, members=members, active=active, received=0)
    changes = walk([look] * 20)
    assert bool(changes) is bool(look.others)
    assert look.others == tuple(name for name, good in members.items() if good and name != active)
