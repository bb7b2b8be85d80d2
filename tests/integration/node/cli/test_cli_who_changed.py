"""Who changes a subscriber is in the journal; what was so already is no change (REQUIREMENTS P1)."""

import os
import pwd
import socket
from pathlib import Path

import pytest
from bare_node import NUMBER, Node
from typer.testing import CliRunner

from usnd.cli.main import app
from usnd.process import journal


def test_each_change_is_a_line_with_who_asked(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.ready()
    monkeypatch.setattr(journal, "SYSTEMD", tmp_path / "journal")
    monkeypatch.delenv("SUDO_USER", raising=False)
    me = pwd.getpwuid(os.getuid()).pw_name
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as systemd:
        systemd.bind(str(tmp_path / "journal"))

        def said(*words: str) -> list[str]:
            done = CliRunner().invoke(app, ["subscriber", *words, "--config", str(node.config)])
            assert done.exit_code == 0, done.output
            lines = []
            while (entry := received(systemd)) is not None:
                lines.append(entry)
            return lines

        for what, options in (
            ("add", ()), ("set", ("--press-one",)), ("suspend", ()), ("resume", ()), ("remove", ())
        ):  # fmt: skip
            (line,) = said(what, NUMBER, *options)
            for field in (
                '"event":"subscriber changed"',
                f'"number":"{NUMBER}"',
                f'"what":"{what}"',
                f'"by":"{me}"',
            ):
                assert field in line
            if what in ("add", "suspend", "resume"):
                assert said(what, NUMBER) == [], "it is so already"
        monkeypatch.setenv("SUDO_USER", "ada")
        assert '"by":"ada"' in said("add", NUMBER)[0]
        assert said("remove", NUMBER, "--dry-run") == []
        assert said("list") == []


def received(systemd: socket.socket) -> str | None:
    try:
        return systemd.recv(4096).decode(errors="replace")
    except BlockingIOError:
        return None
