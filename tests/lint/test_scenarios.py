"""Holds the page of scenarios to the tests that it names."""

import ast
import re
from pathlib import Path

from usnd.domain.conference.call import CallOutcome

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/developer/scenarios.md").read_text()
NAMED = re.compile(r"`(test_\w+)::(test_\w+)`")
ROWS = [*(f"C{number}" for number in range(1, 12)), "V1", "V2"]


def heads(title: str) -> list[str]:
    """The first cells of the section's table, each once."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1].strip().strip("`") for line in section.splitlines()[2:] if "|" in line]
    return list(dict.fromkeys(cells))


def functions_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, functions)}


def test_every_named_test_is_there_and_on_real_parts() -> None:
    files = {path.stem: path for path in (ROOT / "tests").rglob("test_*.py")}
    for line in PAGE.splitlines():
        for module, name in NAMED.findall(line):
            assert module in files, module
            assert name in functions_in(files[module]), f"{module}::{name}"
            assert ("*rules*" in line) is ("unit" in files[module].parts), f"{module}::{name}"


def test_every_line_of_a_table_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "tests |" not in line]
    assert [row for row in rows if not NAMED.search(row)] == []


def test_every_requirement_and_every_outcome_has_its_row() -> None:
    assert heads("By requirement") == ROWS
    assert sorted(heads("By outcome of a call")) == sorted(outcome.value for outcome in CallOutcome)
