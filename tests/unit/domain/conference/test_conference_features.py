"""Who may do what in a live conference, and what it does: every feature against every asker (C8)."""

from dataclasses import replace

import pytest
from conference_scene import BOB, EVE, HER, HIM, ME, OWNER, RULES, E, S, Scene

from usnd.domain.conference.announcements import Announce, CheckAlone, Notice, Tell
from usnd.domain.conference.call import CallOutcome, CallState, Role
from usnd.domain.conference.commands import ConferenceCommand, Goodbye, HangUp, Mute, PlaceCall, TellMenu
from usnd.domain.conference.events import Control, Feature
from usnd.domain.conference.model import EndReason
from usnd.domain.conference.transitions import resume

NEW = "+447700900077"
F, N = Feature, Notice


@pytest.fixture
def scene() -> Scene:
    """The subscriber and Bob talk, Eve's phone rings."""
    scene = Scene(BOB, EVE)
    for call in (ME, HIM):
        scene.hear(call, E.PLACED, E.JOINED)
    scene.hear(HER, E.RINGING)
    return scene


def ask(
    scene: Scene, feature: Feature, call: str | None = ME, number: str = ""
) -> tuple[ConferenceCommand, ...]:
    return scene.do(Control(feature, call, number))


@pytest.mark.parametrize("asker", [ME, HIM, HER, None, "usn-8-1"])
@pytest.mark.parametrize("feature", F)
def test_every_feature_is_for_whom_it_is(scene: Scene, feature: Feature, asker: str | None) -> None:
    said = scene.do(Control(feature, asker, NEW, target=HIM))
    done = said not in ((), (Tell(HIM, N.HOST_ONLY),))
    if feature in (F.MUTE_ME, F.WRONG_KEY):
        assert done == (asker in (ME, HIM)), "a handset that is in the room mutes itself"
    else:
        assert done == (asker in (ME, None)), "everything else is the subscriber's"
        assert said == (Tell(HIM, N.HOST_ONLY),) or asker != HIM, "and others hear so"


@pytest.mark.parametrize("feature", F)
def test_nothing_is_done_in_a_conference_that_is_over(scene: Scene, feature: Feature) -> None:
    ask(scene, F.END)
    before = scene.conference
    assert ask(scene, feature, None, NEW) == ()
    assert scene.conference is before


def test_the_end_is_intended(scene: Scene) -> None:
    scene.rules = replace(RULES, call_backs=3)
    assert ask(scene, F.END) == (
        Goodbye(ME, EndReason.TOLD),
        Goodbye(HIM, EndReason.TOLD),
        HangUp(HER),
    )
    scene.hear(ME, E.LEFT, E.ENDED)
    assert scene.conference.state is S.ENDING


def test_all_are_muted_but_the_subscriber_and_unmuted_again(scene: Scene) -> None:
    assert ask(scene, F.MUTE_ALL) == (Mute(HIM, on=True), Announce("c7", N.MUTED))
    assert scene.hear(HER, E.JOINED) == (Mute(HER, on=True),)
    assert ask(scene, F.MUTE_ALL) == (
        Mute(HIM, on=False),
        Mute(HER, on=False),
        Announce("c7", N.UNMUTED),
    )


def test_who_muted_himself_stays_so_when_all_are_unmuted(scene: Scene) -> None:
    assert ask(scene, F.MUTE_ME, HIM) == (Mute(HIM, on=True), Tell(HIM, N.MUTED_YOU))
    assert ask(scene, F.MUTE_ALL) == (Announce("c7", N.MUTED),)
    assert ask(scene, F.MUTE_ALL) == (Announce("c7", N.UNMUTED),)
    assert ask(scene, F.MUTE_ME, HIM) == (Mute(HIM, on=False), Tell(HIM, N.UNMUTED_YOU))


def test_nobody_unmutes_himself_when_all_are_muted(scene: Scene) -> None:
    ask(scene, F.MUTE_ALL)
    before = scene.conference
    assert ask(scene, F.MUTE_ME, HIM) == (Tell(HIM, N.MUTED_BY_HOST),)
    assert scene.conference is before
    assert ask(scene, F.MUTE_ME, ME) == (Mute(ME, on=True), Tell(ME, N.MUTED_YOU))


def test_after_a_crash_mutes_are_done_again_only_where_anybody_muted(scene: Scene) -> None:
    assert resume(scene.conference) == ()
    ask(scene, F.MUTE_ME, HIM)
    assert resume(scene.conference) == (Mute(HIM, on=True),)
    ask(scene, F.MUTE_ME, HIM)
    assert resume(scene.conference) == (Mute(HIM, on=False),)
    ask(scene, F.MUTE_ALL)
    assert resume(scene.conference) == (Mute(ME, on=False), Mute(HIM, on=True))


def test_the_lock_is_told(scene: Scene) -> None:
    assert ask(scene, F.LOCK) == (Announce("c7", N.LOCKED),)
    assert scene.conference.locked
    assert ask(scene, F.LOCK) == (Announce("c7", N.UNLOCKED),)
    assert not scene.conference.locked


def test_those_in_the_room_are_counted(scene: Scene) -> None:
    assert ask(scene, F.COUNT) == (Tell(ME, N.COUNT, 2),)
    assert ask(scene, F.COUNT, None) == (Announce("c7", N.COUNT, 2),)


def test_somebody_is_added_as_a_participant(scene: Scene) -> None:
    assert ask(scene, F.ADD, number=NEW) == (
        PlaceCall("usn-7-4", NEW, OWNER, "c7", RULES.ring),
        Tell(ME, N.CALLING),
    )
    assert scene.conference.calls[-1].role is Role.PARTICIPANT


@pytest.mark.parametrize("number", [OWNER, BOB.number, EVE.number])
def test_who_is_there_or_rings_is_not_called_again(scene: Scene, number: str) -> None:
    assert ask(scene, F.ADD, number=number) == (Tell(ME, N.ALREADY_IN),)
    assert ask(scene, F.ADD, None, number) == (), "the console sees it"


def test_who_has_left_can_be_added_again(scene: Scene) -> None:
    scene.hear(HIM, E.LEFT, E.ENDED)
    assert isinstance(ask(scene, F.ADD, number=BOB.number)[0], PlaceCall)


def test_what_is_no_number_is_said_so(scene: Scene) -> None:
    assert ask(scene, F.ADD) == (Tell(ME, N.WRONG_NUMBER),)


def test_for_who_is_suspended_nobody_is_added_and_the_conference_goes_on(scene: Scene) -> None:
    before = scene.conference
    assert scene.do(Control(F.ADD, ME, NEW, suspended=True)) == (Tell(ME, N.SUSPENDED),)
    assert scene.do(Control(F.ADD, HIM, NEW, suspended=True)) == (Tell(HIM, N.HOST_ONLY),)
    assert scene.conference is before


def test_a_full_conference_takes_nobody(scene: Scene) -> None:
    scene.rules = replace(RULES, most_calls=3)
    assert ask(scene, F.ADD, number=NEW) == (Tell(ME, N.FULL),)


def test_keys_that_mean_nothing_are_said_so(scene: Scene) -> None:
    for call in (ME, HIM):
        assert ask(scene, F.WRONG_KEY, call) == (Tell(call, N.WRONG_KEY),)


def test_the_last_added_is_dropped_then_the_one_before(scene: Scene) -> None:
    ask(scene, F.ADD, number=NEW)
    said = Tell(ME, N.DROPPED)
    assert ask(scene, F.DROP_LAST) == (HangUp("usn-7-4"), said)
    assert scene.state_of("usn-7-4") is CallState.LEAVING
    assert ask(scene, F.DROP_LAST) == (HangUp(HER), said)
    assert ask(scene, F.DROP_LAST) == (HangUp(HIM), said, CheckAlone(ME))
    assert ask(scene, F.DROP_LAST) == (Tell(ME, N.NOBODY_TO_DROP),)
    scene.hear(HER, E.ENDED, cause=16)
    assert scene.outcome_of(HER) is CallOutcome.CANCELLED


def test_one_is_dropped_and_the_subscriber_never(scene: Scene) -> None:
    assert scene.do(Control(F.DROP, None, target=HIM)) == (HangUp(HIM), CheckAlone(ME))
    for target in (HIM, ME, "usn-8-1"):
        assert scene.do(Control(F.DROP, None, target=target)) == ()
    assert scene.state_of(ME) is CallState.JOINED


def test_one_is_muted_also_before_he_is_in(scene: Scene) -> None:
    told, told_again = Tell(HIM, Notice.MUTED_YOU), Tell(HIM, Notice.UNMUTED_YOU)
    assert scene.do(Control(F.MUTE, None, target=HIM)) == (Mute(HIM, on=True), told)
    assert scene.do(Control(F.MUTE, None, target=HIM)) == (Mute(HIM, on=False), told_again)
    assert scene.do(Control(F.MUTE, None, target=HER)) == ()
    assert scene.hear(HER, E.JOINED) == (Mute(HER, on=True),)
    scene.hear(HER, E.ENDED)
    before = scene.conference
    for target in (HER, "usn-8-1"):
        scene.do(Control(F.MUTE, None, target=target, on=False))
    assert scene.conference is before


@pytest.mark.parametrize("feature", [F.MUTE, F.MUTE_ALL, F.LOCK])
def test_what_is_switched_on_twice_is_on_once(scene: Scene, feature: Feature) -> None:
    for on in (True, False):
        asked = Control(feature, None, target=HIM, on=on)
        assert scene.do(asked) != ()
        before = scene.conference
        assert scene.do(asked) == ()
        assert scene.conference is before


def test_who_is_added_by_name_is_called_by_it(scene: Scene) -> None:
    scene.do(Control(F.ADD, None, NEW, name="Zoe"))
    assert scene.conference.calls[-1].name == "Zoe"


def test_help_comes_by_text(scene: Scene) -> None:
    before = scene.conference
    assert ask(scene, F.HELP) == (TellMenu(OWNER), Tell(ME, N.KEYS_SENT))
    assert scene.conference is before


def test_recording_is_asked_for_twice_and_begins_once(scene: Scene) -> None:
    begun = scene.do(Control(F.RECORD, None, on=True))
    assert len(begun) == 1
    assert scene.do(Control(F.RECORD, None, on=True)) == ()
    assert len(scene.do(Control(F.RECORD, None, on=False))) == 1
    assert scene.do(Control(F.RECORD, None, on=False)) == ()
