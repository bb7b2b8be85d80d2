"""The playbooks without a server: they can be read, they teach, and refuse an inventory that cannot work."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
INVENTORIES = ["example", "workstation"]
HERE = str(ROOT / "README.md")
VAULT = yaml.safe_load((ROOT / "inventory/example/group_vars/usn/vault.yml.example").read_text())
GIVEN = {
    **dict.fromkeys(VAULT, "a-long-random-one"),
    "usnd_credential_key": "5a" * 32,
    "base_packages_file": HERE,
    "usnd_release_file": HERE,
    "base_ssh_keys": ["ssh-ed25519 AAAA operator"],
}
TLS = {"certificate": HERE, "key": HERE}
TERMINALS = {"client_ca": HERE, "client_crl": HERE}
PROVISIONING = {
    "nginx_tls": TLS,
    "nginx_provisioning": TERMINALS,
    "usn_provisioning_clients": ["192.0.2.40"],
}
PORTAL = {
    "nginx_tls": TLS,
    "nginx_portal": {"name": "portal.example"},
    "usn_web_sources": ["192.0.2.0/24"],
}
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("usnd_home_region", {"usnd_home_region": None}),
    ("base_ssh_keys", {"base_ssh_keys": []}),
    ("usnd_smscs", {"vault_smsc_main_password": None}),
    ("arbiter_consoles", {"vault_console_password": None}),
    ("usnd_smscs", {"usnd_smscs": {"name": "main"}}),
    ("keepalived_priority", {"keepalived_priority": "first"}),
    ("postgresql_version", {"postgresql_version": "newest"}),
    ("arbiter_fencing_tested", {"arbiter_fencing_tested": "perhaps"}),
    ("usn_initial_active", {"usn_initial_active": "usn-c"}),
    ("usnd_release_file", {"usnd_release_file": "/none/usnd.tar"}),
    ("key", {"nginx_tls": {"certificate": HERE}}),
    ("client_crl", {"nginx_tls": TLS, "nginx_provisioning": {"client_ca": HERE}}),
    ("usn_provisioning_clients", {"nginx_tls": TLS, "nginx_provisioning": TERMINALS}),
    ("nginx_tls", {"nginx_provisioning": TERMINALS, "usn_provisioning_clients": ["192.0.2.40"]}),
    ("usnd_credential_key", {**PROVISIONING, "usnd_credential_key": None}),
    ("usnd_credential_key", {**PROVISIONING, "usnd_credential_key": "5a" * 31 + "xx"}),
    ("nginx_portal", {**PORTAL, "nginx_tls": None}),
    ("nginx_portal", {**PORTAL, "usn_web_sources": []}),
    ("nginx_portal", {**PORTAL, "usnd_credential_key": ""}),
    ("name", {**PORTAL, "nginx_portal": {}}),
    ("usnd_cdr_key", {"usnd_cdr_destinations": [{"name": "mediation"}]}),
    (
        "usnd_cdr_destinations",
        {"usnd_cdr_destinations": [{"name": "mediation", "format": "xml"}], "usnd_cdr_key": "PRIVATE KEY"},
    ),
    ("dial_in", {"usnd_settings": {"ways_in": {"common": "52270"}, "dial_in": {}}}),
    ("/run/usnd/health.json", {"nginx_status_file": "/run/usnd/smpp.json"}),
    ("nginx_tls.key", {"nginx_tls": {**TLS, "key": "/none/key.pem"}}),
]


def ansible_playbook(*words: str) -> subprocess.CompletedProcess[str]:
    program = Path(sysconfig.get_path("scripts")) / "ansible-playbook"
    return subprocess.run(
        [program, *words],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def checked(inventory: str, given: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    words = ["-i", f"inventory/{inventory}", "-e", json.dumps(given), "playbooks/site.yml"]
    return ansible_playbook(*words, "--skip-tags", "servers")


def test_each_can_be_read() -> None:
    words = ["--syntax-check", "-i", "inventory/example", "-e", "usn_replaced=usn-b"]
    done = ansible_playbook(*words, *map(str, PLAYBOOKS))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_each_teaches_and_has_tags(playbook: Path) -> None:
    text = playbook.read_text()
    head = text.removeprefix("---\n").partition("\n- name")[0].splitlines()
    assert all(line.startswith("#") for line in head)
    assert any(f"playbooks/{playbook.name}" in line for line in head)
    assert all("tags" in play for play in yaml.safe_load(text))


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_an_inventory_to_copy_is_one(inventory: str) -> None:
    web = {"nginx_tls": TLS, "usn_web_sources": ["192.0.2.0/24"]}
    terminals = {"nginx_provisioning": TERMINALS, "usn_provisioning_clients": ["192.0.2.40"]}
    done = checked(inventory, {**GIVEN, **web, **terminals})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unreachable=1" not in done.stdout


def test_a_secret_that_nobody_wrote_is_named_before_any_server_is_asked() -> None:
    given = {name: value for name, value in GIVEN.items() if name not in VAULT}
    done = ansible_playbook("-i", "inventory/example", "-e", json.dumps(given), "playbooks/site.yml")
    assert done.returncode != 0
    assert "postgresql_replication_password" in done.stdout
    assert "unreachable=1" not in done.stdout


@pytest.mark.parametrize(("name", "wrong"), WRONG, ids=[next(iter(wrong)) for _, wrong in WRONG])
def test_a_wrong_variable_is_named(name: str, wrong: dict[str, Any]) -> None:
    done = checked("example", {**GIVEN, **wrong})
    assert done.returncode != 0, done.stdout
    assert name in done.stdout + done.stderr
