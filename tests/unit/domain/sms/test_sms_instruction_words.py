"""Words that say what to do are no names: nothing is done, and what was meant is offered and does that."""

import pytest
from subscriber_home import ME, MINE, RULES, after, does_nothing, say, told

from usnd.domain.directory.model import (
    Directory,
    Group,
    NickMember,
    PutGroup,
    PutUser,
    User,
    changed,
    spelled,
)
from usnd.domain.replies.catalogue import Say
from usnd.domain.sms.decision import Situation
from usnd.domain.sms.interpreter import interpret

NUMBER = "07700900031"


@pytest.mark.parametrize(
    ("body", "offers"),
    [
        # In the place of a name or a group.
        ("UE bob not Golf", ("UE bob -Golf",)),
        ("UE bob from golf", ("UE bob -golf",)),
        ("UE bob Robert.Smith without Golf", ("UE bob Robert.Smith -Golf",)),
        ("UE bob in Chess", ("UE bob +Chess",)),
        ("UE bob group Chess", ("UE bob +Chess",)),
        ("UE bob Robert.Smith to golf chess", ("UE bob Robert.Smith +golf +chess",)),
        (f"UC al {NUMBER} in Chess", ("UC al +447700900031 +Chess",)),
        (f"UC al {NUMBER} Al.B not Golf", ("UC al +447700900031 Al.B -Golf",)),
        ("UE bob rename Rob", ("UE bob Rob.Smith",)),
        ("UE bob called Rob Stone", ("UE bob Rob.Stone",)),
        (f"UE eve to {NUMBER}", (f"UE eve {NUMBER}",)),
        (f"UE eve new number {NUMBER}", (f"UE eve {NUMBER}",)),
        ("UE eve phone is now +44 7700 900031", ("UE eve +44 7700 900031",)),
        ("UE bob delete", ("UD bob",)),
        ("UE bob + Chess", ("UE bob +Chess",)),
        (f"UC al {NUMBER} + Chess", ("UC al 07700900031 +Chess",)),
        ("UE bob club, not golf", ("UE bob club -golf",)),
        # What is said beside a command.
        (f"UC al {NUMBER} Ann.Lee Chess only", ("UC al +447700900031 Ann.Lee Chess",)),
        (f"UC al {NUMBER} just Golf", ("UC al +447700900031 Golf",)),
        (f"UC al {NUMBER} now Ben golf", ("UC al +447700900031 Ben golf",)),
        (f"UC al {NUMBER} Ann.Lee golf as well", ("UC al +447700900031 Ann.Lee golf",)),
        ("UE bob Ann.Lee golf now", ("UE bob Ann.Lee golf",)),
        ("UE bob club too", ("UE bob club",)),
        ("UE bob not now golf", ("UE bob -golf",)),
        ("UE bob club instead of golf", ("UE bob club -golf",)),
        ("UE bob no longer golf", ("UE bob -golf",)),
        ("GC Golf only eve", ("GC Golf eve",)),
        ("GC Golf eve now", ("GC Golf eve",)),
        ("GC Golf eve too", ("GC Golf Bob +447700900009 eve",)),
        ("GC Golf eve instead of bob", ("GC Golf +447700900009 eve",)),
        ("GC now Golf eve", ("GC Golf eve",)),
        ("CC3 eve only", ("CC3 eve",)),
        ("IC golf now", ("IC Golf",)),
        ("SB only golf: hi", ("SB Golf: hi",)),
        # A family name in several words.
        ("UE bob Robert.van der Berg", ("UE bob Robert.van-der-Berg",)),
        ("UE bob Robert de Mello golf", ("UE bob Robert.de-Mello golf",)),
        ("UE bob .von Stein", ("UE bob .von-Stein",)),
        # What the group or conference shall hold then.
        ("GC Golf + eve", ("GC Golf Bob +447700900009 eve",)),
        ("GC Golf +eve", ("GC Golf Bob +447700900009 eve",)),
        ("GC Golf add eve", ("GC Golf Bob +447700900009 eve",)),
        (f"GC Golf + {NUMBER}", (f"GC Golf Bob +447700900009 {NUMBER}",)),
        ("GC Golf + 447700900031", ("GC Golf Bob +447700900009 +447700900031",)),
        ("GC Golf + eve?", ("GC Golf Bob +447700900009 eve",)),
        ("GC Golf -bob", ("GC Golf +447700900009",)),
        ("GC Golf - bob", ("GC Golf +447700900009",)),
        ("GC Golf remove bob add eve", ("GC Golf +447700900009 eve",)),
        ("GC Golf and eve", ("GC Golf Bob +447700900009 eve",)),
        ("GC Golf & eve", ("GC Golf Bob +447700900009 eve",)),
        ("GC Golf \u2795 eve", ("GC Golf Bob +447700900009 eve",)),
        ("GC Golf [+] eve", ("GC Golf Bob +447700900009 eve",)),
        ("GC + Golf eve", ("GC Golf Bob +447700900009 eve",)),
        ("CC3 + eve", ("CC3 Club Bob eve",)),
        ("CC3 and eve", ("CC3 Club Bob eve",)),
        *(
            (text, ("CC3 Club Bob eve",))
            for text in ("CC3/eve", "CC3 /eve", "CC 3 / eve", "CC3&eve", "CC3|eve", "cc3\\eve", "CC3+eve")
        ),
        ("GC Golf / eve", ("GC Golf Bob +447700900009 eve",)),
        ("GC Golf |eve", ("GC Golf Bob +447700900009 eve",)),
        ("CC3-Club", ("CC3 Bob",)),
        ("CC3 without bob", ("CC3 Club",)),
        ("CC3 -Club", ("CC3 Bob",)),
        ("GC delete Golf", ("GD Golf",)),
        ("GC group Chess bob", ("GC Chess bob",)),
        # Who is left out.
        ("IC golf -bob", ("IC +447700900009",)),
        ("IC Golf eve except bob", ("IC +447700900009 eve",)),
        ("IC golf - bob", ("IC +447700900009",)),
        *(
            (f"SB golf {sign} bob: hi", ("SB +447700900009: hi",))
            for sign in ("--", "(-", "\u2796", "\u274c")
        ),
        ("SB golf \u26d4bob: hi", ("SB +447700900009: hi",)),
        ("SB golf - bob: hi", ("SB +447700900009: hi",)),
        ("SB golf not bob: hi", ("SB +447700900009: hi",)),
        # Whose user.
        ("UD bob and eve", ("UD Bob", "UD eve")),
        ("UD bob eve", ("UD Bob", "UD eve")),
        ("UD Robert Smith", ("UD Bob",)),
        ("UD bob 07700900002", ("UD Bob",)),
        ("UD bob 07700 900003", ("UD Bob", "UD eve")),
        ("UD bob from Golf", ("UE Bob -Golf",)),
    ],
)
def test_what_was_meant_is_offered(body: str, offers: tuple[str, ...]) -> None:
    asked = say(body)
    assert does_nothing(asked)
    assert asked.reply.offers == offers
    assert not any(does_nothing(say(offer)) for offer in offers)


@pytest.mark.parametrize(
    "body",
    [
        *("UE bob remove", "UE bob delete golf chess", "UE eve number 07700900031 golf", "UE eve is new"),
        *(f"UC delete {NUMBER}", f"UC to {NUMBER}", "GC add Golf eve", "GC not Golf", "GC Golf -07700900009"),
        *("GC Golf -eve", "GC Chess -bob", "GC Empty -eve", "IC -bob", "IC bob -07700 900003", "CC9 - bob"),
        # A word without a dot where there is a name, or behind a group: what people write there has no end.
        *(
            "UE bob nobody",
            f"UE bob {NUMBER} former",
            "UE bob golf always",
            "UE bob quits golf",
            "UE bob Bert",
        ),
        # What stands on both sides of the word, or between two of them, is whose?
        *(
            "UE bob from golf to club",
            "UE bob moved to golf",
            "UE bob has gone to golf",
            "UE bob not golf but club",
        ),
        *("IC3 -bob", "IC 3 except bob", "IC3-bob"),
        # What else there is shall go, or the end is missing.
        *(
            "UE bob golf only",
            "UE bob just club",
            "UE bob club instead",
            "UE bob golf and",
            "GC Golf eve instead",
        ),
        *("UE bob Golf-", "UE bob Ann.Lee Golf+", "UE bob name A B C", "SB not bob: hi"),
    ],
)
def test_without_a_likely_command_nothing_is_offered(body: str) -> None:
    asked = say(body)
    assert does_nothing(asked)
    assert asked.reply.offers == ()


SAID_BESIDE = ("only", "Just", "now", "too", "also", "again", "instead", "still", "never", "or", "ok", "asap")


@pytest.mark.parametrize("word", ["not", "In", "REMOVE", "to", "add", "from", "delete", *SAID_BESIDE])
@pytest.mark.parametrize(
    "body",
    [
        *("UE bob {} Sales", "UE bob {}", "UE bob {} golf", "UE bob Ann.Lee {} Sales", "GC Golf {} eve"),
        *("UC al 07700900031 {} Sales", "UC {} 07700900031", "GC {} eve", "CC3 {} eve", "IC golf {} eve"),
        *("SB golf {} eve: hi", "UD bob {} eve", "UE bob {} 07700900031"),
        *("UC al 07700900031 Ann.Lee golf {}", "UC al 07700900031 Ann.Lee Chess {}", "UC al 07700900031 {}"),
        *("UC al 07700900031 golf {}", "UE bob golf {}", "UE eve {}", "UE bob -golf {}", "UE bob Ann.Lee {}"),
        *("GC Golf eve {}", "CC3 eve {}", "IC golf {}", "SB golf {}: hi", "GD Golf {}", "UD bob {}"),
    ],
)
def test_no_such_word_renames_creates_deletes_calls_or_texts(body: str, word: str) -> None:
    assert does_nothing(say(body.format(word)))


@pytest.mark.parametrize("word", ["please", "Pls"])
def test_a_polite_word_is_no_name_and_no_doubt(word: str) -> None:
    for body in ("UC al 07700900031 Ann.Lee Chess", "UE bob golf", "GC Chess bob", "CC4 eve"):
        done = say(f"{body} {word}")
        assert done == say(body)
        assert not does_nothing(done)


@pytest.mark.parametrize("word", ["today", "tonight", "later", "always"])
def test_nothing_is_done_at_another_time_and_nothing_offered(word: str) -> None:
    for body in ("UC al 07700900031 Ann.Lee golf", "UE bob golf", "GC Golf eve", "CC3 eve", "IC golf"):
        asked = say(f"{body} {word}")
        assert does_nothing(asked)
        assert asked.reply.offers == ()
    assert word in after(say(f"GC {word} bob")).groups
    assert word in after(say(f"UC {word} {NUMBER}")).users


def test_a_name_that_is_there_is_a_name() -> None:
    mine = changed(MINE, [PutUser(User("To", "+447700900041")), PutGroup(Group("New", (NickMember("To"),)))])
    assert not does_nothing(say("UE bob New", Situation(ME, mine)))
    assert not does_nothing(say("IC To new", Situation(ME, mine)))
    assert not does_nothing(say("GC New To bob", Situation(ME, mine)))


def test_a_plus_before_a_group_puts_the_user_into_it() -> None:
    for body in ("UE bob +Chess", f"UC al {NUMBER} +Chess", "UE bob Ann.Lee +chess"):
        assert "chess" in after(say(body)).groups, body
    assert after(say("UE bob +Chess")).users["bob"] == MINE.users["bob"]
    assert told(say("UE bob +Golf -Golf"))[1].startswith("A group is named with and without -.")
    assert say("UE bbo +Glof").reply.offers == ("UE Bob Golf",)


def test_a_new_group_or_conference_may_begin_with_a_plus() -> None:
    assert [spelled(one) for one in after(say("GC Chess + eve bob")).groups["chess"].members] == [
        "eve",
        "Bob",
    ]
    assert after(say("CC4 +eve")).conferences[4] == (NickMember("eve"),)


@pytest.mark.parametrize("sign", [*",.:;=", "\n", ") "])
def test_what_only_parts_a_list_from_its_name_says_nothing_of_adding(sign: str) -> None:
    """A slash may mean `and`, as in `Ann/Bob`; these stand behind any heading, before all of its list."""
    assert after(say(f"CC3{sign}eve")).conferences[3] == (NickMember("eve"),)
    assert after(say(f"GC Golf{sign} eve")).groups["golf"].members == (NickMember("eve"),)


def test_the_sign_that_may_add_is_said_and_a_new_list_needs_no_question() -> None:
    for sign in "+&/":
        assert told(say(f"CC3{sign}eve"))[1].startswith(f"It is not clear what {sign} means.")
        assert after(say(f"CC4{sign}eve")).conferences[4] == (NickMember("eve"),)


def test_replies_about_users_to_delete_are_true() -> None:
    assert told(say("UD bob and eve"))[1].startswith("Name one user. Write: UD <nick or phone>")
    assert told(say("UD bob Jones"))[1] == "Name one user. Write: UD <nick or phone>"
    assert told(say("UD Bobby Jones"))[0] is Say.UNKNOWN_USER
    assert told(say("UD Bobby 07700900077"))[0] is Say.UNKNOWN_USER
    alike = Situation(
        ME,
        Directory(
            {"a1": User("a1", "+447700900041", "Al", "Lee"), "a2": User("a2", "+447700900042", "Al", "Lee")}
        ),
    )
    assert say("UD Al Lee", alike).reply.offers == ("UD a1", "UD a2")


def test_a_text_that_is_cut_does_nothing_and_is_asked_for_again() -> None:
    for body in ("UD bob", "IC golf", "SB bob: hi", "UE bob Ann.Lee", "?", "nonsense"):
        decision = interpret(body, Situation(ME, MINE), RULES, cut=True)
        assert does_nothing(decision)
        assert told(decision) == (Say.INCOMPLETE, "Only part of your text arrived. Please send it again.")
    assert interpret("UD bob", Situation(None), RULES, cut=True).reply.say is Say.NO_SERVICE
