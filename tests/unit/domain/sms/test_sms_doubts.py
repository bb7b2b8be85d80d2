"""What is in doubt does nothing; what was meant is written out, and does what it says when it is sent."""

import pytest
from subscriber_home import ME, MINE, after, does_nothing, say, told

from usnd.domain.directory.model import Directory, Group, NickMember, PutGroup, PutUser, User, changed
from usnd.domain.replies.catalogue import Say, render
from usnd.domain.sms.decision import Situation, TextRules
from usnd.domain.sms.grammar import COMMAND_WORDS

GERMANY = TextRules("DE")
AND = Situation(ME, changed(MINE, [PutGroup(Group("And", (NickMember("twin"),)))]))
DOTTED = Situation(
    ME, changed(MINE, [PutGroup(Group("Golf.", (NickMember("eve"),))), PutUser(User("Al.", "+447700900077"))])
)
ZOE = Situation(ME, Directory({"zo\u00eb": User("Zo\u00eb", "+447700900005")}))


@pytest.mark.parametrize(
    ("body", "offers"),
    [
        # A letter is wrong, or it is the person's own name.
        ("IC Glof", ("IC Golf",)),
        ("IC bob Glof 07700 900001 smith", ("IC Bob Golf +447700900001",)),
        ("IC twim, evee", ("IC twin eve",)),
        ("GC chess Glof", ("GC chess Golf",)),
        ("CC4 bbo", ("CC4 Bob",)),
        ("SB bbo: At 10:30", ("SB Bob: At 10:30",)),
        ("UD bbo", ("UD Bob",)),
        ("UE bbo .Jones", ("UE Bob .Jones",)),
        ("GL Glof", ("GL Golf",)),
        ("GD Glof", ("GD Golf",)),
        ("UL bbo", ("UL Bob",)),
        ("UE bob -Glof", ("UE bob -Golf",)),
        ("UC ann 07700 900004 Ann.Lee Glof chess", ("UC ann +447700900004 Ann.Lee Golf chess",)),
        # Two doubts are settled in one offer.
        ("UE bbo Ann.Lee Glof -Glub", ("UE Bob Ann.Lee Golf -Club",)),
        ("UE bbo 07700 900004 Glof", ("UE Bob +447700900004 Golf",)),
        # Written in one.
        ("IC bob&golf", ("IC Bob Golf",)),
        ("IC bob.golf", ("IC Bob Golf",)),
        ("UC ann 07700900004 Ann.Lee&golf", ("UC ann +447700900004 Ann.Lee golf",)),
        ("UC ann 07700900004 Ann.Lee golf&chess", ("UC ann +447700900004 Ann.Lee golf chess",)),
        # In the name's place.
        ("UE bob Glof", ("UE bob Golf", "UE bob Glof.Smith")),
        ("UE bob .Golf", ("UE bob Golf", "UE bob Robert.Golf")),
        ("UE bob Golf. club", ("UE bob Golf club", "UE bob Golf.Smith club")),
        ("UE eve .Golf", ("UE eve Golf",)),
        ("UE bob ..Jones", ("UE bob .Jones", "UE bob Jones.Smith")),
        ("UE bob 07700900008 .", ("UE bob 07700900008",)),
        ("UC ben 07700900018 Ben Stone", ("UC ben +447700900018 Ben.Stone", "UC ben +447700900018 Ben")),
        ("UE eve Ben. Stone golf", ("UE eve Ben.Stone golf", "UE eve Ben golf")),
        # Another sentence, a signature, a second command.
        ("UE eve Ben. Stone left", ("UE eve Ben.Stone left", "UE eve Ben")),
        ("UE eve Ben.Lee golf. He left", ("UE eve Ben.Lee golf", "UE eve Ben.Lee golf He left")),
        ("UE eve Ben.Lee. Friend", ("UE eve Ben.Lee", "UE eve Ben.Lee Friend")),
        ("UE eve Ben.Lee golf\nJim", ("UE eve Ben.Lee golf", "UE eve Ben.Lee golf Jim")),
        ("IC golf\n\neve", ("IC golf", "IC golf eve")),
        ("IC golf\n- eve", ("IC golf", "IC golf eve")),
        ("IC golf regards Eve", ("IC golf",)),
        ("UC zed 07700900008. IC zed", ("UC zed 07700900008",)),
        ("IC bob\nIC3", ("IC bob",)),
        ("IC 3 and bob", ("IC 3", "IC bob")),
        ("IC3Bob", ("IC 3", "IC Bob")),
        ("IC 4 bob", ("IC bob",)),
        ("IC 3, 07700 900008", ("IC 3", "IC 07700 900008")),
        # A question.
        ("IC golf?", ("IC golf",)),
        ("UD bbo?", ("UD Bob",)),
        # No command in the first word.
        ("ICgolf", ("IC golf",)),
        ("CI golf", ("IC golf",)),
        ("Hi there, please IC golf", ("IC golf",)),
    ],
)
def test_what_may_be_meant_is_offered(body: str, offers: tuple[str, ...]) -> None:
    decision = say(body, rules=TextRules("GB"))
    assert does_nothing(decision)
    assert decision.reply.offers == offers
    assert render(decision.reply).endswith(" - or: ".join(offers))
    for offer in offers:
        done = say(offer, rules=TextRules("GB"))
        assert not done.reply.offers
        assert does_nothing(done) == offer.startswith(("UL", "GL"))


@pytest.mark.parametrize(
    ("body", "offers"),
    [
        ("IC 0170, 1234567", ("IC +491701234567",)),
        ("IC 0170 1234567 3", ("IC +4917012345673", "IC +491701234567")),
        ("SB 0170 1234567 3: Hi", ("SB +4917012345673: Hi", "SB +491701234567: Hi")),
        ("IC 3 0170 1234567", ("IC 3", "IC 0170 1234567")),
        ("UC ann 01701234567 3", ("UC ann +4917012345673", "UC ann +491701234567")),
        ("UE bob 01701234567 3", ("UE bob +4917012345673", "UE bob +491701234567")),
        ("GC chess bob 01701234567 3", ("GC chess Bob +4917012345673", "GC chess Bob +491701234567")),
    ],
)
def test_numbers_that_may_be_others_are_asked_for(body: str, offers: tuple[str, ...]) -> None:
    decision = say(body, rules=GERMANY)
    assert does_nothing(decision)
    assert decision.reply.offers == offers
    assert all(not does_nothing(say(offer, rules=GERMANY)) for offer in offers)


def test_a_user_of_a_doubtful_number_is_not_deleted() -> None:
    mine = Situation(ME, Directory({"joe": User("Joe", "+4917012345673")}))
    assert say("UD 01701234567 3", mine, GERMANY).reply.offers == ("UD +4917012345673",)
    assert told(say("UD +4917012345673", mine, GERMANY))[1] == "User Joe deleted."


@pytest.mark.parametrize("region", ["DE", "AT", "IN", "AE", "UY", "GB"])
@pytest.mark.parametrize("figure", ["0171", "4711", "12 34", "10.30", "24.12.2026", "24 12 2026", "19.90"])
def test_what_is_no_whole_number_is_not_stored_called_or_texted(region: str, figure: str) -> None:
    rules = TextRules(region)
    for command in (
        "UE bob {}",
        "UC al {}",
        "GC Tennis bob {}",
        "IC bob {}",
        "CC4 {} bob",
        "SB bob {}: Party",
    ):
        asked = say(command.format(figure), rules=rules)
        assert does_nothing(asked), command
        assert asked.reply.offers == ()
        assert figure in render(asked.reply)
        assert "+" in render(asked.reply)


def test_a_user_whose_stored_number_would_not_be_taken_today_is_still_deleted_by_it() -> None:
    mine = Situation(ME, Directory({"joe": User("Joe", "+494711")}))
    assert told(say("UD 4711", mine, GERMANY))[1] == "User Joe deleted."
    assert told(say("UD 4712", mine, GERMANY))[1] == "You have no user 4712. Text UL to see your users."


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("IC Glof", "Not known: Glof. Nothing was done. Did you mean: IC Golf"),
        ("IC golf?", "Nothing was done. Did you mean: IC golf"),
        (
            "IC3Bob",
            "Only the number of a conference is needed. Did you mean: IC 3 - or: IC Bob",
        ),
        ("CI golf", "CI is not a command. Nothing was done. Did you mean: IC golf"),
        (
            "UC zed 07700900008. IC zed",
            "Send one command in a text. Nothing was done. Did you mean: UC zed 07700900008",
        ),
        ("UL bbo", "No user of yours has bbo in nick, name or number. Did you mean: UL Bob"),
        # Nothing can be offered that would be understood.
        (
            "IC Glof nobody",
            "Not known: Glof, nobody. Create users with UC, groups with GC. Nothing was done.",
        ),
        ("IC nobody?", "Not known: nobody. Create users with UC, groups with GC. Nothing was done."),
        ("IC 4 nobody", "Conference 4 is not defined yet. Text CC4 and whom to call."),
        ("UE bbo -chess", "You have no group chess. Text GL to see your groups."),
        (
            "UC bob 07700900009. IC bob",
            "Bob is already a user of yours, +447700900002. Change it with UE, or choose another nick.",
        ),
        (
            "IC aa1 bb1 dd1 Glof",
            "Not known: aa1, bb1, dd1, Glof. Create users with UC, groups with GC. Nothing was done.",
        ),
        ("UC ann 07700900004 A.L ann", "ann is the nick already. Choose another name for the group."),
        (
            "Please go",
            f"Please is not a command. Commands: {COMMAND_WORDS}. Text ? <command> for its syntax.",
        ),
    ],
)
def test_a_doubt_is_told(body: str, text: str) -> None:
    assert told(say(body))[1] == text
    assert does_nothing(say(body))


def test_a_text_to_others_that_is_too_long_to_be_said_back_is_not_offered() -> None:
    rules = TextRules("GB")
    for body in ("SB bbo: " + "x" * 101, "SB bbo: one\ntwo"):
        assert told(say(body, rules=rules))[1] == "Not known: bbo. Did you mean Bob? Nothing was done."
    text = told(say("SB 0170, 1234567: " + "x" * 101, rules=GERMANY))[1]
    assert text == "Not known: 0170, 1234567. Did you mean +491701234567? Nothing was done."
    assert told(say("SB bob: hi \U0001f600?"))[0] is Say.BLAST_SENT


def test_a_command_too_long_to_be_said_back_is_not_offered() -> None:
    many = {f"somebody{n:012}": User(f"somebody{n:012}", f"+447700900{n:03}") for n in range(30)}
    mine = Situation(ME, Directory({**many, "bob": MINE.users["bob"]}))
    text = told(say(f"IC {' '.join(many)} bbo", mine, TextRules("GB")))[1]
    assert text == "Not known: bbo. Nothing was done."


def test_a_name_that_ends_in_a_mark_is_still_reached() -> None:
    assert told(say("GL Golf.", DOTTED))[1] == "Group Golf. (1): eve."
    assert told(say("GL Golf", DOTTED))[1].startswith("Group Golf (2)")
    assert told(say("GD Golf.", DOTTED))[1].startswith("Group Golf. deleted")
    assert told(say("IC Al.", DOTTED))[1] == "Calling you and 1 more: Al.."
    assert told(say("UD Al.", DOTTED))[1] == "User Al. deleted."


def test_a_group_called_and_is_named_first_or_last() -> None:
    assert [one.number for one in say("IC and", AND).launch] == ["+447700900003"]
    assert say("IC bob And", AND).launch == say("IC And bob", AND).launch[::-1]
    asked = say("IC bob and twin", AND)
    assert does_nothing(asked)
    assert asked.reply.offers == ("IC bob twin", "IC bob twin and")
    assert say("IC bob und eve").reply.say is Say.UNKNOWN_NAMES
    german = Situation(type(ME)(42, ME.number, language="de"), MINE)
    assert len(say("IC bob und eve", german).launch) == 2
    unknown = Situation(type(ME)(42, ME.number, language="zz"), MINE)
    assert say("IC bob and eve", unknown).launch == say("IC bob and eve").launch, "as by a former release"


def test_an_accent_may_be_left_out() -> None:
    assert told(say("IC zoe", ZOE))[1] == "Calling you and 1 more: Zo\u00eb."
    assert told(say("UL zoe", ZOE))[1].startswith("Zo\u00eb: ")
    assert told(say("UC zoe 07700900008", ZOE))[0] is Say.USER_EXISTS
    assert told(say("UD zoe", ZOE))[1] == "User Zo\u00eb deleted."


def test_the_example_of_a_number_is_of_the_nodes_own_country() -> None:
    assert told(say("UC joe 12", rules=TextRules("US")))[1] == (
        "12 is not a phone number. Write it as +12015550123 or as you dial it."
    )


@pytest.mark.parametrize(
    ("body", "found"), [("UL 07700 900 003", 2), ("UL 07700 900 013", 0), ("UL 900-003", 2)]
)
def test_a_number_in_pieces_is_sought_as_one(body: str, found: int) -> None:
    text = told(say(body))[1]
    assert text.startswith(f"{found} found" if found else "No user of yours has")


@pytest.mark.parametrize("body", ["HELP XYZ", "? xyz!"])
def test_help_names_what_is_no_command(body: str) -> None:
    assert told(say(body))[1].lower().startswith("xyz")


def test_incomplete_commands_with_a_question_mark_are_explained() -> None:
    for body, about in (("IC?", "IC <"), ("UC?", "UC <"), ("ue bob ?", "UE <"), ("sb?", "SB <")):
        assert told(say(body))[1].startswith(about)
    assert told(say("GL?"))[1].startswith("Your groups")


def test_what_a_cycle_goes_through_is_said_in_one_part() -> None:
    mine = MINE
    names = [f"Alongname{number:02}" for number in range(9)]
    for name, inner in zip(names, ["bob", *names], strict=False):
        mine = changed(mine, say(f"GC {name} {inner}", Situation(ME, mine)).changes)
    text = told(say(f"GC {names[0]} {names[-1]}", Situation(ME, mine)))[1]
    assert text.startswith(
        f"A group cannot contain itself: {names[0]} > {names[8]} > ... > {names[1]} > {names[0]}."
    )
    assert len(text) <= 160


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ("1. IC golf", "IC golf"),
        ("IC golf\n-- \nSent from my phone", "IC golf"),
        ("IC golf\nRegards, Eve", "IC golf"),
        ("UC ann\n\n07700900010", "UC ann 07700900010"),
        ("SB: bob: hi", "SB bob: hi"),
    ],
)
def test_what_is_read_without_doubt_is_done(body: str, plain: str) -> None:
    assert not does_nothing(say(plain))
    assert say(body) == say(plain)


def test_what_only_begins_like_a_signature_is_a_name() -> None:
    assert told(say("IC bob get"))[1].startswith("Not known: get.")
    assert told(say("2 bob"))[1].startswith("2 is not a command.")
    assert told(say("1. bob"))[1].startswith("1. is not a command.")


def test_of_too_many_doubts_the_next_is_told() -> None:
    body = "UE bbo A.B Glof Clbu Emtpy -Golff -Clubb -Emptty"
    assert told(say(body))[1] == "Not known: Golff. Nothing was done."


SIGNS = (*("?", "? ?", "?!", ", ?", "+ ?", "/ ?", "& ?"), *(". ?", "-- ?", "| ?", "* ?", "?)", "?\n-"))


@pytest.mark.parametrize("sign", SIGNS)
def test_no_lone_sign_around_a_list_is_in_what_is_offered(sign: str) -> None:
    for body, offer in (
        ("IC 07700 900 002{}", "IC 07700 900 002"),
        ("IC golf bob{}", "IC golf bob"),
        ("IC golf Glof{}", "IC Golf"),
        ("UE bob Ann.Lee golf{}", "UE bob Ann.Lee golf"),
        ("UC al 07700900031 Ann.Lee golf{}", "UC al 07700900031 Ann.Lee golf"),
        ("GC chess bob 07700900031{}", "GC chess bob 07700900031"),
        ("CC4 eve 07700 900 031{}", "CC4 eve 07700 900 031"),
        ("UD 07700 900 002{}", "UD 07700 900 002"),
        ("SB golf bob{}: hi - all", "SB golf bob: hi - all"),
    ):
        asked = say(body.format(f" {sign}"), rules=TextRules("GB"))
        assert does_nothing(asked)
        assert asked.reply.offers == (offer,)


@pytest.mark.parametrize(
    ("body", "offer"),
    [
        ("IC golf bob - ?", "IC golf bob"),
        ("IC golf bob and ?", "IC Golf Bob"),
        ("IC + 07700 900 002 ?", "IC 07700 900 002"),
        ("IC + 44 7700 900002 ?", "IC +44 7700 900002"),
        ("GC chess + bob ?", "GC chess bob"),
        ("CC4 / bob ?", "CC4 bob"),
        ("UC al 07700900031 . golf ?", "UC al 07700900031 golf"),
        ("UE bob . golf ?", "UE bob . golf"),
        ("UE bob + chess ?", "UE bob +chess"),
    ],
)
def test_only_a_sign_that_says_something_is_in_what_is_offered(body: str, offer: str) -> None:
    assert say(body).reply.offers == (offer,)


@pytest.mark.parametrize("written", ["+49 (0)171 1234567", "+49 (0) 171 1234567", "(+49) (0)171/1234567"])
@pytest.mark.parametrize("region", ["DE", "AT", "GB", "IT"])
def test_a_trunk_zero_in_brackets_is_not_dialled(written: str, region: str) -> None:
    rules = TextRules(region)
    assert [one.number for one in say(f"IC {written}", rules=rules).launch] == ["+491711234567"]
    assert after(say(f"UC al {written} Golf", rules=rules)).users["al"].number == "+491711234567"
    for body in ("IC +39 (0)347 1234567", "UC al +39 (0) 347 1234567"):
        asked = say(body, rules=rules)
        assert does_nothing(asked)
        assert body.partition("+")[2] in told(asked)[1]


@pytest.mark.parametrize(
    "body", ["IC 1 214 555 1234", "IC (214) 555-1234", "IC +1 (214) 555-1234", "ic1 214 5551234"]
)
def test_a_number_behind_the_sign_of_its_own_country_is_no_conference(body: str) -> None:
    assert [one.number for one in say(body, rules=TextRules("US")).launch] == ["+12145551234"]
