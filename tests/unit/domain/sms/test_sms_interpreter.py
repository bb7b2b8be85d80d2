"""What each text does in each situation: one reply, and what is committed with it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from subscriber_home import (
    BOB,
    EVE,
    ME,
    MINE,
    after,
    does_nothing,
    say,
    told,
)

from usnd.domain.conference.model import ConferenceState, Participant
from usnd.domain.directory.model import (
    GroupMember,
    NickMember,
    Subscriber,
    find_cycle,
)
from usnd.domain.messaging.message import Priority
from usnd.domain.replies.catalogue import Say, render, reply
from usnd.domain.sms.decision import Situation, TextRules, TextTo
from usnd.domain.sms.grammar import COMMAND_WORDS


@pytest.mark.parametrize("body", ["", "IC bob", "?", "nonsense", "SB bob: hi"])
def test_who_is_not_registered_or_suspended_gets_no_service(body: str) -> None:
    for subscriber, answer in (
        (None, Say.NO_SERVICE),
        (Subscriber(42, ME.number, suspended=True), Say.SUSPENDED),
    ):
        decision = say(body, Situation(subscriber, MINE))
        assert decision.reply.say is answer
        assert does_nothing(decision)


def test_everything_is_said_in_the_subscribers_language() -> None:
    finn = Situation(Subscriber(42, ME.number, language="fi", call_texts=True), MINE)
    suspended = Situation(Subscriber(42, ME.number, suspended=True, language="fi"))
    for decision in (say("IC bob", finn), say("SB bob: hi", finn), say("", finn), say("?", suspended)):
        assert decision.reply.language == "fi"
        assert all(text.message.language == "fi" for text in decision.texts)
    assert say("IC bob", Situation(None), TextRules("GB", language="sv")).reply.language == "sv"


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("", Say.EMPTY),
        ("XX", Say.UNKNOWN_COMMAND),
        ("IC", Say.SYNTAX),
        ("IC" + " bob" * 5000, Say.TOO_LONG),
        ("?", Say.HELP),
        ("? nonsense", Say.UNKNOWN_COMMAND),
        ("? ic", Say.HELP_COMMAND),
        ("UC ann golfer", Say.BAD_NUMBER),
        ("UC ann 900001", Say.BAD_NUMBER),
        ("UC ann " + "1" * 20_000 + "x", Say.BAD_NUMBER),
        ("UC " + "\u0301" * 20_000 + " 07700900004", Say.BAD_NAME),
        ("UC 1ann 07700900004", Say.BAD_NAME),
        ("UC 3 07700900004", Say.BAD_NAME),
        ("UC 12 07700900004", Say.BAD_NAME),
        ("UC a😀b 07700900004", Say.BAD_NAME),
        ("UC BOB 07700900004", Say.USER_EXISTS),
        ("UC GOLF 07700900004", Say.NAME_TAKEN_BY_GROUP),
        ("UC ann 07700900004 Ann.Lee bob", Say.NAME_TAKEN_BY_USER),
        ("UC ann 07700900004 Ann.Lee ANN", Say.GROUP_LIKE_NICK),
        ("UC ann 07700900004 Ann.Lee 1golf", Say.BAD_NAME),
        ("UC ann 07700900004 A\x00nn.Lee", Say.BAD_PERSON),
        ("UC ann 07700900004 A\ud83d.Lee", Say.BAD_PERSON),
        ("UC ann 07700900004 A😀nn", Say.BAD_PERSON),
        (f"UC ann 07700900004 {'a' * 20}.{'b' * 21}", Say.BAD_PERSON),
        ("UE nobody A.B", Say.UNKNOWN_USER),
        ("UE golf A.B", Say.UNKNOWN_USER),
        ("UE bob 900001", Say.BAD_NUMBER),
        ("UE bob Ann\x00", Say.BAD_PERSON),
        ("UE bob A.B eve", Say.NAME_TAKEN_BY_USER),
        ("UE bob A.B 2nd", Say.BAD_NAME),
        ("UE bob -chess", Say.UNKNOWN_GROUP),
        ("UE bob -eve", Say.UNKNOWN_GROUP),
        ("UE bob A.B chess -tennis", Say.UNKNOWN_GROUP),
        ("UD nobody", Say.UNKNOWN_USER),
        ("UD golf", Say.UNKNOWN_USER),
        ("UD 07700900009", Say.UNKNOWN_USER),
        ("UD bob eve", Say.SYNTAX),
        ("UD 07700900003", Say.SEVERAL_USERS),
        ("UL nobody", Say.NO_USER_FOUND),
        ("UL robert jones", Say.NO_USER_FOUND),
        ("UL golf", Say.NO_USER_FOUND),
        ("GC 1golf bob", Say.BAD_NAME),
        ("GC eve bob", Say.NAME_TAKEN_BY_USER),
        ("GC chess bob nobody", Say.UNKNOWN_NAMES),
        ("GC chess chess", Say.CYCLE),
        ("GC golf club", Say.CYCLE),
        ("GL eve", Say.UNKNOWN_GROUP),
        ("GL empty", Say.GROUP_EMPTY),
        ("GD chess", Say.UNKNOWN_GROUP),
        ("GD bob", Say.UNKNOWN_GROUP),
        ("CC3 nobody", Say.UNKNOWN_NAMES),
        ("CC3 golf eve 07700900010", Say.TOO_MANY),
        ("LC4", Say.NO_CONFERENCE),
        ("LC5", Say.CONFERENCE_EMPTY),
        ("IC4", Say.NO_CONFERENCE),
        ("IC5", Say.CONFERENCE_EMPTY),
        ("IC7", Say.NOBODY),
        ("IC30", Say.EMPTY_GROUPS),
        ("IC nobody bob 12", Say.UNKNOWN_NAMES),
        ("IC me2 07700900001", Say.NOBODY),
        ("IC empty", Say.EMPTY_GROUPS),
        ("IC golf eve 07700900010", Say.TOO_MANY),
        ("SB nobody: hi", Say.UNKNOWN_NAMES),
        ("SB me2: hi", Say.NOBODY_TO_TEXT),
        ("SB empty: hi", Say.NOBODY_IN),
        ("SB bob: " + "x" * 21, Say.TEXT_TOO_LONG),
        ("SB bob: " + "x" * 20_000, Say.TEXT_TOO_LONG),
        ("SB golf eve 07700900010: hi", Say.TOO_MANY_TO_TEXT),
    ],
)
def test_a_text_that_is_wrong_is_told_so_and_does_nothing(body: str, answer: Say) -> None:
    decision = say(body)
    assert decision.reply.say is answer
    assert does_nothing(decision)
    text = render(decision.reply)
    assert text.isprintable()
    assert len(text) <= 160


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("? ic3", "ICx: call everybody of your conference x, 1 to 30, as defined with CCx."),
        ("IC nobody 12", "Not known: nobody, 12. Create users with UC, groups with GC. Nothing was done."),
        ("GC golf Club", "A group cannot contain itself: Golf > Club > Golf. Nothing was done."),
        ("IC golf eve 07700900010", "4 people are too many: at most 3 can be called. Nothing was done."),
        (
            "UC bob 07700900009",
            "Bob is already a user of yours, +447700900002. Change it with UE, or choose another nick.",
        ),
        ("UD 07700900003", "+447700900003 is the number of eve, twin. Write the nick. Nothing was done."),
        ("IC 4", "Conference 4 is not defined yet. Text CC4 and whom to call."),
        ("IC 5", "Nobody is in conference 5 any more. Text CC5 and whom to call."),
        ("IC empty", "Nobody to call: nobody is in Empty."),
        (
            "X" * 20_000,
            f"{'X' * 23}~ is not a command. Commands: {COMMAND_WORDS}. Text ? <command> for its syntax.",
        ),
    ],
)
def test_a_reply_says_what_was_wrong(body: str, text: str) -> None:
    assert told(say(body))[1] == text


# IC, ICx


def test_a_launch_calls_everybody_named_once_and_not_the_subscriber() -> None:
    decision = say("ic club BOB 07700900002 me2 golf")
    assert decision.launch == (Participant(BOB.number, "Robert Smith"), Participant("+447700900009", ""))
    assert told(decision) == (Say.LAUNCHED, "Calling you and 2 more: Robert Smith, +447700900009.")
    assert told(say("IC bob"))[1] == "Calling you and 1 more: Robert Smith."


@pytest.mark.parametrize("body", ["IC3", "ic 3", "IC 03"])
def test_a_stored_conference_calls_those_who_are_in_its_groups_now(body: str) -> None:
    assert say(body).launch == (Participant(BOB.number, "Robert Smith"), Participant("+447700900009", ""))
    later = Situation(ME, after(say("GC golf eve")))
    assert say(body, later).launch == (
        Participant(EVE.number, "eve"),
        Participant(BOB.number, "Robert Smith"),
    )
    without = Situation(ME, after(say("UD bob")))
    assert say(body, without).launch == (Participant("+447700900009", ""),)


@pytest.mark.parametrize("body", ["IC bob", "IC3"])
@pytest.mark.parametrize(
    ("state", "voice_up", "answer"),
    [
        (None, True, Say.LAUNCHED),
        (None, False, Say.NO_VOICE),
        (ConferenceState.GATHERING, True, Say.STILL_RUNNING),
        (ConferenceState.RUNNING, True, Say.CALLED_INTO_IT),
        (ConferenceState.RUNNING, False, Say.NO_VOICE),
        (ConferenceState.ENDING, True, Say.LAUNCHED),
        (ConferenceState.AWAY, True, Say.RECALLED),
        (ConferenceState.RECALLING, True, Say.RECALLED),
        (ConferenceState.AWAY, False, Say.NO_VOICE),
        (ConferenceState.RECALLING, False, Say.NO_VOICE),
    ],
)
def test_a_launch_while_a_conference_is(
    body: str, state: ConferenceState | None, *, voice_up: bool, answer: Say
) -> None:
    decision = say(body, Situation(ME, MINE, state, voice_up=voice_up))
    assert decision.reply.say is answer
    assert bool(decision.launch) == (answer is Say.LAUNCHED)
    assert decision.recall == (answer in (Say.RECALLED, Say.CALLED_INTO_IT))


@pytest.mark.parametrize(
    ("call_back_number", "text"),
    [
        ("", "+447700900001 is calling you into a conference."),
        (
            "+443001234567",
            "+447700900001 is calling you into a conference. Missed it, or dropped out? Call +443001234567.",
        ),
    ],
)
def test_a_text_goes_beside_each_call_if_the_subscriber_wants_it(call_back_number: str, text: str) -> None:
    rules = TextRules("GB", call_back_number=call_back_number)
    assert say("IC golf", rules=rules).texts == ()
    texts = say("IC golf me2", Situation(Subscriber(42, ME.number, call_texts=True), MINE), rules).texts
    assert [(to.number, render(to.message)) for to in texts] == [
        (BOB.number, text),
        ("+447700900009", text),
    ]
    assert {to.priority for to in texts} == {Priority.REPLY}


# SB


def test_a_blast_goes_to_everybody_once_behind_the_replies_and_says_who_sends() -> None:
    decision = say("sb club, BOB 07700900002 me2: At 10:30 {sharp}")
    message = reply(Say.BLAST, sender=ME.number, text="At 10:30 {sharp}")
    assert decision.texts == (
        TextTo(BOB.number, message, Priority.BULK),
        TextTo("+447700900009", message, Priority.BULK),
    )
    assert render(message) == "From +447700900001: At 10:30 {sharp}"
    assert told(decision) == (Say.BLAST_SENT, "Your text goes to 2: Robert Smith, +447700900009.")
    assert (decision.changes, decision.launch) == ((), ())


@pytest.mark.parametrize("state", ConferenceState)
def test_a_blast_needs_no_voice_and_heeds_no_conference(state: ConferenceState) -> None:
    assert say("SB bob: hi", Situation(ME, MINE, state, voice_up=False)).reply.say is Say.BLAST_SENT


# Any text

WORDS = st.sampled_from(
    [
        *("UC", "UE", "UD", "UL", "GC", "GL", "GD", "IC", "CC3", "IC3", "LC3", "CC", "LC", "SB", "?"),
        *("bob", "golf", "club", "empty", "me2", "twin", "x1", "07700900004", "-golf", "-", "A.B", "3", ":"),
    ]
)


@settings(derandomize=True, database=None, deadline=None, max_examples=800)
@given(
    st.lists(WORDS, max_size=7).map(" ".join) | st.text(max_size=80),
    st.sampled_from([None, *ConferenceState]),
    st.booleans(),
    st.booleans(),
)
def test_any_text_in_any_situation_gets_one_reply_that_can_be_sent(
    body: str,
    state: ConferenceState | None,
    voice_up: bool,  # noqa: FBT001 - given by hypothesis
    call_texts: bool,  # noqa: FBT001 - given by hypothesis
) -> None:
    subscriber = Subscriber(42, ME.number, call_texts=call_texts)
    decision = say(body, Situation(subscriber, MINE, state, voice_up=voice_up))
    assert render(decision.reply).isprintable()
    assert bool(decision.changes) + bool(decision.launch or decision.texts) + decision.recall <= 1
    mine = after(decision)
    assert not set(mine.users) & set(mine.groups), "a name is a user or a group"
    assert all(find_cycle(mine, group) is None for group in mine.groups.values())
    held = [member for group in mine.groups.values() for member in group.members]
    held += [member for members in mine.conferences.values() for member in members]
    assert all(m.nick.casefold() in mine.users for m in held if isinstance(m, NickMember))
    assert all(m.group.casefold() in mine.groups for m in held if isinstance(m, GroupMember))
