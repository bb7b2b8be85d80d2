"""Proves that an SMSC that is dropped and restarted amid texts sees each text answered once (S3, S11).

The SMSC is node-smpp; Asterisk is away on purpose: texts must not depend on it.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from node_smsc import NodeSmsc

from workbench.demo.stage import SUBSCRIBER
from workbench.parts.usn import BOUND, SHORT_CODE, Usn
from workbench.parts.voice.asterisk import asterisk_tree

NICKS = [f"user{number:02}" for number in range(40)]


async def deliver(smsc: NodeSmsc, nick: str) -> None:
    body = f"UC {nick} +447700900{100 + NICKS.index(nick)}"
    status = await smsc.deliver(
        source_addr_ton=1,
        source_addr=SUBSCRIBER.removeprefix("+"),
        destination_addr=SHORT_CODE,
        octets=body.encode().hex(),
    )
    assert status == 0


def answered(smsc: NodeSmsc) -> Counter[str]:
    """The nick in each text that the SMSC was given and that it acknowledged."""
    bodies = [
        event["pdu"]["short_message"]
        for event in smsc.events
        if event["event"] == "pdu" and event["pdu"]["command"] == "submit_sm"
    ]
    return Counter(body.split()[1] for body in bodies)


@asynccontextmanager
async def bound_usn(smsc: NodeSmsc) -> AsyncIterator[Usn]:
    """usnd, bound to that SMSC, with one subscriber."""
    usn = Usn(asterisk_tree(), 9, smsc.port)
    try:
        usn.command("db", "upgrade")
        usn.command("subscriber", "add", SUBSCRIBER)
        usn.process.start()
        await usn.until_event(BOUND)
        yield usn
    finally:
        await usn.stop()


async def test_each_text_is_answered_once_across_drops_and_a_restart_of_the_smsc() -> None:
    rng = random.Random(20)
    async with AsyncExitStack() as after_it:
        async with NodeSmsc() as first:
            usn = await after_it.enter_async_context(bound_usn(first))
            for nick in NICKS[:20]:
                await deliver(first, nick)
                if rng.random() < 0.2:
                    binds = usn.count(BOUND)
                    await wait_for_answers(first, NICKS[: NICKS.index(nick) + 1])
                    await first.tell("drop")
                    await usn.until_event(BOUND, count=binds + 1)
            await wait_for_answers(first, NICKS[:20])
            seen = answered(first)
        await usn.until_event("smsc cannot be reached")
        async with NodeSmsc(first.port) as second:
            await second.until_pdu("bind_transceiver")
            for nick in NICKS[20:]:
                await deliver(second, nick)
            await wait_for_answers(second, NICKS[20:])
            await asyncio.sleep(1)
            seen += answered(second)
        assert seen == Counter(NICKS)


async def wait_for_answers(smsc: NodeSmsc, nicks: list[str]) -> None:
    async with asyncio.timeout(120):
        while not set(nicks) <= set(answered(smsc)):  # noqa: ASYNC110 - the peer is another process
            await asyncio.sleep(0.02)


async def test_an_answer_that_finds_no_smsc_waits_for_it() -> None:
    """Dropped between the text and its answer's acknowledgement: the answer goes again, the text does nothing
    twice, even when the SMSC, which had our response or not, delivers it again."""
    async with NodeSmsc() as smsc, bound_usn(smsc) as usn:
        await smsc.tell("mute", count=1)
        await deliver(smsc, "user00")
        await smsc.until_pdu("submit_sm")
        await smsc.tell("drop")
        await usn.until_event(BOUND, count=2)
        await deliver(smsc, "user00")
        await usn.until_event("duplicate text ignored")
        await usn.until_event("text sent")
        await asyncio.sleep(1)
        # Once unanswered, once acknowledged; no third, which a second execution would have caused.
        assert answered(smsc) == Counter({"user00": 2})
        assert usn.count("text sent") == 1


async def test_a_second_attempt_after_a_lost_bind_is_executed() -> None:
    """The SMSC delivers again, once, what it saw no answer to: ignored. The next is the subscriber's own, on
    the same bind: by then the SMSC has answered an enquire_link that went behind our answer."""
    async with NodeSmsc() as smsc, bound_usn(smsc) as usn:
        await smsc.tell("mute", count=1)
        await deliver(smsc, "user00")
        await smsc.until_pdu("submit_sm")
        for binds in (2, 3):
            await smsc.tell("drop")
            await usn.until_event(BOUND, count=binds)
            await deliver(smsc, "user00")
            await usn.until_event("duplicate text ignored", count=binds - 1)
        assert usn.count("text taken") == 1
        await asyncio.sleep(2)  # no thumb is faster
        await deliver(smsc, "user00")
        await usn.until_event("text taken", count=2)
        await usn.until_event("text sent", count=2)
        assert usn.count("duplicate text ignored") == 2


@pytest.mark.parametrize(
    "octets", ["00000010800000060000000000000001", "ffffffff0000000500000000", "00" * 64]
)
async def test_garbage_from_the_smsc_ends_in_a_new_bind_not_in_a_dead_daemon(octets: str) -> None:
    async with NodeSmsc() as smsc, bound_usn(smsc):
        await smsc.tell("raw", octets=octets)
        await asyncio.sleep(0.5)
        async with asyncio.timeout(90):
            while True:
                try:
                    await deliver(smsc, "user01")
                    break
                except (AssertionError, TimeoutError):
                    await asyncio.sleep(0.2)
        await wait_for_answers(smsc, ["user01"])
