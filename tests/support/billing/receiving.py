"""A real destination for a node's commands: sshd, and the rsync that both ends use."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from workbench.parts.ports import PortBlock
from workbench.parts.receiver import Receiver, receiver_tree, write_rsync


@asynccontextmanager
async def receiving(home: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    """rsync is found in this process's path from then on."""
    tree, programs = receiver_tree(), home / "programs"
    programs.mkdir()
    write_rsync(tree, programs)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    with PortBlock(10) as ports:
        async with Receiver(tree, ports.spare(0)) as receiver:
            yield receiver
