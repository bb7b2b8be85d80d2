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


def test_a_handler_that_several_roles_have_is_called_by_its_role() -> None:
    """By its name alone Ansible takes that of the last role in the play: it comes after what needs it."""
    owners: dict[str, set[str]] = defaultdict(set)
    for file in sorted((ROOT / "roles").glob("*/handlers/main.yml")):
        for handler in yaml.safe_load(file.read_text()):
            owners[handler["name"]].add(file.parts[-3])
    shared = {name for name, roles in owners.items() if len(roles) > 1}
    assert "Reload systemd" in shared
    wrong = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in sorted((ROOT / "roles").glob("*/tasks/*.yml"))
        for name in notified(yaml.safe_load(file.read_text()))
        if name in shared
    ]
    assert wrong == []


def notified(tasks: list[dict[str, Any]]) -> Iterator[str]:
    for task in tasks:
        for inner in ("block", "rescue", "always"):
            yield from notified(task.get(inner, []))
        named = task.get("notify", [])
        yield from [named] if isinstance(named, str) else named
