from pathlib import Path

import pytest
from billing.summary_world import World

from usnd.store.core.writer import Store


@pytest.fixture
def world(store: Store, url: str, tmp_path: Path) -> World:
    disks = tmp_path / "a", tmp_path / "b"
    for disk in disks:
        disk.mkdir()
    return World(store, url, disks)
