"""The drawn states are those of the tables."""

import re
from enum import Enum

from usnd.domain.conference.call import CALL_TABLE, CallEvent, CallState
from workbench.docs.states import PAGE, PAIR_PAGE, diagram, page, pair_page

ARROW = re.compile(r"    (\S+) --> (\S+?)(?:: (.+))?")


class Light(Enum):
    RED = "red"
    GREEN = "green"
    BROKEN = "broken"


class Push(Enum):
    GO = "go"
    HIT = "hit"
    KICK = "kick"


def test_the_committed_page_is_what_the_tables_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m workbench.docs.states` and commit it"
    assert PAIR_PAGE.read_text(encoding="utf-8") == pair_page()


def test_a_small_table_is_drawn_from_its_first_state_to_its_last() -> None:
    table = {(state, push): Light.BROKEN for state in Light for push in Push}
    table |= {(Light.RED, Push.GO): Light.GREEN, (Light.GREEN, Push.GO): Light.GREEN}
    assert diagram(table).splitlines() == [
        "stateDiagram-v2",
        "    [*] --> red",
        "    red --> green: go",
        "    red --> broken: hit / kick",
        "    green --> broken: hit / kick",
        "    broken --> [*]",
    ]


def test_every_cell_that_changes_a_call_is_drawn_once_and_no_other() -> None:
    drawn = []
    for line in diagram(CALL_TABLE).splitlines()[1:]:
        arrow = ARROW.fullmatch(line)
        assert arrow is not None
        before, after, events = arrow.groups()
        if events:
            drawn += [
                (CallState(before), CallEvent(event), CallState(after)) for event in events.split(" / ")
            ]
    assert sorted(drawn, key=str) == sorted(
        ((state, event, after) for (state, event), after in CALL_TABLE.items() if after is not state), key=str
    )
