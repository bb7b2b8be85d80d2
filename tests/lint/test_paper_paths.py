"""Holds the papers to the tree: a path that one of them names is there; the layers are those checked."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAPERS = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md"))
    if "decisions" not in path.parts  # a decision tells of the tree of its day
)
TOPS = {"docs", "inventory", "playbooks", "roles", "tests", "usnd", "workbench"}
PACKAGES = {path.name for path in (ROOT / "usnd").iterdir() if path.is_dir()}
QUOTED = re.compile(r"`((\w+)/[\w./-]*)`")


def lacking(text: str) -> list[str]:
    """The paths from the root, or from usnd, with or without .py, that are not there."""
    return [path for path, top in QUOTED.findall(text) if top in TOPS | PACKAGES and not is_there(path)]


def is_there(path: str) -> bool:
    places = (ROOT / path, ROOT / "usnd" / path)
    return any(place.exists() or place.with_name(f"{place.name}.py").exists() for place in places)


def test_what_counts_as_a_path() -> None:
    assert lacking("`usnd/domain/nothing.py` `domain/nothing` `and/or` `domain/sms` `usnd/daemon`") == [
        "usnd/domain/nothing.py",
        "domain/nothing",
    ]


@pytest.mark.parametrize("paper", PAPERS)
def test_each_path_in_a_paper_is_there(paper: str) -> None:
    assert lacking((ROOT / paper).read_text()) == []


def test_each_decision_that_is_cited_is_there() -> None:
    grep = [
        "git",
        "grep",
        "-ohE",
        r"\bdecisions? [0-9]+|decisions/[0-9]{4}",
        "--",
        "*.py",
        "*.md",
        "*.j2",
        "*.yml",
    ]
    found = subprocess.run(grep, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    there = {int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("*.md")}
    assert {int(number) for number in re.findall(r"\d+", found)} - there == set()


def test_the_architecture_names_the_layers_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("exhaustive"))
    told = " > ".join(", ".join(f"`{name}`" for name in layer.split(" | ")) for layer in layers)
    assert told in " ".join((ROOT / "ARCHITECTURE.md").read_text().split())
