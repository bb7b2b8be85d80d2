"""What only this server has stays where it is when it cannot be put aside."""

import errno
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from usnd.pair.database.directory import PostgresError
from usnd.pair.database.kept_aside import Aside, NotKeptError


class FakeDirectory:
    """Of a database that was active."""

    stopped = 0

    async def stop(self) -> None:
        self.stopped += 1

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
    with pytest.raises(NotKeptError, match=r"cannot be renamed: .*Invalid cross-device link"):
        await aside.keep(0)
    assert {path.name for path in left()} == {"main", "main.aside"}


async def test_a_mount_point_is_seen_before_all_of_it_is_read_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "main"
    data.mkdir()
    (data / "PG_VERSION").write_text("17")
    monkeypatch.setattr(Path, "is_mount", lambda path: path == data)
    directory = FakeDirectory()
    with pytest.raises(NotKeptError, match=r"is a mount point.*: mount its disk higher up"):
        await Aside(SimpleNamespace(data=data), directory).keep(0)
    assert directory.stopped == 1
    assert not data.with_suffix(".aside").exists()


async def test_whatever_keeps_it_from_being_put_aside_is_said_as_that(tmp_path: Path) -> None:
    directory = FakeDirectory()
    for error in (PostgresError("does not stop"), OSError(errno.EROFS, "Read-only file system")):
        directory.stop = refusing(error)
        with pytest.raises(NotKeptError, match=str(error.args[-1])):
            await Aside(SimpleNamespace(data=tmp_path / "main"), directory).keep(0)


def refusing(error: Exception) -> Callable[[], Awaitable[None]]:
    async def refuse() -> None:
        raise error

    return refuse
