"""What only this server has stays where it is when it cannot be put aside."""

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from usnd.pair.aside import Aside
from usnd.pair.datadir import PostgresError


class FakeDirectory:
    """Of a database that was active."""

    async def stop(self) -> None:
        pass

    async def was_primary(self) -> bool:
        return True


async def test_a_directory_that_cannot_be_renamed_leaves_no_list_at_each_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "main"
    data.mkdir()
    (data / "PG_VERSION").write_text("17")

    def write(file: Path) -> int:
        return file.write_text("{}\n")

    async def listed(file: Path, _since: int) -> int:
        return write(file)

    def left() -> list[Path]:
        return list(tmp_path.iterdir())

    def refuse(_self: Path, _target: Path) -> NoReturn:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    aside = Aside(SimpleNamespace(data=data), FakeDirectory())
    monkeypatch.setattr(aside, "_list", listed)
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PostgresError, match="is it a mount point"):
        await aside.keep(0)
    assert {path.name for path in left()} == {"main", "main.aside"}
