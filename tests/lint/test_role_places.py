"""Holds that one role alone makes a directory: of two that do, each undoes the other's mode in every run."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


def directories(tasks: list[dict[str, Any]]) -> Iterator[str]:
    """The paths as written, of each item where a task loops."""
    for task in tasks:
        for inner in ("block", "rescue", "always"):
            yield from directories(task.get(inner, []))
        module = task.get("ansible.builtin.file", {})
        if module.get("state") != "directory":
            continue
        items = task.get("loop", [None])
        for item in items if isinstance(items, list) else [items]:
            path = str(module["path"])
            whole = item.get("path") if isinstance(item, dict) else item
            yield str(whole) if "item" in path and whole is not None else path


def test_a_directory_has_one_role() -> None:
    makers: dict[str, set[str]] = defaultdict(set)
    for file in sorted((ROOT / "roles").glob("*/tasks/*.yml")):
        for path in directories(yaml.safe_load(file.read_text())):
            makers[path].add(file.parts[-3])
    assert len(makers) > 5
    assert {path: roles for path, roles in makers.items() if len(roles) > 1} == {}
