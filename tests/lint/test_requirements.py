"""Holds docs/requirements.md to the numbers that code, tests and papers cite."""

import re
import subprocess
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/requirements.md").read_text()
ID = r"[A-Z]\d{1,2}"
IDS = re.findall(rf"^\| ({ID}) \|", PAGE, re.MULTILINE)
SPACE = r"[\s#*]+"
NAMED = re.compile(rf"\bREQUIREMENTS{SPACE}({ID}(?:(?:,{SPACE}|{SPACE}and{SPACE}|-){ID})*)")
IN_BRACKETS = re.compile(r"\(([BCDHMPSVW]\d{1,2}(?:, [BCDHMPSVW]\d{1,2})*)\)")
ROW = re.compile(rf"^\| ({ID}) \|", re.MULTILINE)
SUFFIXES = {".conf", ".j2", ".md", ".py", ".toml", ".yml"}


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in names.stdout.split("\0") if (path := ROOT / name).suffix in SUFFIXES]


def cited(text: str) -> set[str]:
    found = [*NAMED.findall(text), *IN_BRACKETS.findall(text)]
    return {one for citation in found for one in re.findall(ID, citation)}


def test_what_counts_as_a_citation() -> None:
    text = "(REQUIREMENTS S5, S6) … (REQUIREMENTS\n# V1 and V2) … (C4, B1) … (S3) … S7"
    assert cited(text) == {"S5", "S6", "V1", "V2", "C4", "B1", "S3"}
    assert cited("REQUIREMENTS S5-S11") == {"S5", "S11"}


def test_each_group_is_numbered_from_1_without_a_gap() -> None:
    for letter, group in groupby(IDS, key=lambda one: one[0]):
        numbers = [int(one[1:]) for one in group]
        assert numbers == list(range(1, len(numbers) + 1)), letter
    assert len(IDS) == len(set(IDS))


def test_each_cited_requirement_is_on_the_page() -> None:
    unknown = {str(path.relative_to(ROOT)): cited(path.read_text()) - set(IDS) for path in tracked()}
    assert {name: ids for name, ids in unknown.items() if ids} == {}


def test_the_scenarios_name_requirements_only() -> None:
    rows = ROW.findall((ROOT / "docs/developer/scenarios.md").read_text())
    assert rows
    assert set(rows) <= set(IDS)
