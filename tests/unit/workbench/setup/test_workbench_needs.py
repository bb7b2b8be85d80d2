"""Proves that a target says in one sentence what this machine lacks, and how to have it."""

import re
from pathlib import Path

import pytest

from workbench.setup import needs

ROOT = Path(__file__).parents[4]
PIP = {"venv"}


def nothing(_program: str) -> bool:
    return False


def everything(_program: str) -> bool:
    return True


def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    assert needs.missing("lab", nothing, set(), root=False) == (
        "make lab needs more of this machine; as root: "
        "apt-get install curl ipmitool iproute2 mmdebstrap nftables openipmi openssh-client python3-venv"
        " systemd-container"
    )
    only = needs.missing("depot", lambda program: program != "mmdebstrap", PIP, root=True)
    assert only == "make depot needs more of this machine; as root: apt-get install mmdebstrap"


def test_who_must_be_root_is_told_why() -> None:
    assert needs.missing("lab", everything, PIP, root=False) == (
        "make lab needs root (it boots servers and lays cables): sudo make lab"
    )
    assert needs.missing("lab", everything, PIP, root=True) is None


@pytest.mark.parametrize("target", ["demo", "unit", "integration"])
def test_what_needs_only_python_needs_no_more(target: str) -> None:
    assert needs.missing(target, nothing, PIP, root=False) is None
    told = needs.missing(target, nothing, set(), root=False)
    assert told == f"make {target} needs more of this machine; as root: apt-get install python3-venv"


def test_the_makefile_asks_for_each_target_that_needs_more() -> None:
    makefile = (ROOT / "Makefile").read_text()
    asked = set(re.findall(r"^([a-z-]+): needs-\1\b", makefile, re.MULTILINE))
    assert asked == set(needs.NEEDS)
    listed = re.search(r"^NEEDS := \$\(addprefix needs-,(.*)\)$", makefile, re.MULTILINE)
    assert listed is not None
    assert set(listed[1].split()) == set(needs.NEEDS)


def test_the_developers_page_names_all_of_them() -> None:
    page = (ROOT / "docs/developer/README.md").read_text()
    rows = dict(re.findall(r"^\| `make ([a-z-]+)`[^|]*\| ([^|]*) \|", page, re.MULTILINE))
    for target, needed in needs.NEEDS.items():
        assert target in rows, target
        assert set(re.findall(r"`([a-z0-9-]+)`", rows[target])) == set(needed.programs.values()), target
        assert ("root" in rows[target]) is bool(needed.root), target
