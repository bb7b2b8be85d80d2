"""`make bench-peers`: usnd, Kannel and Jasmin send the same texts to the same make of SMSC, in one run.

Each peer takes texts by its fastest public interface and keeps them in its own store. The rounds take turns,
each peer is started anew for each, and all send to node-smpp. The result, build/bench/sms-peers.json, says
what is measured of whom.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

from usnd.domain.directory.model import Group, NumberMember, PutGroup
from usnd.domain.messaging.message import Draft, Priority
from usnd.smpp.link.link import SmscLink
from usnd.smpp.link.settings import LinkSettings, LinkState
from usnd.smpp.pdu.status import CommandStatus
from usnd.smpp.received import Receipt, ReceivedText
from usnd.smpp.text.alphabets import Alphabet
from usnd.smpp.text.segments import split
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from workbench.bench.results import write_result
from workbench.parts.ports import HOST
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import PartError, run
from workbench.parts.smsc.http11 import HttpClient
from workbench.parts.smsc.jasmin import PASSWORD, SYSTEM_ID, Jasmin, NoJasmin, brokers, jasmin_environment
from workbench.parts.smsc.kannel import ACCEPTED, Kannel, kannel_tree
from workbench.parts.smsc.measuring import Sink
from workbench.parts.usn import BOUND, SHORT_CODE, Usn
from workbench.parts.voice.asterisk import asterisk_tree
from workbench.setup.command import command

ROUNDS = 3
CLIENTS = 20  # kept HTTP connections, each with one request under way
WINDOW = 50  # of the SMSC towards usnd, and of the ESME towards Jasmin
SENDERS = 100
PATIENCE = 30.0
BODY = "Calling you and 3 others: alfa, bravo, charlie. Text ? for help."
MEMBERS = 50  # of the group that each sender blasts
RECIPIENTS = [f"4477009{number:05}" for number in range(1000)]
MEASURED = {
    "usnd_reply": "texts delivered by the SMSC, each decided and committed with its reply, replies accepted; "
    "PostgreSQL, fsync on",
    "usnd_queue": "texts committed to the store one a transaction (group commit), then sent by usnd from its "
    "start (counted from its bind); PostgreSQL, fsync on",
    "usnd_blast": f"a text `SB all: …` is one to each of {MEMBERS} and a reply, decided and committed "
    "together; PostgreSQL, fsync on",
    "kannel_http": "smsbox sendsms over kept connections, answered when bearerbox has it in its spool of one "
    "file a text, which it does not fsync",
    "jasmin_http": "HTTP /send over kept connections; RabbitMQ with the queues Jasmin declares, which are "
    "not durable: a killed broker loses them",
    "jasmin_smpp": "submit_sm to Jasmin's SMPP server from our ESME; RabbitMQ as above",
}


async def usnd_reply(count: int) -> float:
    """Commands a second, MO → commit → reply."""
    async with AsyncExitStack() as parts:
        sink, usn, _ = await _usnd(parts)
        usn.process.start()
        await usn.until_event(BOUND, 30)
        await sink.expect(count)
        rng = random.Random(1)  # noqa: S311 (which sender, no secret)
        texts = [
            (RECIPIENTS[rng.randrange(SENDERS)], SHORT_CODE, f"UC u{number} +447700800001 Some.Body")
            for number in range(count)
        ]
        return await _timed(sink, count, lambda: sink.deliver(texts, WINDOW))


async def usnd_blast(count: int) -> float:
    """Texts a second, one to each member and the replies: how a subscriber sends many."""
    async with AsyncExitStack() as parts:
        sink, usn, store = await _usnd(parts)
        members = tuple(NumberMember(f"+{number}") for number in RECIPIENTS[-MEMBERS:])
        for number in RECIPIENTS[:SENDERS]:
            await store.run(partial(_put_group, f"+{number}", Group("all", members)))
        usn.process.start()
        await usn.until_event(BOUND, 30)
        blasts = count // (MEMBERS + 1)
        accepted = blasts * (MEMBERS + 1)
        await sink.expect(accepted)
        texts = [
            (RECIPIENTS[number % SENDERS], SHORT_CODE, f"SB all: {number} {BODY}") for number in range(blasts)
        ]
        return await _timed(sink, accepted, lambda: sink.deliver(texts, WINDOW))


async def usnd_queue(count: int) -> float:
    """Texts a second: into the store, and from there to the SMSC."""
    async with AsyncExitStack() as parts:
        sink, usn, store = await _usnd(parts)
        now, begun = datetime.now(UTC), time.time()
        later = now + timedelta(hours=1)

        async def queue(number: int) -> None:
            recipient = "+" + RECIPIENTS[number % len(RECIPIENTS)]
            draft = Draft("smsc", SHORT_CODE, recipient, BODY, now, later, Priority.BULK)
            await store.run(lambda tx: tx.texts.queue_mt([draft]))

        for first in range(0, count, 500):
            await asyncio.gather(*(queue(number) for number in range(first, min(first + 500, count))))
        queued = time.time() - begun
        await sink.expect(count)
        usn.process.start()
        bound = float((await sink.until("bound", 30))["at"])
        reached = float((await sink.until("reached", PATIENCE))["at"])
        return count / (queued + reached - bound)


async def _usnd(parts: AsyncExitStack) -> tuple[Sink, Usn, Store]:
    """An SMSC, usnd (not started) and its store, with the senders registered."""
    sink = await parts.enter_async_context(Sink())
    database = await parts.enter_async_context(Postgres(programs(), "bench", {"fsync": "on"}))
    usn = Usn(asterisk_tree(), 9, sink.port, store_url=database.url())
    parts.push_async_callback(usn.stop)
    await asyncio.to_thread(usn.command, "db", "upgrade")
    store = Store.open(database.url(), writer="bench")
    parts.push_async_callback(store.close)
    for number in RECIPIENTS[:SENDERS]:
        await store.run(partial(_register, f"+{number}"))
    return sink, usn, store


def _register(number: str, tx: Transaction) -> None:
    tx.subscribers.add(number, datetime.now(UTC))


def _put_group(number: str, group: Group, tx: Transaction) -> None:
    owner = tx.subscribers.by_number(number)
    assert owner is not None
    tx.directory.apply(owner.id, PutGroup(group))


async def kannel_http(count: int) -> float:
    """Texts a second by smsbox."""
    async with Sink() as sink, Kannel(kannel_tree(), sink.port, verbosity=3) as kannel:
        await sink.expect(count)

        async def send(client: HttpClient, number: int) -> None:
            request = kannel.request(SHORT_CODE, RECIPIENTS[number % len(RECIPIENTS)], BODY)
            status, answer = await client.get("/cgi-bin/sendsms", request)
            if status != ACCEPTED:
                raise PartError(f"smsbox answered {status}: {answer}")

        return await _timed(sink, count, lambda: _share(kannel.sendsms_port, count, send))


async def jasmin_http(count: int) -> float:
    """Texts a second by Jasmin's HTTP API."""
    async with AsyncExitStack() as parts:
        sink, jasmin = await _jasmin(parts, count)

        async def send(client: HttpClient, number: int) -> None:
            recipient = RECIPIENTS[number % len(RECIPIENTS)]
            status, answer = await client.get(
                "/send", jasmin.request(SHORT_CODE, recipient, BODY.encode("ascii"))
            )
            if status != 200:  # noqa: PLR2004 (HTTP's OK)
                raise PartError(f"Jasmin answered {status}: {answer}")

        return await _timed(sink, count, lambda: _share(jasmin.http_port, count, send))


async def jasmin_smpp(count: int) -> float:
    """Texts a second by Jasmin's SMPP server."""
    async with AsyncExitStack() as parts:
        sink, jasmin = await _jasmin(parts, count)
        link = _esme(jasmin.smpp_port)
        running = asyncio.create_task(link.run())
        try:
            async with asyncio.timeout(30):
                while link.session is None:  # noqa: ASYNC110 (the link has no event for it)
                    await asyncio.sleep(0.02)
            (segment,) = split(BODY, Alphabet.GSM7)
            recipients = [f"+{RECIPIENTS[number % len(RECIPIENTS)]}" for number in range(count)]

            gate = asyncio.Semaphore(link.settings.window)

            async def submit(recipient: str) -> None:
                async with gate:
                    answered = asyncio.get_running_loop().create_future()
                    link.submit(SHORT_CODE, recipient, segment, answered.set_result)
                    await answered

            async def send() -> None:
                await asyncio.gather(*map(submit, recipients))

            return await _timed(sink, count, send)
        finally:
            await link.stop()
            await running


async def _jasmin(parts: AsyncExitStack, count: int) -> tuple[Sink, Jasmin]:
    sink = await parts.enter_async_context(Sink())
    jasmin = Jasmin(await asyncio.to_thread(jasmin_environment), brokers(), sink.port)
    await parts.enter_async_context(jasmin)
    await sink.expect(count)
    return sink, jasmin


def _esme(port: int) -> SmscLink:
    async def on_text(_: ReceivedText) -> CommandStatus:
        return CommandStatus.ESME_ROK

    async def on_receipt(_: Receipt) -> CommandStatus:
        return CommandStatus.ESME_ROK

    def on_state(_: str, __: LinkState) -> None:
        return

    settings = LinkSettings("jasmin", HOST, port, SYSTEM_ID, PASSWORD, window=WINDOW)
    return SmscLink(
        settings,
        on_text=on_text,
        on_receipt=on_receipt,
        on_state=on_state,
        new_session=lambda: "bench",
        clock=time.monotonic,
        rng=random.Random(1),  # noqa: S311 (spreads reconnects)
    )


async def _share(port: int, count: int, send: Callable[[HttpClient, int], Awaitable[None]]) -> None:
    """`count` requests over CLIENTS kept connections."""

    async def work(first: int) -> None:
        client = HttpClient(port)
        try:
            for number in range(first, count, CLIENTS):
                await send(client, number)
        finally:
            client.close()

    async with asyncio.TaskGroup() as tasks:
        for first in range(CLIENTS):
            tasks.create_task(work(first))


async def _timed(sink: Sink, count: int, load: Callable[[], Awaitable[None]]) -> float:
    """Texts a second, from the start of the load to the SMSC's last acceptance."""
    begun = time.time()
    await load()
    return count / (float((await sink.until("reached", PATIENCE))["at"]) - begun)


async def bench(count: int, rounds: int) -> dict[str, object]:
    """All peers, interleaved. One that cannot be had is left out, with the reason."""
    every = (usnd_reply, usnd_blast, usnd_queue, kannel_http, jasmin_http, jasmin_smpp)
    ways: dict[str, Callable[[int], Awaitable[float]]] = {way.__name__: way for way in every}
    runs: defaultdict[str, list[float]] = defaultdict(list)
    missing: dict[str, str] = {}
    for number in range(1, rounds + 1):
        for name, way in ways.items():
            if name in missing:
                continue
            try:
                runs[name].append(round(await way(count), 1))
            except NoJasmin as error:
                missing[name] = str(error)
                continue
            print(f"round {number}: {name:12} {runs[name][-1]:10.1f} messages/s", file=sys.stderr)
    medians = {name: round(statistics.median(values), 1) for name, values in runs.items()}
    return {
        "messages": count,
        "unit": "messages/s",
        "medians": medians,
        "runs": dict(runs),
        "ratios": _ratios(medians),
        "measured": MEASURED,
        "missing": missing,
    }


def _ratios(medians: Mapping[str, float]) -> dict[str, float]:
    jasmin = max((medians[name] for name in ("jasmin_http", "jasmin_smpp") if name in medians), default=0.0)
    ratios = {}
    for own in ("usnd_reply", "usnd_blast", "usnd_queue"):
        ratios[f"{own} / kannel"] = round(medians[own] / medians["kannel_http"], 2)
        if jasmin:
            ratios[f"{own} / jasmin"] = round(medians[own] / jasmin, 2)
    return ratios


def main() -> None:
    """Measures, prints and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    print(write_result("sms-peers", run(bench(chosen.messages, chosen.rounds))), end="")


if __name__ == "__main__":
    sys.exit(command(main))
