"""What a conference decides, scene by scene; the races are in walked/test_conference_races.py."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from conference_scene import BOB, EVE, HER, HIM, ME, OWNER, RULES, T0, E, S, Scene

from usnd.domain.conference.announcements import Announce, CheckAlone, Notice, Tell, TellNobodyReached
from usnd.domain.conference.call import CallOutcome, CallState, Direction, Role
from usnd.domain.conference.commands import Admit, Goodbye, HangUp, PlaceCall, TellNoCredit, TurnAway
from usnd.domain.conference.events import CallIn, Control, Feature, Recall
from usnd.domain.conference.model import EndReason, LaunchPlan, Participant
from usnd.domain.conference.transitions import launch, may_be_placed, resume


def test_no_call_id_is_the_beginning_of_another() -> None:
    """Asterisk refuses a channel with the id usn-7-1 while usn-7-10 is there."""
    people = [Participant(f"+4479{index:08}", "") for index in range(1, 1200)]
    ids = sorted(
        call.id for call in launch(7, LaunchPlan(42, OWNER, tuple(people)), RULES, T0).conference.calls
    )
    assert len(ids) == 1200
    assert not [one for one, next_one in pairwise(ids) if next_one.startswith(one)]
    assert {"usn-7-1", "usn-7-9", "usn-7-010", "usn-7-00100", "usn-7-0001000"} < set(ids)


@pytest.fixture
def scene() -> Scene:
    return Scene(BOB, EVE)


@pytest.fixture
def running(scene: Scene) -> Scene:
    """The subscriber and Bob talk, Eve's phone rings."""
    for call in (ME, HIM):
        scene.hear(call, E.PLACED, E.RINGING, E.ANSWERED, E.JOINED)
    scene.hear(HER, E.PLACED, E.RINGING)
    scene.seconds = 10
    assert scene.conference.state is S.RUNNING
    return scene


@pytest.fixture
def away(running: Scene) -> Scene:
    running.hear(ME, E.LEFT, E.ENDED, cause=16)
    assert running.conference.state is S.AWAY
    return running


def test_only_a_planned_call_is_placed_and_only_in_its_time(scene: Scene) -> None:
    planned, limit = scene.conference, T0 + RULES.ring + RULES.grace
    assert may_be_placed(planned, HER, RULES, limit - timedelta(milliseconds=1))
    assert not may_be_placed(planned, HER, RULES, limit)
    assert not may_be_placed(planned, "usn-7-9", RULES, T0)
    scene.do(Control(Feature.END, None))
    assert not may_be_placed(scene.conference, HER, RULES, T0), "given up while it was being committed"


def test_a_launch_calls_everybody_at_once_with_the_subscribers_number(scene: Scene) -> None:
    assert scene.commands == tuple(
        PlaceCall(call, number, OWNER, "c7", RULES.ring)
        for call, number in ((ME, OWNER), (HIM, BOB.number), (HER, EVE.number))
    )
    assert scene.conference.state is S.GATHERING
    assert [call.role for call in scene.conference.calls] == [Role.SUBSCRIBER] + 2 * [Role.PARTICIPANT]
    assert [call.name for call in scene.conference.calls] == ["", "Bob", "Eve"]


def test_a_number_named_twice_is_called_once_and_the_subscriber_never_twice() -> None:
    scene = Scene(BOB, EVE, replace(BOB, name="Robert"), Participant(OWNER, "me"))
    assert [call.number for call in scene.conference.calls] == [OWNER, BOB.number, EVE.number]


def test_participants_who_join_first_wait_for_the_subscriber(scene: Scene) -> None:
    scene.hear(HIM, E.PLACED, E.JOINED)
    assert scene.conference.state is S.GATHERING
    scene.hear(ME, E.PLACED, E.JOINED)
    assert scene.conference.state is S.RUNNING


def test_a_subscriber_who_cannot_be_reached_is_waited_for(scene: Scene) -> None:
    scene.hear(HIM, E.JOINED)
    scene.hear(ME, E.ENDED, cause=17)
    assert scene.conference.state is S.AWAY
    assert scene.conference.away_until == T0 + RULES.away


def test_those_whom_the_subscriber_leaves_are_told_once(running: Scene) -> None:
    assert running.hear(ME, E.LEFT, E.ENDED, cause=16) == (Announce("c7", Notice.SUBSCRIBER_AWAY),)
    assert running.hear(HER, E.JOINED) == (Tell(HER, Notice.SUBSCRIBER_AWAY),)


def test_nobody_is_told_in_a_room_that_is_empty(running: Scene) -> None:
    assert running.hear(HIM, E.LEFT, E.ENDED) == (CheckAlone(ME),)
    assert running.hear(ME, E.LEFT, E.ENDED) == ()
    assert running.conference.state is S.AWAY


def test_when_the_subscriber_leaves_the_others_stay_two_minutes(away: Scene) -> None:
    assert away.conference.away_until == T0 + timedelta(seconds=130)
    away.hear(HER, E.ENDED, cause=19)
    assert away.due() == 130
    assert away.at(129.9) == ()
    assert away.at(130) == (Goodbye(HIM, EndReason.SUBSCRIBER_AWAY),)
    assert away.conference.state is S.ENDING
    away.hear(HIM, E.LEFT, E.ENDED, cause=16)
    assert away.conference.state is S.ENDED
    assert away.conference.end_reason is EndReason.SUBSCRIBER_AWAY
    assert away.outcome_of(HIM) is CallOutcome.COMPLETED
    assert away.due() is None


def test_the_time_away_runs_from_the_first_leaving_only(away: Scene) -> None:
    away.seconds = 60
    away.do(Recall())
    away.hear("usn-7-4", E.PLACED, E.ENDED, cause=17)
    assert away.conference.away_until == T0 + timedelta(seconds=130)


def test_the_subscriber_calls_in_again_in_time(away: Scene) -> None:
    assert away.do(CallIn("171.5", "52272")) == (Admit("171.5", "c7"),)
    assert away.conference.calls[-1].direction is Direction.IN
    assert away.conference.state is S.AWAY
    away.hear("171.5", E.ANSWERED, E.JOINED)
    assert away.conference.state is S.RUNNING
    assert away.conference.away_until is None


def test_a_call_in_heard_twice_is_one_call(away: Scene) -> None:
    away.do(CallIn("171.5", "52272"))
    assert away.do(CallIn("171.5", "52272")) == ()
    assert len(away.conference.calls) == 4


def test_a_subscriber_who_calls_in_while_we_ring_them_is_admitted_and_not_rung(scene: Scene) -> None:
    scene.hear(ME, E.PLACED, E.RINGING)
    assert scene.do(CallIn("171.5", "52272")) == (HangUp(ME), Admit("171.5", "c7"))
    assert scene.conference.state is S.GATHERING
    scene.hear("171.5", E.ANSWERED, E.JOINED)
    scene.hear(ME, E.ENDED, cause=16)
    assert scene.conference.state is S.RUNNING
    assert scene.outcome_of(ME) is CallOutcome.CANCELLED


def test_a_new_call_of_a_subscriber_in_the_room_takes_the_place_of_the_old_one(running: Scene) -> None:
    """The same telephone cannot talk by two: the older one is dead, and its end is not heard of."""
    assert running.do(CallIn("171.5", "52272"))[:2] == (HangUp(ME), Admit("171.5", "c7"))
    assert running.state_of(ME) is CallState.LEAVING
    assert running.hear("171.5", E.ANSWERED, E.JOINED) == ()
    assert running.conference.state is S.RUNNING
    running.at(10 + RULES.goodbye.total_seconds())
    assert running.outcome_of(ME) is CallOutcome.COMPLETED, "billing stops"
    assert running.conference.state is S.RUNNING


@pytest.mark.parametrize(("number", "role"), [(OWNER, Role.SUBSCRIBER), ("+447700900077", Role.PARTICIPANT)])
def test_a_telephone_of_another_number_that_holds_the_conference_stays(number: str, role: Role) -> None:
    elsewhere = CallIn("171.1", "52270", "1234567", number="+447700900088")
    step = launch(7, LaunchPlan(42, OWNER, (BOB,), 3, elsewhere), RULES, T0)
    scene = Scene(BOB)
    scene.conference = step.conference
    scene.hear("171.1", E.ANSWERED, E.JOINED)
    assert scene.do(CallIn("171.5", "52270", "1234567", number=number)) == (Admit("171.5", "c7"),)
    assert scene.conference.calls[-1].role is role


def test_a_withheld_number_takes_no_other_withheld_ones_place() -> None:
    step = launch(
        7, LaunchPlan(42, OWNER, (BOB,), 3, CallIn("171.1", "52270", "1234567", number="")), RULES, T0
    )
    scene = Scene(BOB)
    scene.conference = step.conference
    scene.hear("171.1", E.ANSWERED, E.JOINED)
    assert scene.do(CallIn("171.5", "52270", "1234567", number="")) == (Admit("171.5", "c7"),)


def test_a_recall_of_a_subscriber_who_seems_to_be_in_takes_over_once_answered(running: Scene) -> None:
    assert [type(command) for command in running.do(Recall())] == [PlaceCall]
    assert running.do(Recall()) == (), "one at a time"
    assert running.state_of(ME) is CallState.JOINED
    assert running.hear("usn-7-4", E.PLACED, E.ANSWERED, E.JOINED) == (HangUp(ME),)
    assert running.conference.state is S.RUNNING
    running.hear(ME, E.ENDED, cause=16)
    assert running.conference.state is S.RUNNING


def test_a_recall_in_vain_changes_nothing_for_who_is_in(running: Scene) -> None:
    running.do(Recall())
    assert running.hear("usn-7-4", E.PLACED, E.ENDED, cause=17) == ()
    assert running.conference.state is S.RUNNING


def test_nobody_comes_into_a_conference_that_is_over(running: Scene) -> None:
    running.do(Control(Feature.END, None))
    assert running.do(CallIn("171.5", "52272")) == (TurnAway("171.5", "not-running"),)
    for call in (ME, HIM, HER):
        running.hear(call, E.ENDED)
    assert running.do(CallIn("171.6", "52272")) == (TurnAway("171.6", "not-running"),)
    assert running.do(Recall()) == ()


def test_a_recall_calls_the_subscriber_once(away: Scene) -> None:
    again = PlaceCall("usn-7-4", OWNER, OWNER, "c7", RULES.ring)
    assert away.do(Recall()) == (again,)
    assert away.do(Recall()) == ()
    away.hear("usn-7-4", E.PLACED, E.ANSWERED, E.JOINED)
    assert away.conference.state is S.RUNNING


def test_a_recall_does_not_wait_for_the_release_of_the_former_call(running: Scene) -> None:
    running.hear(ME, E.LEFT)
    assert running.conference.state is S.AWAY
    assert [type(command) for command in running.do(Recall())] == [PlaceCall]


def test_the_end_says_goodbye_in_the_room_and_releases_the_rest(running: Scene) -> None:
    said = running.do(Control(Feature.END, None))
    assert said == (Goodbye(ME, EndReason.TOLD), Goodbye(HIM, EndReason.TOLD), HangUp(HER))
    assert running.do(Control(Feature.END, None)) == ()
    assert running.hear(HER, E.ENDED, cause=16) == ()
    assert running.outcome_of(HER) is CallOutcome.CANCELLED


def test_an_answer_that_comes_while_the_conference_ends_is_released_and_recorded(running: Scene) -> None:
    running.do(Control(Feature.END, None))
    assert running.hear(HER, E.ANSWERED) == (HangUp(HER),)
    running.hear(HER, E.ENDED, cause=16)
    assert running.outcome_of(HER) is CallOutcome.CANCELLED


def test_who_does_not_go_is_put_out(running: Scene) -> None:
    running.do(Control(Feature.END, None))
    assert running.due() == 25
    assert set(running.at(25)) == {HangUp(ME), HangUp(HIM), HangUp(HER)}
    assert running.conference.state is S.ENDED
    assert running.hear(HIM, E.JOINED) == (HangUp(HIM),)


def test_no_credit_ends_a_launch_and_is_told_once(running: Scene) -> None:
    said = running.hear(HER, E.ENDED, cause=50)
    why = EndReason.NO_CREDIT
    assert said == (Goodbye(ME, why), Goodbye(HIM, why), TellNoCredit(OWNER))
    assert running.conference.state is S.ENDING
    assert running.conference.end_reason is why


def test_two_refusals_for_lack_of_credit_are_told_once(scene: Scene) -> None:
    assert scene.hear(HIM, E.ENDED, cause=50) == (HangUp(ME), HangUp(HER), TellNoCredit(OWNER))
    assert scene.hear(ME, E.ENDED, cause=50) == ()
    assert scene.hear(HER, E.ENDED, cause=50) == ()
    assert scene.conference.state is S.ENDED
    assert [call.outcome for call in scene.conference.calls] == [
        CallOutcome.CANCELLED,
        CallOutcome.NO_CREDIT,
        CallOutcome.CANCELLED,
    ]


def test_no_credit_for_the_last_call_left_is_the_reason_of_the_end() -> None:
    scene = Scene()
    assert scene.hear(ME, E.ENDED, cause=50) == (TellNoCredit(OWNER),)
    assert scene.conference.state is S.ENDED
    assert scene.conference.end_reason is EndReason.NO_CREDIT


def test_a_launch_that_reaches_nobody_is_over(scene: Scene) -> None:
    for call, cause in ((ME, 17), (HIM, 19), (HER, 20)):
        scene.hear(call, E.ENDED, cause=cause)
    assert scene.conference.state is S.ENDED
    assert scene.conference.end_reason is EndReason.EMPTY
    assert scene.conference.ended_at == T0


def test_a_refused_originate_ends_that_call_only(scene: Scene) -> None:
    scene.hear(HIM, E.REFUSED)
    assert scene.outcome_of(HIM) is CallOutcome.FAILED
    assert scene.conference.state is S.GATHERING


def test_a_refused_second_originate_leaves_the_first_alone(scene: Scene) -> None:
    scene.hear(HIM, E.PLACED)
    assert scene.hear(HIM, E.REFUSED) == ()
    assert scene.state_of(HIM) is CallState.DIALLING


def test_a_dead_asterisk_ends_the_conference(running: Scene) -> None:
    running.lose(ME, HIM, HER)
    assert running.conference.state is S.ENDED
    assert running.conference.end_reason is EndReason.VOICE_LOST


def test_the_reason_of_an_end_is_the_first_one(running: Scene) -> None:
    running.do(Control(Feature.END, None))
    running.lose(ME, HIM, HER)
    assert running.conference.end_reason is EndReason.TOLD


def test_after_a_crash_a_planned_call_that_was_not_placed_is_placed(scene: Scene) -> None:
    assert resume(scene.conference) == ()
    scene.seconds = 59
    assert scene.hear(HIM, E.MISSING) == (scene.commands[1],)
    assert scene.state_of(HIM) is CallState.PLANNED


def test_after_a_crash_it_can_be_too_late_to_place_a_call(scene: Scene) -> None:
    scene.seconds = 60
    assert scene.hear(HIM, E.MISSING) == ()
    assert scene.outcome_of(HIM) is CallOutcome.FAILED


def test_after_a_crash_releases_are_sent_again(running: Scene) -> None:
    running.do(Control(Feature.END, None))
    assert resume(running.conference) == (HangUp(ME), HangUp(HIM), HangUp(HER))


def test_deadlines_of_calls(scene: Scene) -> None:
    assert scene.due() == 60
    scene.hear(ME, E.JOINED)
    scene.hear(HIM, E.ENDED)
    scene.seconds = 20
    scene.hear(HER, E.ANSWERED)
    assert scene.due() == 35
    assert scene.at(35)[:1] == (HangUp(HER),)
    assert scene.outcome_of(HER) is CallOutcome.FAILED
    assert scene.due() is None
    assert scene.at(99_999) == ()
    assert scene.conference.state is S.RUNNING


def test_a_phone_that_rings_for_ever_is_given_up(scene: Scene) -> None:
    scene.hear(ME, E.JOINED)
    scene.hear(HIM, E.RINGING)
    nobody = (("Bob", CallOutcome.NO_ANSWER), ("Eve", CallOutcome.FAILED))
    told = (TellNobodyReached(OWNER, nobody), Tell(ME, Notice.NOBODY_REACHED))
    assert scene.at(60) == (HangUp(HIM), HangUp(HER), *told)
    assert scene.outcome_of(HIM) is CallOutcome.NO_ANSWER
    assert scene.outcome_of(HER) is CallOutcome.FAILED


def test_a_subscriber_whose_call_is_overdue_is_away_from_then(scene: Scene) -> None:
    scene.hear(HIM, E.JOINED)
    scene.at(60)
    assert scene.conference.state is S.AWAY
    assert scene.due() == 180


def test_news_of_a_call_of_another_conference_changes_nothing(running: Scene) -> None:
    before = running.conference
    assert running.hear("usn-8-1", *E) == ()
    assert running.conference is before


def test_time_that_passes_early_changes_nothing(running: Scene) -> None:
    before = running.conference
    assert running.at(11) == ()
    assert running.conference == before
