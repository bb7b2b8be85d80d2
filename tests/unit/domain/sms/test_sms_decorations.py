"""Every command of the manual, as thumbs and phones write it, in seven countries: never another act.

What a person reads without doubt does the same as the plain command; else nothing is done and it is asked.
The thousands of texts are made from lists, in order.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

import phonenumbers
import pytest

from usnd.domain.directory.model import (
    Directory,
    Group,
    GroupMember,
    NickMember,
    NumberMember,
    Subscriber,
    User,
)
from usnd.domain.replies.catalogue import Reply, render
from usnd.domain.sms.decision import Decision, Situation, TextRules
from usnd.domain.sms.grammar import FORMS
from usnd.domain.sms.interpreter import interpret

pytestmark = pytest.mark.no_cover  # the rules are covered one by one elsewhere; these are many

REGIONS = ("GB", "US", "DE", "AT", "IN", "AE", "UY")
NEW, OLD = "{new}", "{old}"
COMMANDS = {
    "UC": (
        f"UC ann {NEW} Ann.Lee Mkting",
        f"UC ann {NEW} Ann.Lee Mkting Tennis",
        f"UC ann {NEW} Ann.Lee",
        f"UC ann {NEW}",
    ),
    "UE": (
        f"UE bob {NEW}",
        "UE bob .Jones -Golf",
        "UE bob Mkting",
        "UE bob Bert.Smith",
        f"UE bob {NEW} Bert.Lee Mkting",
    ),
    "UD": ("UD bob", f"UD {OLD}"),
    "UL": ("UL bob", f"UL {OLD}", "UL Smith", "UL"),
    "GC": (f"GC Chess bob {NEW} Golf", "GC Golf bob"),
    "GL": ("GL Golf", "GL"),
    "GD": ("GD Golf",),
    "IC": ("IC bob", f"IC Golf bob {NEW}", f"IC {NEW}", "IC Mkting", f"IC {NEW} {OLD}", "IC O'Neil A.B"),
    "CCx": (f"CC4 bob {NEW}", "CC 4 Golf", f"CC 5 {NEW} Golf"),
    "ICx": ("IC3", "IC 3"),
    "LCx": ("LC3", "LC 3", "LC"),
    "SB": (f"SB Golf {NEW}", "SB bob", f"SB {NEW}"),
    "HELP": ("HELP", "? IC", "HELP CC"),
}
TEXT = ': Hi \u201cyou\u201d, 0170 1234567? Call me \U0001f600 -- \nRegards. "Bob" :-)'
"""Behind the members of SB: nothing of it is changed."""


@cache
def number(region: str, *, known: bool) -> str:
    """National digits: the country's example, and the one before it for somebody who is known."""
    mobile = phonenumbers.PhoneNumberType.MOBILE
    example = phonenumbers.example_number_for_type(region, mobile)
    if known:
        example.national_number -= 1
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)


def digits(region: str, *, known: bool) -> str:
    return re.sub(r"\D", "", number(region, known=known))


def e164(region: str) -> str:
    parsed = phonenumbers.parse(number(region, known=True), region)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@cache
def situation(region: str) -> Situation:
    users = [
        User("bob", e164(region), "Robert", "Smith"),
        User("Zo\u00eb", "+447700900008"),
        User("O'Neil", "+447700900007"),
        User("A.B", "+447700900006"),
    ]
    groups = [
        Group("Golf", (NickMember("bob"), NumberMember("+447700900009"))),
        Group("Mkting", (NickMember("Zo\u00eb"),)),
    ]
    mine = Directory(
        {user.nick.casefold(): user for user in users},
        {group.name.casefold(): group for group in groups},
        {3: (GroupMember("Golf"),)},
    )
    return Situation(Subscriber(1, "+447700900001"), mine)


@cache
def say(body: str, region: str) -> Decision:
    return interpret(body, situation(region), TextRules(region))


def act(decision: Decision) -> object:
    """What is done, and told where nothing is: of a list, which."""
    texts = [(text.number, render(text.message)) for text in decision.texts]
    done = (decision.changes, decision.launch, texts, decision.instant)
    return done if any(done) else (decision.reply.say, decision.reply.values)


def does_nothing(decision: Decision) -> bool:
    return not (decision.changes or decision.launch or decision.texts or decision.recall)


Decoration = Callable[[str, str], str]
"""From a command with places for numbers, without the text of SB, and a region; to what is sent."""


def filled(command: str, region: str) -> str:
    return command.format(new=digits(region, known=False), old=digits(region, known=True))


def behind(mark: str) -> Decoration:
    return lambda command, region: filled(command, region) + mark


def before(mark: str) -> Decoration:
    return lambda command, region: mark + filled(command, region)


def around(opening: str, closing: str) -> Decoration:
    return lambda command, region: f"{opening}{filled(command, region)}{closing}"


def each(opening: str, closing: str) -> Decoration:
    """Each word but the command's; a sign before a group stays in front."""

    def decorated(command: str, region: str) -> str:
        first, *words = filled(command, region).split()
        pattern = r"^(-?)((?!Bert$).*)$" if opening == "." else r"^(-?)(.*)$"  # `.Bert` is his last name
        return " ".join([first, *(re.sub(pattern, rf"\1{opening}\2{closing}", word) for word in words)])

    return decorated


def between(blank: str) -> Decoration:
    return lambda command, region: filled(command, region).replace(" ", blank)


def last_two(joined: str) -> Decoration:
    """Between the last two of a list."""

    def decorated(command: str, region: str) -> str:
        start, _, last = filled(command, region).rpartition(" ")
        return f"{start}{joined if start.count(' ') else ' '}{last}" if start else last

    return decorated


def behind_command(mark: str) -> Decoration:
    def decorated(command: str, region: str) -> str:
        first, *words = filled(command, region).split()
        return " ".join([first if first == "?" else f"{first}{mark}", *words])

    return decorated


def written(change: Callable[[str], str]) -> Decoration:
    """The command's own word, written otherwise."""

    def decorated(command: str, region: str) -> str:
        first, *words = filled(command, region).split()
        return " ".join([change(first), *words])

    return decorated


def phone(change: Callable[[str, str], str]) -> Decoration:
    """The numbers, written otherwise: of a number in its country's blanks, and the region."""

    def decorated(command: str, region: str) -> str:
        new, old = (change(number(region, known=known), region) for known in (False, True))
        return command.format(new=new, old=old)

    return decorated


def international(written: str, region: str) -> str:
    parsed = phonenumbers.parse(written, region)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def bracketed(written: str, _: str) -> str:
    plain = re.sub(r"\D", "", written)
    return f"({plain[:3]}) {plain[3:6]}-{plain[6:]}"


def in_groups(size: int) -> Callable[[str, str], str]:
    return lambda written, _: re.sub(rf"(\d{{{size}}})(?=\d{{2}})", r"\1 ", re.sub(r"\D", "", written))


def wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char for char in text)


def arabic(text: str) -> str:
    return "".join(chr(0x660 + int(char)) if char.isdigit() else char for char in text)


def swapped(command: str, region: str) -> str:
    """Two letters of each known name are in the other's place, but where a new name is given."""
    start, names, rest = re.fullmatch(r"(UC \S+|GC \S+|\S+)(.*?)( Tennis)?", filled(command, region)).groups(
        ""
    )
    return start + names.replace("Golf", "Glof").replace("Mkting", "Mktign").replace("bob", "bbo") + rest


QUOTES = {
    "straight": '""',
    "single": "''",
    "curly": "\u201c\u201d",
    "curly single": "\u2018\u2019",
    "low": "\u201e\u201c",
    "low single": "\u201a\u2018",
    "guillemets": "\u00ab\u00bb",
    "reversed guillemets": "\u00bb\u00ab",
    "corners": "\u300c\u300d",
    "round": "()",
    "square": "[]",
    "angle": "<>",
    "stars": "**",
}
SURE: dict[str, Decoration] = {
    "plain": behind(""),
    **{f"behind {mark!r}": behind(mark) for mark in (*".!;,", "...", "!!!", ".\u201d", "\u2026", "\u3002")},
    **{
        f"behind {mark!r}": behind(f" {mark}")
        for mark in ("!", ",", "\U0001f600", "\u2764\ufe0f", ":-)", ";)", "<3")
    },
    "emoji at the word": behind("\U0001f44d\U0001f3fd"),
    "signature": behind("\n-- \nSent from my phone"),
    "signature of a device": behind("\nSent from my iPhone"),
    "signature of a person": behind("\nRegards, Bob"),
    "signature behind a line": behind("\n\nKind regards\nbob"),
    "thanks": behind("\nThanks!"),
    **{
        f"before {mark!r}": before(mark)
        for mark in ("\u2022 ", "- ", "* ", "> ", "1. ", "2) ", "...", "\u200e", "\n", "#")
    },
    **{f"all in {name}": around(*marks) for name, marks in QUOTES.items()},
    **{f"each in {name}": each(*marks) for name, marks in QUOTES.items()},
    "each with a comma": each("", ","),
    **{
        f"blanks as {blank!r}": between(blank)
        for blank in ("  ", "\t", "\u00a0", "\u202f", "\u3000", " \u200b", ", ")
    },
    "colon behind the command": behind_command(":"),
    "comma behind the command": behind_command(","),
    "dot behind the command": behind_command("."),
    "capitals": written(str.upper),
    "small letters": written(str.lower),
    "a capital": written(str.capitalize),
    "wide letters": written(wide),
    "a Turkish capital": written(lambda word: word.replace("I", "\u0130")),
    "a number with blanks": phone(lambda written, _: written),
    "a number with no-break blanks": phone(lambda written, _: written.replace(" ", "\u00a0")),
    "a number with hyphens": phone(lambda written, _: written.replace(" ", "-")),
    "a number with slashes": phone(lambda written, _: written.replace(" ", "/")),
    "a number with lone hyphens": phone(lambda written, _: written.replace(" ", " - ")),
    "an international number": phone(international),
    "an international number, wide": phone(
        lambda written, region: wide(international(written, region)).replace("+", "\uff0b")
    ),
    "a number in brackets": phone(bracketed),
    "a number, wide": phone(lambda written, _: wide(written)),
    "a number in Arabic digits": phone(lambda written, _: arabic(written)),
}
DOUBTFUL: dict[str, Decoration] = {
    "a question": behind("?"),
    "a question in blanks": behind(" ?!"),
    "a lone dot": behind(" ."),
    "polite": behind(" please"),
    "thankful": behind(" thanks"),
    "signed in one line": behind(" Regards Bob"),
    "signed by name": behind("\n\nJim Beam"),
    "dashed name": behind("\n\u2014 bob"),
    "another sentence": behind(". He is new."),
    "a second command": behind(". IC bob"),
    "each with a dot": each("", "."),
    "each with dots before": each("...", ""),
    "each with a dot before": each(".", ""),
    "each in a line": between("\n"),
    "each behind a bullet": between("\n- "),
    "each behind a line": between("\n\n"),
    **{f"joined by {joined!r}": last_two(joined) for joined in (" and ", " & ", " + ", " And ", "&", "; ")},
    "greeted": before("Hi, "),
    "asked politely": before("please "),
    "a letter swapped": swapped,
    "glued": written(lambda word: word),
    "glued to what follows": lambda command, region: filled(command, region).replace(" ", "", 1),
    "no blank at all": lambda command, region: filled(command, region).replace(" ", ""),
    **{f"a number in groups of {size}": phone(in_groups(size)) for size in (1, 2, 3, 4, 5)},
    "a number with commas": phone(lambda written, _: written.replace(" ", ", ")),
    "a number with dots": phone(lambda written, _: written.replace(" ", ". ")),
    "a number over two lines": phone(lambda written, _: written.replace(" ", "\n")),
    "a number with its sign apart": phone(
        lambda written, region: international(written, region).replace("+", "+ ")
    ),
}


def texts(region: str, decoration: Decoration) -> Iterator[tuple[str, str]]:
    """Each command, plain and decorated."""
    for word, commands in COMMANDS.items():
        text = TEXT if word == "SB" else ""
        for command in commands:
            yield filled(command, region) + text, decoration(command, region) + text


def test_each_command_of_the_manual_is_here_and_does_what_it_is_for() -> None:
    assert set(COMMANDS) == set(FORMS)
    for region in REGIONS:
        for plain, _ in texts(region, behind("")):
            assert not say(plain, region).reply.offers, plain
            assert does_nothing(say(plain, region)) == plain.startswith(("UL", "GL", "LC", "HELP", "?"))


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("decoration", SURE)
def test_what_is_read_without_doubt_does_the_same(region: str, decoration: str) -> None:
    for plain, decorated in texts(region, SURE[decoration]):
        if "SB" in decorated and ("all in" in decoration or ":-)" in decoration):
            continue  # the mark is behind the text, or the text begins in it
        done = say(decorated, region)
        if plain.startswith("IC") and len(re.findall(r"\d{5,}", plain)) > 1 and does_nothing(done):
            continue  # two numbers, one behind the other, each in pieces
        assert act(done) == act(say(plain, region)), decorated


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("decoration", DOUBTFUL)
def test_what_is_in_doubt_does_the_same_or_nothing(region: str, decoration: str) -> None:
    for plain, decorated in texts(region, DOUBTFUL[decoration]):
        done = say(decorated, region)
        assert does_nothing(done) or act(done) == act(say(plain, region)), decorated


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("decoration", DOUBTFUL)
def test_what_is_offered_is_done_when_it_is_sent(region: str, decoration: str) -> None:
    for _, decorated in texts(region, DOUBTFUL[decoration]):
        asked = say(decorated, region).reply
        for offer in asked.offers:
            then = say(offer, region)
            assert not then.reply.offers, (decorated, offer)
            assert then.changes or then.launch or then.texts or offer.startswith(("UL", "GL", "LC", "?")), (
                offer
            )
        assert told(asked), decorated


def told(asked: Reply) -> bool:
    """Each offer stands in the answer, whole."""
    text = render(asked)
    return all(offer in text for offer in asked.offers)


@pytest.mark.parametrize("quotes", ['""', "\u201c\u201d", "\u201e\u201c", "\u00ab\u00bb"])
def test_quotes_around_a_text_to_others_are_not_sent_on(quotes: str) -> None:
    assert act(say(f"{quotes[0]}SB bob: at 10:30{quotes[1]}", "GB")) == act(say("SB bob: at 10:30", "GB"))
