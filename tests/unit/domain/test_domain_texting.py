"""What each text does in each situation: one reply, and what is committed with it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.conference import ConferenceState, Participant
from usnd.domain.directory import (
    Directory,
    Group,
    GroupMember,
    NickMember,
    NumberMember,
    PutGroup,
    PutUser,
    Subscriber,
    User,
)
from usnd.domain.replies import Say, render
from usnd.domain.texting import Decision, Situation, TextRules, decide

RULES = TextRules("GB", most_participants=3)
ME = Subscriber(42, "+447700900001")
BOB = User("Bob", "+447700900002", "Robert", "Smith")
EVE = User("eve", "+447700900003")
SELF = User("me2", ME.number)
GOLF = Group("Golf", (NickMember("Bob"), NumberMember("+447700900009")))
MINE = Directory(
    {"bob": BOB, "eve": EVE, "me2": SELF}, {"golf": GOLF, "club": Group("Club", (GroupMember("Golf"),))}
)
HOME = Situation(ME, MINE)


def say(body: str, situation: Situation = HOME) -> Decision:
    return decide(body, situation, RULES)


def told(decision: Decision) -> tuple[Say, str]:
    return decision.reply.say, render(decision.reply)


def does_nothing(decision: Decision) -> bool:
    return not (decision.changes or decision.launch or decision.recall)


@pytest.mark.parametrize("body", ["", "IC bob", "?", "nonsense"])
def test_who_is_not_registered_or_suspended_gets_no_service(body: str) -> None:
    for subscriber, answer in (
        (None, Say.NO_SERVICE),
        (Subscriber(42, ME.number, suspended=True), Say.SUSPENDED),
    ):
        decision = say(body, Situation(subscriber, MINE))
        assert decision.reply.say is answer
        assert does_nothing(decision)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("", Say.EMPTY),
        ("XX", Say.UNKNOWN_COMMAND),
        ("IC", Say.SYNTAX),
        ("?", Say.HELP),
        ("? nonsense", Say.HELP),
        ("? ic", Say.HELP_COMMAND),
        ("UC ann golfer", Say.BAD_NUMBER),
        ("UC ann 900001", Say.BAD_NUMBER),
        ("UC 1ann 07700900004", Say.BAD_NAME),
        ("UC BOB 07700900004", Say.NAME_TAKEN_BY_USER),
        ("UC GOLF 07700900004", Say.NAME_TAKEN_BY_GROUP),
        ("UC ann 07700900004 Ann.Lee bob", Say.NAME_TAKEN_BY_USER),
        ("UC ann 07700900004 Ann.Lee ANN", Say.NAME_TAKEN_BY_USER),
        ("UC ann 07700900004 Ann.Lee 1golf", Say.BAD_NAME),
        ("UC ann 07700900004 A\x00nn.Lee", Say.BAD_PERSON),
        ("UC ann 07700900004 A\ud83d.Lee", Say.BAD_PERSON),
        (f"UC ann 07700900004 {'a' * 20}.{'b' * 21}", Say.BAD_PERSON),
        ("GC 1golf bob", Say.BAD_NAME),
        ("GC eve bob", Say.NAME_TAKEN_BY_USER),
        ("GC chess bob nobody", Say.UNKNOWN_NAMES),
        ("GC chess chess", Say.CYCLE),
        ("GC golf club", Say.CYCLE),
        ("IC nobody bob 12", Say.UNKNOWN_NAMES),
        ("IC me2 07700900001", Say.NOBODY),
        ("IC golf eve 07700900010", Say.TOO_MANY),
    ],
)
def test_a_text_that_is_wrong_is_told_so_and_does_nothing(body: str, answer: Say) -> None:
    decision = say(body)
    assert decision.reply.say is answer
    assert does_nothing(decision)
    assert render(decision.reply).isprintable()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("? ic", "IC <nick, phone or group>...: call all of them and you into a conference"),
        ("IC nobody 12", "Not known: nobody, 12. Create users with UC, groups with GC. Nothing was done."),
        ("GC golf Club", "A group cannot contain itself: Golf > Club > Golf. Nothing was done."),
        ("IC golf eve 07700900010", "4 people are too many: at most 3 can be called. Nothing was done."),
    ],
)
def test_a_reply_says_what_was_wrong(body: str, text: str) -> None:
    assert told(say(body))[1] == text


def test_a_user_is_created() -> None:
    decision = say("uc Ann 07700900004 Ann.Lee")
    assert decision.changes == (PutUser(User("Ann", "+447700900004", "Ann", "Lee")),)
    assert told(decision) == (Say.USER_CREATED, "User Ann created: +447700900004.")


def test_a_user_is_created_into_groups_each_once_new_or_known() -> None:
    decision = say("UC ann 07700900004 Ann.Lee GOLF chess golf -club Chess")
    member = NickMember("ann")
    assert decision.changes[1:] == (
        PutGroup(Group("Golf", (*GOLF.members, member))),
        PutGroup(Group("chess", (member,))),
    )
    assert told(decision) == (Say.USER_CREATED, "User ann created: +447700900004, in GOLF, chess.")


def test_a_group_is_created_with_each_member_once() -> None:
    decision = say("GC Chess BOB bob golf 07700900009 +447700900009")
    assert decision.changes == (
        PutGroup(Group("Chess", (NickMember("Bob"), GroupMember("Golf"), NumberMember("+447700900009")))),
    )
    assert told(decision) == (Say.GROUP_CREATED, "Group Chess has 3 members: Bob, Golf, +447700900009.")


def test_a_groups_members_are_replaced_and_its_spelling_stays() -> None:
    decision = say("GC GOLF eve")
    assert decision.changes == (PutGroup(Group("Golf", (NickMember("eve"),))),)
    assert told(decision) == (Say.GROUP_REPLACED, "Group Golf now has 1 member: eve.")


def test_a_launch_calls_everybody_named_once_and_not_the_subscriber() -> None:
    decision = say("ic club BOB 07700900002 me2 golf")
    assert decision.launch == (Participant(BOB.number, "Robert Smith"), Participant("+447700900009", ""))
    assert told(decision) == (Say.LAUNCHED, "Calling you and 2 others: Robert Smith, +447700900009.")
    assert told(say("IC bob"))[1] == "Calling you and 1 other: Robert Smith."


@pytest.mark.parametrize(
    ("state", "voice_up", "answer"),
    [
        (None, True, Say.LAUNCHED),
        (None, False, Say.NO_VOICE),
        (ConferenceState.GATHERING, True, Say.STILL_RUNNING),
        (ConferenceState.RUNNING, True, Say.STILL_RUNNING),
        (ConferenceState.RUNNING, False, Say.STILL_RUNNING),
        (ConferenceState.ENDING, True, Say.STILL_RUNNING),
        (ConferenceState.AWAY, True, Say.RECALLED),
        (ConferenceState.AWAY, False, Say.NO_VOICE),
    ],
)
def test_a_launch_while_a_conference_is(
    state: ConferenceState | None, *, voice_up: bool, answer: Say
) -> None:
    decision = say("IC bob", Situation(ME, MINE, state, voice_up=voice_up))
    assert decision.reply.say is answer
    assert bool(decision.launch) == (answer is Say.LAUNCHED)
    assert decision.recall == (answer is Say.RECALLED)


WORDS = st.sampled_from(
    ["UC", "GC", "IC", "?", "bob", "golf", "club", "me2", "x1", "07700900004", "-golf", "-", "A.B"]
)


@settings(derandomize=True, database=None, deadline=None, max_examples=400)
@given(
    st.lists(WORDS, max_size=7).map(" ".join) | st.text(max_size=80),
    st.sampled_from([None, *ConferenceState]),
    st.booleans(),
)
def test_any_text_in_any_situation_gets_one_reply_that_can_be_sent(
    body: str,
    state: ConferenceState | None,
    voice_up: bool,  # noqa: FBT001 - given by hypothesis
) -> None:
    decision = say(body, Situation(ME, MINE, state, voice_up=voice_up))
    assert render(decision.reply).isprintable()
    assert bool(decision.changes) + bool(decision.launch) + decision.recall <= 1
