"""A certificate that Asterisk could not use is found before, by its own clock (V1)."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from usnd.asterisk.technology.certificates import BadCertificate, check


def made(home: Path, name: str, *more: str) -> tuple[Path, Path]:
    certificate, key = home / f"{name}.pem", home / f"{name}.key"
    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "100")
    where = ("-subj", f"/CN={name}", "-keyout", key, "-out", certificate, *(more or ("-nodes",)))
    subprocess.run(["openssl", *new, *map(str, where)], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("certificates")
    for name in ("one", "two"):
        made(home, name)
    made(home, "locked", "-passout", "pass:hush")
    (home / "empty.pem").write_text("")
    return home


def later(**passed: float) -> datetime:
    """A moment counted from now, when the certificates have just been made."""
    return datetime.now(UTC) + timedelta(minutes=1) + timedelta(**passed)


def problem(home: Path, certificate: str, key: str, ca: str | None = None, days: int = 0) -> str:
    with pytest.raises(BadCertificate) as caught:
        check(home / certificate, home / key, home / ca if ca else None, later(days=days))
    return str(caught.value).replace(f"{home}/", "")


def test_a_good_pair_is_good_and_said_to_end_soon_in_its_last_month(home: Path) -> None:
    pair = home / "one.pem", home / "one.key"
    assert check(*pair, home / "two.pem", later()) is None
    soon = check(*pair, None, later(days=80))
    assert soon is not None
    assert "have it renewed before" in soon


@pytest.mark.parametrize(
    ("certificate", "key", "ca", "words"),
    [
        ("none.pem", "one.key", None, "none.pem: there is no such file: put it there, or correct its name"),
        ("one.pem", "none.key", None, "none.key: there is no such file"),
        ("one.pem", "one.key", "none.pem", "none.pem: there is no such file"),
        ("one.pem", "two.key", None, "two.key: is not the key of one.pem"),
        ("one.key", "one.pem", None, "one.key and one.pem: cannot be used"),
        ("empty.pem", "one.key", None, "empty.pem and one.key: cannot be used"),
        ("locked.pem", "locked.key", None, "locked.pem and locked.key: cannot be used"),
        ("one.pem", "one.key", "empty.pem", "empty.pem: holds no certificate of an authority in PEM"),
        ("one.pem", "one.key", "one.key", "one.key: holds no certificate of an authority in PEM"),
    ],
)
def test_what_cannot_be_used_is_said(home: Path, certificate: str, key: str, ca: str, words: str) -> None:
    assert problem(home, certificate, key, ca).startswith(words)


def test_its_time_is_judged_by_the_clock(home: Path) -> None:
    assert "one.pem: ended on" in problem(home, "one.pem", "one.key", days=101)
    assert "one.pem: begins on" in problem(home, "one.pem", "one.key", days=-1)


def test_a_file_that_may_not_be_read_is_no_surprise(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "one.pem: cannot be read: Permission denied" in problem(home, "one.pem", "one.key")
