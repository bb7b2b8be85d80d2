import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from workbench.parts.ports import PortBlock
from workbench.parts.receiver import Receiver, receiver_tree, write_rsync


@pytest.fixture(scope="session")
def tree() -> Path:
    return receiver_tree()


@pytest.fixture
def sender_programs(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """rsync and ssh of this server, first in PATH."""
    place = tmp_path / "programs"
    place.mkdir()
    write_rsync(tree, place)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    return place


@pytest.fixture
def ports() -> Iterator[PortBlock]:
    with PortBlock(10) as block:
        yield block


@pytest.fixture
async def receiver(tree: Path, ports: PortBlock, sender_programs: Path) -> AsyncIterator[Receiver]:
    async with Receiver(tree, ports.spare(0)) as part:
        yield part
