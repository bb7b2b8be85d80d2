"""A command's lines go to systemd's journal, whole; where there is none, nowhere."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from usnd.process import journal


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket in the place of systemd's."""
    monkeypatch.setattr(journal, "SYSTEMD", tmp_path / "journal")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listening:
        listening.bind(str(tmp_path / "journal"))
        yield listening


def fields(entry: bytes) -> tuple[list[bytes], str]:
    """Those of an entry before its message, and the message."""
    head, _, rest = entry.partition(b"MESSAGE\n")
    length, message = int.from_bytes(rest[:8], "little"), rest[8:]
    assert message[length:] == b"\n"
    return head.splitlines(), message[:length].decode()


def test_a_line_is_an_entry_with_its_grade(
    systemd: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.set_up_command("text", "info")
    log = structlog.get_logger("usnd.subscribers")
    log.debug("not asked for")
    log.warning("subscriber changed", number="+447700900001", by="ada\nPRIORITY=0")
    head, message = fields(systemd.recv(4096))
    assert head == [b"SYSLOG_IDENTIFIER=usnd", b"PRIORITY=4"]
    assert message.endswith(r"subscriber changed number=+447700900001 by='ada\nPRIORITY=0'")
    assert capsys.readouterr() == ("", "")


def test_a_fault_of_several_lines_is_one_entry(systemd: socket.socket) -> None:
    journal.set_up_command("json", "info")
    structlog.get_logger().error("a fault", exc_info=RuntimeError("two\nlines"))
    head, message = fields(systemd.recv(65536))
    assert head[1] == b"PRIORITY=3"
    assert "two\nlines" in json.loads(message)["exception"]


def test_without_a_journal_nothing_is_said_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(journal, "SYSTEMD", tmp_path / "none")
    journal.set_up_command("text", "info")
    structlog.get_logger().error("nobody hears it")
    assert capsys.readouterr() == ("", "")
