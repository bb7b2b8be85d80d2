"""What commands read and write beside the database, broken or full: they end in a sentence, no traceback."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from bare_node import NUMBER, ROOT, usnd
from broken_node import Scene, replaced_by_file, said, statement
from typer.testing import CliRunner

from usnd.cli.main import app
from usnd.pair.main import arbiter


@pytest.fixture
def scene(tmp_path: Path, current_file: Path) -> Scene:
    made = Scene(tmp_path).write()
    shutil.copy(current_file, made.database)
    return made


# Recordings and certificates --------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["list", "prune", f"export 7-1 {{home}}/talk.wav --subscriber {NUMBER}"])
@pytest.mark.parametrize(
    "breaks",
    [
        shutil.rmtree,
        replaced_by_file,
        lambda path: (path / "c7-1.wav").mkdir(),
        lambda path: (path / "c7-1.wav").symlink_to("c7-1.wav"),
    ],
    ids=["missing", "a file", "a directory in it", "a circle in it"],
)
def test_a_directory_of_recordings_that_is_broken(
    scene: Scene, words: str, breaks: Callable[[Path], object]
) -> None:
    recorded(scene)
    breaks(scene.home / "recordings")
    status, shown = said(scene, f"recording {words}")
    assert "[Errno" not in shown
    assert (status == 0) or shown.startswith("usnd: "), shown
    if words.startswith("export"):
        assert status == 1
        assert not (scene.home / "talk.wav").exists()


def recorded(scene: Scene) -> None:
    statement(
        scene,
        "INSERT INTO subscribers (id, number, created_at, language)"
        f" VALUES (1, '{NUMBER}', '2026-03-01', 'en')",
    )
    columns = "conference_id, stretch, subscriber_id, path, state, ordered_at, started_at, stopped_at, octets"
    at = "'2026-03-01 12:00:00.000000'"
    statement(
        scene,
        f"INSERT INTO recordings ({columns}) VALUES (7, 1, 1, 'c7-1.wav', 'closed', {at}, {at}, {at}, 99)",
    )


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("there.wav", "File exists"),
        ("recordings", "File exists"),
        ("none/talk.wav", "No such file or directory"),
        ("there.wav/talk.wav", "Not a directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_an_export_to_where_it_cannot_be(scene: Scene, target: str, words: str) -> None:
    recorded(scene)
    (scene.home / "recordings" / "c7-1.wav").write_bytes(b"x" * 99)
    (scene.home / "there.wav").write_text("mine")
    status, shown = said(scene, f"recording export 7-1 {{home}}/{target} --subscriber {NUMBER}")
    assert (status, words in shown, "[Errno" in shown) == (1, True, False), shown
    assert (scene.home / "there.wav").read_text() == "mine"


@pytest.mark.parametrize("key", ["certificate", "private_key", "ca"])
@pytest.mark.parametrize("found", ["missing", "a directory", "nonsense", "a circle"])
def test_a_certificate_that_is_broken(scene: Scene, key: str, found: str) -> None:
    paths = {name: scene.home / f"{name}.pem" for name in ("certificate", "private_key", "ca")}
    self_signed(paths["certificate"], paths["private_key"])
    shutil.copy(paths["certificate"], paths["ca"])
    text = "".join(f'{name} = "{path}"\n' for name, path in paths.items())
    scene.config.write_text(f"{scene.config.read_text()}[trunks]\n{text}")
    assert said(scene, "check-config")[0] == 0
    broken = paths[key]
    broken.unlink()
    if found == "a directory":
        broken.mkdir()
    elif found == "nonsense":
        broken.write_text("nonsense")
    elif found == "a circle":
        broken.symlink_to(broken)
    status, shown = said(scene, "check-config")
    assert status == 2, shown
    assert shown.startswith(f"usnd: {scene.config}: trunks: "), shown
    assert str(broken) in shown


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        ("user = 'root'", 2, "provisioning.user: is root"),
        ("user = 'no-such-user'", 0, "warning: provisioning.user: there is no user no-such-user"),
        ("authorities = '/no/such'", 0, "warning: provisioning.authorities: /no/such/client-ca.pem"),
        ("certificate = '/no/such.pem'", 0, "warning: provisioning.certificate: /no/such.pem"),
        ("credential_key = 'abcd'", 2, "provisioning.credential_key: write"),
    ],
)
def test_what_provisioning_names_is_looked_at(scene: Scene, line: str, status: int, words: str) -> None:
    scene.config.write_text(f"{scene.config.read_text()}[provisioning]\n{line}\n")
    done = said(scene, "check-config")
    assert (done[0], words in done[1]) == (status, True), done


def self_signed(certificate: Path, key: Path) -> None:
    subject = ["-subj", "/CN=usn", "-days", "90"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)


# Programs of their own --------------------------------------------------------------------------------------


def test_a_former_name_is_told_in_the_journal_once(scene: Scene) -> None:
    scene.config.write_text(
        scene.config.read_text() + '[ways_in]\ncommon = "52270"\n[log]\nformat = "json"\n'
    )
    scene.database.unlink()
    done = usnd("run", "--config", str(scene.config))
    told = [line for line in done.err.splitlines() if "[ways_in]" in line]
    assert len(told) == 1
    assert "is called [dial_in] now, and is read as that: rename it" in told[0]
    checked = usnd("check-config", "--config", str(scene.config))
    assert (checked.status, "warning: " in checked.err, "[dial_in]" in checked.err) == (0, True, True)
    assert usnd("trunk", "pjsip", "--config", str(scene.config)).err == "", "others say nothing of it"


@pytest.mark.parametrize("words", [("check-config",), ("subscriber", "list"), ("--help",)])
def test_an_output_that_is_full_ends_in_a_sentence(scene: Scene, words: tuple[str, ...]) -> None:
    done = printing_to(Path("/dev/full"), scene, words)
    assert done.returncode == 1
    assert done.stderr == "usnd: the output cannot be written: No space left on device\n"


def test_an_output_that_nobody_reads_ends_quietly(scene: Scene) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = printing_to(writing, scene, ("check-config",))
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def printing_to(output: Path | int, scene: Scene, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    more = () if words == ("--help",) else ("--config", str(scene.config))
    command = [sys.executable, "-m", "usnd", *words, *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with output.open("w") if isinstance(output, Path) else nullcontext(output) as stdout:
        return subprocess.run(
            command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, env=environment
        )


@pytest.mark.parametrize(
    "words", [("subscriber", "add", NUMBER), ("db", "upgrade"), ("recording", "export", "7-1")], ids=str
)
def test_a_disk_that_is_full_ends_in_a_sentence(scene: Scene, words: tuple[str, ...]) -> None:
    """A limit on what the process may write stands for the disk."""
    recorded(scene)
    (scene.home / "recordings" / "c7-1.wav").write_bytes(b"x" * 1_000_000)
    if words[0] == "recording":
        words = (*words, str(scene.home / "talk.wav"), "--subscriber", NUMBER)
    elif words[0] == "db":
        scene.database.unlink()
    command = [sys.executable, "-m", "usnd", *words, "--config", str(scene.config)]
    limit = 200_000 if words[0] == "recording" else 16_384
    done = subprocess.run(
        ["prlimit", f"--fsize={limit}", *command],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("usnd: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert not (scene.home / "talk.wav").exists(), "no half of it is left"


ARBITER = (
    ("run",),
    ("check-config",),
    ("measure-consoles",),
)


@pytest.mark.parametrize("words", ARBITER, ids=str)
@pytest.mark.parametrize(
    ("breaks", "said_of_it"),
    [
        (lambda _path: None, "there is no such file"),
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.write_bytes(b"\xff"), "not text in UTF-8"),
        (lambda path: path.write_text("[node"), "arbiter.toml"),
        (lambda path: path.write_text(""), "server is missing"),
        (lambda path: path.write_text("a = " + "[" * 100_000), "nested too deep"),
        (lambda path: path.symlink_to(path), "cannot be read"),
    ],
    ids=["missing", "a directory", "no text", "no TOML", "empty", "very deep", "a circle"],
)
def test_an_arbiters_configuration_that_is_broken(
    tmp_path: Path, words: tuple[str, ...], breaks: Callable[[Path], object], said_of_it: str
) -> None:
    config = tmp_path / "arbiter.toml"
    breaks(config)
    for program, more in ((arbiter, words), (app, ("pair", "status"))):
        done = CliRunner().invoke(program, [*more, "--config", str(config)])
        assert isinstance(done.exception, SystemExit), done.exception
        assert (done.exit_code, said_of_it in done.output) == (2, True), done.output
