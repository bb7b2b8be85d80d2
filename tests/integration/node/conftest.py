from pathlib import Path

import pytest
from bare_node import Node


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path, f"sqlite:///{tmp_path}/usn.db")
