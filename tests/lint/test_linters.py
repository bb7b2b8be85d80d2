"""The linters as ordinary tests: style, types, what must not be in the tree, and how long things may be."""

import ast
import re
import subprocess
import sysconfig
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sysconfig.get_path("scripts"))
LONGEST_FILE, LONGEST_TEST_FILE = 400, 450  # lines: one job a file
LONGEST_FUNCTION = 45  # lines, from `def`
MOST_SIBLINGS = 15  # Python files in one folder
HISTORY = "usnd/store/migrations/versions/"  # a migration is written once, from top to bottom
LOCKS = ("*requirements*.txt", "pyproject.toml", "*package.json", "*.npmrc", "Makefile", ".ci/*")


def check(*command: str) -> None:
    program = str(SCRIPTS / command[0])
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "-z", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).exists()]


def test_style() -> None:
    check("ruff", "check", ".")


def test_format() -> None:
    check("ruff", "format", "--check", ".")


def test_yaml_is_tidy() -> None:
    check("yamllint", "--strict", ".")


def test_types() -> None:
    check("mypy")
    check("mypy", "tests/support", "tests/peers")


def test_no_file_has_two_jobs() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in tracked("*.py")}
    assert {"usnd", "workbench", "tests", "playbooks"} <= {name.parts[0] for name in lengths}
    longest = {name: LONGEST_TEST_FILE if name.parts[0] == "tests" else LONGEST_FILE for name in lengths}
    assert {str(name): lines for name, lines in lengths.items() if lines > longest[name]} == {}


def test_no_function_is_longer_than_a_page() -> None:
    long = {
        f"{path.relative_to(ROOT)} {node.name}"
        for path in tracked("*.py")
        if HISTORY not in str(path)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    }
    assert long == set()


def test_a_folder_can_be_taken_in_at_a_glance() -> None:
    siblings = Counter(
        str(path.parent.relative_to(ROOT))
        for path in tracked("*.py")
        if path.name != "__init__.py" and HISTORY not in str(path)
    )
    assert {folder: files for folder, files in siblings.items() if files > MOST_SIBLINGS} == {}


def test_no_two_test_modules_share_a_name() -> None:
    """Tests are no packages: of two modules of one name, the second is not collected in a whole run."""
    names = Counter(path.name for path in tracked("tests/*.py") if path.name != "conftest.py")
    assert [name for name, times in names.items() if times > 1] == []


def test_no_address_of_a_package_registry_is_written_anywhere() -> None:
    """The mirror is the machine's own; a lock with addresses would tie the tree to one place."""
    assert [path.name for path in tracked(*LOCKS) if re.search("https?://", path.read_text())] == []


def test_nothing_is_left_of_a_merge() -> None:
    marked = [
        str(path.relative_to(ROOT))
        for path in tracked("*.md", "*.py", "*.yml", "*.j2", "*.toml", "Makefile")
        if re.search(r"^(<{7}|>{7}) ", path.read_text(), re.MULTILINE)
    ]
    assert marked == []
