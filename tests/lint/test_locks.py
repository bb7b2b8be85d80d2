"""Holds the locks to what they are for: what installs today installs next month, with the oldest pip."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from workbench.setup.locks import Lock, installed

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "tests/peers"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OPTIONAL = PROJECT["optional-dependencies"]
OURS = {
    "requirements.txt": PROJECT["dependencies"],
    "requirements-dev.txt": PROJECT["dependencies"] + OPTIONAL["dev"],
    "requirements-ops.txt": PROJECT["dependencies"] + OPTIONAL["dev"] + OPTIONAL["ops"],
    "requirements-lock.txt": ["uv"],
}
JASMIN = [PEERS / "jasmin-build-requirements.txt", PEERS / "jasmin-requirements.txt"]
SSE = PEERS / "sse-requirements.txt"
LOCKS = [*(ROOT / name for name in OURS), *JASMIN, SSE]
HASHES = r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+"
PINNED = re.compile(rf"[\w.\[\],-]+==[\w.+!-]+(?: ; [^\n\\]+)?{HASHES}\n")


def test_every_lock_of_the_tree_is_held_to_this() -> None:
    assert sorted(ROOT.glob("requirements*.txt")) == sorted(ROOT / name for name in OURS)
    assert sorted(PEERS.rglob("*requirements*.txt")) == [*JASMIN, SSE]


@pytest.mark.parametrize("name", OURS)
def test_a_lock_names_every_extra_that_its_packages_ask_for(name: str) -> None:
    """Of those that are installed here; tests/roles and tests/integration/peers have the rest."""
    lock = Lock.read((ROOT / name).read_text())
    assert lock.lacking(installed(), OURS[name]) == {}


def test_the_extra_whose_lack_ended_every_fresh_debian_12_is_seen() -> None:
    """pytest-cov asks for coverage[toml]: by the real metadata of both."""
    text = (ROOT / "requirements-dev.txt").read_text()
    assert "coverage[toml]==" in text
    stripped = text.replace("coverage[toml]==", "coverage==")
    assert Lock.read(stripped).lacking(installed()) == {"coverage": {"toml"}}


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        ("b[fast]", {"b": {"fast"}}),
        ("b[fast, toml]>=1", {"b": {"fast"}}),
        ('b[fast] ; python_version >= "3.14"', {"b": {"fast"}}),
        ('b[fast] ; python_full_version < "3.11.4"', {"b": {"fast"}}),
        ('b[fast] ; python_version < "3.11"', {}),
        ('b[fast] ; extra == "asked"', {"b": {"fast"}}),
        ('b[fast] ; extra == "other"', {}),
        ("B[toml]", {}),
        ("elsewhere[fast]", {}),
    ],
)
def test_an_extra_counts_for_each_python_and_extra_that_may_ask(
    line: str, lacks: dict[str, set[str]]
) -> None:
    end = " \\\n    --hash=sha256:0\n"
    lock = Lock.read(f"a[asked]==1{end}b[toml]==2 ; os_name == 'nt'{end}")
    assert lock.lacking({"a": [line]}) == lacks


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_nothing_but_one_version_and_hashes_of_each_package(lock: Path) -> None:
    """No index, no place of packages, no range: pip asks where its machine tells it to."""
    assert PINNED.sub("", lock.read_text()) == ""


@pytest.mark.parametrize("name", OURS)
def test_a_lock_has_what_the_project_asks_for(name: str) -> None:
    lock = Lock.read((ROOT / name).read_text())
    wanted = {re.split(r"[^\w.-]", line)[0].lower() for line in OURS[name]}
    assert wanted <= set(lock.extras)


@pytest.mark.parametrize("peer", ["node-smpp", "axe-core", "lighthouse"])
def test_an_npm_lock_has_versions_and_hashes_but_no_place(peer: str) -> None:
    manifest = json.loads((PEERS / peer / "package.json").read_text())
    text = (PEERS / peer / "package-lock.json").read_text()
    root, *packages = json.loads(text)["packages"].values()
    assert root["dependencies"] == manifest["dependencies"]
    assert all(re.fullmatch(r"[\d.]+", version) for version in manifest["dependencies"].values())
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert "resolved" not in text
    assert "://" not in text


def test_jasmin_has_a_setuptools_that_brings_what_it_imports() -> None:
    """setuptools 81 has no `pkg_resources` any more, which Jasmin 0.11 imports and asks nobody for."""
    text = (PEERS / "jasmin-build-requirements.txt").read_text()
    version = re.search(r"^setuptools==(\d+)\.", text, re.MULTILINE)
    assert version is not None
    assert int(version[1]) < 81
