"""The drawn call flows are what the domain decides."""

import re

import pytest

from workbench.docs.call_flows import PAGE, STORIES, Story, page
from workbench.docs.sequence_diagram import COMMON, USER, Flow

LINE = re.compile(
    r"    (participant [a-z]+|Note over usnd: [^;#]+|[a-z]+->>[a-z]+: ([^;#]|#35;)+|autonumber)"
)


def test_the_committed_page_is_what_the_domain_decides() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run `python -m workbench.docs.call_flows` and commit it"
    )


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_each_line_is_one_that_mermaid_reads(story: Story) -> None:
    head, *lines = story.tell().diagram().splitlines()
    assert head == "sequenceDiagram"
    assert [line for line in lines if LINE.fullmatch(line) is None] == []


def test_all_rows_about_conferences_are_drawn() -> None:
    rows = {row for story in STORIES for row in story.rows.split(", ")}
    assert rows == {f"C{number}" for number in range(1, 12)} | {"C13", "V1"}


def test_a_flow_draws_what_is_decided_and_not_what_was_meant() -> None:
    flow = Flow()
    flow.calls("eve", COMMON, USER)
    assert flow.diagram().splitlines()[-1] == (
        "    usnd->>eve: says: This conference has not begun. Please try again later. Releases"
    )
