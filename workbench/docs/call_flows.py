"""Writes docs/integrator/call-flows.md: `python -m workbench.docs.call_flows`.

The stories are here. What is drawn is what the domain decides when it is told them (sequence_diagram.py). The
page is never edited.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from usnd.domain.conference.model import Rules
from usnd.domain.recording.files import RecordEvent
from usnd.domain.trunks.trunk import Pool, Routing, Trunk
from workbench import ROOT
from workbench.docs.sequence_diagram import ACTIVATION, COMMON, OWNER, THIRD, USER, Flow

PAGE = ROOT / "docs/integrator/call-flows.md"
HEAD = f"""# Call flows

Written by `python -m workbench.docs.call_flows`, which tells these stories to the rules in `usnd/domain/` and
draws what they decide; do not edit. An arrow to `usnd` is what people or the network do; a note is what is
committed because of it; only then the arrows from `usnd` are carried out. The subscriber is {OWNER};
conference 3, with bob and eve, has the number {THIRD}, the Activation PIN {ACTIVATION} and the User PIN
{USER}; {COMMON} asks for a PIN.
"""
RULES = Rules()
CALLING_BACK = replace(RULES, call_backs=3)
PRESS_ONE = replace(RULES, press_one=True)
REVIVING = replace(RULES, revive=True)
BOTH_TRUNKS = Pool(Routing((Trunk("first", 3), Trunk("second"))))
TWO_LINES = Pool(Routing((Trunk("msc", 2),)))
LAUNCH = "IC bob eve"


@dataclass(frozen=True)
class Story:
    """`tell` plays it; `rows` are of the requirements that it shows."""

    title: str
    rows: str
    words: str
    tell: Callable[[], Flow]


def _talking(rules: Rules = RULES) -> Flow:
    flow = Flow(rules)
    flow.talk()
    return flow


def _launch_by_text() -> Flow:
    flow = Flow()
    flow.text(LAUNCH)
    flow.joins("bob", "subscriber")
    flow.ends("eve", 17)
    return flow


def _launch_by_call() -> Flow:
    flow = Flow()
    flow.calls("subscriber", THIRD)
    flow.joins("subscriber", "bob", "eve")
    return flow


def _away_and_back() -> Flow:
    flow = _talking()
    flow.ends("subscriber")
    flow.calls("subscriber", THIRD)
    flow.joins("subscriber")
    return flow


def _away_and_back_by_text() -> Flow:
    flow = _talking()
    flow.ends("subscriber")
    flow.text(LAUNCH)
    flow.joins("subscriber")
    return flow


def _not_reached() -> Flow:
    flow = Flow(CALLING_BACK)
    flow.text(LAUNCH)
    flow.joins("bob", "eve")
    flow.ends("subscriber", 17)
    flow.waits()
    flow.joins("subscriber")
    return flow


def _taken_over() -> Flow:
    flow = _talking()
    flow.text(LAUNCH)
    flow.joins("subscriber")
    return flow


def _away_for_too_long() -> Flow:
    flow = _talking()
    flow.ends("subscriber")
    flow.waits()
    flow.calls("subscriber", THIRD)
    flow.leave()
    return flow


def _called_back() -> Flow:
    flow = _talking(CALLING_BACK)
    flow.ends("subscriber")
    flow.waits()
    flow.ends("subscriber", 17)
    flow.waits()
    flow.joins("subscriber")
    return flow


def _called_back_in_vain() -> Flow:
    flow = _talking(CALLING_BACK)
    flow.ends("subscriber")
    for cause in (17, 21, 19):
        flow.waits()
        flow.ends("subscriber", cause)
    flow.waits()
    flow.leave()
    return flow


def _meant_to_end() -> Flow:
    flow = _talking(CALLING_BACK)
    flow.press("subscriber", "**")
    flow.leave()
    return flow


def _second_caller() -> Flow:
    flow = Flow()
    flow.calls("zoe", COMMON, ACTIVATION)
    flow.joins("zoe", "bob")
    flow.ends("eve", 17)
    flow.calls("eve", COMMON, ACTIVATION)
    flow.joins("eve")
    return flow


def _rejoin_by_user_pin() -> Flow:
    flow = Flow()
    flow.text("IC3")
    flow.joins("subscriber", "bob", "eve")
    flow.ends("eve")
    flow.calls("eve", COMMON, "1234567", USER)
    flow.joins("eve")
    flow.press("subscriber", "*7")
    flow.ends("bob")
    flow.calls("bob", COMMON, USER)
    return flow


def _wrong_pins() -> Flow:
    flow = Flow()
    flow.calls("eve", COMMON, "1111111", "2222222", "3333333")
    return flow


def _machine() -> Flow:
    flow = Flow(PRESS_ONE)
    flow.text(LAUNCH)
    flow.joins("subscriber", "bob")
    flow.answers("eve")
    flow.ends("eve")
    return flow


def _overflow() -> Flow:
    flow = Flow(pool=BOTH_TRUNKS)
    flow.text(LAUNCH)
    flow.ends("bob", 34)
    flow.joins("subscriber", "bob")
    flow.ends("eve", 17)
    return flow


def _no_line() -> Flow:
    flow = Flow(pool=TWO_LINES)
    flow.text(LAUNCH)
    flow.calls("subscriber", THIRD)
    return flow


def _no_credit() -> Flow:
    flow = Flow()
    flow.text(LAUNCH)
    flow.joins("bob")
    flow.ends("subscriber", 50)
    flow.leave()
    return flow


def _recording() -> Flow:
    flow = _talking()
    flow.ends("eve")
    flow.press("subscriber", "*8")
    flow.recorder(RecordEvent.BEGUN)
    flow.press("subscriber", "*207700900003#")
    flow.joins("eve")
    flow.press("subscriber", "*8")
    flow.recorder(RecordEvent.ENDED)
    return flow


def _menu() -> Flow:
    flow = _talking()
    for keys in ("*5", "*5", "*4", "*3"):
        flow.press("subscriber", keys)
    flow.leave()
    flow.press("bob", "*6")
    return flow


def _revival() -> Flow:
    flow = _talking(REVIVING)
    flow.loses_asterisk()
    flow.joins("subscriber", "bob", "eve")
    return flow


STORIES = (
    Story("Launch by text", "C1, C2, C9", "Bob is in before the subscriber, eve is busy.", _launch_by_text),
    Story(
        "Launch by a call",
        "C1, C3",
        "Speed dial: whose conference 3 it is, the calling number tells.",
        _launch_by_call,
    ),
    Story("Away and back", "C5", "The subscriber drops out and calls in again in time.", _away_and_back),
    Story(
        "Away and back by text",
        "C5",
        "Asked to call again, the node calls the subscriber only.",
        _away_and_back_by_text,
    ),
    Story(
        "The subscriber is not reached",
        "C6, C13",
        "With `call_backs = 3`: busy at the launch. The room hears it, the subscriber reads it.",
        _not_reached,
    ),
    Story(
        "A dead call is taken over",
        "C13",
        "The subscriber's call has died and nobody noticed: their new one takes its place.",
        _taken_over,
    ),
    Story(
        "Away for too long",
        "C5",
        "Two minutes are over: the others are told why, and released; who is back now is too late.",
        _away_for_too_long,
    ),
    Story("Called back", "C6", "With `call_backs = 3`: busy the first time.", _called_back),
    Story(
        "Called back in vain",
        "C6",
        "After the third try the time away begins, and ends.",
        _called_back_in_vain,
    ),
    Story("Meant to end", "C6", "`**`: no call-back, no timer.", _meant_to_end),
    Story(
        "The second caller",
        "C4",
        "Whoever types the Activation PIN first, from any telephone, counts as the "
        "subscriber; the second is a participant.",
        _second_caller,
    ),
    Story(
        "In again by User PIN, and locked out",
        "C4, C8",
        "One PIN is mistyped; then the conference is locked.",
        _rejoin_by_user_pin,
    ),
    Story(
        "Three wrong PINs",
        "C4",
        "The call ends; after more of them the number is barred for a time.",
        _wrong_pins,
    ),
    Story(
        "A machine answers",
        "C9",
        "With `press_one`: eve's mailbox presses nothing, and is released.",
        _machine,
    ),
    Story(
        "Overflow to the second trunk",
        "V1, C10",
        "Congestion goes on over the next trunk, busy does not; there is one record for each participant.",
        _overflow,
    ),
    Story("No line is free", "C10", "Nobody is dialled, whichever way it was asked for.", _no_line),
    Story("No credit", "C2", "The launch ends for all, and is told by text.", _no_credit),
    Story(
        "Recording",
        "C7",
        "All are told when it begins and ends; who joins meanwhile is told alone.",
        _recording,
    ),
    Story("Keys", "C8", "Mute all and unmute, count, drop the last; bob mutes himself.", _menu),
    Story(
        "Revival",
        "C11",
        "With `revive`: the calls died with Asterisk, all are called together again.",
        _revival,
    ),
)


def page() -> str:
    """The whole page, as Markdown."""
    parts = [HEAD]
    for number, story in enumerate(STORIES, start=1):
        drawn = story.tell().diagram()
        parts.append(
            f"## {number}. {story.title} ({story.rows})\n\n{story.words}\n\n```mermaid\n{drawn}\n```\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
