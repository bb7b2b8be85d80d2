"""Where the commands look for the running usnd."""

from pathlib import Path

import pytest

from usnd.cli.common import Whereabouts, whereabouts


def test_who_may_not_read_the_configuration_finds_a_nodes_usnd(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator is of the operators' group, and not of those who may read passwords."""

    def forbidden(path: Path, **_: object) -> None:
        raise PermissionError(str(path))

    monkeypatch.setattr(Path, "read_text", forbidden)
    found = whereabouts(Path("/etc/usn/usnd.toml"))
    assert found == Whereabouts(Path("/run/usnd"), None)
    assert found.process is None
