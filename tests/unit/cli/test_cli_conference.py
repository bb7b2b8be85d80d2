"""Where the commands look for the running usnd."""

from pathlib import Path

import pytest

from usnd.cli.conference import control_socket


def test_who_may_not_read_the_configuration_finds_a_nodes_usnd(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator is of the operators' group, and not of those who may read passwords."""

    def forbidden(path: Path) -> None:
        raise PermissionError(str(path))

    monkeypatch.setattr(Path, "open", forbidden)
    assert control_socket(Path("/etc/usn/usnd.toml")) == Path("/run/usnd/control.sock")
