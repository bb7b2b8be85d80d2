"""Holds docs/integrator/control-socket.md to usnd/control: each request, answer, field, code and bound."""

import inspect
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from usnd.control import client, requests, server
from usnd.control.answers import Answer, PersonRow, RefusalCode
from usnd.control.request import VERSION
from usnd.control.requests import LONGEST_ANSWER, LONGEST_COMMAND, LONGEST_REQUEST, Request
from usnd.control.rights import Right
from usnd.control.rows import CallRow, HappeningRow

PAGE = (Path(__file__).parents[2] / "docs/integrator/control-socket.md").read_text()
SHAPES = (*get_args(Request), *get_args(Answer))
EXAMPLES = [line for line in PAGE.splitlines() if line.startswith("{")]


def tag_of(shape: Any) -> str:
    return str(shape.__struct_config__.tag)


def section(title: str) -> str:
    """What stands below that heading, until the next one."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"{title} has no section"
    return found[1]


def fields_told(text: str) -> set[str]:
    """The names in the first column of its tables."""
    first = (line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    return {name for cell in first for name in re.findall(r"`([a-z_]+)`", cell)}


@pytest.mark.parametrize("shape", SHAPES, ids=tag_of)
def test_a_shape_is_there_with_all_its_fields_and_no_other(shape: Any) -> None:
    config = shape.__struct_config__
    told = fields_told(section(f"`{tag_of(shape)}`").partition("| code |")[0])
    more = set(CallRow.__annotations__) if tag_of(shape) == "live" else set()
    assert set(shape.__struct_fields__) | {config.tag_field} <= told
    assert told <= set(shape.__struct_fields__) | {config.tag_field} | more


def test_no_shape_is_told_that_is_none() -> None:
    assert set(re.findall(r"^### `([a-z_-]+)`$", PAGE, re.MULTILINE)) == {tag_of(shape) for shape in SHAPES}


@pytest.mark.parametrize("row", [CallRow, HappeningRow, PersonRow], ids=lambda row: row.__name__)
def test_the_fields_of_a_row_are_named(row: Any) -> None:
    text = section("`live`") + section("`done`")
    assert [name for name in row.__annotations__ if f"`{name}`" not in text] == []


def test_all_codes_are_told_and_no_other() -> None:
    codes = re.findall(r"^\| `([a-z-]+)` \|", section("`refused`").partition("| code |")[2], re.MULTILINE)
    assert codes == [code.value for code in RefusalCode]


def test_rights_versions_and_bounds_are_those_of_the_code() -> None:
    needed = {shape.needs for shape in get_args(Request)}
    told = section("Who may what")
    assert [right.value for right in Right if right in needed and f"| {right.value} |" not in told] == []
    assert f"of at most {LONGEST_REQUEST} octets" in told
    assert f"This page is version {VERSION}." in section("Versions")
    bounds = section("The connection")
    patience = inspect.signature(server.ControlServer).parameters["patience"].default
    for bound in (
        f"at most {LONGEST_COMMAND} octets; it must be whole within {patience:g} s",
        f"at most {LONGEST_ANSWER} octets; read it within {patience:g} s",
        f"{server.MOST_AT_ONCE} connections",
        f"within {server._LONGEST_ACT:g} s, else `timed-out`. Wait {client.PATIENCE:g} s",
    ):
        assert bound in bounds
    assert f"`{requests.SOCKET}`" in bounds


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_is_what_it_shows(line: str) -> None:
    msgspec.json.decode(line, type=Request if '"do"' in line else Answer)


def test_there_are_examples_of_both() -> None:
    assert {'"do"' in line for line in EXAMPLES} == {True, False}
