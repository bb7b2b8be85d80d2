"""The linters as ordinary tests: style, types, the import rule, and what must not be in the tree."""

import re
import subprocess
import sysconfig
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sysconfig.get_path("scripts"))
LONGEST_FILE = 400  # lines: one job a file
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


def test_types() -> None:
    check("mypy")


def test_import_rule() -> None:
    check("lint-imports", "--no-cache")


def test_no_file_has_two_jobs() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in tracked("usnd/*.py", "workbench/*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


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
