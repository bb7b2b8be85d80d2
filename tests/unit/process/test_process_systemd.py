"""What is said to systemd goes to the socket that it named, and nowhere else."""

import socket
from pathlib import Path

import pytest

from usnd.process.systemd import notify


def test_a_word_reaches_the_socket_and_a_missing_one_is_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "none"))
    notify("READY=1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "socket"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "socket"))
        notify("WATCHDOG=1")
        assert systemd.recv(64) == b"WATCHDOG=1"
