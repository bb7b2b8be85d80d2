"""What one fault cost, from what was seen outside: pure. Times are time.monotonic's, samples come in order.

workbench/chaos/pair.py calls it with what observation.py has seen; runs.py makes figures of the result. What
counts as lost, as done twice, and as two actives at once, is defined here.
"""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

GAP = 0.5
"""Seconds: between two samples further apart nothing is said."""
IN_FLIGHT = 0.5
"""Seconds before a bind's end in which what the SMSC accepted may not have been noted (REQUIREMENTS S3)."""
Event = Mapping[str, Any]
_WORD = re.compile(r"\bp\d+\b")


@dataclass(frozen=True)
class Text:
    """Of the driver. word: is in no other text. status: the USN's answer, 0: taken; None: there was none.

    times: how often the SMSC sent it until then.
    """

    word: str
    sent: float
    status: int | None
    times: int = 1


class Answer(NamedTuple):
    """When, on which bind, what."""

    at: float
    bind: int
    said: str


@dataclass(frozen=True)
class Texts:
    """first: when the first text that was sent after the fault was answered. Words of the others.

    repeated: answered twice, as the first answer was in flight when its bind ended. twice: for no reason.
    """

    first: float | None
    taken: tuple[str, ...]
    unanswered: tuple[str, ...]
    repeated: tuple[str, ...]
    twice: tuple[str, ...]


def texts(sent: Sequence[Text], events: Sequence[Event], fault: float, *, moves: bool) -> Texts:
    """`moves`: only a bind that was made after the fault counts for `first`: the other side."""
    words = {text.word for text in sent}
    answers = {word: found for word, found in _answers(events).items() if word in words}
    old = {event["session"] for event in events if event["event"] == "connected" and event["at"] < fault}
    after = [
        at
        for text in sent
        if text.sent >= fault
        for at, session, _ in answers.get(text.word, ())
        if not moves or session not in old
    ]
    taken = [text.word for text in sent if text.status == 0]
    several = {word: found for word, found in answers.items() if len(found) > 1}
    repeated = {word for word, found in several.items() if _in_flight(found, events)}
    return Texts(
        min(after, default=None),
        tuple(taken),
        tuple(word for word in taken if word not in answers),
        tuple(sorted(repeated)),
        tuple(sorted(several.keys() - repeated)),
    )


def _in_flight(found: Sequence[Answer], events: Sequence[Event]) -> bool:
    """Two of the same words, of which the first was among the last of its bind.

    Other words are of a text that was carried out twice: "is a user already".
    """
    (at, bind, said), (_, later, again), *more = found
    last = max(event["at"] for event in events if event["event"] == "pdu" and event["session"] == bind)
    return not more and said == again and later != bind and last - at <= IN_FLIGHT


def _answers(events: Iterable[Event]) -> dict[str, list[Answer]]:
    """Word → the answers that name it. A driver's word is p and digits."""
    found: dict[str, list[Answer]] = {}
    for event in events:
        pdu = event.get("pdu", {})
        if pdu.get("command") == "submit_sm":
            said = str(pdu.get("short_message"))
            for word in set(_WORD.findall(said.lower())):
                found.setdefault(word, []).append(Answer(event["at"], event["session"], said))
    return found


def kept_aside(lines: Iterable[str]) -> set[str]:
    """The driver's words in what `rejoin` kept aside (`main.kept-TIME.jsonl`): their users' rows."""
    rows = (line.lower() for line in lines if '"public.users"' in line)
    return {word for row in rows for word in _WORD.findall(row)}


def two_binds(events: Sequence[Event]) -> float:
    """Seconds in which a bind was used though a later one was used already.

    An `unbind` that a cut cable has held back for a while is no use.
    """
    used: dict[int, tuple[float, float]] = {}
    for event in events:
        if event["event"] == "pdu" and event["pdu"]["command"] != "unbind":
            first, _ = used.get(event["session"], (event["at"], 0.0))
            used[event["session"]] = (first, event["at"])
    spans = sorted(used.values())
    return sum(max(0.0, min(one[1], two[1]) - two[0]) for one, two in itertools.pairwise(spans))


def two_primaries(a: Sequence[tuple[float, bool]], b: Sequence[tuple[float, bool]]) -> float:
    """Seconds in which both databases said that they are written; samples (when, whether it is)."""
    return sum(
        max(0.0, min(end, other_end) - max(start, other))
        for start, end in _spans(a)
        for other, other_end in _spans(b)
    )


def _spans(samples: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    for (start, was), (end, still) in itertools.pairwise(samples):
        if was and still and end - start < GAP:
            joins = spans and spans[-1][1] == start
            spans[-1:] = [(spans[-1][0], end)] if joins else [*spans[-1:], (start, end)]
    return spans


def middle(values: Iterable[float | None]) -> float | None:
    """Median; one that never came is the worst."""
    known = [float("inf") if value is None else value for value in values]
    found = median(known) if known else None
    return None if found is None or found == float("inf") else round(found, 2)


def worst(values: Iterable[float | None]) -> float | None:
    """Maximum; None when one never came."""
    known = list(values)
    whole = [value for value in known if value is not None]
    return round(max(whole), 2) if known and len(whole) == len(known) else None


def standing(lines: Iterable[str]) -> list[str]:
    """Of a journal, in time order: lines of the alarms that were raised, and are so still."""
    found: dict[tuple[str, ...], str] = {}
    for line in lines:
        if "alarm raised: " in line:
            found[_about(line, "alarm raised: ")] = line
        elif "alarm cleared: " in line:
            found.pop(_about(line, "alarm cleared: "), None)
    return list(found.values())


def _about(line: str, words: str) -> tuple[str, ...]:
    """Its sentence, and of which bind or trunk it is."""
    said = line.partition(words)[2].split()
    sentence = itertools.takewhile(lambda word: "=" not in word, said)
    return (*sentence, *(word for word in said if word.startswith(("smsc=", "trunk="))))
