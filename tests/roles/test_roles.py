"""The roles without a server: what the linter says, and that each refuses missing and wrong variables."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
SCRIPTS = Path(sysconfig.get_path("scripts"))
SPECS = {
    name: yaml.safe_load((ROOT / f"roles/{name}/meta/argument_specs.yml").read_text())["argument_specs"][
        "main"
    ]
    for name in ROLES
}
REQUIRED = [
    (name, option)
    for name in ROLES
    for option, spec in SPECS[name]["options"].items()
    if spec.get("required")
]
# What cannot be taken for a value of the type; strings and paths can be anything.
UNFIT = {"list": {"no": "list"}, "dict": ["no", "dict"], "int": "many", "bool": "perhaps"}
WRONG = [
    (name, option, "none of these" if "choices" in spec else UNFIT[spec["type"]])
    for name in ROLES
    for option, spec in SPECS[name]["options"].items()
    if "choices" in spec or spec["type"] in UNFIT
]


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPTS / program, *arguments],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_STDOUT_CALLBACK": "json"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(600)
def test_the_linter_has_nothing_to_say_at_its_strictest() -> None:
    done = run("ansible-lint", "--offline", "--nocolor", "-q", "--strict")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ROLES)
def test_every_option_is_the_roles_own_and_described(name: str) -> None:
    for option, spec in SPECS[name]["options"].items():
        assert option.startswith(f"{name}_")
        assert spec["description"]


@pytest.mark.parametrize("name", ROLES)
def test_defaults_are_those_of_the_specification(name: str) -> None:
    path = ROOT / f"roles/{name}/defaults/main.yml"
    defaults = yaml.safe_load(path.read_text()) if path.exists() else {}
    told = {option: spec["default"] for option, spec in SPECS[name]["options"].items() if "default" in spec}
    assert defaults == told


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each role says when nothing, and when a wrong value, is given to it: one run for all."""
    play = tmp_path_factory.mktemp("play") / "play.yml"
    given: dict[str, dict[str, Any]] = {name: {} for name in ROLES}
    given |= {f"{name} {option}": {option: wrong} for name, option, wrong in WRONG}
    tasks: list[dict[str, Any]] = [
        {
            "ansible.builtin.validate_argument_spec": {
                "argument_spec": SPECS[title.split()[0]]["options"],
                "provided_arguments": arguments,
            },
            "name": title,
            "ignore_errors": True,
        }
        for title, arguments in given.items()
    ]
    play.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    done = run("ansible-playbook", "-i", "localhost,", "-c", "local", str(play))
    report = json.loads(done.stdout[done.stdout.index("{") :])
    results = report["plays"][0]["tasks"]
    return {task["task"]["name"]: json.dumps(task["hosts"]["localhost"]) for task in results}


@pytest.mark.parametrize(("name", "option"), REQUIRED)
def test_a_missing_variable_is_named(refusals: dict[str, str], name: str, option: str) -> None:
    assert option in refusals[name]


@pytest.mark.parametrize(("name", "option"), [(name, option) for name, option, _ in WRONG])
def test_a_wrong_value_is_named(refusals: dict[str, str], name: str, option: str) -> None:
    told = refusals[f"{name} {option}"]
    assert f"argument '{option}' is of type" in told or f"value of {option} must be one" in told
