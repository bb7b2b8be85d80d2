"""Proves that a text that an SMSC repeats is one text, and a subscriber's own repetition is a second (S11).

The SMSC repeats each text in its own time-out until status 0 and throws late answers away. Asterisk is away
on purpose: texts must not depend on it.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from raw_smsc import RawSmsc, deliver_sm

from workbench.demo.stage import SUBSCRIBER
from workbench.parts.usn import BOUND, Usn
from workbench.parts.voice.asterisk import asterisk_tree

pytestmark = pytest.mark.slow
PATIENCE = 1.5
NICKS = [f"user{number:02}" for number in range(60)]
"""Their copies are more than usnd takes at a time."""
HOW = f"response_timeout = 30\nrepeats_after = {PATIENCE - 0.5}"


@asynccontextmanager
async def bound_usn(smsc: RawSmsc, bind: str = "transceiver") -> AsyncIterator[Usn]:
    usn = Usn(asterisk_tree(), 9, smsc.port)
    usn.config.write_text(usn.config.read_text().replace("response_timeout = 30", f'{HOW}\nbind = "{bind}"'))
    try:
        usn.command("db", "upgrade")
        usn.command("subscriber", "add", SUBSCRIBER)
        usn.process.start()
        await usn.until_event(BOUND, count=1 if bind == "transceiver" else 2)
        yield usn
    finally:
        await usn.stop()


def text(nick: str) -> bytes:
    sender = SUBSCRIBER.removeprefix("+").encode()
    return deliver_sm(f"UC {nick} +447700900{100 + NICKS.index(nick)}".encode(), sender=sender)


def part(number: int, octets: bytes) -> bytes:
    sender = SUBSCRIBER.removeprefix("+").encode()
    return deliver_sm(bytes((5, 0, 3, 9, 2, number)) + octets, sender=sender, esm_class=0x40)


LONG = (part(1, b"GC team +447700900201 +4477009"), part(2, b"00202"))


def answers(smsc: RawSmsc) -> Counter[str]:
    """How often each command was answered; the SMSC has each reply once, none is sent again."""
    return Counter(body.split()[1] if body.startswith("User") else body.split()[0] for body in smsc.bodies())


async def quiet(smsc: RawSmsc) -> None:
    """Until nothing comes any more."""
    seen = -1
    while seen != len(smsc.submits):
        seen = len(smsc.submits)
        await asyncio.sleep(1.5)


@pytest.mark.parametrize("same_sequence", [False, True])
async def test_what_is_repeated_while_usnd_hangs_is_executed_once(*, same_sequence: bool) -> None:
    async with RawSmsc(patience=PATIENCE) as smsc, bound_usn(smsc) as usn:
        usn.process.send(signal.SIGSTOP)
        bodies = [text(nick) for nick in NICKS] + list(LONG)
        delivering = asyncio.gather(*(smsc.deliver(body, same_sequence=same_sequence) for body in bodies))
        await asyncio.sleep(6 * PATIENCE)
        usn.process.send(signal.SIGCONT)
        tries = await delivering
        assert min(tries) > 4
        await smsc.until_submitted(len(NICKS) + 1)
        await quiet(smsc)
        assert usn.count("text taken") == len(NICKS) + 1
        assert len(smsc.submits) == len(NICKS) + 1
        await own_repetition(smsc, usn, len(NICKS) + 1)


async def own_repetition(smsc: RawSmsc, usn: Usn, taken: int) -> None:
    """The subscriber's second equal text is a second command, once an SMSC would have repeated by itself."""
    await asyncio.sleep(3 * PATIENCE)
    assert await smsc.deliver(text(NICKS[0])) >= 1  # more often where usnd gets no processor for so long
    await usn.until_event("text taken", count=taken + 1)


async def test_what_is_repeated_because_answers_come_late_is_executed_once() -> None:
    """Each answer reaches the SMSC after it has given it up; our replies are answered late as well."""
    async with RawSmsc(patience=PATIENCE, lag=1.2 * PATIENCE) as smsc, bound_usn(smsc) as usn:
        delivering = asyncio.gather(*(smsc.deliver(body) for body in (text(NICKS[0]), text(NICKS[1]), *LONG)))
        await asyncio.sleep(4 * PATIENCE)
        smsc.lag = 0.0
        assert min(await delivering) > 2
        await smsc.until_submitted(3)
        await quiet(smsc)
        assert usn.count("text taken") == 3
        await own_repetition(smsc, usn, 3)


async def test_a_repetition_after_a_late_answer_and_a_restart_is_no_second_text() -> None:
    """The answer came too late for the SMSC, which has read our reply all the same; then usnd is killed."""
    async with RawSmsc(patience=PATIENCE) as smsc, bound_usn(smsc) as usn:
        usn.process.send(signal.SIGSTOP)
        asked = asyncio.create_task(smsc.ask(text(NICKS[0])))
        await asyncio.sleep(2 * PATIENCE)
        usn.process.send(signal.SIGCONT)
        assert await asked == 0
        await usn.until_event("text sent")
        usn.process.kill()
        await usn.process.stop()
        usn.process.start()
        await usn.until_event(BOUND, count=2)
        await smsc.bound()
        assert await smsc.deliver(text(NICKS[0])) >= 1
        await usn.until_event("duplicate text ignored")
        await own_repetition(smsc, usn, 1)
        assert usn.count("text taken") == 2


async def test_a_pair_of_binds_knows_what_was_read_though_replies_go_another_way() -> None:
    async with RawSmsc(patience=PATIENCE) as smsc, bound_usn(smsc, "pair") as usn:
        for taken in (1, 2):
            assert await smsc.ask(text(NICKS[0])) == 0
            await usn.until_event("text taken", count=taken)
            await asyncio.sleep(1.2)


async def test_a_name_with_a_subscribers_digits_commands_nothing() -> None:
    """TON 5: the sender chose it (S4)."""
    async with RawSmsc(patience=PATIENCE) as smsc, bound_usn(smsc) as usn:
        digits = SUBSCRIBER.removeprefix("+").encode()
        for body, ton, npi in (
            (b"?", 5, 0),
            (b"? IC", 5, 1),
            (b"? UC", 3, 1),
            (b"? GC", 6, 9),
            (b"? SB", 1, 9),
        ):
            assert await smsc.ask(deliver_sm(body, sender=digits, ton=ton, npi=npi)) == 0
        await usn.until_event("not registered", count=5)
        assert await smsc.ask(deliver_sm(b"?", sender=digits)) == 0
        await smsc.until_submitted(1)
        await quiet(smsc)
        assert len(smsc.submits) == 1


async def test_a_receipt_without_its_type_is_not_answered_and_a_persons_words_are() -> None:
    async with RawSmsc(patience=PATIENCE) as smsc, bound_usn(smsc) as usn:
        receipt = (
            b"id:17 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:FAILED err:1 text:"
        )
        assert await smsc.ask(deliver_sm(receipt)) == 0
        await usn.until_event("receipt of no text")
        sender = SUBSCRIBER.removeprefix("+").encode()
        assert await smsc.ask(deliver_sm(b"id:17 stat:DELIVRD", sender=sender)) == 0
        await usn.until_event("text taken")
        await smsc.until_submitted(1)
        await quiet(smsc)
        assert len(smsc.submits) == 1
