"""The words of `make play`: a line typed becomes an order, an event of the journal becomes a line. Pure.

Called by play.py. The syntax, the help made from it, and how events read, are here. It knows nothing of the
parts that play.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from usnd.domain.sms.grammar import FORMS

OWNER = "subscriber"
MANUAL = "manual"


@dataclass(frozen=True)
class Order:
    """One line typed: the verb, whose handset, and what else the verb needs, fit for use.

    `argument` is the body of `text`, the digits of `press`, seconds or MANUAL of `ring`, the DNIS of `call`
    or nothing for the short code.
    """

    verb: str
    name: str = ""
    argument: str = ""


class Wrong(Exception):
    """The line is no order; the message says how to write it, in one line."""


@dataclass(frozen=True)
class _Form:
    syntax: str
    explains: str
    pattern: str = ""


_NAME = r"(?P<name>\S+)"
_VERBS: Mapping[str, _Form] = MappingProxyType(
    {
        "text": _Form(
            "text [<name>:] <body>",
            f"the handset texts the USN; without a name the {OWNER} does",
            # Said twice what a name is: Debian 12's Python loses a character behind a possessive `?+`
            r"(?:(?P<name>[^\s:]+):\s+|(?![^\s:]+:(?:\s|$)))(?P<argument>.*\S)",
        ),
        "answer": _Form("answer <name>", "pick up the handset that rings", _NAME),
        "hangup": _Form("hangup <name>", "end the call of the handset", _NAME),
        "press": _Form(
            "press <name> <digits>",
            "press keys in a call: 0-9 * #",
            rf"{_NAME}\s+(?P<argument>[0-9*#]{{1,32}})",
        ),
        "busy": _Form("busy <name>", "refuse calls as busy from now on", _NAME),
        "ring": _Form(
            "ring <name> [<seconds>|manual]",
            "answer calls by itself after that time, or only when you say so",
            rf"{_NAME}(?:\s+(?P<argument>{MANUAL}|\d{{1,4}}(?:\.\d{{1,3}})?))?",
        ),
        "call": _Form(
            "call <name> [<dnis>]",
            "the handset calls the USN, at its short code or that number",
            rf"{_NAME}(?:\s+(?P<argument>\+?\d{{2,15}}))?",
        ),
        "who": _Form("who", "who is in the conference, since when, and whose tone each one hears"),
        "cdrs": _Form("cdrs", "the call detail records"),
        "help": _Form("help", "this"),
        "quit": _Form("quit", "stop everything (as do Ctrl-D and Ctrl-C)"),
    }
)


def parse(line: str, names: Collection[str]) -> Order | None:
    """The order in a line, None in an empty one. `names` are the handsets.

    A line that begins as a text to the USN (`IC …`, `?`) is one, from the subscriber. Raises Wrong.
    """
    first, _, rest = line.strip().partition(" ")
    if not first:
        return None
    form = _VERBS.get(first.lower())
    if form is None:
        if first.startswith("?") or first.upper() in FORMS:
            return Order("text", OWNER, line.strip())
        raise Wrong(f"{first}? Write one of: {', '.join(_VERBS)}; or a text to the USN, as IC Mkting")
    found = re.fullmatch(form.pattern, rest.strip())
    if found is None:
        raise Wrong(f"write: {form.syntax}")
    words = {key: value or "" for key, value in found.groupdict().items()}
    verb, name = first.lower(), words.get("name", "").lower()
    if verb == "text":
        name = name or OWNER
    if verb == "ring":
        words["argument"] = words["argument"] or MANUAL
    if name and name not in names:
        raise Wrong(f"nobody is called {name}; the handsets are: {', '.join(names)}")
    return Order(verb, name, words.get("argument", ""))


def help_lines() -> list[str]:
    """What can be typed."""
    return [f"  {form.syntax:32}{form.explains}" for form in _VERBS.values()]


_TOLD_OTHERWISE = frozenset({"text taken", "text sent", "call placed", "calls surveyed"})
"""Events of the journal that are seen anyway: as the answer on the handset, as a call dialling."""
_PLUMBING = frozenset({"event", "at", "level", "call", "number", "conference"})


def tell(event: Mapping[str, Any], names: Mapping[str, str]) -> str | None:
    """An event of the journal as a line with its local time, or None for what is seen elsewhere.

    `names`: whose number it is.
    """
    what = str(event["event"])
    if what in _TOLD_OTHERWISE:
        return None
    number = event.get("number")
    whose = f"{names.get(number, number)}: " if number else ""
    of = f" {event['conference']}" if what.startswith("conference ") and "conference" in event else ""
    what = what.replace("conference", f"conference{of}", 1) if of else what
    facts = ", ".join(
        f"{key} {names.get(value, value) if isinstance(value, str) else value}"
        for key, value in event.items()
        if key not in _PLUMBING
    )
    loud = "" if event["level"] in ("info", "debug") else f"{str(event['level']).upper()} "
    return f"{clock(event['at'])}  {loud}{whose}{what}" + (f" ({facts})" if facts else "")


def clock(at: str) -> str:
    """A time of the journal (ISO, UTC) as the clock on the wall shows it, to the ms."""
    return datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S.%f")[:-3]
