"""Proves that the import rule of pyproject.toml holds, and that it sees whoever breaks it."""

import os
import re
import shutil
import subprocess
import sysconfig
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sysconfig.get_path("scripts")) / "lint-imports"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LAYERS, WORKBENCH, DEMO, DOMAIN, SQL = CONTRACTS
ORDER = [layer.split(" | ") for layer in LAYERS["layers"]]
PLACED = [name for layer in ORDER for name in layer]
UPWARDS = [(low, up) for higher, lower in pairwise(ORDER) for up in higher for low in lower]
SIDEWAYS = [(one, other) for layer in ORDER for one in layer for other in layer if one != other]
NO_SQL = [name for name in PLACED if name not in {"store", "pair", "domain"}]
NEW = "unplaced"


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"}
    command = [str(LINT), "--no-cache"]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def plant(tree: Path, package: str, imported: str) -> str:
    """Writes the import into the package; the line by which lint-imports tells of it."""
    name = package if package.startswith("workbench") else f"usnd.{package}"
    module = tree / (name.replace(".", "/") + ".py")
    if not module.exists():
        name = f"{name}.planted_{imported.replace('.', '_')}"
        module = tree / (name.replace(".", "/") + ".py")
    lines = [*(module.read_text().splitlines() if module.exists() else ()), f"import {imported}"]
    module.write_text("\n".join(lines) + "\n")
    return f"- {name} -> {imported} (l.{len(lines)})"


def test_the_tree_keeps_it() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], str]:
    """A copy of the tree with every violation at once: what should be told, what lint-imports says."""
    tree = tmp_path_factory.mktemp("planted")
    for part in ("usnd", "workbench"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    (tree / "usnd" / NEW).mkdir()
    (tree / "usnd" / NEW / "__init__.py").touch()
    told = [plant(tree, low, f"usnd.{up}") for low, up in [*UPWARDS, *SIDEWAYS]]
    told += [plant(tree, package, "workbench") for package in PLACED]
    told += [plant(tree, "workbench.demo", outside) for outside in DEMO["forbidden_modules"]]
    told += [plant(tree, "domain", outside) for outside in DOMAIN["forbidden_modules"]]
    told += [plant(tree, package, "sqlalchemy") for package in [*NO_SQL, "pair", NEW]]
    done = lint_imports(tree)
    assert done.returncode == 1, done.stderr
    return told, re.sub(r"^- +", "- ", done.stdout, flags=re.MULTILINE)


def test_it_sees_a_violation_in_each_layer_and_of_each_rule(broken: tuple[list[str], str]) -> None:
    told, said = broken
    assert [line for line in told if line not in said] == []
    assert [rule["name"] for rule in CONTRACTS if f"\n{rule['name']} BROKEN" not in said] == []


def test_a_new_package_must_be_placed(broken: tuple[list[str], str]) -> None:
    assert f"not listed as layers:\n\n- usnd.{NEW}\n" in broken[1]


def test_every_package_is_in_one_layer() -> None:
    packages = {path.stem for path in (ROOT / "usnd").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert sorted(PLACED) == sorted(packages - {"__init__", "__main__", "__pycache__"})
