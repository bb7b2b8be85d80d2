"""A pair of a release before provisioning is upgraded, gets provisioning, and goes back: nothing is lost."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from workbench.demo.stage import EVERYBODY, GROUP_NAME
from workbench.lab import __main__ as lab
from workbench.lab import authority, net
from workbench.parts.process import PartError
from workbench.release.packages import packages_file
from workbench.release.wheels import release_file

ROOT = Path(__file__).parents[2]
COMMIT = "fe3dbea"
EVERY = 10.0
"""Seconds from text to text: of one subscriber's in a row only so many are obeyed."""
PATIENCE = 120.0
OLD = {
    "nginx_tls": None,
    "nginx_portal": None,
    "nginx_provisioning": None,
    "usnd_settings": {"conference": {"away": 5, "revive": True}, "ways_in": {"common": "52270"}},
}
"""The inventory of then: without what came later."""
BUILD = "from workbench.depot.release import release_file; print(release_file(lambda _: None))"


def _here() -> bool:
    words = ["git", "cat-file", "-e", f"{COMMIT}^{{commit}}"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root"),
    pytest.mark.skipif(any(shutil.which(tool) is None for tool in lab.TOOLS), reason="the lab's programs"),
    pytest.mark.skipif(not _here(), reason=f"this clone has not the commit of the former release, {COMMIT}"),
    pytest.mark.timeout(3600),
]


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the former release."""
    tree = tmp_path_factory.mktemp("former")
    archive = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive.stdout, check=True)
    return tree


@pytest.fixture(scope="module")
def former_file(former: Path) -> Path:
    words = [sys.executable, "-c", BUILD]
    environment = {**os.environ, "PYTHONPATH": str(former)}
    done = subprocess.run(words, cwd=former, env=environment, capture_output=True, text=True, check=True)
    return Path(done.stdout.split()[-1])


@pytest.fixture(scope="module", autouse=True)
def pair(former: Path, former_file: Path) -> Iterator[None]:
    """As the former release's own playbook made it."""
    packages, release = packages_file(), release_file()
    lab.start(None)
    try:
        lab.write_variables(packages, release)
        settings = {**OLD, "usnd_release_file": str(former_file)}
        done = play("site", settings, former)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr
        lab._wait(lambda: bool(lab.ask("esme")), lab.BOOT_PATIENCE, "waiting for the SMSC")
        yield
    finally:
        lab.down()


def play(name: str, settings: dict[str, Any], tree: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A playbook of that tree, with these settings over the lab's inventory."""
    words = [*lab.ansible(name), "-e", json.dumps(settings)]
    words[words.index(str(ROOT / f"playbooks/{name}.yml"))] = str(tree / f"playbooks/{name}.yml")
    environment = {
        **lab.environment(),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CONFIG": str(tree / "ansible.cfg"),
        "ANSIBLE_ROLES_PATH": str(tree / "roles"),
    }
    return subprocess.run(words, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def played(name: str, settings: dict[str, Any]) -> None:
    done = play(name, settings)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr


def on(node: str, command: str) -> str:
    words = [*lab.ssh_words(), f"root@{net.ADDRESSES[node]}", command]
    done = subprocess.run(net.inside(net.OUTSIDE, *words), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def column(node: str, query: str) -> set[str]:
    return set(on(node, f'sudo -u postgres psql -At usn -c "{query}"').split())


def active() -> str:
    (name,) = [one for one in net.ADDRESSES if net.FLOATING in on(one, "ip -4 address show")]
    return name


class Texting:
    """A subscriber adds one user after the other, by a text each that the SMSC keeps until it is taken."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.nicks: list[str] = []
        self.wrong: list[str] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._text)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _text(self) -> None:
        while not self._ended.wait(EVERY):
            nick = f"{self._name}{len(self.nicks)}"
            self.nicks.append(nick)
            body = f"UC {nick} +4477008{len(self.nicks):05} {nick.title()}.Jones {GROUP_NAME}"
            try:
                took = lab.ask("keep", "subscriber", f"{PATIENCE}", body, patience=PATIENCE + 30)
            except PartError as error:
                self.wrong.append(f"{nick}: {error}")
            else:
                if not took.startswith("0 "):
                    self.wrong.append(f"{nick}: {took}")

    def see_that_nothing_is_lost(self) -> None:
        assert self.wrong == []
        assert len(self.nicks) > 5
        for node in net.ADDRESSES:
            assert set(self.nicks) - column(node, "SELECT nick FROM users") == set()


def crm(id_: str, inner: str) -> str:
    """What the CRM is answered."""
    sent = f'<request xmlns="urn:usn:provisioning:1" id="{id_}">{inner}</request>'
    words = ["curl", "--silent", "--show-error", "--max-time", "30", *lab.curl_options()]
    words += ["--header", "Content-Type: application/xml", "--data-binary", "@-"]
    words.append(f"https://{net.FLOATING}:8443/provisioning/v1")
    done = subprocess.run(
        net.inside(net.OUTSIDE, *words), input=sent, capture_output=True, text=True, check=False
    )
    return done.stdout or done.stderr


NUMBER = "+447700920001"
CREATE = f"<create><subscriber><number>{NUMBER}</number></subscriber></create>"


ANSWERED: dict[str, str] = {}
"""By the request's id, for the tests behind."""


def test_the_upgrade_loses_no_text(former_file: Path) -> None:
    on("a", f"sudo -u usnd usnd subscriber add {EVERYBODY['subscriber']}")
    first = active()
    with Texting("up") as texting:
        played("upgrade", OLD)
    assert active() != first
    texting.see_that_nothing_is_lost()
    for node in net.ADDRESSES:
        assert on(node, "readlink /opt/usnd/current") == f"/opt/usnd/{release_file().stem}/venv"
        assert on(node, "readlink /opt/usnd/former") == f"/opt/usnd/{former_file.stem}/venv"
        assert "[dial_in]" in on(node, "cat /etc/usn/usnd.toml")
    assert lab.ask("text", "subscriber", "?")


def test_provisioning_is_switched_on_by_the_playbook() -> None:
    played("site", {})
    lab._wait(lambda: lab.active(lab.states()) is not None, lab.BOOT_PATIENCE, "waiting for the pair")
    for node in net.ADDRESSES:
        assert set(on(node, "ps -C nginx -o user=").split()) == {"www-data"}, "it runs by our unit at once"
    lab.designate(authority.TERMINAL)
    told = crm("first", CREATE)
    assert 'code="1000"' in told
    assert "<password>" in told
    assert crm("first", CREATE) == told
    ANSWERED["first"] = told


def test_the_way_back_wants_provisioning_to_be_given_up() -> None:
    done = play("upgrade", {"usn_release_back": True, "usnd_settings": OLD["usnd_settings"]})
    assert done.returncode != 0
    assert "has no provisioning" in " ".join(done.stdout.split())
    assert 'code="1000"' in crm("first", CREATE), "nothing was stopped"


def test_the_way_back_keeps_what_came(former_file: Path) -> None:
    first = active()
    with Texting("back") as texting:
        played("upgrade", {**OLD, "usn_release_back": True})
    assert active() != first
    texting.see_that_nothing_is_lost()
    for node in net.ADDRESSES:
        assert on(node, "readlink /opt/usnd/current") == f"/opt/usnd/{former_file.stem}/venv"
        config = on(node, "cat /etc/usn/usnd.toml")
        assert "[ways_in]" in config
        assert "provisioning" not in config
        assert NUMBER in column(node, "SELECT number FROM subscribers")
    assert lab.ask("text", "subscriber", "?")


def test_the_newer_release_knows_what_it_answered() -> None:
    played("upgrade", {})
    assert crm("first", CREATE) == ANSWERED["first"]
