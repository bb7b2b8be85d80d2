"""The firewall in a network namespace of nobody's: closed without rules, and no change goes unnoticed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from test_roles import ROOT, run

GIVEN = {
    "firewall_peers": ["192.0.2.214"],
    "firewall_services": [
        {"name": "ssh", "protocol": "tcp", "ports": "22", "sources": ["192.0.2.1", "198.51.100.0/24"]},
        {"name": "SIP", "protocol": "udp", "ports": "5060", "sources": ["192.0.2.20", "msc.invalid"]},
        {"name": "TLS", "protocol": "tcp", "ports": "5061", "sources": ["other.invalid"]},
        {"name": "HTTPS", "protocol": "tcp", "ports": "443", "sources": []},
    ],
}
FILES = ("nftables.conf", "usn-base.nft", "usn-firewall", "firewall-names")
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("nft") is None, reason="nft: apt-get install nftables"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the role writes, with the places of its files moved to this directory."""
    place = tmp_path_factory.mktemp("firewall")
    template = {
        "src": f"{ROOT}/roles/firewall/templates/{{{{ item }}}}.j2",
        "dest": f"{place}/{{{{ item }}}}",
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": GIVEN,
        "vars_files": [str(ROOT / "roles/firewall/vars/main.yml")],
        "tasks": [{"ansible.builtin.template": template, "loop": list(FILES), "name": "Write"}],
    }
    (place / "play.yml").write_text(yaml.safe_dump([play]))
    done = run("ansible-playbook", "-i", "localhost,", "-c", "local", str(place / "play.yml"))
    assert done.returncode == 0, done.stdout
    program = place / "usn-firewall"
    text = program.read_text().replace("/etc/nftables.conf", str(place / "nftables.conf"))
    text = text.replace("/run/usn-firewall/failed", str(place / "failed"))
    program.write_text(text.replace("/etc/usn-firewall/names", str(place / "firewall-names")))
    return place


def in_namespace(place: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    """Lines of shell, one after the other whatever becomes of them."""
    words = ["unshare", "--net", "sh", "-c", "\n".join(lines)]
    return subprocess.run(words, cwd=place, capture_output=True, text=True, check=False, timeout=60)


def test_no_name_of_a_host_stands_in_what_is_loaded_at_boot(place: Path) -> None:
    words = "\n".join(line for line in (place / "nftables.conf").read_text().splitlines() if "#" not in line)
    assert ".invalid" not in words
    assert "@named_2 udp dport 5060" in words
    assert "@named_3 tcp dport 5061" in words
    assert "dport 443" not in words
    assert (place / "firewall-names").read_text() == "named_2 msc.invalid\nnamed_3 other.invalid\n"


def test_rules_that_are_refused_leave_the_server_closed(place: Path) -> None:
    (place / "broken.nft").write_text(
        (place / "nftables.conf").read_text().replace("192.0.2.20", "no.such.host.invalid")
    )
    told = in_namespace(place, "nft -f usn-base.nft", "nft -f broken.nft", "nft list ruleset")
    assert "no.such.host.invalid" in told.stderr
    assert told.stdout.count("policy drop") == 2
    assert "dport" not in told.stdout


def test_rules_that_are_not_those_that_were_given_are_noticed(place: Path) -> None:
    told = in_namespace(
        place,
        "check() { sh usn-firewall check >/dev/null; echo $?; }",
        "check",
        "nft -f usn-base.nft; check",
        "nft -f nftables.conf; check",
        "nft add element inet usn named_2 '{ 192.0.2.77 }'; check",
        "nft add rule inet usn input tcp dport 5432 accept; check",
        "nft -f nftables.conf; nft flush chain inet usn input; check",
        "nft flush ruleset; check",
    )
    assert told.stdout.split() == ["1", "1", "0", "0", "1", "1", "1"], told.stderr


def test_addresses_that_were_found_stay_while_the_name_server_is_away(place: Path) -> None:
    told = in_namespace(
        place,
        "nft -f nftables.conf",
        "nft add element inet usn named_2 '{ 192.0.2.77 }'",
        "sh usn-firewall keep",
        "nft list set inet usn named_2",
    )
    assert "<3>alarm: no address of msc.invalid" in told.stdout
    assert "192.0.2.77" in told.stdout


def test_what_failed_last_is_known_while_it_is_tried_again(place: Path) -> None:
    """Where a name server is dead the unit runs for seconds, and is not failed meanwhile."""
    told = in_namespace(
        place,
        "nft -f nftables.conf",
        "printf 'named_2 msc.invalid\\n' >names; sed -i 's|^names=.*|names=names|' usn-firewall",
        "sh usn-firewall keep; test -e failed && echo stands",
        "ip link set lo up; ip address add 192.0.2.213/32 dev lo",  # else no address is looked up
        "printf 'named_2 192.0.2.77\\n' >names",
        "sh usn-firewall keep; test -e failed || echo gone",
    )
    assert [line for line in told.stdout.splitlines() if line in ("stands", "gone")] == ["stands", "gone"]
