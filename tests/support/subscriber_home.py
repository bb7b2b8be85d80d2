"""A subscriber with users, groups and conferences, and how they text: for the tests of what texts do."""

from usnd.domain.directory.model import (
    Directory,
    Group,
    GroupMember,
    NickMember,
    NumberMember,
    Subscriber,
    User,
    changed,
)
from usnd.domain.replies.catalogue import Say, render
from usnd.domain.sms.decision import Decision, Situation, TextRules
from usnd.domain.sms.interpreter import interpret

RULES = TextRules("GB", most_participants=3, longest_blast=20)
ME = Subscriber(42, "+447700900001")
BOB = User("Bob", "+447700900002", "Robert", "Smith")
EVE = User("eve", "+447700900003")
SELF = User("me2", ME.number)
TWIN = User("twin", EVE.number)
GOLF = Group("Golf", (NickMember("Bob"), NumberMember("+447700900009")))
CLUB = Group("Club", (GroupMember("Golf"),))
EMPTY = Group("Empty")
MINE = Directory(
    {"bob": BOB, "eve": EVE, "me2": SELF, "twin": TWIN},
    {"golf": GOLF, "club": CLUB, "empty": EMPTY},
    {
        3: (GroupMember("Club"), NickMember("Bob")),
        5: (),
        7: (NickMember("me2"),),
        30: (GroupMember("Empty"),),
    },
)
HOME = Situation(ME, MINE)
NEW = Situation(ME)
"""Of a subscriber who has nothing yet."""


def say(body: str, situation: Situation = HOME, rules: TextRules = RULES) -> Decision:
    return interpret(body, situation, rules)


def told(decision: Decision) -> tuple[Say, str]:
    return decision.reply.say, render(decision.reply)


def does_nothing(decision: Decision) -> bool:
    return not (decision.changes or decision.launch or decision.recall or decision.texts)


def after(decision: Decision) -> Directory:
    """The directory once the decision is committed."""
    return changed(MINE, decision.changes)
