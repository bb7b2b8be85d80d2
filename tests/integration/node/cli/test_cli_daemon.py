"""Proves what an operator sees of `usnd run` whose parts are missing, or not its own: it says so, once."""

import asyncio
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from bare_node import NOBODY, NUMBER, Node, usnd

from usnd.store.core.writer import Store
from workbench.parts.process import until
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.voice.asterisk import asterisk_tree, usn_asterisk

# What is missing around the daemon: it starts, says it, and goes on trying ----------------------------------


async def test_a_missing_asterisk_is_told_once(node: Node) -> None:
    async with node.ready().daemon() as daemon:
        down = await daemon.until("asterisk link down")
        assert (down["level"], down["reason"]) == ("warning", "refused")
        assert down["detail"] == f"nobody listens at 127.0.0.1 port {NOBODY}"
        await asyncio.sleep(1.5)  # some tries more
        assert len(daemon.of("asterisk link down")) == 1
        await daemon.process.stop()
        assert daemon.process.returncode == 0


async def test_a_wrong_ami_secret_is_told_once(node: Node) -> None:
    asterisk = usn_asterisk(asterisk_tree(), NOBODY, {})
    async with asterisk:
        wrong = Node(node.home, node.url, ami=(asterisk.ports.manager, "hush-wrong")).ready()
        async with wrong.daemon() as daemon:
            down = await daemon.until("asterisk link down")
            assert (down["level"], down["reason"]) == ("error", "denied")
            assert down["detail"].startswith("user usnd: ")
            await asyncio.sleep(1)
            assert len(daemon.of("asterisk link down")) == 1


async def test_a_missing_smsc_is_told_and_bound_when_it_comes(node: Node) -> None:
    smsc = Smsc(time.monotonic, password="hushsmsc")
    await smsc.start()
    await smsc.stop()
    late = Node(node.home, node.url, smsc=(smsc.port, "hushsmsc")).ready()
    async with late.daemon() as daemon:
        told = await daemon.until("smsc cannot be reached", smsc="first", reason="Connection refused")
        assert told["level"] == "warning"
        await asyncio.sleep(1)
        assert len(daemon.of("smsc cannot be reached")) == 1, "once, not at each attempt"
        await smsc.start(smsc.port)
        try:
            await daemon.until("smsc link bound", smsc="first")
        finally:
            await daemon.process.stop()
            await smsc.stop()


async def test_a_wrong_smsc_password_is_told(node: Node) -> None:
    smsc = Smsc(time.monotonic, password="another")
    await smsc.start()
    try:
        async with Node(node.home, node.url, smsc=(smsc.port, "hushhush")).ready().daemon() as daemon:
            refused = await daemon.until("smsc refused the bind")
            assert (refused["level"], refused["smsc"]) == ("warning", "first")
            assert refused["status"] == "ESME_RINVPASWD"
            assert await until(lambda: smsc.refused > 2, 10, 0.05)
            assert len(daemon.of("smsc refused the bind")) == 1, "once, not at each attempt"
            assert daemon.of("smsc cannot be reached") == []
    finally:
        await smsc.stop()


async def test_a_daemon_that_waits_touches_nothing_before_it_may_begin(node: Node) -> None:
    """As on a standby: there is no database that it could use."""
    smsc = Smsc(time.monotonic, password="hushsmsc")
    await smsc.start()
    held = node.home / "held"
    try:
        waiting = Node(node.home, node.url, smsc=(smsc.port, "hushsmsc"))
        async with waiting.daemon("--when", str(held)) as daemon:
            await daemon.until("usnd is ready and waits")
            with pytest.raises(TimeoutError):
                await smsc.bound(0.5)
            assert not (node.home / "usn.db").exists()
            waiting.ready()
            held.touch()
            await smsc.bound()
            assert await smsc.deliver(NUMBER, "52272", "?") == 0
    finally:
        await smsc.stop()


async def test_a_daemon_that_waits_ends_when_told(node: Node) -> None:
    async with node.daemon("--when", str(node.home / "held")) as daemon:
        await daemon.until("usnd is ready and waits")
        daemon.process.send(signal.SIGTERM)
        assert await until(lambda: not daemon.process.alive, 5)
        assert "Traceback" not in daemon.process.tail()


# Two of them: 3 ---------------------------------------------------------------------------------------------


async def test_a_second_usnd_on_the_database_leaves_the_first_alone(node: Node) -> None:
    smsc = Smsc(time.monotonic, password="hushsmsc")
    await smsc.start()
    try:
        async with Node(node.home, node.url, smsc=(smsc.port, "hushsmsc")).ready().daemon() as first:
            await smsc.bound()
            second = node.home / "second.toml"
            second.write_text(node.config.read_text().replace("usn.db", "../" + node.home.name + "/usn.db"))
            done = await asyncio.to_thread(usnd, "run", "--config", str(second))
            assert done.sentence == (
                f"another usnd (process {first.process.pid}) runs on this database: stop that one first"
            )
            assert done.status == 3
            assert (await asyncio.to_thread(node.command, "subscriber", "add", NUMBER)).status == 0
            assert await smsc.deliver(NUMBER, "52272", "?") == 0
            assert "Commands: " in (await smsc.next_text(NUMBER)).body
            assert first.process.alive
    finally:
        await smsc.stop()


async def test_a_killed_usnd_leaves_no_claim(node: Node) -> None:
    async with node.ready().daemon() as first:
        await first.until("usnd starts")
        first.process.send(signal.SIGKILL)
        assert await until(lambda: not first.process.alive, 5)
        before = len(first.of("asterisk link down"))
        first.process.start()
        assert await until(lambda: len(first.of("usnd starts")) == 2, 15, 0.05)
        assert await until(lambda: len(first.of("asterisk link down")) == before + 1, 15, 0.05)


async def test_a_superseded_usnd_stops_at_its_next_commit_and_does_not_come_back(node: Node) -> None:
    """As by the other server of a pair: who opens the store later has it."""
    smsc = Smsc(time.monotonic, password="hushsmsc")
    await smsc.start()
    try:
        async with Node(node.home, node.url, smsc=(smsc.port, "hushsmsc")).ready().daemon() as daemon:
            await smsc.bound()
            await smsc.deliver(NUMBER, "52272", "?")
            await smsc.next_text(NUMBER)
            store = Store.open(node.url)
            await store.run(lambda tx: tx.subscribers.add("+447700900009", datetime.now(UTC)))
            with suppress(ConnectionError):  # it may be gone before it can refuse
                assert await smsc.deliver(NUMBER, "52272", "UC alfa +447700900002") != 0
            assert await until(lambda: not daemon.process.alive, 10)
            assert daemon.process.returncode == 3
            journal = daemon.process.tail(100)
            assert (
                "usnd: another usnd has taken the database over: this one has stopped, calls stay up"
                in journal
            )
            assert "Traceback" not in journal
            assert await store.run(lambda tx: len(tx.subscribers.page("", 9))) == 1
            await store.close()
    finally:
        await smsc.stop()
