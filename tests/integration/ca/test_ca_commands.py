"""The commands `usnd ca` as an operator types them: what they do, say and refuse (P2)."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from outside_authorities import DAY, NOW, SIGNS, listed, made, openssl, verdict
from typer.testing import CliRunner, Result

from usnd.ca.pem import pem
from usnd.cli.main import app

Usnd = Callable[..., Result]
COMMANDS = ("init", "issue", "renew", "revoke", "list", "crl", "publish", "trust", "untrust", "check")


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    place = tmp_path / "tls"
    place.mkdir()
    return place


@pytest.fixture
def ca(tmp_path: Path) -> Usnd:
    """Runs `usnd ca …` on an authority of this test; `ends`: the exit status that it must have."""

    def run(*words: object, ends: int = 0) -> Result:
        environment = {"USND_CA": str(tmp_path / "ca")}
        done = CliRunner().invoke(app, ["ca", *map(str, words)], env=environment)
        assert done.exit_code == ends, done.output
        return done

    return run


@pytest.fixture
def ready(ca: Usnd, tls: Path) -> Usnd:
    ca("init", "--publish", tls)
    return ca


def rows(ca: Usnd) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ca("list", "--json").stdout.splitlines()]


def test_from_nothing_to_a_revoked_terminal(ca: Usnd, tls: Path, tmp_path: Path) -> None:
    said = ca("init", "--publish", tls).stdout
    assert f"published: {tls}" in said
    said = ca("issue", "crm-1", "--out", tmp_path / "crm-1").stdout
    assert "Send crm-1.p12 and its password by two different ways" in said
    ca("issue", "--server", "usn.example.com", "--server", "192.0.2.10", "--out", tmp_path / "server")
    assert verdict(tls, tmp_path / "crm-1/crm-1.pem") == "OK"
    assert verdict(tls, tmp_path / "server/usn.example.com.pem", purpose="sslserver") == "OK"
    table = ca("list").stdout.splitlines()
    assert table[0].split() == ["name", "serial", "kind", "until", "days_left", "state"]
    assert [line.split()[-1] for line in table[1:]] == ["good"] * 4
    assert "revoked terminal crm-1, serial number" in ca("revoke", "crm-1").stdout
    assert verdict(tls, tmp_path / "crm-1/crm-1.pem") == "certificate revoked"
    assert ca("list").stdout.splitlines()[3].endswith("revoked")


def test_no_secret_is_ever_printed(ready: Usnd, tmp_path: Path) -> None:
    said = ready("issue", "crm-1", "--out", tmp_path / "crm-1").output
    password = (tmp_path / "crm-1/crm-1.p12.password").read_text().strip()
    assert len(password) >= 24
    said += ready("list", "--json").output
    said += (tmp_path / "ca/record.json").read_text()
    assert password not in said
    assert "PRIVATE KEY" not in said


def test_a_request_of_the_crm_is_signed(ready: Usnd, tls: Path, tmp_path: Path) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=x")
    openssl("req", "-new", *key, "-keyout", tmp_path / "crm.key", "-out", tmp_path / "crm.csr")
    said = ready("issue", "crm-1", "--request", tmp_path / "crm.csr", "--out", tmp_path / "crm-1").stdout
    assert "p12" not in said
    assert verdict(tls, tmp_path / "crm-1/crm-1.pem") == "OK"


@pytest.mark.parametrize("curve", ["secp256k1", "brainpoolP256r1"])
def test_a_request_with_a_key_that_tls_does_not_take_is_refused(
    ready: Usnd, tmp_path: Path, curve: str
) -> None:
    key = ("-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-nodes", "-subj", "/CN=x")
    openssl("req", "-new", *key, "-keyout", tmp_path / "crm.key", "-out", tmp_path / "crm.csr")
    done = ready("issue", "crm-1", "--request", tmp_path / "crm.csr", "--out", tmp_path / "crm-1", ends=1)
    assert "is not taken in TLS: take P-256" in done.output


def test_a_renewed_terminal_has_both_until_the_former_is_revoked_by_its_number(
    ready: Usnd, tls: Path, tmp_path: Path
) -> None:
    ready("issue", "crm-1", "--out", tmp_path / "one", "--days", 20)
    former = rows(ready)[-1]
    assert former["state"] == "ends soon"
    assert former["days_left"] == 19
    assert (
        "designate it before the terminal uses it"
        in ready("renew", "crm-1", "--out", tmp_path / "two").stdout
    )
    assert "Known: crm-1" in ready("renew", "crm-2", "--out", tmp_path / "three", ends=1).stderr
    printed = openssl("x509", "-in", tmp_path / "one/crm-1.pem", "-noout", "-serial").strip()
    assert printed.startswith("serial=")
    ready("revoke", printed, "--reason", "superseded")
    assert verdict(tls, tmp_path / "one/crm-1.pem") == "certificate revoked"
    assert verdict(tls, tmp_path / "two/crm-1.pem") == "OK"
    assert [(row["state"], row["reason"]) for row in rows(ready)[-2:]] == [
        ("revoked", "superseded"),
        ("good", ""),
    ]


def test_a_renewed_server_keeps_its_names(ready: Usnd, tmp_path: Path) -> None:
    ready("issue", "usn", "--server", "usn.example.com", "--server", "192.0.2.10", "--out", tmp_path / "one")
    ready("renew", "usn", "--out", tmp_path / "two")
    said = openssl("x509", "-in", tmp_path / "two/usn.pem", "-noout", "-ext", "subjectAltName")
    assert "DNS:usn.example.com, IP Address:192.0.2.10" in said


def test_the_authority_is_renewed(ready: Usnd, tls: Path, tmp_path: Path) -> None:
    ready("issue", "crm-1", "--out", tmp_path / "crm-1")
    before = (tls / "client-ca.pem").read_bytes()
    ready("renew", "--authority", "--dry-run")
    assert (tls / "client-ca.pem").read_bytes() == before
    ready("renew", "--authority")
    assert (tls / "client-ca.pem").read_bytes() != before
    assert verdict(tls, tmp_path / "crm-1/crm-1.pem") == "OK"


def test_a_dry_run_changes_nothing(ready: Usnd, tmp_path: Path) -> None:
    ready("issue", "crm-1", "--out", tmp_path / "crm-1")
    before = {path.name: path.read_bytes() for path in (tmp_path / "ca").iterdir()}
    assert "would revoke terminal crm-1" in ready("revoke", "crm-1", "--dry-run").stdout
    assert "would issue the next" in ready("renew", "crm-1", "--out", tmp_path / "two", "--dry-run").stdout
    assert {path.name: path.read_bytes() for path in (tmp_path / "ca").iterdir()} == before


def test_another_authority_is_trusted_its_list_renewed_and_ended(
    ready: Usnd, tls: Path, tmp_path: Path
) -> None:
    root = made("Outside Root", uses=SIGNS)
    root.save(tmp_path / "root.pem")
    crm = made("crm", root, ca=False).save(tmp_path / "crm.pem")
    assert "has no list here, so nobody of it is heard" in ready("trust", tmp_path / "root.pem").stderr
    (tmp_path / "root.crl").write_bytes(pem(listed(root)))
    ready("trust", "--crl", tmp_path / "root.crl")
    assert verdict(tls, crm) == "OK"
    theirs = [row for row in rows(ready) if row["kind"] in ("outside authority", "revocation list")]
    assert [row["state"] for row in theirs] == ["good"] * 3
    name = theirs[1]["name"]
    ready("untrust", name, "--dry-run")
    assert verdict(tls, crm) == "OK"
    ready("untrust", name)
    assert verdict(tls, crm) == "unable to get local issuer certificate"


def test_a_place_that_fails_is_named_and_ends_with_1(ready: Usnd, tls: Path, tmp_path: Path) -> None:
    done = ready("publish", tmp_path / "nowhere", ends=1)
    assert f"NOT published: {tmp_path}/nowhere: No such file or directory" in done.stdout
    assert "what was done is done, but not every server knows it" in done.stderr
    assert f"published: {tls}" in done.stdout
    assert f"Known: {tmp_path}/nowhere, {tls}" in ready("publish", "--forget", "typo", ends=1).stderr
    ready("publish", "--forget", tmp_path / "nowhere")


def test_a_full_disk_is_told_with_the_file(
    ready: Usnd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    said = ready("crl", ends=1).stderr
    assert said.startswith(f"usnd: {tmp_path}/ca/record.json: No space left on device: nothing is lost")


def test_check_says_what_ends_and_what_to_do(ready: Usnd, tls: Path, tmp_path: Path) -> None:
    assert ready("check", "--tls", tls).stdout.splitlines()[0].split() == [
        *("of", "kind", "until", "days_left", "state"),
    ]
    ready("issue", "--server", "usn.example.com", "--days", 5, "--out", tmp_path / "server")
    certificate = tmp_path / "server/usn.example.com.pem"
    done = ready("check", "--tls", tls, "--server", certificate, "--json", ends=1)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["kind"], row["state"]) for row in found] == [
        ("certificate", "ends within a week"),
        ("certificate", "good"),
        ("revocation list", "good"),
    ]
    assert "server: ends within a week. Have it renewed now" in done.stderr
    (tls / "client-crl.pem").unlink()
    assert (
        "there is no such file. No terminal of that authority" in ready("check", "--tls", tls, ends=1).stderr
    )
    (tls / "client-ca.pem").unlink()
    assert "authorities: " in ready("check", "--tls", tls, ends=1).stderr


@pytest.mark.parametrize(
    ("words", "ends", "said"),
    [
        (("init",), 1, "is not empty: an authority is never replaced"),
        (("init", "--publish", "here"), 1, "here is no place"),
        (("init", "--name", ""), 2, "the authority's name has 1 to 64 characters"),
        (("issue", "--out", "/tmp/x"), 2, "name the terminal, or the server's hosts with --server"),
        (("issue", "CRM", "--out", "/tmp/x"), 2, "CRM cannot be a name"),
        (("issue", "--server", "*.example.com", "--out", "/tmp/x"), 2, '"*.example.com"'),
        (("issue", "crm-1", "--out", "/tmp"), 1, "/tmp: is there already"),
        (
            ("issue", "crm-1", "--out", "/tmp/x", "--request", "/no/file"),
            1,
            "/no/file: there is no such file",
        ),
        (("issue", "crm-1"), 2, "Missing option '--out'"),
        (("issue", "crm-1", "--out", "/tmp/x", "--days", "0"), 2, "--days"),
        (("renew", "crm-1", "--out", "/tmp/x"), 1, "`usnd ca issue` makes the first one. None is known"),
        (("renew",), 2, "name the terminal, or"),
        (("renew", "--authority", "crm-1"), 1, "crm-1: is not the authority here, which is CN=USN provision"),
        (
            ("publish", "--forget", "/etc/usn/tsl"),
            1,
            "/etc/usn/tsl: is not published to, so nothing was",
        ),
        (("revoke", "crm-1"), 1, "no certificate of that name or serial number was issued here"),
        (("revoke", "crm-1", "--reason", "bored"), 2, "'bored' is not one of"),
        (("trust",), 2, "name the authority's certificates, or its newest list with --crl"),
        (("trust", "/no/file"), 1, "/no/file: there is no such file"),
        (("untrust", "CN=x"), 1, "is no authority that is trusted here"),
        (("publish", *(f"/tmp/{one}" for one in range(9))), 2, "10 places are too many"),
        (("list", "--directory", "/no/where"), 1, "there is no authority: make one with `usnd ca init`"),
        (("crl", "--directory", "/no/where"), 1, "cannot be written: No such file or directory"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_said_with_what_to_do(
    ready: Usnd, words: tuple[str, ...], ends: int, said: str
) -> None:
    done = ready(*words, ends=ends)
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_second_certificate_of_a_name_and_a_second_revocation_are_refused(
    ready: Usnd, tmp_path: Path
) -> None:
    ready("issue", "crm-1", "--out", tmp_path / "one")
    assert "`usnd ca renew crm-1`" in ready("issue", "crm-1", "--out", tmp_path / "two", ends=1).stderr
    assert "say with --out" in ready("renew", "crm-1", ends=2).stderr
    ready("revoke", "crm-1")
    assert "is revoked already" in ready("revoke", "crm-1", ends=1).stderr
    assert "is not revoked" in ready("renew", "crm-1", "--out", tmp_path / "two", ends=1).stderr
    ready("issue", "crm-1", "--out", tmp_path / "two")


def test_a_list_in_another_form_is_no_list(ready: Usnd, tmp_path: Path) -> None:
    (tmp_path / "some.crl").write_text("-----BEGIN SOMETHING-----")
    assert "holds no revocation list" in ready("trust", "--crl", tmp_path / "some.crl", ends=1).stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_teaches_with_an_example(ca: Usnd, command: str) -> None:
    said = ca(command, "--help").stdout
    assert "Example" in said
    assert f"usnd ca {command}" in said


def test_the_program_itself_needs_no_configuration(tmp_path: Path) -> None:
    environment = {**os.environ, "USND_CA": str(tmp_path / "ca")}
    command = [sys.executable, "-m", "usnd", "ca"]
    subprocess.run([*command, "init"], env=environment, check=True, capture_output=True)
    done = subprocess.run([*command, "list", "--json"], env=environment, check=True, capture_output=True)
    first = json.loads(done.stdout.splitlines()[0])
    assert first["kind"] == "authority"
    assert first["until"] > f"{NOW + 3600 * DAY:%Y-%m-%d}"
