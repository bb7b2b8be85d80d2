"""What commands say of a usnd that runs, waits, hangs or is gone, and of its runtime directory."""

import asyncio
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from bare_node import Daemon, Done, Node

from usnd.monitoring import liveness, snapshot
from usnd.process.single_instance import holder
from workbench.parts.process import until

SHOWN = ("control.sock", snapshot.FILE, liveness.FILE)


@pytest.fixture
def shown(node: Node) -> Node:
    """A node that shows itself in a directory."""
    runtime = node.home / "run"
    runtime.mkdir()
    return replace(node, runtime=runtime).ready()


def runtime_of(node: Node) -> Path:
    assert node.runtime is not None
    return node.runtime


def all_there(node: Node) -> bool:
    return all((runtime_of(node) / name).exists() for name in SHOWN)


async def said(node: Node, *words: str) -> Done:
    return await asyncio.to_thread(node.command, *words)


async def test_a_runtime_directory_that_goes_and_comes_back_has_all_in_it_again(shown: Node) -> None:
    runtime = runtime_of(shown)
    async with shown.daemon() as daemon:
        assert await until(lambda: all_there(shown), 20, 0.05)
        assert (await said(shown, "status")).status == 0
        runtime.rename(shown.home / "gone")
        lost = await daemon.until("runtime directory cannot be used")
        assert lost["level"] == "error"
        done = await said(shown, "status")
        assert done.sentence.startswith(f"usnd (process {daemon.process.pid}) is there, and shows nothing")
        runtime.mkdir()
        assert await until(lambda: all_there(shown), 20, 0.05)
        await daemon.until("runtime directory can be used again")
        assert (await said(shown, "status")).status == 0
        assert "conference 7 is not running" in (await said(shown, "conference", "lock", "7")).sentence
        assert len(daemon.of("runtime directory cannot be used")) == 1
        assert len(daemon.of("runtime directory can be used again")) == 1


async def stands_still(daemon: Daemon, node: Node) -> None:
    assert await until(lambda: all_there(node), 20, 0.05)
    daemon.process.send(signal.SIGSTOP)
    await asyncio.sleep(snapshot.STALE_AFTER + 1)


@pytest.mark.slow
async def test_a_usnd_that_hangs_is_not_called_one_that_does_not_run(shown: Node) -> None:
    async with shown.daemon() as daemon:
        await stands_still(daemon, shown)
        try:
            named = f"usnd (process {daemon.process.pid}) is there, and has "
            done = await said(shown, "status")
            assert done.sentence.startswith(f"{named}said nothing for ")
            assert "it hangs, or cannot write in" in done.sentence
            done = await said(shown, "conference", "lock", "7")
            assert done.sentence.startswith(f"{named}not answered within 25 s: it hangs")
            assert "it may have been done: check" in done.sentence
        finally:
            daemon.process.send(signal.SIGCONT)


@pytest.mark.slow
async def test_a_usnd_that_was_killed_does_not_run(shown: Node) -> None:
    async with shown.daemon() as daemon:
        assert await until(lambda: all_there(shown), 20, 0.05)
        daemon.process.send(signal.SIGKILL)
        assert await until(lambda: not daemon.process.alive, 5)
        await asyncio.sleep(snapshot.STALE_AFTER + 1)
        assert (await said(shown, "status")).sentence.startswith("usnd is not running: it has said nothing")
        done = await said(shown, "conference", "lock", "7")
        assert done.sentence.startswith("usnd is not running: see `systemctl status usnd`")


async def test_a_usnd_that_waits_as_the_standby_is_said_to(shown: Node) -> None:
    async with shown.daemon("--when", str(shown.home / "held")) as daemon:
        await daemon.until("usnd is ready and waits")
        for words in (("status",), ("conference", "lock", "7")):
            done = await said(shown, *words)
            assert done.sentence.startswith(f"usnd (process {daemon.process.pid}) is there, and ")
            assert "waits as the standby (`usnd pair status`)" in done.sentence
        for _ in range(200):  # more than a queue of the kernel takes: each is let go
            assert holder_of(shown) in (daemon.process.pid, 0)
        assert await until(lambda: holder_of(shown) == daemon.process.pid, 5, 0.05)


def holder_of(node: Node) -> int | None:
    return holder(node.url)
