"""Proves that a site's configuration is read whole, and that a mistake in it is told in words."""

from pathlib import Path

import pytest

from usnd.config_file.values import ConfigError
from usnd.web.config import load

LEAST = '[web]\nsocket = "/run/usn/web.sock"\ncontrol = "/run/usn/control.sock"\nstore = "sqlite:////var/usn.db"\n'


def test_the_least_there_must_be(tmp_path: Path) -> None:
    (tmp_path / "web.toml").write_text(LEAST)
    web = load(tmp_path / "web.toml").web
    assert (web.socket, web.group, web.client_ca, web.threads) == (Path("/run/usn/web.sock"), None, None, 96)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("threads = 2", "web.threads: write a whole number from 24 to 240"),
        ('client_ca = "/etc/ca.pem"', "web: client_ca and client_crl are given together, or neither"),
        ('group = "no group"', "web.group: write a group of users"),
        ('spool = "tmp"', "does not begin at the root"),
        ("colour = 1", "colour is not known here"),
        ("socket = ", "not TOML"),
    ],
)
def test_a_mistake_is_told_in_words(tmp_path: Path, more: str, words: str) -> None:
    (tmp_path / "web.toml").write_text(LEAST + more)
    with pytest.raises(ConfigError, match=words):
        load(tmp_path / "web.toml")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "web.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(tmp_path / "web.toml")
