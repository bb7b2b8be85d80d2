"""Draws the domain's tables as state diagrams into docs/*states.md: `python -m workbench.docs.states`.

The diagrams are in Mermaid. The tables are the truth: what is drawn is never edited. An event that leaves a
state as it is is left out.
"""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from usnd.domain.billing.cdr_file import FILE_TABLE
from usnd.domain.conference.call import CALL_TABLE
from usnd.domain.conference.model import CONFERENCE_TABLE
from usnd.domain.media_server.availability import VOICE_TABLE
from usnd.domain.messaging.sending import SEND_TABLE
from usnd.domain.pair.states import PAIR_TABLE, STATE_WORDS
from usnd.domain.portal.lockout import COUNTER_TABLE
from usnd.domain.provisioning.idempotency import KEY_TABLE
from usnd.domain.recording.files import RECORD_TABLE
from usnd.domain.trunks.trunk import TRUNK_TABLE
from workbench import ROOT

PAGE = ROOT / "docs/states.md"
PAIR_PAGE = PAGE.with_name("pair-states.md")
S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)
HEAD = """# The states

Drawn from the tables in `usnd/domain/` by `python -m workbench.docs.states`; do not edit. What changes
nothing is left out.
"""

PAIR_HEAD = """# The states of the pair

Drawn from the tables in `usnd/domain/pair/states.py` by `python -m workbench.docs.states`; do not edit.
What permits each transition is in `rules.py` beside it.

| state | what the server does |
|---|---|
"""


def page() -> str:
    """The whole page, as Markdown."""
    sections = (
        _section("A call", "conference/call.py", CALL_TABLE),
        _section("A conference", "conference/model.py", CONFERENCE_TABLE),
        _section("A recording part", "recording/files.py", RECORD_TABLE),
        _section("The link to Asterisk", "media_server/availability.py", VOICE_TABLE),
        _section("A trunk", "trunks/trunk.py", TRUNK_TABLE),
        _section("An outgoing text", "messaging/sending.py", SEND_TABLE),
        _section("A file of CDRs for one destination", "billing/cdr_file.py", FILE_TABLE),
        _section("The key of a provisioning order", "provisioning/idempotency.py", KEY_TABLE),
        _section("A counter of the portal's tries", "portal/lockout.py", COUNTER_TABLE),
    )
    return "\n".join((HEAD, *sections))


def pair_page() -> str:
    """The pair's states, each with its words, as Markdown."""
    words = "\n".join(f"| `{state.value}` | {says} |" for state, says in STATE_WORDS.items())
    return f"{PAIR_HEAD}{words}\n\n```mermaid\n{diagram(PAIR_TABLE)}\n```\n"


def diagram(table: Mapping[tuple[S, E], S]) -> str:
    """A table as a Mermaid state diagram; it begins in the first state, and ends where nothing leads on."""
    events: dict[tuple[S, S], list[str]] = {}
    for (state, event), after in table.items():
        if after is not state:
            events.setdefault((state, after), []).append(event.value)
    states = list(dict.fromkeys(state for state, _ in table))
    ends = [state for state in states if not any(before is state for before, _ in events)]
    lines = ["stateDiagram-v2", f"    [*] --> {states[0].value}"]
    lines += [
        f"    {before.value} --> {after.value}: {' / '.join(names)}"
        for (before, after), names in events.items()
    ]
    lines += [f"    {state.value} --> [*]" for state in ends]
    return "\n".join(lines)


def _section(title: str, module: str, table: Mapping[tuple[S, E], S]) -> str:
    return f"## {title}\n\n`usnd/domain/{module}`\n\n```mermaid\n{diagram(table)}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    PAIR_PAGE.write_text(pair_page(), encoding="utf-8")
