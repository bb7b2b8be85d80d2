"""Where the files are published: here, and on another server by the real OpenSSH (P2)."""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from ca_home import Home
from outside_authorities import NOW, verdict

from usnd.ca.authority import opened
from usnd.ca.disk import CaError, Disk
from usnd.ca.places import Bundle, parse_place, publish
from workbench.parts import debian

BUNDLE = Bundle(b"authorities\n" * 1_000, b"lists\n" * 20_000)
PARTS = {
    "SshdSessionPath": "usr/lib/openssh/sshd-session",
    "SshdAuthPath": "usr/lib/openssh/sshd-auth",
}
"""Debian 13's sshd is three programs."""
AS_ROOT = """
mount --make-rprivate /
mount --bind {home}/passwd /etc/passwd
mount -t tmpfs tmpfs /run
mkdir /run/sshd
exec {sshd}
"""


@pytest.fixture(scope="module")
def openssh() -> Path:
    return debian.tree(debian.host_suite(), ["openssh-server"])


@pytest.fixture(scope="module")
def ssh(openssh: Path, tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """A client whose only way leads to a server that is started for each connection, of the same user."""
    home = tmp_path_factory.mktemp("openssh")
    environment = debian.libraries(openssh)
    for name in ("host", "client"):
        command = [openssh / "usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name]
        subprocess.run(list(map(str, command)), check=True, env={**os.environ, **environment})
    (home / "sshd_config").write_text(
        f"HostKey {home}/host\nAuthorizedKeysFile {home}/client.pub\nStrictModes no\nPermitRootLogin yes\n"
    )
    (home / "known").write_text(f"* {(home / 'host.pub').read_text()}")
    for word, program in PARTS.items():
        if (openssh / program).exists():
            with (home / "sshd_config").open("a") as config:
                config.write(f"{word} {openssh}/{program}\n")
    sshd = f"{openssh}/usr/sbin/sshd -i -f {home}/sshd_config -E {home}/log"
    if os.geteuid() == 0:
        (home / "passwd").write_text(
            Path("/etc/passwd").read_text() + "sshd:x:998:65534::/run/sshd:/bin/false\n"
        )
        (home / "start").write_text(AS_ROOT.format(home=home, sshd=sshd))
        sshd = f"unshare --mount sh -e {home}/start"
    (home / "ssh_config").write_text(
        f"ProxyCommand {sshd}\nIdentityFile {home}/client\nUserKnownHostsFile {home}/known\nBatchMode yes\n"
    )
    libraries = [f"{key}={value}" for key, value in environment.items()]
    return ["env", *libraries, f"{openssh}/usr/bin/ssh", "-F", f"{home}/ssh_config"]


def remote(directory: Path) -> str:
    return parse_place(f"ssh://{pwd.getpwuid(os.geteuid()).pw_name}@192.0.2.12:2222{directory}")


def content(directory: Path) -> tuple[bytes, bytes]:
    return (directory / "client-ca.pem").read_bytes(), (directory / "client-crl.pem").read_bytes()


def test_another_server_gets_both_files_whole_and_readable_for_nginx(
    ssh: Sequence[str], tmp_path: Path
) -> None:
    for _ in range(2):
        (done,) = publish([remote(tmp_path)], BUNDLE, Disk(), ssh)
        assert done.trouble is None
        assert content(tmp_path) == (BUNDLE.authorities, BUNDLE.lists)
        files = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        assert files == {"client-ca.pem": 0o644, "client-crl.pem": 0o644}


def test_a_server_that_cannot_take_it_is_told_and_the_others_have_it(
    ssh: Sequence[str], tmp_path: Path
) -> None:
    there, missing = tmp_path / "there", tmp_path / "mis sing"
    there.mkdir()
    places = [str(missing), str(there), remote(tmp_path / "no"), "ssh://stranger@192.0.2.13/etc/usn/tls"]
    here, good, far, stranger = publish(places, BUNDLE, Disk(), ssh)
    assert here.trouble == "No such file or directory: make the directory"
    assert good.trouble is None
    assert content(there) == (BUNDLE.authorities, BUNDLE.lists)
    assert far.trouble is not None
    assert f"{tmp_path}/no" in far.trouble
    assert stranger.trouble is not None
    assert "stranger@192.0.2.13" in stranger.trouble


def test_a_server_that_does_not_answer_is_given_up_in_time_for_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usnd.ca.places.PATIENCE", 0.3)
    begun = time.monotonic()
    silent = ["sh", "-c", "exec sleep 60"]
    done = publish([remote(tmp_path), str(tmp_path)], BUNDLE, Disk(), silent)
    assert [one.trouble for one in done] == ["no answer within 0.3 s", None]
    assert time.monotonic() - begun < 60
    (gone,) = publish([remote(tmp_path)], BUNDLE, Disk(), ["/no/ssh"])
    assert gone.trouble == "/no/ssh: No such file or directory"


def test_a_file_that_is_as_it_should_be_is_left_alone(tmp_path: Path) -> None:
    """nginx is told to read again when a file changes: it must not be for nothing."""
    publish([str(tmp_path)], BUNDLE, Disk())
    before = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    publish([str(tmp_path)], Bundle(BUNDLE.authorities, b"other"), Disk())
    after = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    assert [name for name in before if before[name] == after[name]] == ["client-ca.pem"]


@pytest.mark.parametrize("ours", [0, 1, 2], ids=["lower", "the-same-number", "higher"])
def test_an_old_copy_of_the_authority_takes_no_place_s_newer_list(
    home: Home, ssh: Sequence[str], tmp_path: Path, ours: int
) -> None:
    home.issue("crm-1")
    old = tmp_path / "old"
    shutil.copytree(home.ca, old)
    home.revoke("crm-1")
    published = content(home.tls)
    with opened(old, NOW) as former:
        for _ in range(ours):
            former.write_list()
        there = [str(home.tls), remote(home.tls)]
        bundle = former.bundle()
        done = publish(there, bundle, Disk(), ssh)
    assert all("old copy of the authority: bring the newest copy" in str(one.trouble) for one in done)
    assert content(home.tls) == published
    home.publish()


def test_what_was_lost_at_a_place_comes_back_with_the_next_command(home: Home) -> None:
    home.issue()
    home.revoke()
    shutil.rmtree(home.tls)
    home.tls.mkdir()
    home.publish()
    assert verdict(home.tls, home.given()) == "certificate revoked"


def test_an_authority_without_a_place_publishes_nowhere(home: Home) -> None:
    with opened(home.ca, NOW) as ours:
        ours.publish_to(())
        assert ours.publish() == []


@pytest.mark.parametrize(
    "written",
    [
        "etc/usn/tls",
        "",
        "ssh://root@192.0.2.12",
        "ssh://-oProxyCommand=x/etc",
        "ssh://root@host/etc;reboot",
        "ssh://root@host/$(reboot)",
        "root@192.0.2.12:/etc/usn/tls",
        "ssh://root@host/a b",
    ],
)
def test_what_is_no_place_is_refused(written: str) -> None:
    with pytest.raises(CaError, match="is no place: write a directory from the root, or ssh://"):
        parse_place(written)
