"""The playbooks of the years after, on a pair that site.yml made: each does what its page says."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.demo.stage import EVERYBODY
from workbench.lab import __main__ as lab
from workbench.lab import layers, net
from workbench.lab.bare import bare_root, cache, key_pair
from workbench.lab.node import Node
from workbench.release.packages import packages_file
from workbench.release.wheels import release_file

ROOT = Path(__file__).parents[2]
BEFORE, AFTER = EVERYBODY["subscriber"], "+447700900777"
PASSWORD = "a-long-random-one"
PEACE = 15.0  # seconds without power, after which nobody switches it on again
MIGRATION = '''"""A column more, as a later release may bring.

Revision ID: 9001
Revises: {head}
"""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    later = sa.Column("later", sa.String(), server_default=sa.text("''"), nullable=False)
    op.add_column("subscribers", later)
'''
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root"),
    pytest.mark.skipif(any(shutil.which(tool) is None for tool in lab.TOOLS), reason="the lab's programs"),
    pytest.mark.timeout(3600),
]


@pytest.fixture(scope="module", autouse=True)
def pair() -> Iterator[None]:
    packages, release = packages_file(), release_file()
    lab.start(None)
    try:
        lab.write_variables(packages, release)
        played("site")
        yield
    finally:
        lab.down()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("collected")


@pytest.fixture(scope="module")
def next_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tar file of this tree with one migration more."""
    tree = tmp_path_factory.mktemp("next") / "tree"
    tree.mkdir()
    for name in ("usnd", "workbench", "pyproject.toml", "README.md", "requirements.txt"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tree / name)
    revision = tree / "usnd/store/revision.py"
    text = revision.read_text()
    head = re.search(r'^HEAD = "(\d+)"$', text, re.MULTILINE)
    assert head
    revision.write_text(text.replace(head[0], 'HEAD = "9001"'))
    migration = MIGRATION.format(head=head[1])
    (tree / "usnd/store/migrations/versions/9001_later.py").write_text(migration)
    made = subprocess.run(
        [sys.executable, "-c", "from workbench.release.wheels import *; print(release_file(lambda _: None))"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(made.stdout.strip())


def play(name: str, *more: str) -> subprocess.CompletedProcess[str]:
    words = lab.ansible(name, "-e", json.dumps({"vault_backup_password": PASSWORD}), *more)
    environment = {**lab.environment(), "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def played(name: str, *more: str) -> str:
    done = play(name, *more)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return done.stdout


def refused(name: str, *more: str) -> str:
    done = play(name, *more)
    assert done.returncode != 0, done.stdout[-4000:]
    return " ".join(done.stdout.split())


def on(node: str, command: str) -> str:
    words = [*lab.ssh_words(), f"root@{net.ADDRESSES[node]}", command]
    done = subprocess.run(net.inside(net.OUTSIDE, *words), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def active() -> str:
    (name,) = [one for one in net.ADDRESSES if net.FLOATING in on(one, "ip -4 address show")]
    return name


def other(node: str) -> str:
    return "b" if node == "a" else "a"


def subscribers(node: str) -> set[str]:
    return set(on(node, "sudo -u postgres psql -Atc 'SELECT number FROM subscribers' usn").split())


def backup(place: Path) -> Path:
    (found,) = place.glob("usn-*")
    return found


def test_a_backup_is_tried_and_encrypted(place: Path) -> None:
    on("a", f"sudo -u usnd usnd subscriber add {BEFORE}")
    where = ("-e", f"usn_backup_directory={place}")
    assert str(place) in played("backup", "--check", *where)
    assert list(place.iterdir()) == []
    played("backup", *where)
    made = backup(place)
    manifest = json.loads((made / "manifest.json").read_text())
    assert manifest["made_from"] == "usn-b"
    assert manifest["rows"]["subscribers"] == 1
    octets = (made / "database.enc").read_bytes()
    assert octets.startswith(b"Salted__")
    assert BEFORE.encode() not in octets
    assert (made / "recordings.txt").read_text().startswith("# name")
    assert on("b", "ls /var/lib/postgresql") == "17"


def test_a_restore_wants_to_be_meant(place: Path) -> None:
    on("a", f"sudo -u usnd usnd subscriber add {AFTER}")
    which = ("-e", f"usn_backup={backup(place)}")
    assert "usn_restore_over_running" in refused("restore", *which)
    played("restore", "--check", *which)
    assert subscribers("a") == {BEFORE, AFTER}


def test_a_backup_that_was_changed_is_refused(place: Path, tmp_path: Path) -> None:
    copy = tmp_path / "usn-copy"
    shutil.copytree(backup(place), copy)
    with (copy / "database.enc").open("ab") as file:
        file.write(b"x")
    meant = ("-e", f"usn_backup={copy}", "-e", "usn_restore_over_running=true")
    assert "is not the file that was saved" in refused("restore", *meant)
    assert subscribers("a") == {BEFORE, AFTER}


def test_a_restore_gives_back_what_was_saved_on_both(place: Path) -> None:
    played("restore", "-e", f"usn_backup={backup(place)}", "-e", "usn_restore_over_running=true")
    assert subscribers("a") == subscribers("b") == {BEFORE}
    assert lab.ask("text", BEFORE, "?")
    before = on("a", "sudo -u postgres psql -Atc 'SELECT count(*) FROM subscribers' usn_before_restore")
    assert before == "2"


def test_diagnostics_tell_no_number_and_no_secret(place: Path) -> None:
    lab.ask("text", BEFORE, "?")
    played("diagnostics", "-e", f"usn_backup_directory={place}")
    secrets = layers.lab_secrets()
    told = {server: texts_of(place, server) for server in ("usn-a", "usn-b")}
    for server, texts in told.items():
        whole = "\n".join(texts.values())
        assert [name for name, secret in secrets.items() if secret in whole] == []
        assert BEFORE.removeprefix("+") not in whole
        assert json.loads(texts[f"{server}/pair.json"])["state"] in ("active_paired", "standby")
        assert "policy drop" in texts[f"{server}/rules.txt"]
    assert re.search(r"text taken .*sender=#[a-p]{10}", told["usn-a"]["usn-a/journal/usnd.txt"])


def texts_of(place: Path, server: str) -> dict[str, str]:
    (file,) = place.glob(f"{server}-*.tar.gz")
    with tarfile.open(file) as tar:
        files = [(entry.name, tar.extractfile(entry)) for entry in tar]
        return {name: read.read().decode() for name, read in files if read is not None}


def test_an_upgrade_takes_one_server_after_the_other(next_release: Path) -> None:
    first = active()
    which = ("-e", f"usnd_release_file={next_release}")
    played("upgrade", "--check", *which)
    played("upgrade", *which)
    assert active() == other(first)
    for node in net.ADDRESSES:
        assert on(node, "readlink /opt/usnd/current") == f"/opt/usnd/{next_release.stem}/venv"
        assert on(node, "readlink /opt/usnd/former") == f"/opt/usnd/{release_file().stem}/venv"
        schema = json.loads(on(node, "sudo -u usnd usnd db status --json"))
        assert (schema["database"], schema["release"]) == ("9001", "9001")
    assert lab.ask("text", BEFORE, "?")


def test_the_way_back_is_the_same_way() -> None:
    first = active()
    played("upgrade", "-e", "usn_release_back=true")
    assert active() == other(first)
    for node in net.ADDRESSES:
        assert on(node, "readlink /opt/usnd/current") == f"/opt/usnd/{release_file().stem}/venv"
        schema = json.loads(on(node, "sudo -u usnd usnd db status --json"))
        assert (schema["database"], schema["usable"]) == ("9001", True)
    assert subscribers("a") == subscribers("b") == {BEFORE}
    assert lab.ask("text", BEFORE, "?")


def test_a_pair_out_of_step_is_not_upgraded() -> None:
    standby = other(active())
    on(standby, "usnd pair maintenance on")
    try:
        assert "The pair is not in step" in refused("upgrade", "-e", "usn_release_back=true")
    finally:
        on(standby, "usnd pair maintenance off")


def test_a_server_of_a_pair_is_not_new() -> None:
    told = refused("replace", "-e", f"usn_replaced=usn-{other(active())}")
    assert "has been one of a pair" in told


def kill(node: str) -> None:
    """For good: the other may switch on what it has switched off itself."""
    off_since = time.monotonic()
    while time.monotonic() - off_since < PEACE:
        if lab.ask("power", node) == "on":
            lab.ask("power", node, "off")
            off_since = time.monotonic()
        time.sleep(0.5)


def test_a_bare_server_takes_the_place_of_a_dead_one() -> None:
    serves = active()
    dead = other(serves)
    kill(dead)
    public = key_pair().with_suffix(".pub").read_text()
    Node(dead, [bare_root()], cache() / "run" / dead, public).lay_out(first=True)
    lab.ask("power", dead, "on")
    lab._wait(lambda: lab._takes_ssh(net.ADDRESSES[dead]), lab.BOOT_PATIENCE, "waiting for ssh")
    played("replace", "-e", f"usn_replaced=usn-{dead}")
    assert active() == serves
    assert json.loads(on(dead, "usnd pair status --json"))["state"] == "standby"
    assert subscribers(dead) == {BEFORE}
