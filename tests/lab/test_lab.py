"""Two bare servers become a pair: on the lab, by the real site.yml, seen from outside."""

import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

import pytest
from lab_pair import changes_nothing, on

from workbench.chaos import pair as pair_chaos
from workbench.demo.stage import EVERYBODY, GROUP, GROUP_NAME
from workbench.lab import __main__ as lab
from workbench.lab import net
from workbench.lab.faults.rows import CHIEF, other

WAYS = len(EVERYBODY) * (len(EVERYBODY) - 1)
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root"),
    pytest.mark.skipif(any(shutil.which(tool) is None for tool in lab.TOOLS), reason="the lab's programs"),
    pytest.mark.timeout(3600),
    pytest.mark.usefixtures("pair"),
]


def test_a_text_makes_a_conference_on_the_active() -> None:
    on("a", f"sudo -u usnd usnd subscriber add {EVERYBODY['subscriber']}")
    for nick, number in GROUP.items():
        lab.ask("text", "subscriber", f"UC {nick} {number} {nick.title()}.Jones {GROUP_NAME}")
    before = len(lab.ask("invites").splitlines())
    answer = lab.ask("text", "subscriber", f"IC {GROUP_NAME}")
    assert answer.startswith(f"Calling you and {len(GROUP)} more")
    assert int(lab.ask("hears")) == WAYS
    calls = lab.ask("invites").splitlines()[before:]
    assert {call.split()[0] for call in calls} == {net.ADDRESSES["a"]}
    assert sorted(call.split()[2] for call in calls) == sorted(EVERYBODY.values())
    lab.ask("hang-up")


def test_the_smsc_sees_the_floating_address() -> None:
    assert lab.ask("esme").endswith(net.FLOATING)


def test_the_standby_has_all_and_holds_nothing() -> None:
    deadline = time.monotonic() + 120
    while on("a", "sudo -u usnd usnd conferences --json"):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    count = "sudo -u postgres psql -At usn -c 'SELECT count(*) FROM cdrs'"
    assert int(on("a", count)) >= len(EVERYBODY)
    assert on("b", count) == on("a", count)
    assert on("b", "systemctl is-active asterisk usn-address || true").split() == ["inactive"] * 2
    assert on("b", "systemctl is-active usnd usn-web@portal").split() == ["active"] * 2, "loaded"
    assert "http.sock" not in on("b", "ls /run/usn-web/portal"), "and waiting"
    assert net.FLOATING not in on("b", "ip -4 address show")


def test_a_second_run_changes_nothing() -> None:
    changes_nothing("site")


def test_a_dry_run_is_clean() -> None:
    changes_nothing("site", "--check")


@pytest.mark.parametrize("unit", ["usnd.service", "usn-arbiter.service"])
def test_a_unit_is_sandboxed(unit: str) -> None:
    told = on("a", f"systemd-analyze security {unit} --no-pager | tail -1")
    exposure = re.search(r": (\d+\.\d+)", told)
    assert exposure
    assert float(exposure[1]) <= 3.0


def test_only_what_is_used_is_open() -> None:
    """From the outer network of a stranger: an address that no rule names."""
    probe = "\n".join(
        [
            "import socket",
            "for port in range(1, 10000):",
            "    with socket.socket() as one:",
            "        one.settimeout(0.002)",
            f"        one.bind(('{net.CONSOLES['a']}', 0))",
            f"        if one.connect_ex(('{net.ADDRESSES['a']}', port)) == 0:",
            "            print(port)",
        ]
    )
    words = net.inside(net.OUTSIDE, sys.executable, "-c", probe)
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_the_console_switches_a_node_off_and_on() -> None:
    password = json.loads(lab.variables().read_text())["lab_console_password"]
    words = ["ipmitool", "-I", "lanplus", "-C", "3", "-H", net.CONSOLES["b"], "-U", "usn", "-P", password]

    def ipmi(*more: str) -> str:
        done = subprocess.run(
            net.inside(net.OUTSIDE, *words, *more), capture_output=True, text=True, check=True
        )
        return done.stdout

    assert "is on" in ipmi("chassis", "power", "status")
    ipmi("chassis", "power", "off")
    assert "is off" in ipmi("chassis", "power", "status")
    assert lab.ask("power", "b") == "off"
    time.sleep(5)
    assert lab.ask("power", "b") == "off", "what a person switched off stays off"
    ipmi("chassis", "power", "on")
    assert pair_chaos.active() == "a"


def test_a_standby_that_is_rebooted_comes_back_and_is_not_fenced() -> None:
    before = lab.ask("system", "b")
    on("b", "systemctl --no-block reboot")
    deadline = time.monotonic() + 300
    while lab.ask("system", "b") in ("", before):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert pair_chaos.active() == "a"
    assert "switch the peer off" not in on("a", "journalctl -u usn-arbiter --since -60s")


def test_a_conference_is_called_together_again_by_the_other_server() -> None:
    """The active dies in the middle of it. Those who were in hang up a dead line, and are called."""
    node = pair_chaos.active()
    assert lab.ask("text", "subscriber", f"IC {GROUP_NAME}").startswith("Calling you")
    assert int(lab.ask("hears")) == WAYS
    before = len(lab.ask("invites").splitlines())
    began = time.monotonic()
    lab.ask("power", node, "panic")
    lab.ask("hang-up")
    calls: list[list[str]] = []
    while len(calls) < len(EVERYBODY):
        assert time.monotonic() - began < 300
        time.sleep(0.1)
        calls = [line.split() for line in lab.ask("invites").splitlines()[before:]]
    called = time.monotonic() - began
    assert {call[0] for call in calls} == {net.ADDRESSES[other(node)]}
    assert sorted(call[2] for call in calls) == sorted(EVERYBODY.values())
    assert int(lab.ask("hears")) == WAYS
    reunited = {"seconds_to_calls": round(called, 2), "seconds_to_audio": round(time.monotonic() - began, 2)}
    pair_chaos.FOLDER.mkdir(parents=True, exist_ok=True)
    (pair_chaos.FOLDER / "reunion.json").write_text(json.dumps(reunited) + "\n")
    lab.ask("hang-up")
    pair_chaos.active()


NAMES = (f"p{number}" for number in itertools.count(int(time.time() / pair_chaos.EVERY) % 90000))


@pytest.mark.parametrize("fault", CHIEF)
def test_a_chief_fault_costs_what_is_promised(fault: str) -> None:
    """Nothing lost, nothing twice, never two actives; each within its time, and back by itself."""
    pair_chaos.prepare()
    assert pair_chaos.suffer(fault, NAMES, random.Random(1)).wrong == []
