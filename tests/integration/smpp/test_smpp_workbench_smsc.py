"""The workbench's SMSC does what demo and bench ask of it, and the link holds where an SMSC fails it."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from smpp_daemon import OK, Daemon, StartLink

from usnd.smpp.link.session import Timers
from usnd.smpp.link.settings import LinkLost, LinkState, Throttled
from usnd.smpp.pdu.pdus import DeliverSm
from usnd.smpp.pdu.status import CommandStatus
from usnd.smpp.text.alphabets import Alphabet
from usnd.smpp.text.segments import split
from workbench.parts.listening import end
from workbench.parts.smsc.handsets import Smsc


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    server = Smsc(time.monotonic)
    await server.start()
    yield server
    await server.stop()


async def send(daemon: Daemon, text: str, recipient: str = "+491700000001") -> None:
    for segment in split(text, Alphabet.GSM7, 3):
        await daemon.submit("2663", recipient, segment)


async def test_a_handset_texts_and_is_texted(smsc: Smsc, started: StartLink) -> None:
    async with started(smsc.port) as daemon:
        await smsc.bound()
        assert await smsc.deliver("+491700000001", "2663", "IC Mkting") == OK
        assert daemon.texts[0].body == "IC Mkting"
        await send(daemon, "called 3 " * 40)
        sms = await smsc.next_text("+491700000001")
        assert (sms.sender, sms.body) == ("2663", "called 3 " * 40)
        assert smsc.texts == [sms]


async def test_parts_of_a_long_text_carry_their_concatenation(smsc: Smsc, started: StartLink) -> None:
    async with started(smsc.port) as daemon:
        await smsc.bound()
        await smsc.deliver("+491700000001", "2663", "x" * 200)
        parts = [text.concatenation for text in daemon.texts]
        assert [(part.number, part.total) for part in parts if part] == [(1, 2), (2, 2)]
        assert len({text.fingerprint for text in daemon.texts}) == 2


async def test_a_dropped_or_muted_answer_leaves_the_message_unknown(smsc: Smsc, started: StartLink) -> None:
    async with started(smsc.port, timers=Timers(response=0.2)) as daemon:
        await daemon.bound()
        smsc.faults.mute = 1
        with pytest.raises(LinkLost):
            await send(daemon, "a")
        assert daemon.link.session == "bind-1"
        smsc.faults.drop = 1
        with pytest.raises(LinkLost):
            await send(daemon, "b")
        await daemon.bound("bind-2")
        assert smsc.texts == []


async def test_throttles_above_its_rate(smsc: Smsc, started: StartLink) -> None:
    async with started(smsc.port) as daemon:
        await daemon.bound()
        smsc.faults.messages_per_second = 0
        with pytest.raises(Throttled):
            await send(daemon, "a")


async def test_the_same_text_again_while_in_progress_is_taken_once(smsc: Smsc, started: StartLink) -> None:
    async with started(smsc.port) as daemon:
        await daemon.bound()
        commit = asyncio.Event()

        async def settle(_: object) -> CommandStatus:
            await commit.wait()
            return CommandStatus.ESME_RX_P_APPN

        daemon.settle = settle
        request = DeliverSm(source_addr="1", short_message=b"IC")
        tries = [asyncio.create_task(smsc.deliver_pdu(request)) for _ in range(3)]
        await daemon.until(lambda: daemon.link.counters.texts == 3)
        commit.set()
        assert await asyncio.gather(*tries) == [CommandStatus.ESME_RX_P_APPN] * 3
        assert len(daemon.texts) == 1


async def test_too_many_deliveries_stop_the_reading_and_not_the_bind(smsc: Smsc, started: StartLink) -> None:
    timers = Timers(enquire_interval=0.1, response=1)
    async with started(smsc.port, deliveries=8, timers=timers) as daemon:
        await daemon.bound()
        commit = asyncio.Event()

        async def settle(_: object) -> CommandStatus:
            await commit.wait()
            return OK

        daemon.settle = settle
        texts = [asyncio.create_task(smsc.deliver("+4917", "2663", f"{number}")) for number in range(40)]
        await daemon.until(lambda: len(daemon.texts) == 8)
        await asyncio.sleep(2)  # longer than any response may take
        assert len(daemon.texts) == 8
        assert daemon.link.session == "bind-1"
        commit.set()
        assert await asyncio.gather(*texts) == [OK] * 40
        assert [text.body for text in daemon.texts] == [f"{number}" for number in range(40)]
        assert daemon.link.session == "bind-1"


async def test_a_delivery_in_progress_outlives_its_bind(smsc: Smsc, started: StartLink) -> None:
    async with started(smsc.port) as daemon:
        await daemon.bound()
        commit = asyncio.Event()

        async def settle(_: object) -> CommandStatus:
            await commit.wait()
            return OK

        daemon.settle = settle
        first = asyncio.create_task(smsc.deliver("+4917", "2663", "IC"))
        await daemon.until(lambda: bool(daemon.texts))
        smsc.drop_connections()
        with pytest.raises(ConnectionError):
            await first
        await daemon.bound("bind-2")
        again = asyncio.create_task(smsc.deliver("+4917", "2663", "IC"))
        await daemon.until(lambda: daemon.link.counters.texts == 2)
        commit.set()
        assert await again == OK
        assert len(daemon.texts) == 1


async def test_a_silent_smsc_is_left(started: StartLink) -> None:
    """It accepts connections and never says a word: bind and connection have their deadlines."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with started(port, timers=Timers(bind=0.1)) as daemon:
        await daemon.until(lambda: daemon.states.count(LinkState.DOWN) > 1)
        assert LinkState.BOUND not in daemon.states
    await end(server)
    await asyncio.sleep(0.05)  # its handlers hear that the link has gone


async def test_an_smsc_that_comes_late_is_bound(started: StartLink) -> None:
    server = Smsc(time.monotonic)
    await server.start()
    port = server.port
    await server.stop()
    async with started(port) as daemon:
        await daemon.until(lambda: daemon.states.count(LinkState.DOWN) > 1)
        await server.start(port)
        await daemon.bound()
    await server.stop()


async def test_a_stop_in_mid_delivery_does_not_hang(smsc: Smsc, started: StartLink) -> None:
    async with started(smsc.port) as daemon:
        await daemon.bound()

        async def settle(_: object) -> CommandStatus:
            await asyncio.Event().wait()
            return OK

        daemon.settle = settle
        delivery = asyncio.create_task(smsc.deliver("+4917", "2663", "IC"))
        await daemon.until(lambda: bool(daemon.texts))
    with pytest.raises(ConnectionError):
        await delivery
