"""The file that role usnd writes has the names of the release it is for, whichever the inventory has.

One control machine upgrades a pair and takes it back: both releases start with what one inventory says.
"""

import json
import os
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from usnd.config.load import parse
from usnd.config.sections import Config

ROOT = Path(__file__).parents[2]
DIAL_IN = {"common": "52270", "conferences": ["52201"]}
GIVEN: dict[str, Any] = {
    "usnd_release_file": "/none/usnd.tar",
    "usnd_home_region": "GB",
    "usnd_short_code": "52272",
    "usnd_smscs": [{"name": "main", "host": "192.0.2.10", "system_id": "usn", "password": "hushsmsc"}],
    "usnd_trunks": [{"name": "msc", "host": "192.0.2.20"}],
    "usnd_sip_address": "192.0.2.212",
    "usnd_manager_secret": "hush",
}
PROVISIONING = {
    "user": "usn-web-provisioning",
    "authorities": "/etc/usn/tls",
    "certificate": "/etc/nginx/usn/certificate.pem",
}
HOST_KEY = "ssh-ed25519 " + 68 * "A"
KEY = "5a" * 32
FORMER, TODAYS, TO_COME = "usnd-0.1.0-former", "usnd-0.1.0-todays", "usnd-0.1.0-not-there"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """As /opt/usnd, with a release that does not say what it reads, and one that does."""
    for release in (FORMER, TODAYS):
        program = tmp_path / release / "venv/bin/usnd"
        program.parent.mkdir(parents=True)
        program.touch()
    (tmp_path / TODAYS / "sections.json").write_text(json.dumps(Config.__struct_fields__))
    return tmp_path


def written(home: Path, release: str, settings: dict[str, Any], **more: Any) -> str:
    """usnd.toml as the role makes it for that release."""
    target, play = home / "usnd.toml", home / "play.yml"
    place = {"ansible.builtin.include_role": {"name": "usnd", "tasks_from": "sections.yml", "public": True}}
    make = {
        "ansible.builtin.template": {"src": f"{ROOT}/roles/usnd/templates/usnd.toml.j2", "dest": str(target)}
    }
    play.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [place, make]}]))
    given = {
        **GIVEN,
        **more,
        "usnd_settings": settings,
        "usnd_release_name": release,
        "__usnd_home": str(home),
    }
    program = Path(sysconfig.get_path("scripts")) / "ansible-playbook"
    done = subprocess.run(
        [program, "-i", "localhost,", "-c", "local", "-e", json.dumps(given), str(play)],
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_ROLES_PATH": str(ROOT / "roles"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target.read_text()


@pytest.mark.parametrize("name", ["ways_in", "dial_in"])
def test_todays_release_gets_todays_names(home: Path, name: str) -> None:
    notices: list[str] = []
    config = parse(written(home, TODAYS, {name: DIAL_IN}), notices.append)
    assert (config.dial_in.common, config.dial_in.conferences) == ("52270", ("52201",))
    assert notices == []


@pytest.mark.parametrize("name", ["ways_in", "dial_in"])
def test_a_former_release_gets_the_names_that_it_reads(home: Path, name: str) -> None:
    """It refuses any other: `[dial_in] is not known here`."""
    text = written(home, FORMER, {name: DIAL_IN})
    assert "\n[ways_in]\n" in text
    assert "dial_in" not in text
    assert parse(text).dial_in.common == "52270", "nothing but the name differs"


def test_a_dry_run_shows_todays_names_before_the_release_is_there(home: Path) -> None:
    assert "\n[dial_in]\n" in written(home, TO_COME, {"ways_in": DIAL_IN})


def test_provisioning_is_set_for_a_release_that_knows_it(home: Path) -> None:
    wired = {"usnd_provisioning": PROVISIONING, "usnd_credential_key": KEY}
    set_ = parse(written(home, TODAYS, {}, **wired)).provisioning
    assert set_.credential_key is not None
    assert (set_.user, str(set_.authorities), str(set_.certificate), set_.credential_key.reveal()) == (
        *PROVISIONING.values(),
        KEY,
    )
    assert "provisioning" not in written(home, FORMER, {}, **wired), "it would refuse the section"


def test_a_portal_is_set_with_the_key_that_it_needs_for_a_release_that_knows_it(home: Path) -> None:
    more = {"usnd_portal": {"user": "usn-web-portal"}, "usnd_credential_key": KEY}
    read = tomllib.loads(written(home, TODAYS, {}, **more))
    assert read["portal"] == more["usnd_portal"]
    assert read["provisioning"] == {"credential_key": KEY}
    both = tomllib.loads(written(home, TODAYS, {}, usnd_provisioning=PROVISIONING, **more))
    assert both["provisioning"] == {**PROVISIONING, "credential_key": KEY}
    assert "portal" not in tomllib.loads(written(home, FORMER, {}, **more))


def test_destinations_of_cdr_files_are_set_with_key_and_directory_for_a_release_that_knows_them(
    home: Path,
) -> None:
    there = {"name": "mediation", "host": "192.0.2.50", "user": "usn-cdr", "host_key": HOST_KEY}
    config = parse(written(home, TODAYS, {}, usnd_cdr_destinations=[there]))
    (destination,) = config.cdr_destination
    assert (destination.name, str(destination.key), destination.host_key) == (
        "mediation",
        "/etc/usn/cdr-key",
        HOST_KEY,
    )
    assert (str(config.billing.directory), config.billing.node) == ("/var/lib/usn/cdr", "localhost")
    former = written(home, FORMER, {}, usnd_cdr_destinations=[there])
    assert "billing" not in former
    assert "cdr_destination" not in former


def test_destinations_of_summaries_are_set_as_those_of_cdr_files(home: Path) -> None:
    there = {"name": "revenue", "host": "192.0.2.51", "user": "usn-cdr", "host_key": HOST_KEY}
    at = {"billing": {"summary_at": "02:30"}}
    config = parse(written(home, TODAYS, at, usnd_summary_destinations=[there]))
    (destination,) = config.summary_destination
    assert (destination.name, str(destination.key)) == ("revenue", "/etc/usn/cdr-key")
    assert (config.billing.summary_at, str(config.billing.directory)) == ("02:30", "/var/lib/usn/cdr")
    known = [name for name in Config.__struct_fields__ if name != "summary_destination"]
    (home / TODAYS / "sections.json").write_text(json.dumps(known))
    former = tomllib.loads(written(home, TODAYS, {}, usnd_summary_destinations=[there]))
    assert "summary_destination" not in former, "it would refuse the section"


def test_without_provisioning_usnd_has_no_site_and_no_key(home: Path) -> None:
    text = written(home, TODAYS, {}, usnd_credential_key=KEY)
    assert "provisioning" not in text
    assert KEY not in text


def commands(value: Any) -> Iterator[str]:
    """All commands of a task file."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "ansible.builtin.command":
                yield inner if isinstance(inner, str) else str(inner.get("cmd", inner.get("argv")))
            yield from commands(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from commands(inner)


def test_a_release_that_does_not_run_is_asked_with_its_own_file_only() -> None:
    """The file in /etc/usn is that of the one that runs: it may have names that the other refuses."""
    files = sorted((ROOT / "playbooks").rglob("*.yml"))
    asked = [
        one for file in files for one in commands(yaml.safe_load(file.read_text())) if "usn_new_usnd" in one
    ]
    assert len(asked) >= 2
    assert [one for one in asked if "--config {{ usn_new_config }}" not in one] == []
    upgrade = yaml.safe_load((ROOT / "playbooks/upgrade.yml").read_text())
    install = next(play["tasks"] for play in upgrade if play["tags"] == "install")
    order = [task["name"] for task in install]
    written = order.index("See that it can start with the settings that are for it")
    assert (
        written
        < order.index("Make the database ready for it")
        < order.index("Take away the file by which it was asked")
    )
