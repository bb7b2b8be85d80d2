"""`python -m workbench.fuzz.hostile PHASE …`: one kind of attack, bounded in count and time.

provisioning.py starts it beside a polite client, as a process of its own at a lower priority.
Prints one line of JSON: how often what was answered. It is a terminal with a good certificate, from an
address of its own.
"""

import argparse
import asyncio
import json
import random
import socket
import ssl
import struct
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from workbench.fuzz.bent import bent_requests
from workbench.fuzz.bombs import entity_bombs, large_bodies, nested_documents, new_names
from workbench.fuzz.documents import Document, Schema, document
from workbench.parts.crm.terminal import BULK, ONE, TYPE, Terminal, bulk, code_in, create, number
from workbench.parts.ports import HOST

THREADS = 8
ANSWER_PATIENCE = 20.0
_BY_SCHEMA = frozenset({2000, 2001, 2002, 2005})
"""Refusals of what breaks the schema."""
_LITTLE = 16_384
_SMALL_BUFFER = 4096
_MANY_ROWS = 2_000
_TO_BULK = 3  # each so many is sent there


@dataclass(frozen=True)
class Attack:
    """size: documents, repetitions or connections, as the phase has it; seconds: for phases that hold out."""

    terminal: Terminal
    seed: int
    size: int
    rate: float
    seconds: float


Found = Counter[str]


def documents(attack: Attack) -> Found:
    """Valid, mutated and raw documents, at `rate` a second."""
    schema = Schema()
    begun = time.monotonic()

    def part(which: int) -> Found:
        found, dice = Found(), random.Random(f"{attack.seed} {which}")  # noqa: S311 # to be repeated
        connection = attack.terminal.connection(ANSWER_PATIENCE)
        for nth in range(which, attack.size, THREADS):
            time.sleep(max(0.0, begun + nth / attack.rate - time.monotonic()))
            one = document(schema, dice, nth)
            try:
                status, body = attack.terminal.ask(one.octets, BULK if one.bulk else ONE, connection)
            except (OSError, HTTPException) as error:
                found[f"cut off: {type(error).__name__}"] += 1
                connection.close()
            else:
                _note(found, one, status, body)
        connection.close()
        return found

    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(part, range(THREADS)), Found())


def _note(found: Found, one: Document, status: int, body: bytes) -> None:
    code = code_in(body)
    found[f"{one.kind}: HTTP {status}, code {code}"] += 1
    if code is None:
        found["FAULT: an answer without a code"] += 1
    if one.kind == "valid" and code in _BY_SCHEMA:
        found[f"FAULT: valid by the schema, refused with {code}"] += 1


def _ask_all(attack: Attack, bodies: Iterable[tuple[str, bytes]]) -> Found:
    found = Found()
    for path, body in bodies:
        try:
            status, answer = attack.terminal.ask(body, path)
            found[f"HTTP {status}, code {code_in(answer)}"] += 1
        except (OSError, HTTPException) as error:
            found[f"cut off: {type(error).__name__}"] += 1
    return found


def bombs(attack: Attack) -> Found:
    """Each `size` times, to both addresses."""
    return _ask_all(
        attack, ((path, one) for _ in range(attack.size) for one in entity_bombs() for path in (ONE, BULK))
    )


def nested(attack: Attack) -> Found:
    """Each `size` times."""
    return _ask_all(
        attack,
        ((path, one) for _ in range(attack.size) for one in nested_documents() for path in (ONE, BULK)),
    )


def names(attack: Attack) -> Found:
    """`size` times as many as one document has."""
    return _ask_all(
        attack,
        ((path, one) for turn in range(attack.size) for one in new_names(turn) for path in (ONE, BULK)),
    )


def large(attack: Attack) -> Found:
    """100 MB each, `size` times; the answer is read at the end, or when it is no more taken."""
    found = Found()
    for name, length, pieces in list(large_bodies()) * attack.size:
        connection = attack.terminal.connection(60)
        said = "no answer"
        try:
            connection.putrequest("POST", BULK)
            for field, value in {**TYPE, "Content-Length": str(length)}.items():
                connection.putheader(field, value)
            connection.endheaders()
            with suppress(OSError):
                for piece in pieces():
                    connection.send(piece)
            got = connection.getresponse()
            said = f"HTTP {got.status}, code {code_in(got.read())}"
        except (OSError, HTTPException) as error:
            said = f"cut off: {type(error).__name__}"
        finally:
            connection.close()
        found[f"{name}: {said}"] += 1
    return found


async def _connected(attack: Attack) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    terminal = attack.terminal
    return await asyncio.open_connection(
        HOST, terminal.port, ssl=terminal.context, local_addr=(terminal.address, 0), limit=_LITTLE
    )


async def _crowd(size: int, one: Callable[[int], Awaitable[str]]) -> Found:
    """Each at once; what came of it."""

    async def guarded(nth: int) -> str:
        try:
            return await one(nth)
        except (OSError, ssl.SSLError, TimeoutError, EOFError) as error:
            return f"cut off: {type(error).__name__}"

    return Found(await asyncio.gather(*(guarded(nth) for nth in range(size))))


def slow(attack: Attack) -> Found:
    """`size` connections that send a head, or a body, an octet a second."""

    async def one(nth: int) -> str:
        reader, writer = await _connected(attack)
        head = f"POST {BULK if nth % _TO_BULK == 0 else ONE} HTTP/1.1\r\nHost: usn\r\n"
        if nth % 2:
            head += "Content-Type: application/xml\r\nContent-Length: 5000\r\n\r\n"
        writer.write(head.encode())
        until = time.monotonic() + attack.seconds
        answer = asyncio.ensure_future(reader.readline())
        while time.monotonic() < until and not answer.done():
            await asyncio.wait({answer}, timeout=1)
            writer.write(b"<" if nth % 2 else b"X")
            await writer.drain()
        said = answer.result()[:12].decode(errors="replace") if answer.done() else "held out"
        answer.cancel()
        writer.transport.abort()
        return said

    return asyncio.run(_crowd(attack.size, one))


def handshakes(attack: Attack) -> Found:
    """`size` connections that never become one: cut, reset, without a certificate, in plain text."""
    found, dice = Found(), random.Random(attack.seed)  # noqa: S311 # to be repeated
    hello = _client_hello(attack.terminal)
    nobody = ssl.create_default_context(cafile=str(attack.terminal.authority))
    for nth in range(attack.size):
        with socket.create_connection(
            (HOST, attack.terminal.port), 10, (attack.terminal.address, 0)
        ) as plain:
            with suppress(OSError):
                match nth % 5:
                    case 0:
                        plain.sendall(hello[: dice.randrange(1, len(hello))])
                    case 1:
                        plain.sendall(hello)
                        plain.recv(1)
                    case 2:
                        plain.sendall(dice.randbytes(300))
                    case 3:
                        plain.sendall(
                            b"POST /provisioning/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
                        )
                        found[f"plain text: {plain.recv(12).decode(errors='replace')}"] += 1
                    case _:
                        with nobody.wrap_socket(plain, server_hostname=HOST) as secured:
                            secured.sendall(b"GET /provisioning/v1/schema HTTP/1.1\r\nHost: x\r\n\r\n")
                            found[f"no certificate: {secured.recv(12).decode(errors='replace')}"] += 1
            if nth % 2 and plain.fileno() >= 0:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        found["connections"] += 1
    return found


def _client_hello(terminal: Terminal) -> bytes:
    outgoing = ssl.MemoryBIO()
    shaking = terminal.context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=HOST)
    with suppress(ssl.SSLWantReadError):
        shaking.do_handshake()
    return outgoing.read()


def unread(attack: Attack) -> Found:
    """`size` connections that ask for much and read nothing, for so many seconds."""
    rows = [create(number(nth)) for nth in range(_MANY_ROWS)]

    async def one(nth: int) -> str:
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        plain.bind((attack.terminal.address, 0))
        plain.setblocking(False)  # noqa: FBT003 # positional-only
        await asyncio.get_running_loop().sock_connect(plain, (HOST, attack.terminal.port))
        reader, writer = await asyncio.open_connection(
            sock=plain, ssl=attack.terminal.context, server_hostname=HOST, limit=1
        )
        transport: Any = writer.transport  # of TLS: it reads, too
        ask = bulk(f"unread-{nth}", rows) if nth % 8 == 0 else f"GET {ONE}/schema"
        if isinstance(ask, bytes):
            head = f"POST {BULK} HTTP/1.1\r\nHost: usn\r\nContent-Type: application/xml\r\n"
            writer.write(f"{head}Content-Length: {len(ask)}\r\n\r\n".encode() + ask)
        else:
            writer.write(f"{ask} HTTP/1.1\r\nHost: usn\r\n\r\n".encode() * 200)
        await asyncio.sleep(0)
        transport.pause_reading()
        await asyncio.sleep(attack.seconds)
        ended = reader.at_eof() or transport.is_closing()
        transport.abort()
        return "was cut off" if ended else "held out"

    return asyncio.run(_crowd(attack.size, one))


def bent(attack: Attack) -> Found:
    """Each `size` times."""
    return asyncio.run(_bent(attack))


async def _bent(attack: Attack) -> Found:
    asked: Sequence[bytes] = [one for _ in range(attack.size) for one in bent_requests()]
    room = asyncio.Semaphore(16)

    async def one(nth: int) -> str:
        async with room:
            reader, writer = await _connected(attack)
            try:
                writer.write(asked[nth])
                async with asyncio.timeout(2):
                    line = await reader.readline()
            except TimeoutError:
                return "no answer in 2 s"
            finally:
                writer.transport.abort()
            return line[:12].decode(errors="replace") or "closed"

    return await _crowd(len(asked), one)


PHASES: Mapping[str, Callable[[Attack], Found]] = {
    one.__name__: one for one in (documents, bombs, nested, names, large, slow, handshakes, unread, bent)
}


def main() -> int:
    """One phase."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phase", choices=PHASES)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--files", type=Path, nargs=3, required=True, help="authority, certificate, key")
    parser.add_argument("--address", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    chosen = parser.parse_args()
    authority, certificate, key = chosen.files
    terminal = Terminal(chosen.port, authority, certificate, key, chosen.address)
    found = PHASES[chosen.phase](Attack(terminal, chosen.seed, chosen.size, chosen.rate, chosen.seconds))
    print(json.dumps(dict(sorted(found.items()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
