"""Writes docs/integrator/sms-commands.md and keys.md: `python -m workbench.docs.sms_manual`.

The layout of the pages and the story of their examples are here. The syntax is the grammar's table, and every
answer is what the domain gives to that text, in order; the keys are the menu's. The pages are never edited.
"""

from collections.abc import Iterable, Iterator

from usnd.domain.conference.dtmf_menu import DEFAULT_KEYS, EXPLAINED
from usnd.domain.conference.features import FOR_EVERYBODY
from usnd.domain.dial_in.admission import DialInNumbers, Pin, PinKind
from usnd.domain.directory.model import Directory, Subscriber, changed
from usnd.domain.replies.catalogue import render
from usnd.domain.replies.dial_in import told
from usnd.domain.sms.decision import Situation, TextRules
from usnd.domain.sms.grammar import FORMS, Form
from usnd.domain.sms.interpreter import interpret
from workbench import ROOT

PAGE = ROOT / "docs/integrator/sms-commands.md"
KEYS_PAGE = PAGE.with_name("keys.md")
KEYS_HEAD = """# The keys of a conference

Written from the menu's table by `python -m workbench.docs.sms_manual`; do not edit. These are the keys as
delivered: an operator may change each, and `*0` texts those that are in force.

| key | who | does |
|---|---|---|
"""
KEYS_FOOT = """
Keys count one after the other, with less than five seconds between them; a wrong key does nothing. `*8` is
there where the operator records. The subscriber's own recordings are exported by the operator.
"""
SUBSCRIBER = Subscriber(1, "+447700900001", call_texts=True)
NUMBERS = DialInNumbers("443001234500", tuple(f"4430012345{number:02}" for number in range(1, 31)))
RULES = TextRules("GB", call_back_number="+443001234500", numbers=NUMBERS)
PINS = (Pin("4812736", PinKind.ACTIVATION, 1, 3), Pin("9053127", PinKind.USER, 1, 3))
HEAD = """# What a subscriber can text

Written from the grammar's table by `python -m workbench.docs.sms_manual`; do not edit.

Each text to the short code gets exactly one answer, which says what was done, or what was wrong and how to
write it. A text that is wrong in anything does nothing.

"""
RULES_OF_WRITING = """
## How to write

- Letter case and extra white space do not matter; commas, `and` or `&` may stand between words. `IC3` is
  `IC 3`.
- **Marks** around words do not matter: full stops, quotes, bullets, brackets, emoji. Nor do digits and
  letters of another width or script, `please`, and a signature behind `--`, `Regards` or `Thanks`. In `SB`
  all that stands behind the colon is sent on as it is.
- **Nicks and groups** begin with a letter and have 2 to 20 letters, digits and `_ . & ' -`, of any script.
  A name is a user or a group, never both, and `Bob` is `BOB`. Since no name begins with a digit, `IC 3` is
  always conference 3. Accents may be left out: `zoe` is `Zoë` if nobody else is. A new name ends without a
  mark; an older one that ends with one is reached by it: `GD Mkting.`. Whoever is called `And` is named
  first or last.
- **Phones** are written as they are dialled: `+447700900002`, `00447700900002`, `07700900002`,
  `(07700) 900-002`. They may have blanks in them. A word is a name if there is such a name, else a phone.
  `+49 (0)170 1234567` is understood where the `0` is dialled only within the country (not in Italy).
  In their country they need the prefix that they are dialled with there, as the `0` in Germany. What may be
  a piece of a number, a date, a time or a price is none. A number that is not in the plan of its
  country is taken with its country code: `+49 170 1234567`.
- **First.Last**: `Robert.Smith`, `Robert`, `.Smith`. In `UC` and `UE` it may be left out: a word in its
  place that is a group of the subscriber means the group. A first name that is also a group needs the last
  name behind it. Without a last name, only a group that is already there can follow. In `UE`, a name that
  is there is changed only by a word with a dot, and a single `.` takes it away.
- **Groups** may hold groups, but not themselves. `UC` and `UE` make a group that is not there yet; `+Sales`
  is always a group, never the person's name, and `-Sales` takes the user out.
- Members are kept by reference: a conference calls those who are in its groups when it is launched.
  Everybody is called, or texted, once.

What can be read in two ways does nothing, and the answer offers the likely commands, ready to be sent: a
name with a letter wrong, digits that may be one number or two, a new group whose name is like another's,
another sentence or a second command behind the first, a question mark behind anything that calls, changes
or sends, a word that says what to do, or how, where a name is wanted (`not`, `in`, `to`, `remove`, `new`,
`only`, `too`, `now`), a `-` before somebody who is to be left out, a `+`, `&`, `and` or slash before the
first member of a list that is there: `GC` and `CCx` name all members. What `GC` and
`UC` are to create is taken as it is written.

The **Activation PIN** launches a conference from any telephone, and the subscriber pays: only the
subscriber is told it. The **User PIN** lets in whoever dropped out. Both are typed at the common number of
`[dial_in]`.

Answers fit one segment of 160 septets; lists that were asked for, and answers that offer a command, three.
What does not fit is counted: "and 5 more". Names in an alphabet that GSM 03.38 has not make the answer a
UCS-2 text, of three segments at most.
"""
STORIES = {
    "Users": (
        "UC bob 07700900002 Robert.Smith Marketing",
        "UC eve +44 7700 900003 Eve.Jones Marketing Sales",
        "UC Jörg +49 170 1234567",
        "UE eve .Brown -Sales",
        "UE Jörg Sales",
        "UL bob",
        "UL",
        "UC bob 07700900009",
        "UE bob -Tennis",
    ),
    "Groups": (
        "GC Everybody Marketing Sales 07700900004",
        "GL everybody",
        "GL",
        "GC Sales Everybody",
        "GC Tennis bob nobody",
    ),
    "Conferences": (
        "IC eve Sales",
        "IC bob 07700900005",
        "CC3 Everybody",
        "IC3",
        "LC 3",
        "LC",
        "IC 4",
        "CC31 bob",
    ),
    "Texts to many": ("SB Everybody: Meeting moved to 10:30",),
    "As people write": (
        "\u201cIC Eve, Sales\u201d \U0001f44d",
        "IC 07700 900 005 and bob.",
        "ic Maketing",
        "UE eve Ben Stone",
        "UE eve not Marketing",
        "GC Marketing + J\u00f6rg",
        "IC bob?",
        "UE bob Sales. IC bob",
    ),
    "Deleting": ("UD bob", "GD Everybody", "LC3", "UD bob"),
    "Help": ("?", "? IC", "HELP CC", "Call Bob"),
}


def page() -> str:
    """The whole page, as Markdown."""
    table, examples = "\n".join(_table(FORMS.values())), "\n".join(_examples())
    return f"{HEAD}{table}\n{RULES_OF_WRITING}{examples}\n"


def _table(forms: Iterable[Form]) -> Iterator[str]:
    yield "| command | syntax | what it does |"
    yield "|---|---|---|"
    for form in forms:
        yield f"| {form.word} | `{form.syntax.value}` | {form.explains.value} |"


def _examples() -> Iterator[str]:
    """Each story goes on where the one before ended."""
    directory = Directory()
    others: list[str] = []
    for title, bodies in STORIES.items():
        yield f"\n## {title}\n\n| text | answer |\n|---|---|"
        for body in bodies:
            decision = interpret(body, Situation(SUBSCRIBER, directory), RULES)
            if decision.tells is not None:
                decision = told(decision, decision.tells, PINS, RULES)
            directory = changed(directory, decision.changes)
            others += [render(text.message) for text in decision.texts]
            yield f"| `{body}` | {_escaped(render(decision.reply))} |"
    yield "\n## What others get\n"
    yield "Beside each call, if that is set for the subscriber (`usnd subscriber set NUMBER --call-texts`),"
    yield "with the number to call back if there is one (`node.call_back_number`), and of a stored conference"
    yield "the User PIN; and the text of `SB`:\n"
    yield from (f"- {text}" for text in dict.fromkeys(others))
    unknown = interpret("?", Situation(None), RULES)
    yield f"\nWho is not registered gets, once an hour at most: {render(unknown.reply)}"


def _escaped(text: str) -> str:
    return text.replace("<", "\\<").replace("|", "\\|")


def keys_page() -> str:
    """The card of the keys, as Markdown."""
    rows = (
        f"| `{key}` | {'everybody' if feature in FOR_EVERYBODY else 'subscriber'} | {EXPLAINED[feature]} |\n"
        for feature, key in DEFAULT_KEYS.items()
    )
    return f"{KEYS_HEAD}{''.join(rows)}{KEYS_FOOT}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    KEYS_PAGE.write_text(keys_page(), encoding="utf-8")
